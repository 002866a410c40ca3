"""Reading answers: leniently what a target means, strictly whether its connection may be used again."""

import random
from dataclasses import dataclass
from itertools import pairwise

import pytest
from hypothesis import given, settings, strategies as st

from bridge.touchpoint.progress import Interrupted, Phase, Progress
from bridge.touchpoint.reader import Reader


@dataclass(frozen=True)
class Read:
    """What became of an answer; `status` 0: no head came, `is_junk`: the reader refused it."""

    status: int
    body: bytes = b""
    is_complete: bool = True
    is_reusable: bool = True
    is_junk: bool = False


def read(*parts: bytes) -> Read:
    """Read the parts one after the other, as long as they are taken."""
    reader, progress = Reader(), Progress()
    reader.begin(progress)
    is_junk = False
    try:
        for part in parts:
            reader.feed(part)
    except Interrupted:
        is_junk = True
    return Read(progress.status, reader.take(), reader.is_complete, reader.is_reusable and not is_junk, is_junk)


WHOLE = Read(200, b"ok")
ONCE = Read(200, b"ok", is_reusable=False)
OPEN = Read(200, b"ok", is_complete=False, is_reusable=False)
JUNK = Read(0, is_complete=False, is_reusable=False, is_junk=True)
HEAD = b"HTTP/1.1 200 OK\r\n"
ANSWERS = {
    # regular
    HEAD + b"Content-Length: 2\r\n\r\nok": WHOLE,
    b"HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok": WHOLE,
    b"HTTP/1.1 204 None\r\n\r\n": Read(204),
    b"HTTP/1.1 304 Same\r\nContent-Length: 2\r\n\r\n": Read(304),
    b"HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n": Read(999),
    HEAD + b"Content-Length: 2\r\nX-Empty:\r\nX-Latin: \xe9\r\n\r\nok": WHOLE,
    HEAD + b"Transfer-Encoding: Chunked\r\n\r\n1;a=b\r\no\r\n1\r\nk\r\n0\r\nX-Trailer: 1\r\n\r\n": WHOLE,
    HEAD + b"Upgrade: h2c\r\nConnection: upgrade\r\nContent-Length: 2\r\n\r\nok": WHOLE,
    # interim heads are passed over
    b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: a\r\n\r\n"
    + HEAD
    + b"Content-Length: 2\r\n\r\nok": WHOLE,
    b"HTTP/1.1 100 Continue\r\n\r\n": Read(0, is_complete=False, is_reusable=False),
    # the target ends the connection
    HEAD + b"Connection: close\r\nContent-Length: 2\r\n\r\nok": ONCE,
    b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok": ONCE,
    b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok": WHOLE,
    HEAD + b"\r\nok": OPEN,
    HEAD + b"Transfer-Encoding: gzip\r\n\r\nok": OPEN,
    # odd, but what it means is plain
    b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok": WHOLE,
    HEAD + b"X-Folded: a\r\n b\r\nContent-Length: 2\r\n\r\nok": WHOLE,
    HEAD + b"Transfer-Encoding: chunked\r\n\r\n2 \r\nok\r\n0\r\n\r\n": WHOLE,
    HEAD + b"Content-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n": ONCE,
    # more than was asked for
    HEAD + b"Content-Length: 2\r\n\r\nokH": ONCE,
    HEAD + b"Content-Length: 2\r\n\r\nokjunk": ONCE,
    HEAD + b"Content-Length: 2\r\n\r\nok" + HEAD + b"Content-Length: 2\r\n\r\nno": ONCE,
    b"HTTP/1.1 204 None\r\nContent-Length: 2\r\n\r\nok": Read(204, is_reusable=False),
    HEAD + b"Connection: close\r\nContent-Length: 2\r\n\r\nokjunk": ONCE,
    # cut
    HEAD + b"Content-Length: 3\r\n\r\nok": OPEN,
    HEAD + b"Content-Length: 18446744073709551615\r\n\r\nok": OPEN,
    HEAD + b"Content-Le": Read(0, is_complete=False, is_reusable=False),
    # junk behind a good head
    HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\nzz\r\n": Read(
        200, b"ok", is_complete=False, is_reusable=False, is_junk=True
    ),
    # junk
    b"HELLO THERE\r\n\r\n": JUNK,
    b"RTSP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok": JUNK,
    b"http/1.1 200 OK\r\n\r\n": JUNK,
    b"\r\n" + HEAD + b"\r\n": JUNK,
    b"HTTP/1.1 20 OK\r\n\r\n": JUNK,
    b"HTTP/1.1 099 OK\r\n\r\n": JUNK,
    b"HTTP/1.1 2000 OK\r\n\r\n": JUNK,
    b"HTTP/1.1 101 Switching\r\n\r\n": JUNK,
    b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n": JUNK,
    HEAD + b"Content-Length: -2\r\n\r\nok": JUNK,
    HEAD + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\nok": JUNK,
    HEAD + b"Content-Length: 99999999999999999999999\r\n\r\nok": JUNK,
    HEAD + b"No colon\r\n\r\n": JUNK,
    HEAD + b"X : a\r\n\r\n": JUNK,
    HEAD + b"X: a\rb\r\n\r\n": JUNK,
    HEAD + b"X: " + b"a" * 70_000: JUNK,
    HEAD + b"X: a\r\n" * 12_000: JUNK,
    b"HTTP/1.1 100 Continue\r\n\r\n" * 3_000: JUNK,
}


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda answer: repr(answer[:60]))
def test_an_answer_is_read_as_it_is_meant(answer: bytes) -> None:
    assert read(answer) == ANSWERS[answer]


