"""A bridge with something of every kind in it, and for each route of the admin port an address that finds something."""

import re
from collections.abc import Awaitable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import httpx
from starlette.routing import Route

from bridge.console.app import console_routes
from tests.support.console import Console

STREAM = "stream_news"  # has no end
_PLACE = re.compile(r"\{(\w+)(?::\w+)?\}")
# By the name of the route: what its page asks about, where it shows little or nothing without.
_QUERIES: Mapping[str, Mapping[str, str]] = {
    "why_page": {"q": "o1"},
    "why": {"q": "o1"},
    "news of deliveries": {"seen": "1"},
    "news of events": {"seen": "1"},
    "new_replay": {"state": "dead"},
    "ask to cancel": {"state": "held"},
    "ask to hold": {"state": "pending"},
    "ask to release": {"state": "held"},
    "ask_retry_refused": {"source": "till"},
    "sources_begin": {"name": "shop"},
}


@dataclass(frozen=True, slots=True)
class Things:
    """What addresses name, by the beginning of the path and the name of the place."""

    names: Mapping[tuple[str, str], str]
    queries: Mapping[str, Mapping[str, str]]

    def address(self, route: Route) -> str:
        """Give an address of the route that names something which is there."""
        query = {**_QUERIES, **self.queries}.get(route.name, {})
        path = _PLACE.sub(lambda place: self._named(route.path, place), route.path)
        return f"{path}?{urlencode(query)}" if query else path

    def elsewhere(self, route: Route) -> str:
        """Give an address of the route that names something which is not there."""
        return _PLACE.sub(lambda place: "404" if "int" in place[0] else "nothing", route.path)

    def _named(self, path: str, place: re.Match[str]) -> str:
        fitting = [key for key in self.names if key[1] == place[1] and path.removeprefix("/api").startswith(key[0])]
        unnamed = "1" if "int" in place[0] else "x"
        return self.names[max(fitting, key=lambda key: len(key[0]))] if fitting else unnamed


def reading_routes() -> Iterator[Route]:
    """Give every route that is asked by GET and has an end."""
    return (route for route in console_routes() if "GET" in (route.methods or ()) and route.name != STREAM)


async def furnish(console: Console, admin: httpx.AsyncClient) -> Things:
    """Make something of every kind, by the API where that can; the console must have received nothing before."""
    events = console.receive(*(f"o{number}" for number in range(6)))
    console.send("delivered", "dead", "held")
    [refused] = console.refuse("the signature is wrong")
    deliveries = (await _got(admin.get("/api/deliveries")))["items"]
    held = next(each["id"] for each in deliveries if each["state"] == "held")
    order = {"filter": {"state": ["dead"]}, "how": {"reason": "they were down"}}
    replay = (await _got(admin.post("/api/replays", json=order)))["id"]
    await _got(admin.post("/api/keys", json={"name": "ci", "role": "viewer"}))
    link = (await _got(admin.post("/api/users", json={"role": "viewer"})))["path"]
    mark = (await _got(admin.post("/api/suppressions", json={"contact": "gone@example.com"})))["mark"]
    erased = (await _got(admin.post("/api/erasures", json={"contact": "o5@example.com"})))["number"]
    plan = (await _got(admin.post("/api/mappings/plan", json={})))["configuration"]
    version = (await _got(admin.get("/api/mappings/versions")))["items"]
    static = re.search(r"/static/(console\.\w+\.js)", (await admin.get("/")).text)
    assert static is not None
    names = {
        ("/events", "id"): events[0],
        ("/deliveries", "id"): held,
        ("/replays", "id"): replay,
        ("/refused", "id"): refused,
        ("/mappings", "name"): "till.yaml",
        ("/mappings", "file"): "till.yaml",
        ("/mappings", "configuration"): plan,
        ("/mappings", "plan"): plan,
        ("/mappings", "event"): events[0],
        ("/mappings", "version"): version[0]["configuration"] if version else plan,
        ("/users", "name"): "admin",
        ("/people", "name"): "admin",
        ("/people/keys", "name"): "ci",
        ("/keys", "name"): "ci",
        ("/touchpoints", "name"): "steady",
        ("/sources", "name"): "till",
        ("/sources", "system"): "shopify",
        ("/secrets", "name"): "steady",
        ("/suppression", "number"): str(erased),
        ("/static", "name"): static[1],
        ("/join", "token"): link.removeprefix("/join/"),
    }
    queries = {"ask_unsuppress": {"mark": mark}, "example_ask": {"event": events[0]}}
    return Things(names, queries)


async def _got(asking: Awaitable[httpx.Response]) -> Any:
    answer = await asking
    assert answer.is_success, answer.text
    return answer.json()
