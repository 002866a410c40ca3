"""The load generator, a process of its own: `python -m tests.bench.load` reads a job from standard input as JSON.

Closed loop: each connection sends its next order when the last was answered; with a gauge only while fewer than
`window` deliveries are on their way. Paced: order N is due at N / rate, and its latency counts from then on, also while
it waits for a connection. Both end after so many seconds or orders. uvloop's own clock has whole ms only: not used.
Where orders may be refused, the latencies of these are apart, and all count from the sending: nobody waits in line.
"""

import asyncio
import sys
import time
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import cast

import msgspec
import uvloop

from tests.bench.gauge import Gauge
from tests.bench.job import Job, Load
from tests.bench.orders import Orders

_OK = b"HTTP/1.1 200 "
_DUPLICATE = b'"duplicate":true'
_BUSY = b"HTTP/1.1 503 "
_LATER = b"\r\nretry-after: "
LONG = 0.25  # seconds after which an answer is trouble
_PATIENCE = 30.0  # seconds that answers may still take after the last order was sent
_NAP = 0.001  # seconds between looks at the gauge or the clock


@dataclass
class State:
    """What all connections share."""

    job: Job
    orders: Orders
    gauge: Gauge | None
    sent: int = 0
    answered: int = 0
    stopped: bool = False
    errors: Counter[str] = field(default_factory=Counter)
    latencies: list[float] = field(default_factory=list)
    refusals: list[float] = field(default_factory=list)
    refused: int = 0
    trouble: float = 0.0
    accepted: list[int] = field(default_factory=list)
    idle: deque["Caller"] = field(default_factory=deque)

    def may_send(self) -> bool:
        if self.stopped or self.sent >= self.job.most:
            return False
        if self.gauge is None:
            return True
        return self.sent * self.job.each - self.gauge.read() < self.job.window

    def is_over(self, until: float) -> bool:
        """Say whether the time is up, an error came, or as many as may be sent have come all the way."""
        return (
            self.stopped
            or time.monotonic() >= until
            or self.progress() >= self.job.most * (1 if self.gauge is None else self.job.each)
        )

    def progress(self) -> int:
        """Give how many orders were answered, or with a gauge how many deliveries the target has taken."""
        return self.answered if self.gauge is None else self.gauge.read()

    def next_order(self) -> int:
        self.sent += 1
        return self.job.first + self.sent - 1

    def note(self, number: int, since: float, *, taken: bool) -> None:
        """Note an answer: how long it took where that counts, and whether the order was taken."""
        now = time.monotonic()
        self.answered += taken
        self.refused += not taken
        if self.job.may_refuse:
            if taken:
                self.accepted.append(number)
            if not taken or now - since > LONG:
                self.trouble = now
        if self.job.rate is not None:
            (self.latencies if taken else self.refusals).append(now - since)


class Line(asyncio.Protocol):
    """One connection; says to its caller when an answer is complete and when the connection is gone."""

    def __init__(self, caller: "Caller") -> None:
        self._caller = caller
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's transports do not inherit from it

    def write(self, order: bytes) -> None:
        assert self._transport is not None
        self._transport.write(order)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        self._caller.lost(self)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        end = self._buffer.find(b"\r\n\r\n")
        head = self._buffer[: max(end, 0)].lower()
        if end < 0 or len(self._buffer) < end + 4 + _length(head):
            return
        answer, self._buffer = self._buffer, b""
        self._caller.answered(answer, is_last=b"\r\nconnection: close" in head)


