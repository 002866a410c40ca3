"""Who changed what, and verbs that are carried out together, on every store."""

from typing import Any

import pytest

from bridge.outbox.protocol import Action, Paused

STOP = Action(1_000, "anna", "pause", "touchpoint steady", "new texts")
GO_ON = Action(2_000, "key:ci", "resume", "touchpoint steady")


def test_actions_are_listed_with_the_latest_first_and_page_by_their_number(store: Any) -> None:
    store.controls.note(STOP)
    store.controls.note(GO_ON)
    latest = Action(2_000, "key:ci", "resume", "touchpoint steady", "", number=2)
    first = Action(1_000, "anna", "pause", "touchpoint steady", "new texts", number=1)
    assert store.ledger.actions(limit=5) == [latest, first]
    assert store.ledger.actions(limit=1) == [latest]
    assert store.ledger.actions(limit=5, before=2) == [first]


def test_what_is_done_together_is_all_there(store: Any) -> None:
    with store.together():
        assert store.controls.pause(Paused("all", "", "new texts", 1_000, "operator"))
        store.controls.note(STOP)
        assert len(store.ledger.pauses()) == 1
    assert len(store.ledger.pauses()) == len(store.ledger.actions(limit=5)) == 1


def test_what_is_done_together_is_undone_together(store: Any) -> None:
    with pytest.raises(RuntimeError):
        _fail_after_pausing(store)
    assert store.ledger.pauses() == []
    assert store.ledger.actions(limit=5) == []
    assert store.controls.pause(Paused("all", "", "again", 2_000, "operator"))


def _fail_after_pausing(store: Any) -> None:
    with store.together():
        store.controls.pause(Paused("all", "", "new texts", 1_000, "operator"))
        store.controls.note(STOP)
        raise RuntimeError
