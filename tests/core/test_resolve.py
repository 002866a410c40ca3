from typing import Any

import pytest

from bridge.core.model import Cancel, Cap, Decision, Facts, Failed, Plan, Proposal, Skipped, Unmatched, Unsubscribe
from bridge.core.resolve import cancelled_by, resolve, suppressed_since

DAY = 86_400_000


def plan(**changes: Any) -> Any:
    return Plan(**{"delivery_id": "dlv_1", "touchpoint": "support", "body": {"email": "a@example.com"}} | changes)


def test_a_plan_without_conditions_is_planned() -> None:
    wanted = plan()
    assert resolve(Proposal("thanks", 3, wanted), Facts()) == Decision("thanks", 3, "planned", "", wanted)


@pytest.mark.parametrize(
    ("outcome", "verdict"),
    [
        (Skipped("when is false"), "skipped"),
        (Failed("when is false"), "failed"),
        (Unmatched("when is false"), "unmatched"),
    ],
)
def test_what_is_no_plan_keeps_its_reason(outcome: Any, verdict: Any) -> None:
    decided = resolve(Proposal("thanks", 1, outcome), Facts(already="evt_0", asked=9))
    assert decided == Decision("thanks", 1, verdict, "when is false")


def test_a_key_held_by_an_earlier_event_suppresses() -> None:
    decided = resolve(Proposal("thanks", 0, plan(key="1001", repeat="once")), Facts(already="evt_0"))
    assert decided == Decision("thanks", 0, "suppressed", "already asked about 1001, by evt_0")


def test_a_key_that_is_replaced_is_held_only_where_it_was_sent() -> None:
    wanted = plan(key="1001", repeat="replace")
    decided = resolve(Proposal("thanks", 0, wanted), Facts(already="evt_0"))
    assert decided == Decision("thanks", 0, "suppressed", "already asked about 1001, by evt_0")
    assert resolve(Proposal("thanks", 0, wanted), Facts()).plan == wanted


def test_a_held_key_is_no_matter_where_every_event_is_sent() -> None:
    assert resolve(Proposal("thanks", 0, plan(key="1001")), Facts(already="evt_0")).verdict == "planned"


@pytest.mark.parametrize(
    ("cap", "asked", "reason"),
    [
        (Cap(1, 30 * DAY, "touchpoint"), 0, ""),
        (Cap(2, 30 * DAY, "touchpoint"), 1, ""),
        (
            Cap(1, 30 * DAY, "touchpoint"),
            1,
            "already asked once within 30 days at this touchpoint; at most 1 allowed",
        ),
        (
            Cap(2, 3_600_000, "all"),
            3,
            "already asked 3 times within 1 hour at all touchpoints together; at most 2 allowed",
        ),
        (
            Cap(1, 90_000, "all"),
            1,
            "already asked once within 90 seconds at all touchpoints together; at most 1 allowed",
        ),
        (
            Cap(1, 1_500, "all"),
            1,
            "already asked once within 1500 milliseconds at all touchpoints together; at most 1 allowed",
        ),
    ],
)
def test_a_cap_suppresses_from_its_number_on_and_says_so(cap: Any, asked: Any, reason: Any) -> None:
    decided = resolve(Proposal("thanks", 0, plan(cap=cap)), Facts(asked=asked))
    assert (decided.verdict, decided.reason) == ("suppressed" if reason else "planned", reason)


def test_a_held_key_is_named_before_a_cap() -> None:
    wanted = plan(key="7", repeat="once", cap=Cap(1, DAY, "all"))
    decided = resolve(Proposal("thanks", 0, wanted), Facts(already="evt_0", asked=1))
    assert decided.reason == "already asked about 7, by evt_0"
    assert decided.plan is None


OBSTACLES: dict[str, Any] = {
    "suppressed": "since 3 May 2026: asked on the phone",
    "cancelled": "by orders/cancelled of 29 February 2028 (evt_9)",
    "already": "evt_0",
    "asked": 1,
}


@pytest.mark.parametrize(
    ("left", "reason"),
    [
        (4, "not to be asked since 3 May 2026: asked on the phone"),
        (3, "cancelled before it came, by orders/cancelled of 29 February 2028 (evt_9)"),
        (2, "already asked about 7, by evt_0"),
        (1, "already asked once within 1 day at all touchpoints together; at most 1 allowed"),
        (0, ""),
    ],
)
def test_of_several_obstacles_the_first_in_their_order_is_named(left: Any, reason: Any) -> None:
    facts = Facts(**dict(list(OBSTACLES.items())[4 - left :]))
    decided = resolve(Proposal("thanks", 0, plan(key="7", repeat="once", cap=Cap(1, DAY, "all"))), facts)
    assert (decided.verdict, decided.reason) == ("suppressed" if reason else "planned", reason)


@pytest.mark.parametrize(
    ("waiting", "told"),
    [(0, "nothing waited"), (1, "1 delivery that waited"), (2, "2 deliveries that waited")],
)
def test_what_cancels_says_how_much_waited(waiting: Any, told: Any) -> None:
    cancel = resolve(Proposal("shop/thanks", 2, Cancel("shop", "thanks", "1001")), Facts(waiting=waiting))
    assert cancel == Decision("shop/thanks", 2, "cancelling", f"cancels shop/thanks about 1001: {told}")
    gone = resolve(Proposal("unsubscribe", 0, Unsubscribe(bytes(16), "a…@example.com")), Facts(waiting=waiting))
    assert gone == Decision("unsubscribe", 0, "cancelling", f"a…@example.com is not asked again: {told}")


def test_a_day_is_told_as_people_write_it() -> None:
    assert suppressed_since(1_777_852_799_999, "told us") == "since 3 May 2026: told us"
    assert suppressed_since(1_777_852_800_000, "told us") == "since 4 May 2026: told us"
    assert (
        cancelled_by("orders/cancelled", 951_782_400_000, "evt_9") == "by orders/cancelled of 29 February 2000 (evt_9)"
    )
