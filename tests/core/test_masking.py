import pytest
from hypothesis import given, strategies as st

from bridge.core.masking import LONGEST, masked, masked_pair
from bridge.core.model import Scalar

PEOPLE = [
    ("email", "anna.gruber@example.com", "a…@example.com"),
    ("identifier", "anna.gruber@example.com", "a…@example.com"),
    ("contact", "Anna Gruber <anna@example.com>", "… a…@example.com …"),
    ("orderId", "no-at-domain@", "n…"),
    ("phone", "+43 664 1234567", "+43…67"),
    ("phone", "+436641234567", "+43…67"),
    ("callback", "+436641234567", "+43…67"),
    ("callback", "0664 / 123 45 67", "06…67"),
    ("phone", 436641234567, "43…67"),
    ("zip", 1010, "1…"),
    ("firstname", "Anna", "A…"),
    ("first_name", "anna", "a…"),
    ("lastName", "Gruber-Öllinger", "G…"),
    ("customerName", "ANNA", "A…"),
    ("company", "private", "p…"),
    ("street", "Graben 21/3", "G…"),
    ("birthday", "1985-03-02", "1…"),
    ("greeting", "Dear Anna, thank you", "D…"),
    ("branch", "Vienna, Graben", "V…"),
    ("session", "4f9b2c81d0e74a55b6c1a2d3e4f50617", "4…"),
    ("apiToken", "tok_1", "t…"),
    ("review", "https://shop.example/r/AbC?customer=anna", "https://shop.example/…"),
]
READABLE = [
    ("orderId", "#1001", "#1001"),
    ("orderId", "1001", "1001"),
    ("orderId", 1001, "1001"),
    ("customerNumber", 5891234567890, "5891234567890"),
    ("identifier", "0043664", "0043664"),
    ("invoice", "R-2026/77", "R-2026/77"),
    ("amount", "129.90", "129.90"),
    ("amount", 129.9, "129.9"),
    ("total", "129,90 EUR", "129,90 EUR"),
    ("currency", "EUR", "EUR"),
    ("locale", "de-AT", "de-AT"),
    ("channel", "online", "online"),
    ("status", "partially_refunded", "partially_refunded"),
    ("day", "2026-11-23", "2026-11-23"),
    ("fulfilledAt", "2026-11-23T20:56:49+01:00", "2026-11-23T20:56:49+01:00"),
    ("day", "23.11.2026", "23.11.2026"),
    ("consent", True, "true"),
    ("shop", "https://shop.example", "https://shop.example"),
    ("branch", None, "nothing"),
    ("branch", "", '""'),
]


@pytest.mark.parametrize(("name", "value", "shown"), PEOPLE)
def test_what_says_who_somebody_is_is_masked(name: str, value: str | int, shown: str) -> None:
    assert masked(name, value) == shown


@pytest.mark.parametrize(("name", "value", "shown"), READABLE)
def test_ids_numbers_dates_and_enums_stay_readable(name: str, value: str | int | None, shown: str) -> None:
    assert masked(name, value) == shown


def test_what_would_look_alike_is_told_apart() -> None:
    assert masked_pair("branch", "Vienna", "Vienna, Graben") == ("V… (6 characters)", "V… (14 characters)")
    assert masked_pair("firstname", "Anna", "Anne") == ("A…", "A… (another)")
    assert masked_pair("orderId", 1001, "1001") == ("1001 (a number)", "1001 (a text)")
    assert masked_pair("orderId", "1001", "#1001") == ("1001", "#1001")
    assert masked_pair("email", None, "anna@example.com") == ("nothing", "a…@example.com")
    assert masked_pair("count", 0, False) == ("0", "false")


def test_what_is_shown_is_one_short_printable_line() -> None:
    assert masked("orderId", "1\x1b[2J\n") == "1…"
    assert masked("link", f"https://{'a' * 200}.example/x") == f"https://{'a' * 51}…"


@given(st.text(max_size=8), st.text(max_size=200) | st.integers() | st.floats() | st.booleans() | st.none())
def test_any_value_can_be_shown(name: str, value: Scalar | None) -> None:
    shown = masked(name, value)
    assert 0 < len(shown) <= LONGEST
    assert shown.isprintable()


@given(st.from_regex(r"[a-z]{3,10}\.[a-z]{3,10}@example\.(com|org)", fullmatch=True), st.sampled_from(["x", "orderId"]))
def test_no_address_is_shown_whatever_the_attribute(address: str, name: str) -> None:
    assert address.partition("@")[0] not in masked(name, f"to {address}!")
