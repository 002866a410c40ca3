"""What the main process and its intake processes tell each other, each message a value of its own type."""

from collections.abc import Mapping
from typing import TypeVar

import msgspec

from bridge.core.drift import Attribute
from bridge.telemetry import Counts

_LENGTH = 4  # bytes before each message, which say how long it is


class Told(msgspec.Struct, frozen=True, tag=True):
    """What every message is."""


# -- from the main process ------------------------------------------------------------------------------------------


class Work(Told, frozen=True):
    """What to work by from now on: the mapping files, the stored secrets, what targets have accepted so far.

    Answered with `Switched` of the same number.
    """

    number: int
    files: Mapping[str, str]
    secrets: Mapping[str, str]
    index_key: bytes
    attributes: tuple[Attribute, ...]

    def __repr__(self) -> str:
        """Keep the secrets out of logs and errors."""
        return f"Work({self.number})"


class Standing(Told, frozen=True):
    """How the bridge stands: why nothing can be taken now, and what /readyz says; None where all is well.

    `configuration` is the fingerprint of what is in force in the main process.
    """

    configuration: str = ""
    shortage: str | None = None
    trouble: str | None = None
    stale: str | None = None
    unapplied: str | None = None
    stopping: bool = False


class Granted(Told, frozen=True):
    """The answer to `Asked`: 0, or the ms until the source may send again."""

    number: int
    wait: float


class Tell(Told, frozen=True):
    """Asks for a `Report` of the same number, now."""

    number: int


class End(Told, frozen=True):
    """Asks to take no more connections, to finish what is being answered, and to end."""


# -- from an intake process -----------------------------------------------------------------------------------------


class Ready(Told, frozen=True):
    """It listens."""


class Switched(Told, frozen=True):
    """It works by the `Work` of this number."""

    number: int


class Woken(Told, frozen=True):
    """There is something new to send, or to look up."""

    planned: bool
    waiting: bool


class Asked(Told, frozen=True):
    """Asks whether this source may send a request more, under its limit. Answered with `Granted`."""

    number: int
    source: str


class Report(Told, frozen=True):
    """What was done since the last report; `number` is 0 where nobody asked."""

    number: int
    counts: Counts
    commits: int
    requests: int


FromMain = Work | Standing | Granted | Tell | End
FromIntake = Ready | Switched | Woken | Asked | Report

Message = TypeVar("Message", FromMain, FromIntake)

_encoder = msgspec.msgpack.Encoder()


def framed(message: Told) -> bytes:
    """Give the bytes of a message, their number before them."""
    body = _encoder.encode(message)
    return len(body).to_bytes(_LENGTH, "big") + body


class Frames:
    """Cuts a stream of bytes into messages again, however the bytes arrive."""

    __slots__ = ("_decoder", "_rest")

    def __init__(self, expected: object) -> None:
        """Expect these types alone: `FromMain` or `FromIntake`."""
        self._decoder = msgspec.msgpack.Decoder(expected)
        self._rest = bytearray()

    def take(self, data: bytes) -> list[Told]:
        """Give the messages that are complete now. Raises ValueError (msgspec's) for what is none."""
        self._rest += data
        found: list[Told] = []
        while len(self._rest) >= _LENGTH:
            end = _LENGTH + int.from_bytes(self._rest[:_LENGTH], "big")
            if len(self._rest) < end:
                break
            found.append(self._decoder.decode(bytes(self._rest[_LENGTH:end])))
            del self._rest[:end]
        return found
