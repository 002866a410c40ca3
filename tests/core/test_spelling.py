"""Other spellings of an address, a number or an order: the likely ones first."""

from itertools import islice

import pytest

from bridge.core.spelling import variants


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("anna@exmaple.com", "anna@example.com"),  # two letters swapped
        ("ana@example.com", "anna@example.com"),  # one left out
        ("annna@example.com", "anna@example.com"),  # one too many
        ("snna@example.com", "anna@example.com"),  # one wrong
        ("anna@gmial.con", "anna@gmail.com"),  # another domain
        ("anna@googlemail.com", "anna@gmail.com"),
        ("anna@example.de", "anna@example.com"),  # another ending
        ("anna+shop@example.com", "anna@example.com"),
        ("anna.weber@example.com", "annaweber@example.com"),
        ("zoë.müller@example.com", "zoë.mueller@example.com"),
        ("1010", "1001"),
        ("001001", "1001"),
        ("0043 1 588010", "+431588010"),
    ],
)
def test_what_was_meant_is_among_the_spellings(written: str, meant: str) -> None:
    assert meant in set(variants(written))


def test_likely_spellings_come_first_each_once_and_never_the_text_itself() -> None:
    first = list(islice(variants("anna+shop@example.com"), 3))
    assert first[0] == "anna@example.com"
    every = list(variants("Anna@Example.com"))
    assert len(every) == len(set(every)) > 100
    assert "anna@example.com" not in every


@pytest.mark.parametrize("text", ["", "   ", "#", "x" * 49, "\ud800", "@", "@@"])
def test_it_is_total(text: str) -> None:
    assert isinstance(list(variants(text)), list)
