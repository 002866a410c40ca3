"""How far one attempt got, and what that makes of it. The phase reached decides, never the kind of exception."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from enum import IntEnum
from typing import Any

from bridge.core.outcome import NotSent, Unknown


class Phase(IntEnum):
    """What an attempt is at; from SENT on the target may have taken the request."""

    RESOLVING = 0
    CONNECTING = 1
    SECURING = 2
    SENDING_HEADERS = 3
    SENDING_BODY = 4
    SENT = 5
    ANSWERED = 6


DOING = {
    Phase.RESOLVING: "while looking up the target's name",
    Phase.CONNECTING: "while connecting",
    Phase.SECURING: "while agreeing on TLS",
    Phase.SENDING_HEADERS: "before the request was sent",
    Phase.SENDING_BODY: "before the whole request was sent",
}
GARBLED = "the answer was cut or not HTTP"

# Where each event of httpcore's trace extension leads; "complete" means that the network has taken every byte.
_REACHED = {
    "http11.send_request_headers.started": Phase.SENDING_HEADERS,
    "http11.send_request_body.started": Phase.SENDING_BODY,
    "http11.send_request_body.complete": Phase.SENT,
    "http11.receive_response_headers.complete": Phase.ANSWERED,
}


class DialFailed(Exception):
    """No usable connection came about; the message is ours and names neither address nor key."""


class Progress:
    """The record of one attempt, written while it runs. `status` and `headers` are there once ANSWERED.

    `clock` gives seconds since 1970; `sent_at` is when the network had taken the whole request.
    """

    __slots__ = ("_clock", "body_is_empty", "headers", "phase", "sent_at", "status")

    def __init__(self, clock: Callable[[], float] = time.time, *, body_is_empty: bool = False) -> None:
        self._clock = clock
        self.sent_at = 0.0
        self.phase = Phase.RESOLVING
        self.status = 0
        self.headers: list[tuple[bytes, bytes]] = []
        self.body_is_empty = body_is_empty

    async def trace(self, event: str, info: dict[str, Any]) -> None:
        """Take one event of httpcore's trace extension."""
        phase = _REACHED.get(event)
        if phase is None:
            return
        self.phase = phase
        if phase is Phase.SENT:
            self.sent_at = self._clock()
        if phase is Phase.ANSWERED:
            _, self.status, _, self.headers = info["return_value"]

    def broke(self, *, everything_left: bool) -> None:
        """Note that the connection is given up; `everything_left`: the network had taken all bytes handed to it.

        The last bytes may have left in the very moment in which a deadline struck: then the request was sent,
        although no event said so any more.
        """
        last = Phase.SENDING_HEADERS if self.body_is_empty else Phase.SENDING_BODY
        if everything_left and self.phase is last:
            self.phase = Phase.SENT
            self.sent_at = self._clock()

    def failure(self, what: str) -> NotSent | Unknown:
        """Make the outcome of an attempt that saw no status. `what` went wrong, in words of ours."""
        if self.phase < Phase.SENT:
            return NotSent(f"{what} {DOING[self.phase]}")
        at = datetime.fromtimestamp(self.sent_at, UTC)
        waited = max(0.0, self._clock() - self.sent_at)
        unanswered = "" if what == GARBLED else " without an answer"
        return Unknown(f"sent in full at {at:%H:%M:%S} UTC, {what} after {waited:.1f} s{unanswered}")
