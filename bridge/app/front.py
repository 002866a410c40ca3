"""The intake processes of a bridge, as its main process sees them: started, told, asked, started again, ended."""

import asyncio
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from itertools import count

from bridge.app.line import Line, give_beginning
from bridge.app.messages import (
    Asked,
    End,
    FromIntake,
    Granted,
    Ready,
    Report,
    Standing,
    Switched,
    Tell,
    Told,
    Woken,
    Work,
)
from bridge.outbox.turn import Turn
from bridge.settings import Settings
from bridge.telemetry import Counts, log

STORE_FAILED = 70
_PROGRAM = "bridge.app.intake_process"
_STARTED_WITHIN = 20.0  # seconds; one that takes longer begins to receive when it can
_PATIENCE = 10.0  # seconds for all to work by another configuration; one that takes longer follows when it can
_REPORTS = 1.0  # seconds for all to report; what comes later is in the next report
_ENDED_WITHIN = 6.0  # seconds until one that does not end is killed: three for its requests, the rest for its commits
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 10.0  # seconds before one that died is started again
_LIVED = 10.0  # seconds after which a death is the first one


@dataclass(frozen=True, slots=True)
class MainProcess:
    """What the main process is to the others.

    `hooks` is the listening socket, which stays this process's too, so that no restart of theirs refuses anybody.
    `work` gives what is in force, as the message of a number, `standing` how the bridge stands. `woken` is told whether
    there is something to send, or to look up; `counted` what was counted; `allow` gives the ms that a source must wait
    under its limit; `broken` is called when one of them saw the store fail; `ended` gets the task that starts them
    again, should it ever end.
    """

    hooks: socket.socket
    work: Callable[[int], Work]
    standing: Callable[[], Standing]
    woken: Callable[[bool, bool], None]
    counted: Callable[[Counts], None]
    allow: Callable[[str], float]
    broken: Callable[[], None]
    ended: Callable[[asyncio.Task[None]], None]


@dataclass(frozen=True, slots=True)
class _Spawned:
    """A process that waits for its beginning, and this process's end of the line to it."""

    process: subprocess.Popen[bytes]
    end: socket.socket


