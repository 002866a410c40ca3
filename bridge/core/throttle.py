"""How long somebody waits who tried to sign in too often: some tries are free, then each pause is twice the last."""

from dataclasses import dataclass

_MINUTE = 60_000  # ms
_DAY = 24 * 60 * _MINUTE


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is allowed: `free` tries, then pauses from `first` up to `longest`; all `forgotten` after that time (ms)."""

    free: int
    first: int = _MINUTE
    longest: int = 15 * _MINUTE
    forgotten: int = _DAY


# Five tries in 15 minutes is what OWASP ASVS 5.0.0, 6.3.1 has in mind. An address may be that of a whole office.
OF_A_NAME = Allowance(5)
OF_AN_ADDRESS = Allowance(30)


@dataclass(frozen=True, slots=True)
class Tries:
    """How often it was tried in vain, and when last (ms)."""

    count: int = 0
    last_at: int = 0


def open_at(tries: Tries, allowance: Allowance) -> int:
    """Give the time in ms from which the next try may be made; 0 for at once."""
    beyond = tries.count - allowance.free
    if beyond < 0:
        return 0
    pause = allowance.longest if beyond > 20 else min(allowance.first << beyond, allowance.longest)
    return tries.last_at + pause


def tried(tries: Tries, allowance: Allowance, now: int) -> Tries:
    """Count a try."""
    if now - tries.last_at >= allowance.forgotten:
        return Tries(1, now)
    return Tries(tries.count + 1, now)


def left(tries: Tries, allowance: Allowance) -> int:
    """Give how many more tries there are before the next pause."""
    return max(0, allowance.free - tries.count)
