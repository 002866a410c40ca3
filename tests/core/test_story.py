"""The story of one request: what the timeline tells, and the one sentence at its end, for every way it can go."""

from typing import Any

import pytest

from bridge.core.findings import Course, Findings, Never, Obstacle
from bridge.core.sentence import conclude, newest
from bridge.core.story import hide_others, timeline

MAY = 1_777_802_400_000  # 3 May 2026, 10:00 UTC
DAY = 86_400_000
HOUR = 3_600_000
EVENT = "evt_01"
BERLIN = {"zone": "Europe/Berlin", "begins": 540, "ends": 1140, "days": [0, 1, 2, 3, 4, 5, 6]}
SUBJECT = "Order 1001 (shopify orders/fulfilled, 3 May 2026): "


def an_event(**changes: Any) -> dict[str, Any]:
    return {"id": EVENT, "source": "shopify", "topic": "orders/fulfilled", "received_at": MAY} | changes


def a_decision(verdict: str, reason: str = "", **changes: Any) -> dict[str, Any]:
    columns = {"event_id": EVENT, "mapping": "post-purchase", "element": 0, "verdict": verdict, "reason": reason}
    return {**columns, "delivery_id": None, "replay_id": None, "replay_of": None} | changes


def a_delivery(state: str, reason: str = "", **changes: Any) -> dict[str, Any]:
    return {
        "id": "dlv_01",
        "event_id": EVENT,
        "mapping": "post-purchase",
        "element": 0,
        "touchpoint": "steady",
        "contact": None,
        "state": state,
        "reason": reason,
        "message": "",
        "attempts": 0,
        "created_at": MAY,
        "wanted_at": MAY + 7 * DAY - 3 * HOUR,
        "due_at": MAY + 7 * DAY - 3 * HOUR,
        "state_at": MAY + 5 * DAY,
        "asked_at": None,
        "replay_id": None,
        "replay_of": None,
        "hours": BERLIN,
    } | changes


def an_attempt(number: int, ruling: str, **changes: Any) -> dict[str, Any]:
    columns = {"delivery_id": "dlv_01", "number": number, "ended_at": MAY + 5 * DAY, "status": None, "message": ""}
    return {**columns, "ruling": ruling, "reason": "", "effective": 1} | changes


def said(*courses: Course, **changes: Any) -> str:
    text = conclude(finding(*courses, **changes))
    assert text.startswith(SUBJECT) or changes
    return text.removeprefix(SUBJECT)


def finding(*courses: Course, **changes: Any) -> Findings:
    columns: dict[str, Any] = {"text": "1001", "now": MAY + 6 * DAY, "kept": 400 * DAY, "kind": "order"}
    return Findings(**columns | {"courses": courses} | changes)


