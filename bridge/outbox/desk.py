"""The store's asynchronous front: one thread writes, others read, what arrives together shares a commit."""

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from bridge.core.errors import BridgeError, StoreBroken, StoreUnavailable
from bridge.core.model import Accepted, Intake
from bridge.outbox.pace import Pace
from bridge.outbox.protocol import Store
from bridge.outbox.store import open_store
from bridge.outbox.turn import Turn

MOST_PER_COMMIT = 256  # requests that share one commit
READERS = 2

Result = TypeVar("Result")
Opener = Callable[[], Store]


@dataclass(frozen=True, slots=True)
class DeskFigures:
    """What the writer has done since it was opened, how many jobs wait for it now, and how long (s) one more would."""

    commits: int
    requests: int
    events: int
    largest_commit: int
    waiting: int
    wait: float


@dataclass(frozen=True, slots=True)
class _Job:
    """What somebody waits for: either a request to accept or a piece of work on the store."""

    future: asyncio.Future[Any]
    work: Intake | Callable[[Store], Any]


_Answer = tuple[asyncio.Future[Any], Any, BaseException | None]


class _Queue:
    """Jobs in order. Requests at its head are taken together, other work one at a time."""

    def __init__(self) -> None:
        self._jobs: deque[_Job] = deque()
        self._condition = threading.Condition()
        self._closed = False

    def __len__(self) -> int:
        return len(self._jobs)

    def put(self, job: _Job) -> None:
        with self._condition:
            if self._closed:
                raise StoreUnavailable("the outbox is closing")
            self._jobs.append(job)
            self._condition.notify()

    def close(self) -> None:
        with self._condition:
            self._closed = True
            self._condition.notify_all()

    def wait(self) -> bool:
        """Wait for work; False means that the queue is closed and empty."""
        with self._condition:
            while not self._jobs and not self._closed:
                self._condition.wait()
            return bool(self._jobs)

    def take(self) -> list[_Job]:
        """Take what is there to be done together; whoever takes has waited, and is the only one who does if it writes.

        Nothing where another reader was quicker.
        """
        with self._condition:
            jobs = [self._jobs.popleft()] if self._jobs else []
            if jobs and isinstance(jobs[0].work, Intake):
                while self._jobs and isinstance(self._jobs[0].work, Intake) and len(jobs) < MOST_PER_COMMIT:
                    jobs.append(self._jobs.popleft())
            return jobs


