"""Valid addresses and numbers, and the hashes under which people and orders are found however they are written."""

from contextlib import suppress

import pytest
from email_validator import validate_email
from hypothesis import given, settings, strategies as st

from bridge.core.contact import digest, normal_email, normal_phone, searchable

KEY = bytes(range(32))
any_text = st.text(st.characters(), max_size=700)  # lone surrogates too


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("anna@example.com", "anna@example.com"),
        (" Anna.Maier+shop@Example.COM\r\n", "Anna.Maier+shop@Example.COM"),
        ("o'neil@b.de", "o'neil@b.de"),
        ("jürgen@müller.de", "jürgen@müller.de"),
        ("anna@shop.test", "anna@shop.test"),
    ],
)
def test_a_valid_address_is_given_as_it_is_spelled(text: str, address: str) -> None:
    assert normal_email(text) == address


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "anna",
        "@b.de",
        "anna@",
        "anna@b",
        "a b@c.de",
        "a@b.de,c@d.de",
        "Anna <a@b.de>",
        "a@b.de\r\nBcc: c@d.de",
        "a@[1.2.3.4]",
        "a@1.2.3.4",
        "a@b..de",
        ".a@b.de",
        "a@-b.de",
        "a@b.de.",
        "a@\ud800.de",
        "\ud800@b.de",
        "a@xn--.de",
        "a" * 260 + "@b.de",
        "a" * 100_000 + "@b.de",
        "a@" + "b." * 200 + "de",
        "a\x00@b.de",
    ],
)
def test_an_address_that_is_not_valid_is_refused_without_being_shown(text: str) -> None:
    with pytest.raises(ValueError, match=r"^is not a valid email address$"):
        normal_email(text)


@pytest.mark.parametrize(
    "text",
    [
        "+4930123456",
        " +49 (0)30 / 12-34 56 ",
        "+49 30 123456",
        "+49.30.123456",
        "\uff0b4930123456",
        "+٤٩٣٠١٢٣٤٥٦",
        "+49\u201130\u2011123456",
        "+49\u00a030\u00a0123456",
    ],
)
def test_a_valid_number_becomes_e164(text: str) -> None:
    assert normal_phone(text) == "+4930123456"


@pytest.mark.parametrize("text", ["", "030 123456", "0049 30 123456", "anna", "+", "++49", "\ud800", "1" * 100_000])
def test_a_number_without_a_country_is_refused_with_what_helps(text: str) -> None:
    with pytest.raises(ValueError, match=r"^is not a number in international form; e164\(phone, 'DE'\) makes it one$"):
        normal_phone(text)


@pytest.mark.parametrize("text", ["+1 555 000", "+1 000 000 0000", "+44 20 0000 0000 00"])
def test_a_number_that_cannot_exist_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^is not a valid phone number$"):
        normal_phone(text)


@given(any_text)
def test_whatever_the_text_only_a_refusal_comes_out_and_what_is_normal_stays_so(text: str) -> None:
    for normal in (normal_email, normal_phone):
        with suppress(ValueError):
            assert normal(normal(text)) == normal(text)


SPELLINGS = [
    ["anna@example.com", " Anna@EXAMPLE.com ", "ANNA@example.com\n", "\u00a0anna@example.com"],
    ["1001", "#1001", "# 1001", " #1001 ", "##1001", "\uff11\uff10\uff10\uff11"],
    ["R-7a", "#r-7A"],
    ["order 7", "Order  7", "order\t7"],
    ["müller", "mu\u0308ller", "MÜLLER", "MU\u0308LLER"],
    [
        "+4930123456",
        "+49 30 123456",
        "+49 (0)30 / 12 34-56",
        "+49.30.123456",
        "\uff0b49 30 123456",
        "+٤٩٣٠١٢٣٤٥٦",
        "+49\u201130\u2013123456",
        " +49 30 123456 ",
    ],
]


@pytest.mark.parametrize("same", SPELLINGS)
def test_the_spelling_does_not_change_the_hash(same: list[str]) -> None:
    assert len({digest(KEY, text) for text in same}) == 1


def test_what_differs_in_more_than_spelling_differs_in_the_hash() -> None:
    others = ["R7", "R-7", "1001-1", "10011", "+493012345", "+12345", "12345", "a+b@c.de", "ab@c.de", "1.0", "10", "+1"]
    texts = [same[0] for same in SPELLINGS] + others
    assert len({digest(KEY, text) for text in texts}) == len(texts)


def test_the_hash_needs_the_key_and_has_sixteen_bytes() -> None:
    assert digest(KEY, "anna@example.com").hex() == "83870c5f139c89ec269071a24112d34e"
    assert digest(bytes(32), "anna@example.com") != digest(KEY, "anna@example.com")


@pytest.mark.parametrize("text", ["", " ", "#", " # # "])
def test_a_text_of_nothing_has_nothing_to_search_by(text: str) -> None:
    assert searchable(text) == ""


@given(any_text)
def test_every_text_has_a_hash(text: str) -> None:
    assert len(digest(KEY, text)) == 16


@given(st.text(st.characters(codec="ascii"), max_size=200))
def test_case_blanks_and_a_leading_hash_never_count(text: str) -> None:
    for other in (text.upper(), text.lower(), f"  {text}\n", f"# {text}", f"#{text}"):
        if not searchable(text).startswith("+"):  # `#+49…` is no number
            assert digest(KEY, other) == digest(KEY, text)


@given(st.from_regex(r"\+[1-9]([ ./()-]{0,2}[0-9]){6,13}", fullmatch=True))
def test_the_punctuation_of_a_number_never_counts(text: str) -> None:
    if "(0)" not in text:
        assert searchable(text) == "+" + "".join(sign for sign in text if sign.isdigit())


_SIGNS = "abzAZ09._%+-'!#@ \"(),:;<>[]\\\u00e4\u3042\u0301"
_DOMAINS = (
    "example.com",
    "a-b.de",
    "xn--bcher-kva.example.org",
    "bücher.de",
    "localhost",
    "a..b",
    "-a.de",
    "test",
    "1.2",
)


@given(st.text(_SIGNS, max_size=70), st.sampled_from(_DOMAINS) | st.text("aB0.-@_", max_size=80))
@settings(max_examples=1_500)
def test_the_short_way_for_plain_addresses_says_what_the_library_says(local: str, domain: str) -> None:
    address = f"{local}@{domain}".strip()
    try:
        validate_email(address, check_deliverability=False, test_environment=True)
    except ValueError:
        with pytest.raises(ValueError, match="is not a valid email address"):
            normal_email(address)
    else:
        assert normal_email(address) == address
