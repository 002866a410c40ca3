"""Whether everything is well, in one sentence."""

from zoneinfo import ZoneInfo

import pytest

from bridge.app.need import Need
from bridge.app.standing import OPEN, Standing
from bridge.app.verdict import verdict
from bridge.outbox.books import Imbalance
from tests.support.books import DAY, HOUR, NOW
from tests.support.evidence import REFUSAL

NEED = Need("dead", "steady", "")
REFUSED = Standing("paused", REFUSAL, NOW - HOUR, by="target")
STOPPED = Standing("paused", "new texts", NOW - 2 * DAY, by="operator")
FAILING = Standing("failing", "503", NOW - 90_000, NOW)
LACKING = Standing("waiting", "waits for its secret: token")


@pytest.mark.parametrize(
    ("standings", "needs", "sentence"),
    [
        ([OPEN, OPEN], 0, "Nothing needs you. Balanced; 2 touchpoints open."),
        ([], 0, "Nothing needs you. Balanced."),
        ([OPEN] * 3 + [REFUSED], 1, "Balanced; 3 touchpoints open, 1 paused: token refused since 07:00."),
        ([OPEN, STOPPED], 1, "Balanced; 1 touchpoint open, 1 paused: by an operator since 13 Jan, 08:00."),
        ([REFUSED, STOPPED], 2, "Balanced; no touchpoint open, 2 paused since 13 Jan, 08:00."),
        ([OPEN, FAILING], 1, "Balanced; 1 touchpoint open, 1 failing since 07:58."),
        ([OPEN, LACKING], 1, "Balanced; 1 touchpoint open, 1 waiting for a secret."),
        ([OPEN], 1, "Balanced; 1 touchpoint open; 1 issue needs you."),
        ([], 4, "Balanced; 4 issues need you."),
    ],
)
def test_the_finding_is_a_sentence(standings: list[Standing], needs: int, sentence: str) -> None:
    named = {f"touchpoint-{number}": each for number, each in enumerate(standings)}
    assert verdict([], named, [NEED] * needs, now=NOW) == sentence


def test_what_hurts_nobody_is_not_counted_among_what_needs_somebody() -> None:
    quiet = Need("waiting", "31 sources", " wait")
    assert verdict([], {"steady": OPEN}, [quiet], now=NOW) == "Balanced; 1 touchpoint open."
    assert verdict([], {"steady": OPEN}, [NEED, quiet], now=NOW) == "Balanced; 1 touchpoint open; 1 issue needs you."
    assert verdict([], {}, [quiet, quiet], now=NOW) == "Balanced."


def test_times_of_day_are_in_the_zone_of_the_reader() -> None:
    said = verdict([], {"steady": REFUSED}, [NEED], now=NOW, zone=ZoneInfo("Asia/Kathmandu"))
    assert said == "Balanced; no touchpoint open, 1 paused: token refused since 12:45."


def test_books_that_do_not_balance_come_before_everything_else() -> None:
    wrong = [Imbalance("events accepted = events decided + waiting", 3, 2)]
    assert verdict(wrong, {"steady": REFUSED}, [NEED], now=NOW) == "The books do not balance: 1 equation fails."
