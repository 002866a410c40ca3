"""Whatever goes wrong is answered: what is not there, not allowed, too large, or a mistake of the bridge."""

import logging
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from starlette.requests import Request

from bridge.api.person import Person
from bridge.console import console_app
from tests.support.console import Console
from tests.support.office import browsing, client_of, office


class Mistaken:
    """Finds an admin, and makes a mistake where something is to be changed, or, with `always`, wherever it is asked."""

    def __init__(self, *, always: bool = False) -> None:
        self._always = always

    async def person(self, request: Request) -> Person | None:
        if self._always:
            raise KeyError(request.url.path)
        return Person("anna", "admin", "session")

    def foreign(self, request: Request, person: Person | None) -> str:
        raise KeyError(str(person) + request.url.path)


@asynccontextmanager
async def mistaken(console: Console, *, always: bool = False) -> AsyncIterator[httpx.AsyncClient]:
    console.receive("o1")
    async with office(console) as opened, client_of(console_app(opened, Mistaken(always=always))) as client:
        yield client


async def test_a_mistake_is_answered_in_json_and_logged_once_under_its_number(
    console: Console, caplog: pytest.LogCaptureFixture
) -> None:
    async with mistaken(console) as client:
        answer = await client.post("/api/pause", json={"scope": "all"})
    assert answer.status_code == 500
    message = answer.json()["message"]
    number = re.fullmatch(r"a mistake of the bridge, number ([0-9a-f]{4}) in the log; .*", message)
    assert number is not None
    assert answer.headers["x-content-type-options"] == "nosniff"
    [record] = [each for each in caplog.records if each.levelno >= logging.ERROR]
    keys = record.__dict__["keys"]
    assert record.getMessage() == "request.failed"
    assert {**keys, "at": ""} == {
        "number": number[1],
        "method": "POST",
        "route": "/api/pause",
        "kind": "KeyError",
        "at": "",
    }
    assert "test_mistakes.py" in keys["at"]
    assert "anna" not in keys["at"]


async def test_a_mistake_is_told_on_a_page_with_its_number(console: Console) -> None:
    async with mistaken(console) as client:
        answer = await client.post("/sign-out")
    assert answer.status_code == 500
    assert "<h1>The bridge made a mistake</h1>" in answer.text
    assert re.search(r"number [0-9a-f]{4} in the log", answer.text)
    assert "receiving and sending go on" in answer.text


async def test_a_mistake_that_the_page_about_it_repeats_is_still_answered(console: Console) -> None:
    async with mistaken(console, always=True) as client:
        answer = await client.get("/people")
    assert answer.status_code == 500
    assert re.fullmatch(r"a mistake of the bridge, number [0-9a-f]{4} in the log; .*", answer.text)


@pytest.mark.parametrize(
    ("method", "path", "status", "message"),
    [
        ("GET", "/api/nothing", 404, "there is nothing at this address"),
        ("GET", "/api", 404, "there is nothing at this address"),
        ("GET", "/api/", 404, "there is nothing at this address"),
        ("GET", "/api/../api/nothing", 404, "there is nothing at this address"),
        ("PUT", "/api/pauses", 405, "method not allowed"),
        ("TRACE", "/api/pauses", 405, "method not allowed"),
        ("GET", "/api/deliveries/dlv_nothing", 404, None),
        ("GET", "/api/deliveries?limit=0", 422, "limit: Expected `int` >= 1"),
    ],
)
async def test_every_refusal_of_the_api_is_a_message(
    console: Console, method: str, path: str, status: int, message: str | None
) -> None:
    console.receive("o1")
    async with browsing(console) as client:
        answer = await client.request(method, path)
    assert answer.status_code == status
    assert list(answer.json()) == ["message"]
    assert message is None or answer.json() == {"message": message}


async def test_all_methods_of_an_address_are_allowed_by_name(console: Console) -> None:
    console.receive("o1")
    async with browsing(console) as client:
        answer = await client.put("/api/replays")
        preview = await client.put("/api/replays/preview")
    assert answer.headers["allow"] == "GET, HEAD, POST"
    assert preview.headers["allow"] == "POST"


async def test_a_body_that_comes_in_pieces_is_bounded_too(console: Console) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(70):
            yield b" " * 65_536

    console.receive("o1")
    async with browsing(console) as client:
        answer = await client.post("/api/pause", content=pieces(), headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()) == (413, {"message": "the body is larger than 4 MiB"})


async def test_a_form_that_is_too_large_is_refused_on_a_page(console: Console) -> None:
    console.receive("o1")
    form = {"content-type": "application/x-www-form-urlencoded"}
    async with browsing(console, None) as client:
        answer = await client.post("/sign-in", content=b"name=" + b"x" * (5 << 20), headers=form)
    assert answer.status_code == 413
    assert "the body is larger than 4 MiB" in answer.text
