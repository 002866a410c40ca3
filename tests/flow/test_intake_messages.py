import asyncio
import socket
from collections.abc import Sequence

import msgspec
import pytest

from bridge.app.line import Line, give_beginning, take_beginning
from bridge.app.messages import (
    Asked,
    End,
    Frames,
    FromIntake,
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
    framed,
)
from bridge.core.drift import Attribute
from bridge.settings import read_settings
from bridge.telemetry import Counting, Counts

WORK = Work(7, {"till.yaml": "source: till"}, {"till": "se\u00e7ret"}, b"\x00key", (Attribute("a", "b", "text", 1, 2),))
FROM_MAIN = (WORK, Standing("f00d", "full", "broken", None, "1 file", stopping=True), Granted(3, 12.5), Tell(4), End())
COUNTS = Counts((("till", "200", 3),), (("till", "accepted", 2),), (("steady", 1),))
FROM_INTAKE = (Ready(), Switched(7), Woken(planned=True, waiting=False), Asked(3, "till"), Report(4, COUNTS, 1, 2))


@pytest.mark.parametrize(("expected", "messages"), [(FromMain, FROM_MAIN), (FromIntake, FROM_INTAKE)])
@pytest.mark.parametrize("size", [1, 3, 10_000])
def test_messages_come_out_as_they_went_in_however_the_bytes_arrive(
    expected: object, messages: Sequence[Told], size: int
) -> None:
    stream = b"".join(map(framed, messages))
    frames = Frames(expected)
    taken = [message for at in range(0, len(stream), size) for message in frames.take(stream[at : at + size])]
    assert taken == list(messages)


def test_a_message_of_the_other_direction_is_none() -> None:
    with pytest.raises(msgspec.ValidationError):
        Frames(FromMain).take(framed(Ready()))


def test_no_secret_is_in_the_repr_of_a_message() -> None:
    assert repr(WORK) == "Work(7)"


def test_counts_are_given_away_once() -> None:
    counting = Counting()
    counting.answered("till", 200)
    counting.answered("till", 200)
    counting.answered("", 401)
    counting.received("till", accepted=2, duplicates=1)
    counting.drifted("steady")
    assert counting.take() == Counts(
        (("till", "200", 2), ("", "401", 1)), (("till", "accepted", 2), ("till", "duplicate", 1)), (("steady", 1),)
    )
    assert counting.take() == Counts()


async def test_a_line_carries_messages_and_says_when_the_other_end_is_gone() -> None:
    heard: list[Told] = []
    told, ended = asyncio.Event(), asyncio.Event()

    def hear(message: Told) -> None:
        heard.append(message)
        told.set()

    ends = socket.socketpair()
    one = Line(FromIntake, hear=heard.append, on_end=lambda: None)
    other = Line(FromMain, hear=hear, on_end=ended.set)
    for line, end in zip((one, other), ends, strict=True):
        end.setblocking(False)
        await line.open(end)
    one.say(WORK)
    await told.wait()
    assert heard == [WORK]
    one.close()
    await ended.wait()
    other.say(Ready())  # to nobody: nothing happens


def test_a_process_gets_settings_and_socket_before_anything_is_said() -> None:
    ours, theirs = socket.socketpair()
    settings = read_settings({}, {"intake_processes": "3", "public_url": "https://hooks.example.com"})
    with ours, theirs, socket.create_server(("127.0.0.1", 0)) as hooks:
        give_beginning(ours, settings, hooks)
        ours.sendall(framed(Tell(1)))
        given, listener = take_beginning(theirs)
        with listener:
            assert given == settings
            assert listener.getsockname() == hooks.getsockname()
        assert Frames(FromMain).take(theirs.recv(100)) == [Tell(1)]