class Desk:
    """Owns the threads and their stores. Use it as an asynchronous context manager, or `open` and `close` it.

    `on_broken` is called once, in the thread that saw it, when the file or disk failed: the process must end. With
    `turn` the writer waits for its turn among the processes that write to the file, and takes all that came meanwhile.
    """

    def __init__(
        self,
        open_writer: Opener,
        open_reader: Opener,
        *,
        on_broken: Callable[[StoreBroken], None],
        turn: Turn | None = None,
        readers: int = READERS,
    ) -> None:
        self._openers = (open_writer, *[open_reader] * readers)
        self._on_broken = on_broken
        self._turn = turn
        self._writing = _Queue()
        self._reading = _Queue()
        self._threads: list[threading.Thread] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._broken = threading.Lock()
        self._commits = self._requests = self._events = self._largest = 0
        self._unanswered = 0  # requests that wait for their commit
        self._pace = Pace()
        self._answered_at: float | None = None  # when the last commit was answered, if others waited then
        self._lag = 0.0  # seconds after which the loop came to what was handed over last

    async def open(self) -> None:
        """Open the stores, the writer's first. Raises what opening raises."""
        self._loop = asyncio.get_running_loop()
        queues = (self._writing, *[self._reading] * (len(self._openers) - 1))
        for queue, opener in zip(queues, self._openers, strict=True):
            opened: asyncio.Future[None] = self._loop.create_future()
            thread = threading.Thread(target=self._run, args=(queue, opener, opened), name="outbox", daemon=True)
            thread.start()
            self._threads.append(thread)
            try:
                await opened
            except BaseException:
                await self.close()
                raise

    async def close(self) -> None:
        """Take no more work, finish what was taken, close the stores."""
        self._writing.close()
        self._reading.close()
        for thread in self._threads:
            await asyncio.to_thread(thread.join)

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def accept(self, intake: Intake) -> Accepted:
        """Give back what became of the request once it is on disk. Being cancelled does not undo it."""
        self._unanswered += 1
        try:
            accepted: Accepted = await self._ask(self._writing, intake)
        finally:
            self._unanswered -= 1
        return accepted

    def is_crowded(self) -> bool:
        """Say whether so many requests wait for their commit that one more would wait too long."""
        return self._pace.is_too_much(self._unanswered, self._lag)

    async def write(self, work: Callable[[Store], Result]) -> Result:
        """Run the work on the writing store, in order with everything else that writes."""
        result: Result = await self._ask(self._writing, work)
        return result

    async def read(self, work: Callable[[Store], Result]) -> Result:
        """Run the work on a reading store, beside the writer."""
        result: Result = await self._ask(self._reading, work)
        return result

    async def changed(self) -> bool:
        """Say whether another program wrote since this was last asked."""
        return await self.write(lambda store: store.changed())

    @property
    def figures(self) -> DeskFigures:
        """What the writer has done so far."""
        wait = self._pace.wait(self._unanswered, self._lag)
        return DeskFigures(self._commits, self._requests, self._events, self._largest, len(self._writing), wait)

    async def _ask(self, queue: _Queue, work: Intake | Callable[[Store], Any]) -> Any:
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        queue.put(_Job(future, work))
        return await future

    # -- in the threads, but for handing over ----------------------------------------------------------------

    def _run(self, queue: _Queue, opener: Opener, opened: asyncio.Future[None]) -> None:
        try:
            store = opener()
        except BaseException as error:  # noqa: BLE001 - whoever opens the desk gets it
            self._answer([(opened, None, error)])
            return
        self._answer([(opened, None, None)])
        turn = self._turn if queue is self._writing else None
        try:
            while queue.wait():
                with turn.taken() if turn else nullcontext():
                    jobs = queue.take()
                    answers = self._done(store, jobs)
                requests = len(jobs) if jobs and isinstance(jobs[0].work, Intake) else 0
                self._answer(answers, requests=requests)
        finally:
            store.close()

    def _done(self, store: Store, jobs: list[_Job]) -> list[_Answer]:
        if not jobs:
            return []
        if isinstance(jobs[0].work, Intake):
            return self._accepted(store, jobs)
        try:
            return [(jobs[0].future, jobs[0].work(store), None)]
        except Exception as error:  # noqa: BLE001 - whoever asked gets it
            return self._failed(jobs, error)

    def _accepted(self, store: Store, jobs: list[_Job]) -> list[_Answer]:
        intakes = [job.work for job in jobs if isinstance(job.work, Intake)]
        try:
            accepted = store.outbox.accept(intakes)
        except (StoreUnavailable, StoreBroken) as error:
            return self._failed(jobs, error)
        except Exception as error:  # noqa: BLE001 - whoever asked gets it
            # One request is at fault, and the others must not suffer for it.
            if len(jobs) == 1:
                return self._failed(jobs, error)
            return [answer for job in jobs for answer in self._accepted(store, [job])]
        self._count(intakes)
        return [(job.future, result, None) for job, result in zip(jobs, accepted, strict=True)]

    def _failed(self, jobs: Sequence[_Job], error: Exception) -> list[_Answer]:
        if isinstance(error, StoreBroken) and self._broken.acquire(blocking=False):
            self._on_broken(error)
        # Each waiter gets an error of its own: a shared one would collect all their tracebacks.
        shared = isinstance(error, BridgeError) and len(jobs) > 1
        return [(job.future, None, type(error)(*error.args) if shared else error) for job in jobs]

    def _count(self, intakes: Sequence[Intake]) -> None:
        self._commits += 1
        self._requests += len(intakes)
        self._events += sum(len(intake.entries) for intake in intakes)
        self._largest = max(self._largest, len(intakes))

    def _answer(self, answers: list[_Answer], *, requests: int = 0) -> None:
        assert self._loop is not None
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._hand_over, answers, requests, time.perf_counter())

    def _hand_over(self, answers: list[_Answer], requests: int, since: float) -> None:
        """Give everybody their answer; that of `requests`, if it is of any, tells how long others will wait."""
        now = time.perf_counter()
        self._lag = now - since
        if requests:
            self._measure(requests, now)
        for future, result, error in answers:
            if future.done():
                continue  # nobody waits any more; what was written stays written
            if error is None:
                future.set_result(result)
            else:
                future.set_exception(error)

    def _measure(self, requests: int, now: float) -> None:
        left = self._unanswered - requests
        if self._answered_at is not None:
            self._pace = self._pace.after(requests, now - self._answered_at)
        elif left <= 0:
            self._pace = self._pace.calmed()
        self._answered_at = now if left > 0 else None


def desk_on(
    path: Path,
    *,
    create: bool,
    on_broken: Callable[[StoreBroken], None],
    turn: Turn | None = None,
    readers: int = READERS,
) -> Desk:
    """Make the desk of a running bridge: its writer checkpoints, its readers cannot write.

    Where several processes of one bridge write, each in its `turn`, whoever's commit makes the log long writes it into
    the file before it gives the turn on. So one connection at a time writes and checkpoints, and the log stays bounded
    whoever writes most.
    """
    return Desk(
        lambda: open_store(path, create=create, checkpoints=True),
        lambda: open_store(path, create=False, reads_only=True),
        on_broken=on_broken,
        turn=turn,
        readers=readers,
    )
