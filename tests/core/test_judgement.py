from typing import Any

import pytest

from bridge.core.judgement import Candidate, Go, Keep, Later, Standing, Stop, judge_sending
from bridge.core.model import Cap
from bridge.core.schedule import Hours

NOW = 1_777_831_200_000  # Sunday 3 May 2026, 18:00 UTC, 20:00 in Berlin
HOUR = 3_600_000
DAY = 86_400_000
BY_DAY = Hours("Europe/Berlin", 9 * 60, 19 * 60)  # closed at NOW, open again 13 hours later
BY_NIGHT = Hours("Europe/Berlin", 19 * 60, 6 * 60)
OPENS = NOW + 13 * HOUR
MONTHLY = Cap(1, 30 * DAY, "touchpoint")
CANCELLED = "by orders/cancelled of 2 May 2026 (evt_1)"
SUPPRESSED = "since 1 May 2026: asked by mail not to be written to"


def judged(candidate: Any = None, **standing: Any) -> Any:
    return judge_sending(candidate or Candidate(), Standing(**standing), now=NOW)


@pytest.mark.parametrize(
    ("candidate", "standing", "expected"),
    [
        ({}, {}, Go()),
        ({}, {"cancelled": CANCELLED}, Stop("cancelled by orders/cancelled of 2 May 2026 (evt_1)")),
        (
            {},
            {"suppressed": SUPPRESSED},
            Stop("not sent: not to be asked since 1 May 2026: asked by mail not to be written to"),
        ),
        ({}, {"replaced_by": "evt_9"}, Stop("replaced by evt_9")),
        ({"replaces": "dlv_1"}, {}, Go()),
        ({"replaces": "dlv_1"}, {"replaced": "sending", "may_have_asked": True}, Later(NOW + 1_000)),
        (
            {"replaces": "dlv_1"},
            {"replaced": "delivered", "may_have_asked": True},
            Stop("not sent: dlv_1, whose place it takes, was delivered"),
        ),
        (
            {"replaces": "dlv_1"},
            {"replaced": "held", "may_have_asked": True},
            Keep(
                "the target may have taken dlv_1, whose place this one takes; ask there, then `bridge cancel dlv_1` and"
                " release this one to send it, or cancel this one"
            ),
        ),
        ({"replaces": "dlv_1"}, {"replaced": "held"}, Go()),
        ({"replaces": "dlv_1"}, {"replaced": "pending", "may_have_asked": True}, Go()),
        ({"replaces": "dlv_1"}, {"replaced": "cancelled", "may_have_asked": True}, Go()),
        ({"replaces": "dlv_1"}, {"replaced": "dead"}, Go()),
        ({"expires_at": NOW}, {}, Go()),
        ({"expires_at": NOW - 1}, {}, Stop("expired: it was to be sent by Sun 3 May 2026 17:59 UTC")),
        (
            {"expires_at": NOW - HOUR, "hours": BY_NIGHT},
            {},
            Stop("expired: it was to be sent by Sun 3 May 2026 19:00 Europe/Berlin"),
        ),
        ({"hours": BY_NIGHT}, {}, Go()),
        ({"hours": Hours("Europe/Berlin")}, {}, Go()),
        ({"hours": BY_DAY}, {}, Later(OPENS)),
        ({"hours": BY_DAY, "expires_at": OPENS}, {}, Later(OPENS)),
        (
            {"hours": BY_DAY, "expires_at": OPENS - HOUR},
            {},
            Stop(
                "expired: it was to be sent by Mon 4 May 2026 08:00 Europe/Berlin;"
                " its hours begin Mon 4 May 2026 09:00 Europe/Berlin"
            ),
        ),
        ({}, {"cap": MONTHLY, "asked": 0}, Go()),
        (
            {},
            {"cap": MONTHLY, "asked": 1},
            Stop("not sent: its contact was asked 1 time in the last 30 days at this touchpoint (at most 1)"),
        ),
        ({}, {"cap": Cap(2, 36 * HOUR, "all"), "asked": 1}, Go()),
        (
            {},
            {"cap": Cap(2, 36 * HOUR, "all"), "asked": 3},
            Stop(
                "not sent: its contact was asked 3 times in the last 36 hours at all touchpoints together (at most 2)"
            ),
        ),
    ],
)
def test_each_rule_says_what_becomes_of_a_delivery(candidate: Any, standing: Any, expected: Any) -> None:
    assert judged(Candidate(**candidate), **standing) == expected


def test_the_first_rule_that_holds_decides() -> None:
    candidate: dict[str, Any] = {"replaces": "dlv_1", "expires_at": NOW - DAY, "hours": BY_DAY}
    standing: dict[str, Any] = {
        "cancelled": CANCELLED,
        "suppressed": SUPPRESSED,
        "replaced": "delivered",
        "cap": MONTHLY,
        "asked": 1,
    }
    seen = []
    for part, names in [
        (standing, ["cancelled"]),
        (standing, ["suppressed"]),
        (standing, ["replaced"]),
        (candidate, ["expires_at"]),
        (candidate, ["hours"]),
        (standing, ["asked"]),
        (standing, []),
    ]:
        verdict = judged(Candidate(**candidate), **standing)
        seen.append(getattr(verdict, "reason", verdict))
        for name in names:
            del part[name]
    assert seen == [
        "cancelled by orders/cancelled of 2 May 2026 (evt_1)",
        "not sent: not to be asked since 1 May 2026: asked by mail not to be written to",
        "not sent: dlv_1, whose place it takes, was delivered",
        "expired: it was to be sent by Sat 2 May 2026 20:00 Europe/Berlin",
        Later(OPENS),
        "not sent: its contact was asked 1 time in the last 30 days at this touchpoint (at most 1)",
        Go(),
    ]
