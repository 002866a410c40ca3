"""What the load generator is told, and what it tells."""

import msgspec


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """What to send. `first` is the number of the first order, `most` bounds their count; `warm_up` is not counted."""

    port: int
    connections: int
    seconds: float
    most: int
    first: int = 0
    warm_up: float = 0.0
    rate: float | None = None
    gauge: str | None = None
    each: int = 1
    window: int = 0


class Load(msgspec.Struct, frozen=True, kw_only=True):
    """What happened: orders sent and answered 200; how many of them, and seconds, after warming up; latencies in ms."""

    sent: int
    answered: int
    counted: int
    seconds: float
    delivered: int
    backlog: int
    p50: float
    p99: float
    slowest: float
    errors: dict[str, int]
