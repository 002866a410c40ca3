"""The list of those who are never asked again, page by page, on every store."""

from typing import Any

from bridge.outbox.terms import Suppression

NOON = 1_777_802_400_000


def an_entry(contact: bytes, *, since: int = NOON) -> Suppression:
    return Suppression(contact * 16, f"{contact.decode()}…@example.com", f"reason {contact.decode()}", since, "anna")


def test_the_list_is_paged_without_losing_those_of_one_moment(store: Any) -> None:
    for contact in (b"b", b"d", b"a", b"c"):
        store.controls.suppress(an_entry(contact))
    store.controls.suppress(an_entry(b"e", since=NOON - 1))
    store.controls.suppress(an_entry(b"f", since=NOON + 1))
    pages: list[list[str]] = []
    place = None
    while page := store.ledger.suppressions(limit=2, before=place):
        pages.append([each.contact[:1].decode() for each in page])
        place = (page[-1].since, page[-1].contact)
    assert pages == [["f", "d"], ["c", "b"], ["a", "e"]]


def test_a_page_has_every_column(store: Any) -> None:
    store.controls.suppress(an_entry(b"a"))
    assert store.ledger.suppressions(limit=1) == [
        Suppression(b"a" * 16, "a…@example.com", "reason a", NOON, "anna"),
    ]
    assert store.ledger.suppressions(limit=1, before=(NOON, b"a" * 16)) == []
    assert store.ledger.suppressions(limit=1, before=(NOON, b"")) == []
