"""The wall clock, fresh ids and chance: the only place where the running bridge takes them from."""

import secrets
import time

from bridge.core.ids import Kind, make_id


def now() -> int:
    """Give the time in ms since 1970 UTC."""
    return time.time_ns() // 1_000_000


def new_id(kind: Kind) -> str:
    """Make a fresh id."""
    return make_id(kind, now(), secrets.randbits(80))
