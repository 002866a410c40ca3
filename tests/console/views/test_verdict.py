"""The title of the page Why: whether somebody was asked, and if not why, for every way it can go."""

from typing import Any

import pytest

from bridge.console.views.remedies import keys, remedies
from bridge.console.views.verdict import verdict
from bridge.core.findings import Course, Findings, Never, Obstacle

MAY = 1_777_802_400_000  # 3 May 2026, 10:00 UTC
DAY = 86_400_000
BERLIN = {"zone": "Europe/Berlin", "begins": 540, "ends": 1140, "days": [0, 1, 2, 3, 4, 5, 6]}


def a_delivery(state: str, reason: str = "", **changes: Any) -> dict[str, Any]:
    columns = {"id": "dlv_01", "state": state, "reason": reason, "touchpoint": "steady", "state_at": MAY}
    times = {"due_at": MAY, "asked_at": None, "hours": None, "attempts": 0, "key": "1001", "message": ""}
    return {**columns, **times, **changes}


def a_decision(verdict: str, reason: str = "", mapping: str = "visit") -> dict[str, Any]:
    return {"verdict": verdict, "reason": reason, "mapping": mapping, "element": 0, "replay_id": None}


def of(*deliveries: dict[str, Any], decisions: Any = (), kind: str = "contact", **changes: Any) -> Findings:
    course = Course("evt_01", {"source": "till", "topic": "closed"}, tuple(decisions), deliveries)
    return Findings("anna@example.com", MAY + DAY, 400 * DAY, kind, (course,), **changes)


@pytest.mark.parametrize(
    ("delivery", "said"),
    [
        (a_delivery("delivered"), "was asked: steady took the request Sun 3 May 2026 10:00 UTC."),
        (
            a_delivery("delivered", hours=BERLIN),
            "was asked: steady took the request Sun 3 May 2026 12:00 Europe/Berlin.",
        ),
        (a_delivery("sending"), "is being asked right now."),
        (a_delivery("held"), "was not asked: the request is held."),
        (a_delivery("held", asked_at=MAY), "may have been asked, nobody knows: the request is held."),
        (a_delivery("dead", "422"), "was not asked: steady did not take the request."),
        (
            a_delivery("cancelled", "cancelled by refunds (evt_9)"),
            "was not asked: the request was cancelled by refunds (evt_9).",
        ),
        (a_delivery("cancelled", "by phone"), "was not asked: the request was cancelled: by phone."),
        (a_delivery("pending"), "is about to be asked: the request is due."),
        (
            a_delivery("pending", due_at=MAY + 2 * DAY),
            "is not asked yet: the request is to go out Tue 5 May 2026 10:00 UTC.",
        ),
        (
            a_delivery("pending", due_at=MAY + 2 * DAY, attempts=2),
            "is not asked yet: the request is to go out again Tue 5 May 2026 10:00 UTC.",
        ),
    ],
)
def test_a_request_is_told_by_its_state(delivery: Any, said: str) -> None:
    assert verdict(of(delivery)) == f"anna@example.com {said}"


@pytest.mark.parametrize(
    ("decision", "said"),
    [
        (a_decision("skipped", "when is false"), "was not asked because mapping visit skipped the event."),
        (a_decision("failed", "no email"), "was not asked because mapping visit failed."),
        (
            a_decision("suppressed", "already asked about 7"),
            "was not asked because already asked about 7.",
        ),
        (a_decision("unmatched", "no mapping", ""), "was not asked because no mapping takes such events."),
        (a_decision("cancelling", "cancels 7"), "was not asked since the event only calls off what waits."),
        (a_decision("planned"), "was asked, but the delivery is not kept any more."),
    ],
)
def test_without_a_request_the_decision_tells(decision: Any, said: str) -> None:
    assert verdict(of(decisions=[decision])) == f"anna@example.com {said}"


def test_what_stands_in_the_way_is_named() -> None:
    obstacle = Obstacle("touchpoint steady is paused: 401", "Resume it.")
    found = of(a_delivery("pending"), obstacles={"dlv_01": obstacle})
    assert verdict(found) == "anna@example.com is not asked yet: touchpoint steady is paused: 401."


@pytest.mark.parametrize(
    ("kind", "begins"),
    [("order", "About order anna@"), ("key", "About anna@"), ("event", "The person of this event is"), ("", "About ")],
)
def test_what_is_no_person_is_told_as_what_it_is(kind: str, begins: str) -> None:
    assert verdict(of(a_delivery("sending"), kind=kind)).startswith(begins)


def test_what_has_no_event_is_told() -> None:
    nobody = Findings("anna@example.com", MAY, 400 * DAY)
    assert verdict(nobody) == "No trace of anna@example.com in 400 days."
    never = Findings("anna@example.com", MAY, DAY, never=Never(MAY, "asked by phone", "ben"))
    assert verdict(never) == "anna@example.com is never asked: asked by phone."
    row = {"status": 401, "reason": "the signature is wrong", "event_id": ""}
    assert verdict(Findings("ref_1", MAY, DAY, refused=row)) == (
        "This request was refused with 401: the signature is wrong."
    )


@pytest.mark.parametrize(
    ("state", "label", "address"),
    [
        ("pending", "Cancel the request…", "/deliveries/cancel?id=dlv_01"),
        ("held", "Send again or cancel…", "/deliveries/dlv_01"),
        ("delivered", "Ask once more…", "/replays/new?id=dlv_01&include_delivered=true"),
        ("cancelled", "Ask anyway…", "/replays/new?id=dlv_01"),
        ("dead", "Ask anyway…", "/replays/new?id=dlv_01"),
    ],
)
def test_each_state_has_the_button_that_helps(state: str, label: str, address: str) -> None:
    [remedy] = remedies(of(a_delivery(state)))
    assert (remedy.label, remedy.address) == (label, address)


def test_what_cannot_be_helped_has_none() -> None:
    assert remedies(of(a_delivery("sending"))) == []
    assert remedies(of(decisions=[a_decision("skipped")])) == []
    [remedy] = remedies(of(decisions=[a_decision("failed")]))
    assert remedy.address == "/replays/new?id=evt_01"


def test_what_somebody_was_asked_about_is_listed_once() -> None:
    assert keys(of(a_delivery("dead", key="7"), a_delivery("dead", key="8"), a_delivery("dead", key="7"))) == ["7", "8"]
