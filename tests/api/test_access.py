"""Who is let in, as whom, and who cannot make others ask: keys, proxies, roles, other sites' pages, headers."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import httpx
import pytest
from starlette.requests import Request
from starlette.routing import Route

from bridge.api.access import StoredAccess
from bridge.api.crossing import foreign
from bridge.api.guard import policy_of
from bridge.api.person import ROLES, Role
from bridge.api.proxies import Proxies
from bridge.app.clock import now
from bridge.app.people import add_key
from bridge.console import console_app
from bridge.console.app import console_routes
from bridge.console.headers import CONTENT_SECURITY_POLICY
from bridge.core.errors import ConfigInvalid
from bridge.outbox.registry import Account
from bridge.settings import read_settings
from tests.support.console import Console
from tests.support.office import an_api_key, browsing, client_of, office

OTHERS = ({"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}, {"sec-fetch-site": "anything"})


@asynccontextmanager
async def calling(console: Console, role: Role) -> AsyncIterator[httpx.AsyncClient]:
    """Give a client with an API key of the role, which says nothing else of itself."""
    async with office(console) as opened:
        key = await opened.write(lambda store: an_api_key(store, role))
        async with client_of(console_app(opened, StoredAccess(opened))) as client:
            client.headers = httpx.Headers({"authorization": f"Bearer {key}"})
            yield client


# -- every route has a policy --------------------------------------------------------------------------------------

PUBLIC = {"/sign-in", "/sign-out", "/join/{token}", "/static/{name}"}


def test_every_route_says_who_may_use_it() -> None:
    assert [route.path for route in console_routes() if policy_of(route) is None] == []


def test_only_the_way_in_and_files_are_open_to_all() -> None:
    assert {route.path for route in console_routes() if policy_of(route) == "public"} == PUBLIC


def test_a_route_without_a_policy_would_be_noticed() -> None:
    async def page(_: Request) -> None: ...

    assert policy_of(Route("/forgotten", page)) is None


def reached(route: Route) -> tuple[str, str]:
    """Give a method and an address that reach the route."""
    address = route.path
    for name in route.param_convertors:
        address = address.replace(f"{{{name}:int}}", "1").replace(f"{{{name}:path}}", "x").replace(f"{{{name}}}", "x")
    method = next(iter((route.methods or set()) - {"HEAD"}))
    return method, address


@pytest.mark.parametrize("role", [None, *ROLES])
async def test_each_route_lets_in_whom_its_policy_allows_and_nobody_else(console: Console, role: Role | None) -> None:
    allowed = set(ROLES[: ROLES.index(role) + 1] if role else ()) | {"public"}
    console.keep_secrets()
    wrong = []
    async with browsing(console, role) as client:
        for route in console_routes():
            policy = policy_of(route)
            if policy in allowed:
                continue  # what they answer is tested where they are
            method, address = reached(route)
            answer = await client.request(method, address)
            closed = {401, 403, 303} if role is None else {403}
            at_the_door = answer.status_code != 303 or answer.headers["location"].startswith("/sign-in")
            if answer.status_code not in closed or not at_the_door:
                wrong.append((method, address, answer.status_code))
    assert wrong == []


# -- other sites' pages --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("headers", OTHERS)
async def test_another_sites_page_can_change_nothing_in_my_name(console: Console, headers: dict[str, str]) -> None:
    async with browsing(console) as client:
        form = {"role": "admin", "name": "eve"}
        answer = await client.post("/people/invite", data=form, headers=headers)
        assert answer.status_code == 403
        assert "another site" in answer.text
        answer = await client.post("/api/keys", json={"name": "eve", "role": "admin"}, headers=headers)
        assert answer.status_code == 403
        assert (await client.get("/api/keys")).json()["items"] == []
        assert (await client.post("/sign-out", headers=headers)).status_code == 403
        assert (await client.get("/account", headers=headers)).status_code == 200


async def test_another_sites_page_cannot_sign_me_in_as_somebody_else(console: Console) -> None:
    async with browsing(console, None) as client:
        given = {"name": "eve", "password": "a horse and three batteries"}
        for headers in OTHERS:
            assert (await client.post("/sign-in", data=given, headers=headers)).status_code == 403


SAME, FOREIGN, UNKNOWN = "", "another site's page", "the browser does not say"


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        ({"sec-fetch-site": "same-origin"}, SAME),
        ({"sec-fetch-site": "none"}, SAME),
        ({"sec-fetch-site": "same-origin", "origin": "https://evil.example", "host": "bridge.test"}, SAME),
        ({"sec-fetch-site": "same-site"}, FOREIGN),
        ({"sec-fetch-site": "cross-site", "origin": "http://bridge.test", "host": "bridge.test"}, FOREIGN),
        ({"origin": "http://bridge.test:8081", "host": "bridge.test:8081"}, SAME),
        ({"origin": "http://Bridge.Test", "host": "BRIDGE.test"}, SAME),
        ({"origin": "http://bridge.test:8080", "host": "bridge.test:8081"}, FOREIGN),
        ({"origin": "http://evil.example", "host": "bridge.test"}, FOREIGN),
        ({"origin": "http://bridge.test.evil.example", "host": "bridge.test"}, FOREIGN),
        ({"origin": "null", "host": "bridge.test"}, FOREIGN),
        ({"origin": "null", "host": ""}, FOREIGN),
        ({"origin": "http://[::1", "host": "bridge.test"}, FOREIGN),
        ({"origin": "", "host": "bridge.test"}, FOREIGN),
        ({"host": "bridge.test"}, UNKNOWN),
        ({"host": "bridge.test", "referer": "http://bridge.test/"}, UNKNOWN),
    ],
)
def test_where_a_request_comes_from(headers: Mapping[str, str], said: str) -> None:
    found = foreign(headers, ambient=True)
    assert found.startswith(said) if said else found == ""


def test_who_brings_nothing_along_and_is_no_browser_may_ask() -> None:
    assert foreign({"host": "bridge.test"}, ambient=False) == ""
    assert foreign({"host": "bridge.test", "origin": "http://evil.example"}, ambient=False) != ""


# -- keys ----------------------------------------------------------------------------------------------------------


async def test_a_key_may_what_its_role_may_and_from_everywhere(console: Console) -> None:
    async with calling(console, "admin") as client:
        headers = {"sec-fetch-site": "cross-site"}
        answer = await client.post("/api/keys", json={"name": "made", "role": "viewer"}, headers=headers)
        assert answer.status_code == 201
        [admin, made] = (await client.get("/api/keys")).json()["items"]
        assert (made["name"], made["created_by"]) == ("made", "key:admin")
        assert admin["used_at"] is not None


async def test_that_a_key_is_used_is_written_once_a_minute(console: Console) -> None:
    async with calling(console, "viewer") as client, office(console) as opened:
        await client.get("/api/keys")
        [first] = await opened.read(lambda store: store.registry.keys())
        await client.get("/api/keys")
        assert await opened.read(lambda store: store.registry.keys()) == [first]
        an_hour_ago = now() - 3_600_000
        await opened.write(lambda store: store.registry.use_key("viewer", now=an_hour_ago))
        await client.get("/api/keys")
        [later] = await opened.read(lambda store: store.registry.keys())
        assert later.used_at is not None
        assert later.used_at > an_hour_ago


@pytest.mark.parametrize("role", ["viewer", "operator"])
async def test_a_key_of_a_lower_role_may_not_more(console: Console, role: Role) -> None:
    async with calling(console, role) as client:
        assert (await client.get("/api/keys")).status_code == 200
        answer = await client.post("/api/keys", json={"name": "made", "role": "admin"})
        assert (answer.status_code, answer.json()) == (
            403,
            {"message": f"this needs the role admin; key:{role} is {role}"},
        )
        assert (await client.request("DELETE", f"/api/keys/{role}")).status_code == 403


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
async def test_a_wrong_removed_or_expired_key_opens_nothing_even_beside_a_session(
    console: Console, scheme: str
) -> None:
    async with browsing(console) as client, office(console) as opened:
        _, expired = await opened.write(
            lambda store: add_key(store, "old", "admin", who="anna", now=now(), expires_at=now() - 1)
        )
        for key in ("brk_" + "x" * 43, "", "x" * 10_000, expired, "ünicode"):
            answer = await client.get("/api/keys", headers=[(b"authorization", f"{scheme} {key}".encode())])
            assert (answer.status_code, list(answer.json())) == (401, ["message"])
        assert (await client.get("/api/keys", headers={"authorization": "Basic cHJveHk6cHJveHk="})).status_code == 200


# -- proxies -------------------------------------------------------------------------------------------------------


@asynccontextmanager
async def behind(console: Console, address: str) -> AsyncIterator[httpx.AsyncClient]:
    """Give a client at an address, of a bridge that believes X-Forwarded-User from 10.0.0.0/8."""
    console.set("BRIDGE_PROXY_HEADER", "X-Forwarded-User")
    console.set("BRIDGE_PROXY_FROM", "10.0.0.0/8, ::1")
    async with office(console) as opened:
        await opened.write(lambda store: store.registry.add_account(Account("anna", "operator", now(), "start")))
        async with client_of(console_app(opened, StoredAccess(opened)), address=address) as client:
            yield client


async def test_who_has_signed_in_at_the_proxy_is_let_in(console: Console) -> None:
    async with behind(console, "10.1.2.3") as client:
        answer = await client.get("/account", headers={"x-forwarded-user": "Anna"})
        assert answer.status_code == 200
        assert "Operator · " in answer.text
        assert 'action="/sign-out"' not in answer.text
        rows = (await client.get("/api/users", headers={"x-forwarded-user": "anna"})).json()["items"]
        assert rows[0]["seen_at"] is not None


@pytest.mark.parametrize("address", ["11.0.0.1", "127.0.0.1", "203.0.113.1", "::ffff:11.0.0.1", "nonsense"])
async def test_the_header_is_believed_from_nobody_else(console: Console, address: str) -> None:
    async with behind(console, address) as client:
        assert (await client.get("/api/users", headers={"x-forwarded-user": "anna"})).status_code == 401
        spoofed = {"x-forwarded-user": "anna", "x-forwarded-for": "10.0.0.1", "forwarded": "for=10.0.0.1"}
        assert (await client.get("/api/users", headers=spoofed)).status_code == 401


async def test_who_is_not_among_the_people_or_named_twice_is_not_let_in(console: Console) -> None:
    async with behind(console, "10.1.2.3") as client:
        for name in ("carl", "", "anna, admin", "key:ci"):
            assert (await client.get("/api/users", headers={"x-forwarded-user": name})).status_code == 401
        twice = [("x-forwarded-user", "anna"), ("x-forwarded-user", "bert")]
        assert (await client.get("/api/users", headers=twice)).status_code == 401


async def test_another_sites_page_can_change_nothing_through_the_proxy(console: Console) -> None:
    async with behind(console, "10.1.2.3") as client:
        headers = {"x-forwarded-user": "anna", "sec-fetch-site": "cross-site"}
        answer = await client.post("/account/zone", data={"zone": "UTC"}, headers=headers)
        assert answer.status_code == 403


async def test_without_the_settings_no_header_is_believed(console: Console) -> None:
    async with browsing(console, None) as client, office(console) as opened:
        await opened.write(lambda store: store.registry.add_account(Account("anna", "admin", now(), "start")))
        assert (await client.get("/api/users", headers={"x-forwarded-user": "anna"})).status_code == 401


@pytest.mark.parametrize(
    ("peer", "hops", "address"),
    [
        ("203.0.113.9", None, "203.0.113.9"),
        ("203.0.113.9", "198.51.100.7", "203.0.113.9"),
        ("10.0.0.1", "198.51.100.7", "198.51.100.7"),
        ("10.0.0.1", "1.1.1.1, 198.51.100.7", "198.51.100.7"),
        ("10.0.0.1", "198.51.100.7, 10.0.0.2", "198.51.100.7"),
        ("10.0.0.1", "nonsense", "10.0.0.1"),
        ("10.0.0.1", None, "10.0.0.1"),
        ("2001:db8:1:2:3:4:5:6", None, "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.9", None, "203.0.113.9"),
        ("somewhere", None, "unknown"),
    ],
)
def test_from_where_somebody_tries_is_what_believed_proxies_say(peer: str, hops: str | None, address: str) -> None:
    networks = read_settings({"BRIDGE_PROXY_FROM": "10.0.0.0/8"}).proxy_from
    headers = [(b"x-forwarded-for", hops.encode())] if hops else []
    request = Request({"type": "http", "headers": headers, "client": (peer, 1)})
    assert Proxies(networks).address(request) == address


@pytest.mark.parametrize(
    "environment",
    [
        {"BRIDGE_PROXY_HEADER": "X-Forwarded-User"},
        {"BRIDGE_PROXY_HEADER": "Cookie", "BRIDGE_PROXY_FROM": "10.0.0.1"},
        {"BRIDGE_PROXY_HEADER": "X User", "BRIDGE_PROXY_FROM": "10.0.0.1"},
        {"BRIDGE_PROXY_FROM": "10.0.0.0/99"},
        {"BRIDGE_PROXY_FROM": "proxy.example.com"},
    ],
)
def test_settings_of_a_proxy_that_cannot_be_meant_are_refused(environment: dict[str, str]) -> None:
    with pytest.raises(ConfigInvalid):
        read_settings(environment)


# -- headers -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["/sign-in", "/people", "/nowhere", "/api/keys", "/api/nowhere", "/"])
async def test_every_answer_runs_nothing_of_others_and_is_kept_nowhere(console: Console, address: str) -> None:
    async with browsing(console) as client:
        headers = (await client.get(address)).headers
    assert headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["cache-control"] == "no-store"


def test_the_policy_of_contents_is_the_one_of_the_design() -> None:
    assert CONTENT_SECURITY_POLICY == (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )


async def test_a_page_asked_for_under_another_host_never_repeats_it(console: Console) -> None:
    async with browsing(console) as client:
        for address in ("/people", "/sign-in", "/nowhere", "/account"):
            answer = await client.get(address, headers={"host": "evil.example"})
            assert "evil.example" not in answer.text + str(answer.headers)
