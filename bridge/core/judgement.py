"""Whether a delivery that is due is sent now, given what the outbox knows at this moment, and how that is told."""

from dataclasses import dataclass

from bridge.core.model import Cap, State
from bridge.core.resolve import spoken_period
from bridge.core.schedule import Hours, next_open, spoken_time

WAIT_FOR_REPLACED = 1_000  # ms after which a delivery asks again what became of the one whose place it takes


@dataclass(frozen=True, slots=True)
class Candidate:
    """A delivery that is due, as far as it matters whether it is sent now.

    `replaces` is the delivery whose place it takes; after `expires_at` (ms) it is not sent; `hours` are its contact's.
    """

    replaces: str | None = None
    expires_at: int | None = None
    hours: Hours | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """What the outbox knows about a candidate.

    `cancelled` and `suppressed` say by what, and since when, its key or its contact is not to be asked, as
    `core.resolve` tells it. `replaced_by` is the event of a delivery that takes its place. `replaced` is the state of
    the delivery that it replaces itself, None if there is none any more, and `may_have_asked` says whether that one's
    target may have taken it. `asked` counts the requests that its `cap` counts, without its own and that one's.
    """

    cancelled: str | None = None
    suppressed: str | None = None
    replaced_by: str | None = None
    replaced: State | None = None
    may_have_asked: bool = False
    cap: Cap | None = None
    asked: int = 0


@dataclass(frozen=True, slots=True)
class Go:
    """Send it now."""


@dataclass(frozen=True, slots=True)
class Later:
    """Not now: ask again at `due_at` (ms)."""

    due_at: int


@dataclass(frozen=True, slots=True)
class Stop:
    """It is not to be sent any more."""

    reason: str


@dataclass(frozen=True, slots=True)
class Keep:
    """Whether it is to be sent is for an operator to say."""

    reason: str


Judgement = Go | Later | Stop | Keep


def judge_sending(candidate: Candidate, standing: Standing, *, now: int) -> Judgement:
    """Judge at `now` (ms); the first of these that holds decides, and its reason is written for an operator.

    Its key was cancelled, its contact is not to be asked, another delivery takes its place or it takes that of one
    whose fate is not settled, it has expired, its contact's hours are over, its contact was asked often enough.
    """
    if standing.cancelled is not None:
        return Stop(f"cancelled {standing.cancelled}")
    if standing.suppressed is not None:
        return Stop(f"not sent: not to be asked {standing.suppressed}")
    return (
        _judge_place(candidate, standing, now)
        or _judge_time(candidate, now)
        or _judge_cap(standing.cap, standing.asked)
        or Go()
    )


def _judge_place(candidate: Candidate, standing: Standing, now: int) -> Judgement | None:
    """Judge by whom it replaces, or who replaces it: the newest wins while nothing was sent."""
    if standing.replaced_by is not None:
        return Stop(f"replaced by {standing.replaced_by}")
    if standing.replaced == "sending":
        return Later(now + WAIT_FOR_REPLACED)
    if standing.replaced == "delivered":
        return Stop(f"not sent: {candidate.replaces}, whose place it takes, was delivered")
    if standing.replaced == "held" and standing.may_have_asked:
        return Keep(
            f"the target may have taken {candidate.replaces}, whose place this one takes; ask there, then"
            f" `bridge cancel {candidate.replaces}` and release this one to send it, or cancel this one"
        )
    return None


def _judge_time(candidate: Candidate, now: int) -> Judgement | None:
    """Judge by the clock; what could only be sent after it has expired is stopped at once."""
    hours, expires_at = candidate.hours, candidate.expires_at
    opens_at = now if hours is None else next_open(hours, now)
    if expires_at is not None and opens_at > expires_at:
        zone = "UTC" if hours is None else hours.zone
        reason = f"expired: it was to be sent by {spoken_time(expires_at, zone)}"
        return Stop(reason if now > expires_at else f"{reason}; its hours begin {spoken_time(opens_at, zone)}")
    return Later(opens_at) if opens_at > now else None


def _judge_cap(cap: Cap | None, asked: int) -> Judgement | None:
    if cap is None or asked < cap.at_most:
        return None
    times = "1 time" if asked == 1 else f"{asked} times"
    place = "at this touchpoint" if cap.across == "touchpoint" else "at all touchpoints together"
    period = f"in the last {spoken_period(cap.period)}"
    return Stop(f"not sent: its contact was asked {times} {period} {place} (at most {cap.at_most})")
