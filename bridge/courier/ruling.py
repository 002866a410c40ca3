"""The ruling on an attempt, with an eye on secrets that were exchanged while it was on its way."""

from collections.abc import Mapping

from bridge.core.configuration import Touchpoint
from bridge.core.model import Delivery
from bridge.core.outcome import Outcome, Pause, RetryAt, Ruling
from bridge.core.retry import FLOOR, judge


def rule(
    delivery: Delivery,
    outcome: Outcome,
    touchpoint: Touchpoint,
    *,
    now: int,
    jitter: float,
    used: Mapping[str, str],
    current: Mapping[str, str],
) -> Ruling:
    """Judge the attempt, made with the secrets `used`, at `now` (ms), when the secrets are `current`.

    A refusal of a secret that is not in use any more says nothing about the new one: it is sent again, not paused.
    """
    ruling = judge(delivery, outcome, touchpoint, now=now, jitter=jitter)
    if isinstance(ruling, Pause) and any(used.get(name) != current.get(name) for name in touchpoint.secret_names):
        return RetryAt(now + FLOOR, f"{ruling.reason}; its secret was exchanged meanwhile")
    return ruling
