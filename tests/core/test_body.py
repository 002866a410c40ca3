"""Reading bodies: JSON and forms, exact and bounded; nothing but Unreadable comes out of what cannot be read."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from bridge.core.errors import Unreadable
from bridge.core.reading import read_body

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"


def nested(depth: int) -> bytes:
    return b"[" * depth + b"]" * depth


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "Application/JSON; charset=utf-8",
        "application/cloudevents+json",
        "text/plain",
        "",
        " ",
        "application/octet-stream",
        "application/vnd.api+json ; v=1",
        "text/json",
    ],
)
def test_json_is_read_under_the_types_that_systems_send_it_with(content_type: str) -> None:
    assert read_body(b'{"a": 1}', content_type) == {"a": 1}


@pytest.mark.parametrize(
    "content_type", ["text/html", "multipart/form-data; boundary=x", "image/png", "\x00", "j" * 9999]
)
def test_another_content_type_is_unreadable_and_the_message_short(content_type: str) -> None:
    with pytest.raises(
        Unreadable, match=r"^the content type .* is not supported; send JSON, a urlencoded form or XML$"
    ) as e:
        read_body(b"{}", content_type)
    assert len(str(e.value)) < 160


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b'\xef\xbb\xbf{"a": 1}', {"a": 1}),
        (b"[123456789012345678901234567890]", [123456789012345678901234567890]),
        (b"[-9223372036854775809]", [-9223372036854775809]),
        (b"[1.10]", [1.1]),
        (b'["\\u0000\\ud83d\\ude00"]', ["\x00😀"]),
        (b'{"a": 1, "a": 2}', {"a": 2}),
        (b" [] ", []),
    ],
)
def test_json_is_read_exactly(text: bytes, value: Any) -> None:
    assert read_body(text, JSON) == value


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"\xef\xbb\xbf",
        b"{",
        b"[1] 2",
        b"[NaN]",
        b"[Infinity]",
        b"[1e999]",
        b"{'a': 1}",
        b'"\xff"',
        b"[\xff]",
        b'["\\ud800"]',
        b'{"a": 1,}',
        "[1]".encode("utf-16"),
        b"a=1&b=2",
        b"[" + b"9" * 5000 + b"]",
    ],
)
def test_what_is_not_json_is_unreadable(text: bytes) -> None:
    with pytest.raises(Unreadable, match=r"^the body is not valid JSON: "):
        read_body(text, JSON)


@pytest.mark.parametrize("text", [b"1", b'"text"', b"null", b"true"])
def test_json_that_is_no_object_or_list_is_unreadable(text: bytes) -> None:
    with pytest.raises(Unreadable, match=r"^the JSON body is neither an object nor a list$"):
        read_body(text, JSON)


def test_nesting_up_to_the_bound_is_read_and_one_deeper_is_not() -> None:
    assert read_body(nested(64), JSON) != []
    assert read_body(b'{"a":' * 64 + b"1" + b"}" * 64, JSON) != {}
    for body in (nested(65), b'{"a":' * 65 + b"1" + b"}" * 65, b'[{"a":[],"b":' + nested(64) + b"}]"):
        with pytest.raises(Unreadable, match=r"^the JSON body is nested more than 64 deep$"):
            read_body(body, JSON)


def test_many_brackets_that_nest_little_are_read() -> None:
    assert len(read_body(b"[" + b",".join([b"[[],{}]"] * 10_000) + b"]", JSON)) == 10_000


def test_brackets_in_text_do_not_nest() -> None:
    assert read_body(b'["' + b"[" * 500 + b'"]', JSON, depth=1) == ["[" * 500]


def test_the_bound_is_a_rule() -> None:
    assert read_body(nested(3), JSON, depth=3) == [[[]]]
    with pytest.raises(Unreadable, match="more than 2 deep"):
        read_body(nested(3), JSON, depth=2)


@pytest.mark.parametrize("body", [nested(100_000), b"[" * 100_000, b'{"a":' * 100_000, b'[{"a":' * 100_000])
def test_a_hundred_thousand_brackets_are_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable, match="nested more than 64 deep"):
        read_body(body, JSON)


def test_a_form_is_read_and_repeated_fields_are_lists() -> None:
    assert read_body(b"a=1&b=x+y%26z&a=2&a=&c=&d", FORM) == {"a": ["1", "2", ""], "b": "x y&z", "c": "", "d": ""}
    assert read_body("n=Müller".encode(), FORM + "; charset=UTF-8") == {"n": "Müller"}
    assert read_body(b"", FORM) == {}


@pytest.mark.parametrize("body", [b"\xff=1", b"a=%ff", b"a=%ED%A0%80", b"&".join([b"a=1"] * 1001)])
def test_a_form_that_is_no_utf8_or_too_long_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable, match=r"^the body is not a urlencoded form in UTF-8 of at most 1000 fields$"):
        read_body(body, FORM)


def test_what_cannot_be_read_is_not_shown() -> None:
    for body, kind in [(b'{"a": "c4nary"', JSON), (b"c4nary", JSON), (b"a=c4nary%ff", FORM)]:
        with pytest.raises(Unreadable) as error:
            read_body(body, kind)
        assert "c4nary" not in str(error.value)


pieces = st.lists(
    st.sampled_from(
        [b"{", b"}", b"[", b"]", b":", b",", b'"', b"a", b"1", b"e", b"\\u", b"\xef\xbb\xbf", b"\xff", b"%", b"&"]
    )
).map(b"".join)


@settings(max_examples=400, deadline=None)
@given(
    body=st.binary() | pieces | st.text().map(str.encode),
    kind=st.sampled_from([JSON, FORM, ""]) | st.text(),
    depth=st.integers(1, 500),
)
def test_whatever_arrives_nothing_but_unreadable_comes_out(body: bytes, kind: str, depth: int) -> None:
    with suppress(Unreadable):
        assert isinstance(read_body(body, kind, depth=depth), dict | list)
