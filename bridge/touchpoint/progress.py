"""How far one attempt got, and what that makes of it. The phase reached decides, never the kind of exception."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from enum import IntEnum

import httpx

from bridge.core.outcome import NotSent, Unknown


class Phase(IntEnum):
    """What an attempt is at; from SENT on the target may have taken the request."""

    RESOLVING = 0
    CONNECTING = 1
    SECURING = 2
    READY = 3
    SENDING = 4
    SENT = 5
    ANSWERED = 6


DOING = {
    Phase.RESOLVING: "while looking up the target's name",
    Phase.CONNECTING: "while connecting",
    Phase.SECURING: "while agreeing on TLS",
    Phase.READY: "before the request was sent",
    Phase.SENDING: "before the whole request was sent",
}

CLOSED = "the connection was closed"
BROKEN = "the connection was broken off"
GARBLED = "the answer was cut or not HTTP"


class Interrupted(httpx.TransportError):
    """The attempt ended before its answer did; the message is ours and names neither address nor key."""


class Progress:
    """The record of one attempt, written while it runs: at the moment in which something happens, never later.

    `clock` gives seconds since 1970; `sent_at` is when the network had taken the whole request. `status` and `headers`
    (names in lower case) are there once ANSWERED.
    """

    __slots__ = ("_clock", "headers", "phase", "sent_at", "status")

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self.sent_at = 0.0
        self.phase = Phase.RESOLVING
        self.status = 0
        self.headers: list[tuple[bytes, bytes]] = []

    def sent(self) -> None:
        """Note that the network has taken every byte, unless the target answered before."""
        if self.phase is Phase.SENDING:
            self.phase = Phase.SENT
            self.sent_at = self._clock()

    def answered(self, status: int, headers: list[tuple[bytes, bytes]]) -> None:
        """Note the head of the answer."""
        self.phase, self.status, self.headers = Phase.ANSWERED, status, headers

    def failure(self, what: str) -> NotSent | Unknown:
        """Make the outcome of an attempt that saw no status. `what` went wrong, in words of ours."""
        if self.phase < Phase.SENT:
            return NotSent(f"{what} {DOING[self.phase]}")
        at = datetime.fromtimestamp(self.sent_at, UTC)
        waited = max(0.0, self._clock() - self.sent_at)
        unanswered = "" if what == GARBLED else " without an answer"
        return Unknown(f"sent in full at {at:%H:%M:%S} UTC, {what} after {waited:.1f} s{unanswered}")
