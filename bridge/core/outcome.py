"""How an attempt at a delivery went, and what follows from it. Times are milliseconds since 1970 UTC."""

from dataclasses import dataclass

from bridge.core.model import Delivery


@dataclass(frozen=True, slots=True)
class Answered:
    """The target's status line was seen. `retry_after` is the header as received; `message` is scrubbed and short."""

    status: int
    message: str = ""
    retry_after: str | None = None


@dataclass(frozen=True, slots=True)
class NotSent:
    """The request certainly did not reach the target in full: nothing, or not all of it, was written.

    Not `tried`: it could not even be made, which says nothing about the target.
    """

    reason: str
    tried: bool = True


@dataclass(frozen=True, slots=True)
class Unknown:
    """The request was sent, but no status was seen: the target may have taken it."""

    reason: str


Outcome = Answered | NotSent | Unknown


@dataclass(frozen=True, slots=True)
class Delivered:
    """The target's status line said so."""

    message: str = ""


@dataclass(frozen=True, slots=True)
class RetryAt:
    """Try again at `due_at`. `may_be_taken`: the target may have taken it this time; its touchpoint accepts that."""

    due_at: int
    reason: str
    may_be_taken: bool = False


@dataclass(frozen=True, slots=True)
class Hold:
    """Its fate is unknown, or a person must look: wait for an operator."""

    reason: str


@dataclass(frozen=True, slots=True)
class Pause:
    """Not this delivery but its touchpoint is in trouble: pause it; the attempt is not counted."""

    reason: str


@dataclass(frozen=True, slots=True)
class Dead:
    """It will never be taken as it is; `may_be_taken` as for RetryAt, where its time is up."""

    reason: str
    may_be_taken: bool = False


Ruling = Delivered | RetryAt | Hold | Pause | Dead


@dataclass(frozen=True, slots=True)
class Settled:
    """A finished attempt: what happened, and the ruling on it."""

    delivery: Delivery
    outcome: Outcome
    ruling: Ruling
    started_at: int
    ended_at: int
