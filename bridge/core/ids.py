"""Ids in time order that carry their kind: `evt_`, `dlv_`, `ref_`, `rpl_` and 26 characters (ULID, lower case)."""

from typing import Literal

Kind = Literal["evt", "dlv", "ref", "rpl"]

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32, as in the ULID specification
# Two characters at a time: three ids an event are made, and each of 26 single ones cost as much as storing a row.
_PAIRS = tuple(first + second for first in _ALPHABET for second in _ALPHABET)
_TIME_SHIFTS, _RANDOM_SHIFTS = range(40, -1, -10), range(70, -1, -10)  # 48 and 80 bits


def make_id(kind: Kind, now: int, randomness: int) -> str:
    """Make an id from the time in ms (48 bits) and 80 random bits; ids of later times sort later."""
    now &= (1 << 48) - 1
    pairs = [_PAIRS[(now >> shift) & 1023] for shift in _TIME_SHIFTS]
    pairs += [_PAIRS[(randomness >> shift) & 1023] for shift in _RANDOM_SHIFTS]
    return f"{kind}_{''.join(pairs)}"


def time_of(identity: str) -> int:
    """Give the time (ms) that an id was made from; what is no sign of an id counts as nothing."""
    time = 0
    for sign in identity[4:14]:
        time = time << 5 | max(_ALPHABET.find(sign), 0)
    return time