# -- the sentence about a request ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (
            a_delivery("delivered", message="enqueued", state_at=MAY + 7 * DAY - 3 * HOUR),
            (
                "delivered Sun 10 May 2026 09:00 Europe/Berlin, the target took it (enqueued). Nothing to do here;"
                " if nothing reached the person, look in Press'nXPress at touchpoint steady."
            ),
        ),
        (
            a_delivery("pending"),
            (
                "waits, due Sun 10 May 2026 09:00 Europe/Berlin (its hours: 09:00-19:00 every day Europe/Berlin)."
                " Nothing to do; `bridge cancel dlv_01` stops it."
            ),
        ),
        (
            a_delivery("pending", due_at=MAY, hours=None),
            (
                "is due since Sun 3 May 2026 10:00 UTC. A running bridge sends it at once: `bridge ready` says"
                " whether one runs."
            ),
        ),
        (
            a_delivery("pending", "it answered 503 (busy)", attempts=2, due_at=MAY + 6 * DAY + HOUR),
            (
                "is tried again Sat 9 May 2026 13:00 Europe/Berlin; the last of 2 attempts failed: it answered 503"
                " (busy). Nothing to do yet."
            ),
        ),
        (a_delivery("sending"), "it is being sent since Fri 8 May 2026 12:00 Europe/Berlin. Look again in a minute."),
        (
            a_delivery(
                "held",
                "the target may have taken it: sent in full at 14:03:07; ask there, then `bridge release dlv_01` to"
                " send it again or `bridge cancel dlv_01`",
                asked_at=MAY,
            ),
            (
                "held since Fri 8 May 2026 12:00 Europe/Berlin: the target may have taken it: sent in full at"
                " 14:03:07; ask there, then `bridge release dlv_01` to send it again or `bridge cancel dlv_01`."
            ),
        ),
        (
            a_delivery("held", "the bridge was stopped while it was sent", asked_at=MAY),
            (
                "held since Fri 8 May 2026 12:00 Europe/Berlin, and the target may have taken it: the bridge was"
                " stopped while it was sent. `bridge release dlv_01` sends it, `bridge cancel dlv_01` does not."
            ),
        ),
        (
            a_delivery("dead", "the target refused it: it answered 422 (unknown attribute)"),
            (
                "given up Fri 8 May 2026 12:00 Europe/Berlin: the target refused it: it answered 422 (unknown"
                " attribute). Mend the cause, then `bridge replay dlv_01`."
            ),
        ),
        (
            a_delivery("cancelled", "cancelled by refunds/create (evt_02)"),
            (
                "due Sun 10 May 2026 09:00 Europe/Berlin; cancelled Fri 8 May 2026 12:00 Europe/Berlin by"
                " refunds/create (evt_02). Nothing to do."
            ),
        ),
        (
            a_delivery("cancelled", "not sent: its contact was asked 1 time in the last 30 days at this touchpoint"),
            (
                "due Sun 10 May 2026 09:00 Europe/Berlin; cancelled Fri 8 May 2026 12:00 Europe/Berlin: not sent:"
                " its contact was asked 1 time in the last 30 days at this touchpoint. Nothing to do."
            ),
        ),
        (
            a_delivery("cancelled", "replaced by evt_03"),
            (
                "due Sun 10 May 2026 09:00 Europe/Berlin; cancelled Fri 8 May 2026 12:00 Europe/Berlin: replaced by"
                " evt_03. `bridge why evt_03` tells of that one."
            ),
        ),
    ],
    ids=lambda value: f"{value['state']} {value['reason'][:12]}" if isinstance(value, dict) else "",
)
def test_the_sentence_says_how_a_request_stands_and_what_to_do(row: dict[str, Any], sentence: str) -> None:
    assert said(Course(EVENT, an_event(), (a_decision("planned"),), (row,))) == sentence


def test_what_stands_in_the_way_of_a_request_comes_before_when_it_is_due() -> None:
    obstacle = Obstacle("touchpoint steady is paused: new texts", "`bridge resume touchpoint steady` lets it go on.")
    course = Course(EVENT, an_event(), (), (a_delivery("pending"),))
    assert conclude(finding(course, obstacles={"dlv_01": obstacle})) == (
        f"{SUBJECT}waits, due Sun 10 May 2026 09:00 Europe/Berlin, since touchpoint steady is paused: new texts."
        " `bridge resume touchpoint steady` lets it go on."
    )


def test_the_newest_of_several_requests_of_an_event_decides() -> None:
    dead, again = a_delivery("dead", "refused"), a_delivery("sending", id="dlv_02", replay_of="dlv_01")
    assert said(Course(EVENT, an_event(), (), (dead, again))).startswith("it is being sent since ")


def test_a_mapping_that_failed_beside_the_request_is_told_too() -> None:
    failed = a_decision("failed", "email is missing", mapping="survey")
    row = a_delivery("sending")
    assert said(Course(EVENT, an_event(), (a_decision("planned"), failed), (row,))) == (
        "it is being sent since Fri 8 May 2026 12:00 Europe/Berlin. Look again in a minute. Mapping survey failed on"
        " the same event: email is missing."
    )


