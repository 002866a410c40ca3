"""The functions on text, lists and phone numbers: their results, nulls, wrong kinds and limits."""

from typing import Any

import pytest

from bridge.core.errors import MappingFailed
from bridge.core.language.expression import Context, compile_expression

RESULTS: list[tuple[str, Any, Any]] = [
    ("text(@)", None, None),
    ("text(@)", "a", "a"),
    ("text(@)", 123456789012345678901, "123456789012345678901"),
    ("text(@)", 19.10, "19.1"),
    ("text(@)", 20.0, "20.0"),
    ("text(@)", True, "true"),
    ("text(@)", False, "false"),
    ("text(@)", 0, "0"),
    ("lower(@)", None, None),
    ("lower(@)", "ÄBC", "äbc"),
    ("upper(@)", None, None),
    ("upper(@)", "straße", "STRASSE"),
    ("title(@)", None, None),
    ("title(@)", "ANNA-LENA", "Anna-Lena"),
    ("title(@)", "o'neil", "O'Neil"),
    ("title(@)", "D\u2019ARC", "D\u2019Arc"),
    ("title(@)", "lee's café", "Lee's Café"),
    ("title(@)", "Ronald McDonald jOHN", "Ronald McDonald John"),
    ("title(@)", "e\u0301lise 3rd", "E\u0301lise 3rd"),
    ("title(@)", "", ""),
    ("trim(@)", None, None),
    ("trim(@)", " \t a b \n", "a b"),
    ("replace(@, 'a', 'b')", None, None),
    ("replace(@, '.', '')", "1.000.000", "1000000"),
    ("replace(@, 'x', 'yy')", "axbx", "ayybyy"),
    ("split(@, ',')", None, None),
    ("split(@, ', ')", "a, b", ["a", "b"]),
    ("split(@, ',')", "", [""]),
    ("split(@, ',')[0]", "a,b", "a"),
    ("concat(@)", None, None),
    ("concat(@)", [], ""),
    ("concat(@)", ["a", None, 5, True, 1.5], "a5true1.5"),
    ("concat([first, ' ', last])", {"first": "Ann", "last": "Lee"}, "Ann Lee"),
    ("slice_text(@, `1`, `3`)", None, None),
    ("slice_text(@, `1`, `3`)", "abcdef", "bc"),
    ("slice_text(@, `-2`)", "abcdef", "ef"),
    ("slice_text(@, `null`, `2`)", "abcdef", "ab"),
    ("slice_text(@, `10`, `20`)", "abc", ""),
    ("unescape_html(@)", None, None),
    ("unescape_html(@)", "Tom &amp; Jerry &#39;s &lt;b&gt;", "Tom & Jerry 's <b>"),
    ("default(@, 'x')", None, "x"),
    ("default(@, 'x')", "", "x"),
    ("default(@, 'x')", [], "x"),
    ("default(@, 'x')", {}, "x"),
    ("default(@, 'x')", False, False),
    ("default(@, 'x')", 0, 0),
    ("default(@, 'x')", "a", "a"),
    ("first(@)", None, None),
    ("first(@)", [], None),
    ("first(@)", [1, 2], 1),
    ("last(@)", None, None),
    ("last(@)", [], None),
    ("last(@)", [1, 2], 2),
    ("sha256(@)", None, None),
    ("sha256(@)", "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    ("sha256(@) == sha256(text(@))", 5, True),
    ("sha256(@)", "ä", "33e6d73fee82904c8d7afb78de1154d1e8dc2a0edb08120e63df5b9385c2d9cc"),
    ("from_json(@)", None, None),
    ("from_json(@).a", {"a": 1}, 1),
    ("from_json(@).a[0]", '{"a": [123456789012345678901]}', 123456789012345678901),
    ("from_json(@)", "null", None),
    ("if(@, 'yes', 'no')", True, "yes"),
    ("if(@, 'yes', 'no')", 0, "yes"),
    ("if(@, 'yes', 'no')", None, "no"),
    ("if(@, 'yes', 'no')", "", "no"),
    ("if(@ == `1`, 'one', div(`1`, `0`))", 1, "one"),
    ("if(@ == `1`, div(`1`, `0`), 'other')", 2, "other"),
    ("e164(@, 'DE')", None, None),
    ("e164(@, 'DE')", " ", None),
    ("e164(@, 'DE')", "030 901820", "+4930901820"),
    ("e164(@, 'de')", "+1 (212) 555-2368", "+12125552368"),
    ("e164(@)", "+49 30 901820", "+4930901820"),
    ("e164(@, `null`)", "+49 30 901820", "+4930901820"),
    ("e164(@, 'DE')", 4930901820, "+4930901820"),
]

FAILURES: list[tuple[str, Any, str]] = [
    ("text(@)", ["x"], "text takes text, a number or a boolean, not a list"),
    ("text(@)", {}, "text takes text, a number or a boolean, not an object"),
    ("text(@)", float("nan"), "text takes a finite number"),
    ("text(@)", float("-inf"), "text takes a finite number"),
    ("lower(@)", 5, "lower takes text, not a number"),
    ("upper(@)", True, "upper takes text, not a boolean"),
    ("title(@)", [], "title takes text, not a list"),
    ("trim(@)", {}, "trim takes text, not an object"),
    ("replace(@, '', 'b')", "a", "replace needs a text to look for, which must not be empty"),
    ("replace(@, 'a', `1`)", "a", "replace takes text, not a number"),
    ("replace(@, 'a', x)", "a", "replace takes text, not null"),
    ("split(@, '')", "a", "split needs a separator, which must not be empty"),
    ("split(@, ',')", 5, "split takes text, not a number"),
    ("concat(@)", "ab", "concat takes a list, not text"),
    ("concat(@)", [["a"]], "concat takes text, a number or a boolean, not a list"),
    ("slice_text(@, 'a', 'b')", "abc", "slice_text takes a whole number, not text"),
    ("slice_text(@, `1.5`)", "abc", "slice_text takes a whole number, not a number"),
    ("unescape_html(@)", 1, "unescape_html takes text, not a number"),
    ("first(@)", "abc", "first takes a list, not text"),
    ("last(@)", 1, "last takes a list, not a number"),
    ("sha256(@)", [], "sha256 takes text, a number or a boolean, not a list"),
    ("sha256(@)", "\ud800", "the expression went wrong: UnicodeEncodeError"),
    ("from_json(@)", "{secret", "from_json was given a text that is not JSON"),
    ("from_json(@)", "NaN", "from_json was given a text that is not JSON"),
    ("from_json(@)", "\ud800", "from_json was given a text that is not JSON"),
    ("from_json(@)", 1, "from_json takes text, not a number"),
    ("e164(@, 'DE')", "secret", "e164 was given what is no phone number, or one without its country"),
    ("e164(@)", "030 901820", "e164 was given what is no phone number, or one without its country"),
    ("e164(@, 'XX')", "030 901820", "e164 was given what is no phone number, or one without its country"),
    ("e164(@, 'US')", "555-0100", "e164 was given a phone number that is not valid"),
    ("e164(@, @)", "Germany", "e164 takes a country of two letters (ISO 3166), such as 'DE'"),
    ("e164(@, length('12345'))", "1", "e164 takes text, not a number"),
    ("e164(@, 'DE')", [], "e164 takes text, a number or a boolean, not a list"),
]


@pytest.mark.parametrize(("text", "value", "result"), RESULTS)
def test_a_function_gives(text: str, value: Any, result: Any) -> None:
    found = compile_expression(text).evaluate(value, Context())

    assert (found, type(found)) == (result, type(result))


@pytest.mark.parametrize(("text", "value", "message"), FAILURES)
def test_a_function_refuses(text: str, value: Any, message: str) -> None:
    with pytest.raises(MappingFailed) as failure:
        compile_expression(text).evaluate(value, Context())

    assert str(failure.value) == message
