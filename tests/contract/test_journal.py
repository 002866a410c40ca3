"""Who changed what, and verbs that are carried out together, on every store."""

from typing import Any

import pytest

from bridge.outbox.terms import Action, Paused

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


def test_actions_are_found_by_who_did_what_and_since_when(store: Any) -> None:
    again = Action(3_000, "anna", "resume", "all")
    for action in (STOP, GO_ON, again):
        store.controls.note(action)

    def abouts(**filters: Any) -> list[str]:
        return [each.about for each in store.ledger.actions(limit=5, **filters)]

    assert abouts(who="anna") == ["all", "touchpoint steady"]
    assert abouts(who="anna", before=3) == ["touchpoint steady"]
    assert abouts(verb="resume") == ["all", "touchpoint steady"]
    assert abouts(who="key:ci", verb="resume") == ["touchpoint steady"]
    assert abouts(who="key:ci", verb="pause") == []
    assert abouts(since=2_001) == ["all"]
    assert abouts(since=2_000) == ["all", "touchpoint steady"]
    assert abouts(since=3_001) == []
    assert abouts(who="bert") == []


def test_those_who_did_something_and_what_they_did_are_known_by_name(store: Any) -> None:
    assert store.ledger.actors() == ([], [])
    for number, who in enumerate(("key:ci", "anna", "key:ci", "cli:root")):
        store.controls.note(Action(number, who, "resume" if number % 2 else "pause", "all"))
    assert store.ledger.actors() == (["anna", "cli:root", "key:ci"], ["pause", "resume"])


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
