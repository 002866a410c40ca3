"""What each answer to a lookup means, row by row, and which lookup takes which event."""

from typing import Any

import pytest
from hypothesis import given, strategies as st

from bridge.core.configuration import Lookup, Request, RetryPolicy
from bridge.core.errors import MappingFailed
from bridge.core.inquiry import Denied, Fetched, Inquiry, Later, Lost
from bridge.core.language.expression import Context, compile_expression
from bridge.core.lookup import choose, judge_reply, path_of, rehearse
from bridge.core.outcome import NotSent, Unknown
from tests.support.books import NOW, an_event

POLICY = RetryPolicy(first=5_000, factor=2.0, longest=60_000, give_up_after=3_600_000)


def ruling(reply: Any, *, works: bool = False, now: int = NOW, jitter: float = 1.0, attempts: int = 0) -> Any:
    inquiry = Inquiry(an_event(1), attempts, 1, NOW, NOW)
    return judge_reply(reply, inquiry, POLICY, now=now, jitter=jitter, secret_works=works)


def test_the_table_row_by_row() -> None:
    kinds: dict[Any, list[int]] = {None: [], Denied: [], Lost: [], Later: []}
    for status in range(100, 600):
        found = ruling(Fetched(status))
        kinds[found and type(found)].append(status)
    assert kinds[None] == list(range(200, 300))
    assert kinds[Denied] == [*range(300, 400), 401, 403]
    assert kinds[Later] == [*range(100, 200), 408, 425, 429, *range(500, 600)]
    assert len(kinds[Lost]) == 95


def test_a_403_is_about_the_event_where_the_secret_works() -> None:
    assert ruling(Fetched(403), works=True) == Later(NOW + 5_000, "it answered 403")
    assert isinstance(ruling(Fetched(401), works=True), Denied)


@pytest.mark.parametrize("reply", [NotSent("connection refused"), Unknown("timed out"), Fetched(503)])
def test_waits_grow_with_jitter_until_patience_ends(reply: Any) -> None:
    assert [ruling(reply, attempts=attempts).due_at - NOW for attempts in range(6)] == [
        *(5_000, 10_000, 20_000, 40_000, 60_000, 60_000),
    ]
    assert ruling(reply, jitter=0.0).due_at == NOW + 100
    assert ruling(reply, now=NOW + 3_599_999).due_at == NOW + 3_600_000 + 99
    assert isinstance(ruling(reply, now=NOW + 3_600_000), Lost)


@pytest.mark.parametrize(
    ("said", "wait", "hold"), [("30", 30_000, 30_000), ("9999", 60_000, 60_000), ("soon", 5_000, 0), (None, 5_000, 0)]
)
def test_retry_after_is_obeyed_up_to_the_longest_wait(said: str | None, wait: int, hold: int) -> None:
    assert ruling(Fetched(429, retry_after=said)) == Later(NOW + wait, "it answered 429", NOW + hold if hold else 0)


def a_lookup(get: str = "'/x'", *, when: str | None = None, topics: tuple[str, ...] = (), then: str = "") -> Lookup:
    further = (Request(compile_expression(then), "more"),) if then else ()
    condition = None if when is None else compile_expression(when)
    return Lookup("https://api.example.com", (Request(compile_expression(get)), *further), topics, condition)


def test_the_first_lookup_that_takes_the_event_is_chosen() -> None:
    lookups = [a_lookup(topics=("paid",), when="live"), a_lookup(topics=("pa*",)), a_lookup(topics=("seen",))]
    context = Context(payload={"live": True}, topic="paid")
    assert choose(lookups, context) is lookups[0]
    context.payload = {"live": False}
    assert choose(lookups, context) is lookups[1]
    context.topic = "else"
    assert choose(lookups, context) is None


def test_a_condition_that_goes_wrong_says_where() -> None:
    with pytest.raises(MappingFailed, match=r"lookup\.when: lower takes text"):
        choose([a_lookup(when="lower(n)")], Context(payload={"n": 1}))


@pytest.mark.parametrize("nothing", [None, False, "", [], {}])
def test_nothing_to_ask_is_no_path(nothing: Any) -> None:
    assert path_of(Request(compile_expression("n")), Context(payload={"n": nothing})) is None


@pytest.mark.parametrize(
    ("value", "path"),
    [("/orders/7?a=b&c=d", "/orders/7?a=b&c=d"), ("/ö b%2F", "/%C3%B6%20b%2F"), ('/a[0]|"', "/a%5B0%5D%7C%22")],
)
def test_a_path_is_percent_encoded_where_it_must_be(value: str, path: str) -> None:
    assert path_of(Request(compile_expression("n")), Context(payload={"n": value})) == path


@pytest.mark.parametrize(
    "value", [7, True, ["/a"], "orders", "//host/x", "/../x", "/a/%2E./b", "/a#b", "/a\\b", "/a\nb"]
)
def test_what_is_no_path_is_refused(value: Any) -> None:
    with pytest.raises(MappingFailed, match=r"^lookup\.get "):
        path_of(Request(compile_expression("n")), Context(payload={"n": value}))


@given(st.text())
def test_any_text_is_a_harmless_path_or_refused(text: str) -> None:
    try:
        path = path_of(Request(compile_expression("n")), Context(payload={"n": text}))
    except MappingFailed:
        return
    if path is not None:
        assert path.startswith("/")
        assert not path.startswith("//")
        assert path.isascii()
        assert path.isprintable()
        assert not {" ", "#", "\\", '"', "<", ">"} & set(path)
        assert ".." not in path.partition("?")[0].replace("%2e", ".").replace("%2E", ".").split("/")


def test_a_rehearsal_ends_where_an_answer_is_lacking() -> None:
    lookup = a_lookup("'/first'", then="looked_up().next")
    context = Context(payload={})
    assert rehearse(lookup, context, []) == ({}, ["/first"])
    assert rehearse(lookup, context, [{"next": "/second"}]) == ({"": {"next": "/second"}}, ["/first", "/second"])
    assert rehearse(lookup, context, [{"next": None}]) == ({"": {"next": None}}, ["/first"])
    assert rehearse(lookup, context, [{"next": "/second"}, 5])[0] == {"": {"next": "/second"}, "more": 5}
