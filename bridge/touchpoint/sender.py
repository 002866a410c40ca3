"""One attempt at one delivery or lookup: build it, send it, and say honestly how far it got."""

import asyncio
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import httpx

from bridge.core.configuration import Lookup, Touchpoint
from bridge.core.inquiry import Reply
from bridge.core.model import Delivery
from bridge.core.outcome import NotSent, Outcome
from bridge.touchpoint.answer import MOST_READ, answered, read_body
from bridge.touchpoint.dial import Dialer, Resolve, client_tls
from bridge.touchpoint.fetching import LARGEST_ANSWER, fetched, system
from bridge.touchpoint.progress import Interrupted, Phase, Progress
from bridge.touchpoint.quiet import hush_client
from bridge.touchpoint.request import Target, Unusable, aim
from bridge.touchpoint.resolver import Resolver
from bridge.touchpoint.transport import Transport

NOTHING_WRONG = "nothing went wrong"


class Sender:
    """Sends deliveries over kept connections; an async context, since it owns them.

    `allow_private` lets touchpoints be on this machine or its network, also by http. `resolve`, `tls`, `transport` and
    `clock` (seconds since 1970) are the seams for tests.
    """

    def __init__(
        self,
        *,
        allow_private: bool = False,
        resolve: Resolve | None = None,
        tls: ssl.SSLContext | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        hush_client()
        self._clock = clock
        self._allow_private = allow_private
        self._transport = transport or Transport(
            Dialer(resolve or Resolver().resolve, tls or client_tls(), allow_private=allow_private)
        )
        self._aimed: dict[str, _Aimed] = {}
        self._deadlines: set[asyncio.Timeout] = set()
        self._is_cut = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._transport.aclose()

    def ready(self, touchpoint: Touchpoint, secrets: Mapping[str, str]) -> str | None:
        """Say why nothing can be sent to this touchpoint now, naming the missing secret; None if it is ready."""
        target = self._target(touchpoint, secrets)
        return target if isinstance(target, str) else None

    async def send(self, delivery: Delivery, touchpoint: Touchpoint, secrets: Mapping[str, str]) -> Outcome:
        """Make one attempt, within the touchpoint's timeout. Total: whatever goes wrong is an outcome.

        Answered as soon as a status was seen, whatever became of the body; NotSent if not every byte of the
        request was taken by the network; Unknown in between.
        """
        target = self._target(touchpoint, secrets)
        if isinstance(target, str):
            return NotSent(target, tried=False)
        progress = Progress(self._clock)
        body = bytearray()
        try:
            request = target.request(delivery, progress)
        except Unusable as error:
            return NotSent(str(error), tried=False)
        what = await self._attempt(request, body, touchpoint.timeout / 1000, MOST_READ)
        if progress.phase is Phase.ANSWERED:
            return answered(progress, body, target.confidential)
        return progress.failure(what)

    def can_fetch(self, lookup: Lookup, secrets: Mapping[str, str]) -> str | None:
        """Say why this lookup cannot be made now, naming the missing secret; None if it can."""
        try:
            system(lookup, secrets, allow_private=self._allow_private)
        except Unusable as error:
            return str(error)
        return None

    async def fetch(self, lookup: Lookup, path: str, secrets: Mapping[str, str]) -> Reply:
        """GET a percent-encoded path from the lookup's system, within its timeout. Total, like `send`."""
        try:
            asked = system(lookup, secrets, allow_private=self._allow_private)
        except Unusable as error:
            return NotSent(str(error), tried=False)
        progress, body = Progress(self._clock), bytearray()
        what = await self._attempt(asked.request(path, progress), body, lookup.timeout / 1000, LARGEST_ANSWER)
        if progress.phase is Phase.ANSWERED:
            return fetched(progress, body, asked.confidential, is_whole=what == NOTHING_WRONG)
        return progress.failure(what)

    def cut_off(self) -> None:
        """End all attempts now, each with the outcome of the phase it reached: for the end of the process."""
        self._is_cut = True
        now = asyncio.get_running_loop().time()
        for deadline in self._deadlines:
            deadline.reschedule(now)

    async def _attempt(self, request: httpx.Request, body: bytearray, seconds: float, most: int) -> str:
        """Send and read; gives what went wrong, in our words: the texts of foreign errors may hold addresses."""
        deadline = asyncio.timeout(seconds)
        self._deadlines.add(deadline)
        try:
            async with deadline:
                response = await self._transport.handle_async_request(request)
                if isinstance(response.stream, httpx.AsyncByteStream):
                    await read_body(response.stream, body, most=most)
        except Interrupted as error:
            return str(error)
        except TimeoutError:
            return "the bridge stopped" if self._is_cut else "timed out"
        except Exception as error:  # noqa: BLE001 - whatever else the client raises is one more failed attempt
            return f"the HTTP client failed ({type(error).__name__})"
        finally:
            self._deadlines.discard(deadline)
        return NOTHING_WRONG

    def _target(self, touchpoint: Touchpoint, secrets: Mapping[str, str]) -> Target | str:
        """Give the target with the secrets of this moment, or why there is none; made anew only when they change."""
        known = self._aimed.get(touchpoint.name)
        if known is not None and known.touchpoint is touchpoint and known.values == [*map(secrets.get, known.names)]:
            return known.target
        target: Target | str
        try:
            target = aim(touchpoint, secrets, allow_private=self._allow_private)
        except Unusable as error:
            target = str(error)
        names = sorted(touchpoint.secret_names)
        self._aimed[touchpoint.name] = _Aimed(touchpoint, names, [*map(secrets.get, names)], target)
        return target


@dataclass(frozen=True, slots=True)
class _Aimed:
    """A target and what it was made of."""

    touchpoint: Touchpoint
    names: list[str]
    values: list[str | None] = field(repr=False)
    target: Target | str
