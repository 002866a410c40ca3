"""Ids in time order that carry their kind: `evt_`, `dlv_`, `ref_`, `rpl_` and 26 characters (ULID, lower case)."""

from typing import Literal

Kind = Literal["evt", "dlv", "ref", "rpl"]

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32, as in the ULID specification
_RANDOM_BITS = 80


def make_id(kind: Kind, now: int, randomness: int) -> str:
    """Make an id from the time in ms (48 bits) and 80 random bits; ids of later times sort later."""
    number = ((now & ((1 << 48) - 1)) << _RANDOM_BITS) | (randomness & ((1 << _RANDOM_BITS) - 1))
    return kind + "_" + "".join(_ALPHABET[(number >> shift) & 31] for shift in range(125, -1, -5))
