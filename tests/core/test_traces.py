"""Finding an address or number in whatever a system sent."""

import gzip

import pytest

from bridge.core.traces import traces_of


@pytest.mark.parametrize(
    "text",
    [
        "anna.muster@example.com",
        "to=ANNA.Muster%40example.com&x=1",
        r"\u0061nna.muster\u0040example.com",
        "Mail <anna.muster@example.com>.",
        "%3Danna.muster@example.com",
        r"\nanna.muster@example.com",
        "anna.muster&#64;example.com",
        gzip.compress(b'{"to": "anna.muster@example.com"}'),
        '{"to": "anna.muster@example.com"}'.encode("utf-16-le"),
    ],
)
def test_an_address_is_found_however_it_is_written(text: str | bytes) -> None:
    assert traces_of("Anna.Muster@example.com").stand_in(None, "", text)


@pytest.mark.parametrize(
    "text",
    [
        "hanna.muster@example.com",
        "x-anna.muster@example.com",
        "anna.muster@example.com.au",
        "anna.muster@example.community",
    ],
)
def test_an_address_that_only_holds_it_is_another_persons(text: str) -> None:
    assert not traces_of("anna.muster@example.com").stand_in(text)


@pytest.mark.parametrize(
    "text", ["+4915123456789", "0049 151 234 567-89", "%2B49151%2023456789", "tel:+49(151)23456789"]
)
def test_a_number_is_found_with_any_punctuation(text: str) -> None:
    assert traces_of("+49 151 23456789").stand_in(text)


def test_a_number_within_a_longer_one_is_another() -> None:
    assert not traces_of("+49 151 23456789").stand_in("149151234567890")


def test_what_is_too_short_is_not_looked_for() -> None:
    assert not traces_of("1234").stand_in("1234")
    assert not traces_of("").stand_in("anything")
