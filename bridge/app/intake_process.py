"""An intake process of `bridge serve`: receives, stores and answers; works by what the main process tells it."""

import asyncio
import os
import signal
import socket
import sys

import uvloop

from bridge.app.collector import calm_collector
from bridge.app.drifting import DriftWatch
from bridge.app.inforce import InForce, assemble, with_allowance, with_secrets
from bridge.app.line import Line, take_beginning
from bridge.app.logs import start_logging
from bridge.app.messages import (
    Asked,
    End,
    FromMain,
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
from bridge.app.receiving import Receiving
from bridge.app.rules import intake_rules
from bridge.app.servers import Listener
from bridge.catalog import load_texts
from bridge.core.configuration import Source
from bridge.core.errors import BridgeError, StoreBroken
from bridge.intake import Rules
from bridge.outbox.desk import Desk, desk_on
from bridge.outbox.turn import Turn
from bridge.settings import Settings
from bridge.telemetry import Counting, log
from bridge.web.health import Health, health_routes
from bridge.web.hooks import hooks_app
from bridge.web.protocol import ReceiveLimits, guarded_protocol

STORE_FAILED = 70
_KEEP_EVERY = 0.5  # seconds between two times that refused requests are kept
_WAKE_AFTER = 0.002  # seconds in which what makes the courier look is told once


class IntakeProcess:
    """What an intake process knows and does. Nothing is received before the first `Work` is in force."""

    def __init__(self, settings: Settings, turn: Turn) -> None:
        self._settings = settings
        self._line = Line(FromMain, hear=self._hear, on_end=_orphaned)
        self._standing = self._agreed = Standing()
        self._counting = Counting()
        self._watch = DriftWatch(settings, count=self._counting.drifted)
        self._in_force: InForce | None = None
        self._rules: Rules | None = None
        self._works: asyncio.Queue[Work] = asyncio.Queue()
        self._asked: dict[int, asyncio.Future[float]] = {}
        self._number = 0
        self._planned = self._waiting = False  # what the main process is to be woken for
        self._ended = asyncio.Event()
        self._committed = (0, 0)  # commits and requests as they were reported last
        self._desk: Desk = desk_on(settings.database_path, create=False, on_broken=_broken, turn=turn, readers=0)
        self._receiving = Receiving(
            self._desk,
            settings,
            sources=lambda: self._now_in_force().sources,
            rules=self._rules_now,
            shortage=lambda: self._standing.shortage,
            woken=self._wake,
            allow=self._allow,
            notes=self._counting,
        )

    async def run(self, line: socket.socket, hooks: socket.socket) -> None:
        """Receive until told to end; then finish what was begun."""
        await self._line.open(line)
        async with self._desk:
            await self._switch(await self._works.get())
            start_logging(self._settings, lambda: self._now_in_force().confidential)
            listener = self._listener(hooks)
            listener.start()
            tasks = [asyncio.create_task(self._follow()), asyncio.create_task(self._keep())]
            for task in tasks:
                task.add_done_callback(_end_on_failure)
            calm_collector()
            self._line.say(Ready())
            await self._ended.wait()
            await listener.stop()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._receiving.keep_refused()
        self._report()

    def _listener(self, hooks: socket.socket) -> Listener:
        settings = self._settings
        limits = ReceiveLimits(receive=settings.receive_deadline / 1000, head=settings.max_headers)
        return Listener(
            hooks_app(self._receiving.reception(), health_routes(self._health())), hooks, guarded_protocol(limits)
        )

    # -- what the main process says -------------------------------------------------------------------------------

    def _hear(self, message: Told) -> None:
        match message:
            case Work():
                self._works.put_nowait(message)
            case Standing():
                self._agreed = self._configured()
                self._standing = message
            case Granted(number=number, wait=wait):
                if (asked := self._asked.pop(number, None)) and not asked.done():
                    asked.set_result(wait)
            case Tell(number=number):
                self._report(number)
            case End():
                self._ended.set()

    async def _follow(self) -> None:
        while True:
            await self._switch(await self._works.get())

    async def _switch(self, work: Work) -> None:
        """Work by other files, secrets or attributes; the files are read only where they are others."""
        old = self._in_force
        if old is None or old.files != work.files:
            loaded = await asyncio.to_thread(load_texts, work.files, with_allowance(self._settings, os.environ))
            self._in_force = assemble(loaded, work.secrets, self._settings)
        elif old.secrets != work.secrets:
            self._in_force = with_secrets(old, work.secrets, self._settings)
        fingerprint = self._now_in_force().catalog.fingerprint
        guard = self._watch.guard(work.attributes)
        self._rules = intake_rules(self._settings, work.index_key, fingerprint, guard=guard)
        self._line.say(Switched(work.number))

    # -- what it says ---------------------------------------------------------------------------------------------

    def _wake(self, planned: bool, waiting: bool) -> None:  # noqa: FBT001 - both facts of one accepted request
        if not self._planned and not self._waiting:
            asyncio.get_running_loop().call_later(_WAKE_AFTER, self._say_woken)
        self._planned, self._waiting = self._planned or planned, self._waiting or waiting

    def _say_woken(self) -> None:
        self._line.say(Woken(self._planned, self._waiting))
        self._planned = self._waiting = False

    def _report(self, number: int = 0) -> None:
        figures = self._desk.figures
        commits, requests = self._committed
        self._committed = figures.commits, figures.requests
        self._line.say(Report(number, self._counting.take(), figures.commits - commits, figures.requests - requests))

    async def _allow(self, source: Source, _: int) -> float:
        """Ask the main process, which counts for all: a limit is the bridge's, however many processes it has."""
        self._number += 1
        asked: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self._asked[self._number] = asked
        self._line.say(Asked(self._number, source.name))
        return await asked

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(_KEEP_EVERY)
            await self._receiving.keep_refused()
            self._report()

    # -- what it works by -----------------------------------------------------------------------------------------

    def _now_in_force(self) -> InForce:
        assert self._in_force is not None, "nothing is received before it is told by what to work"
        return self._in_force

    def _rules_now(self) -> Rules:
        assert self._rules is not None, "nothing is received before it is told by what to work"
        return self._rules

    def _health(self) -> Health:
        return Health(
            fingerprint=lambda: self._now_in_force().catalog.fingerprint,
            stale=lambda: self._configured().stale,
            unapplied=lambda: self._configured().unapplied,
            store=lambda: self._standing.trouble,
            disk=lambda: self._standing.shortage,
            stopping=lambda: self._standing.stopping,
        )

    def _configured(self) -> Standing:
        """Give how the bridge stood when the main process and this one last worked by the same configuration."""
        here = self._in_force.catalog.fingerprint if self._in_force else ""
        return self._standing if self._standing.configuration == here else self._agreed


def _orphaned() -> None:
    """End at once when the main process is gone: the next one needs the address that is listened on here."""
    os._exit(0)


def _broken(error: StoreBroken) -> None:
    """End at once; the main process sees by the status that the store failed, and ends too."""
    log("store.broken", level="error", reason=str(error))
    os._exit(STORE_FAILED)


def _end_on_failure(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log("intake.failed", level="error", kind=type(error).__name__, reason=_reason(error))
        os._exit(1)


def _reason(error: BaseException) -> str:
    return str(error) if isinstance(error, BridgeError) else ""


def main() -> None:
    """Run as `front` starts it: the number of the line's descriptor, then those of the turn, are the arguments."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)  # the main process gets it too, and says what is to be done
    line, first, second, third, fourth = map(int, sys.argv[1:])
    end = socket.socket(fileno=line)
    settings, hooks = take_beginning(end)
    start_logging(settings, frozenset)
    uvloop.run(IntakeProcess(settings, Turn((first, second, third, fourth))).run(end, hooks))


if __name__ == "__main__":
    main()
