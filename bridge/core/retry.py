"""What a target's answer, or the lack of one, means for a delivery: one table, and when to try again."""

import re
from collections.abc import Container
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_tz

from bridge.core.configuration import Channel, RetryPolicy, Touchpoint, Verb
from bridge.core.model import Delivery
from bridge.core.outcome import Answered, Dead, Delivered, Hold, NotSent, Outcome, Pause, RetryAt, Ruling

# A jitter near 0 would send again at once, into the very trouble that the answer told of, and a busy loop over
# a failing target costs the store a write per round; so every retry waits at least this long, in ms.
FLOOR = 100

# What the target's status means, by section 4 of the contract; the first row that holds the status decides.
# "unknown" is then answered by the touchpoint's `ambiguous`.
USUAL: tuple[tuple[Container[int], Verb], ...] = (
    (range(200, 300), "delivered"),  # the status line decides, whatever the body
    ((401, 403), "pause"),  # the key or the token is wrong, not the delivery
    ((408, 425, 429), "retry"),
    (range(400, 500), "dead"),
    ((504,), "unknown"),  # a gateway gave up waiting: the target behind it may have taken it
    (range(500, 600), "retry"),
    (range(100, 400), "pause"),  # redirects are never followed, and a final 1xx is no answer to a POST
)
# Where one channel differs: a Press'nXPress touchpoint that is not found is a wrong token or address.
BY_CHANNEL: dict[Channel, tuple[tuple[Container[int], Verb], ...]] = {
    "mail": (((404, 410), "pause"),),
    "sms": (((404, 410), "pause"),),
    "http": (),
}
_OTHERWISE: Verb = "retry"  # no status of HTTP (below 100, above 599): certainly no "taken", perhaps a passing fault

_SECONDS = re.compile(r"[0-9]+")
_LONGEST_NUMBER = 12  # digits; more seconds than this are beyond every `longest`


def judge(delivery: Delivery, outcome: Outcome, touchpoint: Touchpoint, *, now: int, jitter: float) -> Ruling:
    """Rule on an attempt that ended at `now` (ms); total over every status, phase and header.

    `jitter` is a random number from 0 to 1. `touchpoint.overrides` come before the table.
    """
    verb = meaning(outcome, touchpoint)
    if verb == "delivered" and isinstance(outcome, Answered):
        return Delivered(outcome.message)
    said = _said(outcome)
    if verb == "pause":
        return Pause(_why_paused(outcome, touchpoint, said))
    if verb == "dead":
        return Dead(f"the target refused it: {said}")
    if verb == "unknown" and touchpoint.ambiguous == "hold":
        return Hold(
            f"the target may have taken it: {said}; ask there, then `bridge release {delivery.id}` to send it again"
            f" or `bridge cancel {delivery.id}`"
        )
    again = _again(delivery, outcome, touchpoint.retry, now=now, jitter=jitter, said=said)
    return replace(again, may_be_taken=verb == "unknown")


def meaning(outcome: Outcome, touchpoint: Touchpoint) -> Verb:
    """Say what the outcome means at this touchpoint, by its overrides, its channel's differences and the table."""
    if isinstance(outcome, NotSent):
        return "retry"
    if not isinstance(outcome, Answered):
        return "unknown"
    override = touchpoint.overrides.get(outcome.status)
    if override is not None:
        return override
    rows = (*BY_CHANNEL[touchpoint.channel], *USUAL)
    return next((verb for statuses, verb in rows if outcome.status in statuses), _OTHERWISE)


def _again(
    delivery: Delivery, outcome: Outcome, policy: RetryPolicy, *, now: int, jitter: float, said: str
) -> RetryAt | Dead:
    """Give the next time, with one last try at the very end of the patience; past it, the delivery is dead."""
    retry_after = outcome.retry_after if isinstance(outcome, Answered) else None
    due_at = next_try(
        policy, attempts=delivery.attempts, age_from=delivery.age_from, retry_after=retry_after, now=now, jitter=jitter
    )
    if due_at is None:
        return Dead(f"given up, as give_up_after of the touchpoint says; last: {said}")
    return RetryAt(due_at, said)


def next_try(
    policy: RetryPolicy, *, attempts: int, age_from: int, retry_after: str | None, now: int, jitter: float
) -> int | None:
    """Give the time (ms) of the next try after `attempts` and a failure at `now`; None when patience has ended."""
    end = age_from + policy.give_up_after
    if now >= end:
        return None
    own = int(jitter * _longest_delay(policy, attempts))
    asked = min(read_retry_after(retry_after, now), policy.longest)
    return max(min(now + own, end), now + asked, now + FLOOR)


def _longest_delay(policy: RetryPolicy, attempts: int) -> float:
    """Give min(longest, first * factor ** attempts) in ms; the jitter is drawn over all of it ("full jitter")."""
    try:
        return min(float(policy.longest), policy.first * policy.factor ** max(attempts, 0))
    except OverflowError:
        return float(policy.longest)


def read_retry_after(text: str | None, now: int) -> int:
    """Read Retry-After (RFC 9110, 10.2.3) as ms from now; of several the longest; 0 if past, absent or garbage."""
    if text is None:
        return 0
    parts = [part.strip() for part in text.split(",")]
    seconds = [int(part[: _LONGEST_NUMBER + 1]) for part in parts if _SECONDS.fullmatch(part)]
    if seconds:
        return max(seconds) * 1000
    return max(0, _http_date(text, otherwise=now) - now)


def _http_date(text: str, *, otherwise: int) -> int:
    """Read one of the three HTTP dates as ms; they are always GMT. The parser's own errors are many."""
    try:
        fields = parsedate_tz(text)
        return otherwise if fields is None else int(datetime(*fields[:6], tzinfo=UTC).timestamp()) * 1000
    except (ValueError, TypeError, IndexError, OverflowError):
        return otherwise


def _said(outcome: Outcome) -> str:
    if not isinstance(outcome, Answered):
        return outcome.reason
    return f"it answered {outcome.status}" + (f" ({outcome.message})" if outcome.message else "")


def _why_paused(outcome: Outcome, touchpoint: Touchpoint, said: str) -> str:
    """Say what is wrong and what to do, for the operator who finds the touchpoint paused."""
    status = outcome.status if isinstance(outcome, Answered) else 0
    resume = f"`bridge resume touchpoint {touchpoint.name}`"
    if status in (401, 403):
        return (
            f"the target refused the API key or the touchpoint token ({status}): store the right one with"
            f" `bridge secrets set`, or {resume}; {said}"
        )
    where = "base_url" if touchpoint.channel != "http" else "url"
    if status in (404, 410):
        return (
            f"the target knows no such touchpoint ({status}): store the right token with `bridge secrets set` or"
            f" correct {where} in touchpoints.yaml, then {resume}; {said}"
        )
    if 300 <= status < 400:
        return (
            f"the target redirects ({status}), which is never followed because the keys are in the address: correct"
            f" {where} in touchpoints.yaml, then {resume}; {said}"
        )
    return f"the target's answer pauses this touchpoint ({status}): look into it, then {resume}; {said}"