class Caller:
    """A place for one request at a time; takes a new connection where the server closed the last."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._line: Line | None = None
        self._due = 0.0
        self._number = 0
        self._busy = False
        self._opening: asyncio.Task[None] | None = None

    async def open(self) -> None:
        port = self._state.job.port
        _, self._line = await asyncio.get_running_loop().create_connection(lambda: Line(self), "127.0.0.1", port)

    def send(self, due: float) -> None:
        """Send the next order; without a connection as soon as there is one."""
        self._due, self._busy = time.monotonic() if self._state.job.may_refuse else due, True
        self._number = self._state.next_order()
        order = self._state.orders.request(self._number)
        if self._line is None:
            self._opening = asyncio.create_task(self._reopen(order))
        else:
            self._line.write(order)

    async def _reopen(self, order: bytes) -> None:
        try:
            await self.open()
        except OSError as error:
            self._fail(type(error).__name__)
            return
        assert self._line is not None
        self._line.write(order)

    def lost(self, line: Line) -> None:
        """Note that a connection is gone; one that was to carry an answer is an error."""
        if line is not self._line:
            return
        self._line = None
        if self._busy:
            self._fail("closed before the answer")

    def answered(self, answer: bytes, *, is_last: bool) -> None:
        """Take an answer and go on."""
        state = self._state
        if is_last:
            self._line = None
        taken = answer.startswith(_OK)
        refused = state.job.may_refuse and answer.startswith(_BUSY) and _LATER in answer
        if not (taken or refused) or _DUPLICATE in answer:
            self._fail("duplicate" if _DUPLICATE in answer else answer[9:12].decode("latin-1"))
            return
        self._busy = False
        state.note(self._number, self._due, taken=taken)
        if state.job.rate is None and state.may_send():
            self.send(0.0)
        else:
            state.idle.append(self)

    def _fail(self, what: str) -> None:
        self._busy = False
        self._state.errors[what] += 1
        self._state.stopped = True  # one error spoils the figures: nothing more is sent


def _length(head: bytes) -> int:
    _, found, rest = head.partition(b"\r\ncontent-length:")
    return int(rest.partition(b"\r\n")[0]) if found else 0


async def _closed_loop(state: State, until: float) -> None:
    while not state.is_over(until):
        while state.idle and state.may_send():
            state.idle.popleft().send(0.0)
        await asyncio.sleep(_NAP)


async def _paced(state: State, until: float) -> None:
    assert state.job.rate is not None
    step = 1 / state.job.rate
    start = time.monotonic() - state.sent * step
    while not state.is_over(until):
        while state.idle and (due := start + state.sent * step) <= time.monotonic() and state.may_send():
            state.idle.popleft().send(due)
        await asyncio.sleep(_NAP)


async def _rest(state: State, until: float) -> None:
    """Wait for the answers that are still to come; one that never comes is an error."""
    while (missing := state.sent - state.answered - state.refused - state.errors.total()) > 0:
        if time.monotonic() >= until:
            state.errors["no answer"] = missing
            return
        await asyncio.sleep(_NAP)


async def run(job: Job) -> Load:
    """Do the job."""
    state = State(job, Orders(f"127.0.0.1:{job.port}"), Gauge(job.gauge) if job.gauge else None)
    state.idle.extend(Caller(state) for _ in range(job.connections))
    for caller in state.idle:
        await caller.open()
    send = _closed_loop if job.rate is None else _paced
    await send(state, time.monotonic() + job.warm_up)
    state.latencies.clear()
    state.refusals.clear()
    since, before = time.monotonic(), state.progress()
    await send(state, since + job.seconds)
    until, after = time.monotonic(), state.progress()
    delivered = after if state.gauge else 0
    backlog = state.sent * job.each - delivered if state.gauge else state.sent - state.answered
    state.stopped = True
    await _rest(state, until + _PATIENCE)
    return _load(state, counted=after - before, since=since, until=until, delivered=delivered, backlog=backlog)


def _load(state: State, *, counted: int, since: float, until: float, delivered: int, backlog: int) -> Load:
    latencies, refusals = (sorted(1000 * each for each in some) or [0.0] for some in (state.latencies, state.refusals))
    return Load(
        sent=state.sent,
        answered=state.answered,
        counted=counted,
        seconds=until - since,
        delivered=delivered,
        backlog=backlog,
        p50=latencies[len(latencies) // 2],
        p99=latencies[len(latencies) * 99 // 100],
        slowest=latencies[-1],
        errors=dict(state.errors),
        refused=state.refused,
        refused_p99=refusals[len(refusals) * 99 // 100],
        ended=until,
        trouble=state.trouble,
        accepted=state.accepted,
    )


if __name__ == "__main__":
    _job = msgspec.json.decode(sys.stdin.buffer.read(), type=Job)
    sys.stdout.buffer.write(msgspec.json.encode(uvloop.run(run(_job))))