# -- the sentence where nothing is sent -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("decision", "sentence"),
    [
        (
            a_decision("suppressed", "not to be asked since 1 May 2026: unsubscribed by left"),
            (
                "not asked by mapping post-purchase: not to be asked since 1 May 2026: unsubscribed by left. Nothing"
                " to do; `bridge suppress remove CONTACT` allows it for later events."
            ),
        ),
        (
            a_decision("suppressed", "already asked about 1001, by evt_00"),
            (
                "not asked by mapping post-purchase: already asked about 1001, by evt_00. `bridge why evt_00` tells"
                " of that request."
            ),
        ),
        (
            a_decision("suppressed", "already asked once within 30 days at this touchpoint; at most 1 allowed"),
            (
                "not asked by mapping post-purchase: already asked once within 30 days at this touchpoint; at most 1"
                " allowed. Nothing to do."
            ),
        ),
        (
            a_decision("skipped", "when is false"),
            (
                "not asked, mapping post-purchase skipped it: when is false. Nothing to do if that is meant; `bridge"
                " events show evt_01` shows what came."
            ),
        ),
        (
            a_decision("skipped", "not in the sample of 50 %"),
            (
                "not asked, mapping post-purchase skipped it: not in the sample of 50 %. Nothing to do if that is"
                " meant; `bridge events show evt_01` shows what came."
            ),
        ),
        (
            a_decision("failed", "email is missing"),
            "not asked, mapping post-purchase failed: email is missing. Fix the mapping, then `bridge replay evt_01`.",
        ),
        (
            a_decision("failed", "the body is not JSON", mapping=""),
            "not asked, the event failed: the body is not JSON. Fix the mapping file, then `bridge replay evt_01`.",
        ),
        (
            a_decision("unmatched", "no mapping takes it", mapping=""),
            "not asked: no mapping takes it. To ask after such events, add the topic to `on` of a mapping.",
        ),
        (
            a_decision("cancelling", "cancels post-purchase about 1001: nothing waited"),
            "asks nobody: cancels post-purchase about 1001: nothing waited. Nothing to do.",
        ),
        (
            a_decision("planned", delivery_id="dlv_01"),
            "it was to be asked by mapping post-purchase, but its delivery is not kept any more. Nothing to do.",
        ),
    ],
    ids=lambda value: f"{value['verdict']} {value['reason'][:18]}" if isinstance(value, dict) else "",
)
def test_the_sentence_says_why_nothing_is_sent(decision: dict[str, Any], sentence: str) -> None:
    assert said(Course(EVENT, an_event(), (decision,))) == sentence


def test_an_event_that_waits_for_its_lookup_says_when_it_is_made() -> None:
    lookup = {"state": "waiting", "due_at": MAY + HOUR, "state_at": MAY, "reason": "it answered 503"}
    assert said(Course(EVENT, an_event(), lookup=lookup)) == (
        "waits for its lookup, which is made Sun 3 May 2026 11:00 UTC: it answered 503. `bridge sources` says how"
        " lookups stand."
    )


def test_a_decision_that_was_replayed_counts_as_it_is_now() -> None:
    failed = a_decision("failed", "email is missing")
    again = a_decision("skipped", "when is false", replay_id="rpl_01")
    assert said(Course(EVENT, an_event(), (again, failed))).startswith("not asked, mapping post-purchase skipped it")


def test_what_failed_comes_before_what_was_skipped() -> None:
    rows = (a_decision("skipped", "when is false"), a_decision("failed", "email is missing", mapping="survey"))
    assert said(Course(EVENT, an_event(), rows)).startswith("not asked, mapping survey failed: email is missing.")


def test_the_sentence_is_about_the_newest_event_that_was_to_ask() -> None:
    old = Course("evt_01", an_event(), (), (a_delivery("delivered"),))
    new = Course("evt_02", an_event(), (a_decision("skipped", "when is false"),))
    refund = Course("evt_03", an_event(topic="refunds/create"), (a_decision("cancelling", "cancels x about 1001"),))
    unheard = Course("evt_04", an_event(), (a_decision("skipped", "cancel_on: when is false"),))
    waiting = Course("evt_05", an_event())
    assert newest((refund, new, old)) is new
    assert newest((unheard, refund, old)) is old
    assert newest((waiting, old)) is waiting
    assert newest((refund,)) is refund
    assert newest(()) is None


# -- requests that were refused, lists, and nothing -------------------------------------------------------------------

REFUSED = {
    "id": "ref_01",
    "source": "shopify",
    "status": 401,
    "topic": "orders/paid",
    "reason": "the signature is wrong",
    "received_at": MAY,
    "retried_at": None,
    "event_id": "",
}


def test_a_refused_request_says_how_it_is_taken_in_after_all() -> None:
    refused = finding(text="ref_01", kind="refused request", refused=REFUSED)
    assert conclude(refused) == (
        "ref_01 (shopify orders/paid, 3 May 2026): refused with 401: the signature is wrong. Mend that, then `bridge"
        " replay ref_01`."
    )
    retried = finding(text="ref_01", kind="refused request", refused=REFUSED | {"event_id": "evt_9", "retried_at": MAY})
    assert conclude(retried).endswith("refused at first, taken in after all. `bridge why evt_9` goes on.")


def test_nothing_found_says_what_was_searched() -> None:
    assert conclude(finding(text="nobody@example.com", kind="")) == (
        "No trace of nobody@example.com in 400 days, which is how long history is kept: no event, delivery, key or"
        " reference, and nobody on the list of those who are not to be asked. Check the spelling; requests that were"
        " refused are found by their id only: `bridge refused list`."
    )
    assert finding().is_empty


