"""What the load generator is told, and what it tells."""

import msgspec


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """What to send. `first` is the number of the first order, `most` bounds their count; `warm_up` is not counted.

    With `may_refuse` an answer 503 with Retry-After is no error, and the numbers of the accepted orders are told.
    """

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
    may_refuse: bool = False


class Load(msgspec.Struct, frozen=True, kw_only=True):
    """What happened: orders sent and answered 200; how many of them, and seconds, after warming up; latencies in ms.

    `ended` is when the last order was sent, `trouble` when the last one was refused or waited long: seconds on the
    clock that all processes of the machine share.
    """

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
    refused: int = 0
    refused_p99: float = 0.0
    ended: float = 0.0
    trouble: float = 0.0
    accepted: list[int] = []