@settings(max_examples=300, deadline=None)
@given(st.sampled_from([answer for answer in ANSWERS if len(answer) < 1_000]), st.randoms(use_true_random=False))
def test_how_an_answer_is_cut_into_packets_makes_no_difference(answer: bytes, dice: random.Random) -> None:
    cuts = sorted({0, len(answer), *(dice.randrange(len(answer)) for _ in range(dice.randrange(6)))})
    parts = [answer[begin:end] for begin, end in pairwise(cuts)]
    whole, parted = read(answer), read(*parts)
    assert (parted.status, parted.body, parted.is_complete) == (whole.status, whole.body, whole.is_complete)
    assert parted.is_reusable == whole.is_reusable


@settings(max_examples=500, deadline=None)
@given(st.lists(st.one_of(st.binary(max_size=40), st.sampled_from(sorted(ANSWERS, key=len)[:40])), max_size=6))
def test_whatever_comes_is_an_answer_or_junk_and_nothing_else_is_raised(parts: list[bytes]) -> None:
    found = read(*parts)
    assert found.status == 0 or 200 <= found.status <= 999
    assert not (found.is_reusable and not found.is_complete)


def test_each_answer_on_a_connection_begins_anew() -> None:
    reader, first, second = Reader(), Progress(), Progress()
    reader.begin(first)
    reader.feed(HEAD + b"Keep-Alive: timeout=5, max=100\r\nContent-Length: 2\r\n\r\nok")
    assert (reader.take(), reader.open_for) == (b"ok", 5)
    reader.begin(second)
    assert (reader.has_head, reader.is_complete) == (False, False)
    reader.feed(b"HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n")
    assert (first.status, second.status, reader.open_for, reader.is_reusable) == (200, 503, None, True)
    assert second.headers == [(b"retry-after", b"7"), (b"content-length", b"0")]


def test_the_head_is_noted_before_the_body_came() -> None:
    reader, progress = Reader(), Progress()
    reader.begin(progress)
    phases = []
    for part in (HEAD + b"Content-Length: 2\r\n\r", b"\n", b"ok"):
        reader.feed(part)
        phases.append(progress.phase)
    assert phases == [Phase.RESOLVING, Phase.ANSWERED, Phase.ANSWERED]


def test_what_comes_when_nobody_asked_is_refused() -> None:
    with pytest.raises(Interrupted):
        Reader().feed(HEAD)