def test_somebody_on_the_list_without_an_event_is_told_so() -> None:
    never = Never(MAY, "asked us to stop", "cli:ben")
    assert conclude(finding(text="anna@example.com", kind="", never=never)) == (
        "anna@example.com: no event in 400 days; not to be asked since 3 May 2026: asked us to stop. To allow it"
        " again: `bridge suppress remove anna@example.com`."
    )
    delivered = Course(EVENT, an_event(), (), (a_delivery("delivered"),))
    assert conclude(finding(delivered, never=never)).endswith("Not to be asked since 3 May 2026: asked us to stop.")


# -- the timeline -----------------------------------------------------------------------------------------------------


def test_the_timeline_has_the_newest_last_and_causes_before_effects() -> None:
    row = a_delivery("cancelled", "cancelled by refunds/create (evt_02)", state_at=MAY + 6 * DAY, attempts=1)
    attempt = an_attempt(1, "retry", status=503, message="busy")
    skipped = a_decision("skipped", "when is false", mapping="survey", element=1)
    first = Course(EVENT, an_event(), (a_decision("planned"), skipped), (row,), {"dlv_01": (attempt,)})
    refund = an_event(id="evt_02", topic="refunds/create", received_at=MAY + 6 * DAY)
    second = Course("evt_02", refund, (a_decision("cancelling", "cancels post-purchase about 1001"),))
    assert [(each.at - MAY, each.id, each.text) for each in timeline(finding(second, first))] == [
        (0, "evt_01", "shopify said orders/fulfilled"),
        (0, "evt_01", "mapping survey element 2 skipped: when is false"),
        (0, "dlv_01", "mapping post-purchase planned a request to steady, due Sun 10 May 2026 09:00 Europe/Berlin"),
        (5 * DAY, "dlv_01", "attempt 1: the target answered 503 (busy); to be tried again"),
        (6 * DAY, "evt_02", "shopify said refunds/create"),
        (6 * DAY, "evt_02", "cancels post-purchase about 1001"),
        (6 * DAY, "dlv_01", "cancelled by refunds/create (evt_02)"),
    ]


def test_the_timeline_tells_of_lookups_replays_and_attempts_without_an_answer() -> None:
    lookup = {"state": "done", "due_at": MAY, "state_at": MAY + 1, "reason": ""}
    row = a_delivery("held", "no answer was seen", replay_id="rpl_01", replay_of="dlv_00", wanted_at=MAY)
    made = {
        "dlv_01": (
            an_attempt(1, "retry", reason="no connection", effective=0),
            an_attempt(2, "hold", reason="no answer was seen"),
        )
    }
    again = a_decision("failed", "email is missing", replay_id="rpl_02")
    course = Course(EVENT, an_event(), (again,), (row,), made, lookup)
    never, refused = Never(MAY + 9, "stop", "cli:ben"), REFUSED | {"retried_at": MAY + 8 * DAY, "event_id": EVENT}
    texts = [each.text for each in timeline(finding(course, never=never, refused=refused))]
    assert texts == [
        "shopify said orders/fulfilled",
        "shopify: refused with 401: the signature is wrong",
        "mapping post-purchase replayed by rpl_01 for dlv_00 a request to steady",
        "was looked up",
        "replayed by rpl_02: mapping post-purchase failed: email is missing",
        "put on the list of those who are not to be asked, by cli:ben: stop",
        "attempt 1: no connection; without effect, since another attempt was made meanwhile",
        "attempt 2: no answer was seen; held",
        "taken in after all as evt_01",
    ]


def test_people_who_were_not_asked_for_are_masked() -> None:
    text = "already asked about ben@example.com, by evt_1; call +43 1 588 0110 or anna@Example.com."
    assert hide_others(text, "ANNA@example.com") == (
        "already asked about b…@example.com, by evt_1; call +43…10 or anna@Example.com."
    )
    assert hide_others("due Sun 10 May 2026 09:00, order #1001+2", "x") == "due Sun 10 May 2026 09:00, order #1001+2"
    reason = a_decision("suppressed", "already asked about ben@example.com, by evt_00")
    assert "ben@" not in conclude(finding(Course(EVENT, an_event(), (reason,))))
    assert "ben@" not in "".join(each.text for each in timeline(finding(Course(EVENT, an_event(), (reason,)))))
