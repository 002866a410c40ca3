"""Reasons without what differs from case to case."""

import pytest

from bridge.app.alike import alike


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("it answered 422 (unknown attribute)", "it answered 422 (unknown attribute)"),
        ("it answered 422 (no such contact: anna@example.com)", "it answered 422 (no such contact: …)"),
        ('it answered 422 ({"email":"zoë.müller@exämple.com"})', 'it answered 422 ({"email":"…"})'),
        ("order 100234 is not known", "order … is not known"),
        ("+4366012345678 is not a mobile number", "… is not a mobile number"),
        ("replaced by evt_01jv2t7c9x", "replaced by …"),
        ("sent in full at 14:03:07 UTC, closed after 15.0 s", "sent in full at … UTC, closed after … s"),
        ("two\nlines\tand  blanks", "two lines and blanks"),
        ("", ""),
    ],
)
def test_what_differs_is_left_out(reason: str, said: str) -> None:
    assert alike(reason) == said


def test_a_long_reason_is_cut() -> None:
    assert alike("ab " * 10_000) == ("ab " * 10_000)[:239] + "…"