class Part:
    """One running intake process."""

    def __init__(self, process: subprocess.Popen[bytes], main: MainProcess, *, noted: Callable[[Report], None]) -> None:
        self.process = process
        self.is_ready = self.is_gone = False
        self.switched = self.reported = 0  # the numbers of the last messages that it has answered so
        self.line = Line(FromIntake, hear=self._hear, on_end=self._end)
        self._main = main
        self._noted = noted
        self._changed = asyncio.Event()

    async def until(self, done: Callable[[], bool], *, seconds: float | None = None) -> None:
        """Wait until something is so, the process is gone, or the time is over."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not done() and not self.is_gone:
                    await self._changed.wait()
                    self._changed = asyncio.Event()

    def _hear(self, message: Told) -> None:
        match message:
            case Woken(planned=planned, waiting=waiting):
                self._main.woken(planned, waiting)
            case Asked(number=number, source=source):
                self.line.say(Granted(number, self._main.allow(source)))
            case Report(number=number):
                self._noted(message)
                self.reported = max(self.reported, number)
            case Switched(number=number):
                self.switched = number
            case Ready():
                self.is_ready = True
        self._changed.set()

    def _end(self) -> None:
        self.is_gone = True
        self._changed.set()


class Front:
    """Keeps `number` intake processes running, all of them on one listening socket and in one `turn`; or none."""

    def __init__(self, settings: Settings, environment: Mapping[str, str], *, number: int) -> None:
        self.turn = Turn.new() if number else None
        self.commits = self.requests = 0  # of all of them, as far as they were reported
        self._settings = replace(settings, key="")  # they need no master key: secrets come opened
        self._environment = environment
        self.number = number
        self._early: list[_Spawned] = []  # those that were started before there was anything to tell them
        self._main: MainProcess | None = None
        self._standing = Standing()
        self._parts: dict[int, Part] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._is_ending = False
        self._numbers = count(1)

    def start(self) -> None:
        """Start them, which takes them a while, as early as may be; should this process end first, they end too."""
        self._early = [self._spawned() for _ in range(self.number)]

    async def open(self, main: MainProcess) -> None:
        """Have them receive, and wait until they do."""
        self._main = main
        self._standing = main.standing()
        for place in range(self.number):
            self._parts[place] = await self._engaged(main)
        for part in self._parts.values():
            await part.until(partial(_is_ready, part), seconds=_STARTED_WITHIN)
        self._tasks = [asyncio.create_task(self._keep(place, main)) for place in self._parts]
        for task in self._tasks:
            task.add_done_callback(main.ended)

    async def spread(self) -> None:
        """Have all of them know how the bridge stands and work by what is in force now, and wait until they do."""
        if self._main is None:
            return
        self.tell()
        number = next(self._numbers)
        work = self._main.work(number)
        for part in self._parts.values():
            part.line.say(work)
        parts = list(self._parts.values())
        await asyncio.gather(*(part.until(partial(_has_switched, part, number), seconds=_PATIENCE) for part in parts))

    def tell(self) -> None:
        """Tell all of them how the bridge stands, if that has changed."""
        if self._main is not None and (standing := self._main.standing()) != self._standing:
            self._standing = standing
            for part in self._parts.values():
                part.line.say(standing)

    async def ask(self) -> None:
        """Have everything reported that they did up to now."""
        number = next(self._numbers)
        for part in self._parts.values():
            part.line.say(Tell(number))
        parts = list(self._parts.values())
        await asyncio.gather(*(part.until(partial(_has_reported, part, number), seconds=_REPORTS) for part in parts))

    async def close(self) -> None:
        """Have them finish and end; one that does not is killed, which loses nothing that was answered."""
        self._is_ending = True
        if self._main is not None and self.number:
            self._main.hooks.close()  # who comes now is refused, and does not wait in a socket that nobody answers
        for part in self._parts.values():
            part.line.say(End())
        for part in self._parts.values():
            await part.until(lambda: False, seconds=_ENDED_WITHIN)
            if not part.is_gone:
                log("intake.killed", level="warning", process=part.process.pid)
                part.process.kill()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for part in self._parts.values():
            await asyncio.to_thread(part.process.wait)

    # -- one of them ----------------------------------------------------------------------------------------------

    async def _keep(self, place: int, main: MainProcess) -> None:
        """Start one again whenever it dies; the sooner it died, the later."""
        pause, begun = _FIRST_PAUSE, time.monotonic()
        while True:
            part = self._parts[place]
            await part.until(lambda: False)
            status = await asyncio.to_thread(part.process.wait)
            if self._is_ending:
                return
            if status == STORE_FAILED:
                main.broken()
            if time.monotonic() - begun > _LIVED:
                pause = _FIRST_PAUSE
            log("intake.died", level="error", process=part.process.pid, status=status, again_in=pause)
            await asyncio.sleep(pause)
            pause, begun = min(2 * pause, _LONGEST_PAUSE), time.monotonic()
            self._parts[place] = await self._engaged(main)

    async def _engaged(self, main: MainProcess) -> Part:
        """Give one its settings and the socket, then what to work by and how the bridge stands."""
        spawned = self._early.pop() if self._early else self._spawned()
        part = Part(spawned.process, main, noted=partial(self._note, main))
        with suppress(OSError):  # it has ended already, which the line will notice
            give_beginning(spawned.end, self._settings, main.hooks)
        spawned.end.setblocking(False)
        await part.line.open(spawned.end)
        part.line.say(self._standing)
        part.line.say(main.work(next(self._numbers)))
        return part

    def _spawned(self) -> _Spawned:
        """Run the program as a fresh process that finds the very modules of this one."""
        ours, theirs = socket.socketpair()
        assert self.turn is not None, "there is a turn where there is anybody to start"
        descriptors = (theirs.fileno(), *self.turn.descriptors)
        with theirs:
            process = subprocess.Popen(  # noqa: S603 - this very program, with numbers as arguments
                [sys.executable, "-P", "-m", _PROGRAM, *map(str, descriptors)],
                env={**self._environment, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=descriptors,
                process_group=0,  # Ctrl-C is for the main process, which says what is to be done
            )
        return _Spawned(process, ours)

    def _note(self, main: MainProcess, report: Report) -> None:
        self.commits += report.commits
        self.requests += report.requests
        main.counted(report.counts)


def _is_ready(part: Part) -> bool:
    return part.is_ready


def _has_switched(part: Part, number: int) -> bool:
    return part.switched >= number


def _has_reported(part: Part, number: int) -> bool:
    return part.reported >= number


def default_processes(settings: Settings) -> int:
    """Say how many intake processes there are to be; see docs/operations.md for what decided the default."""
    if settings.intake_processes is not None:
        return settings.intake_processes
    return 1 if _cores() > 1 else 0


def _cores() -> int:
    """Count the cores that this process may use, where the system says so."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
