"""A secret that is stored or typed comes out nowhere: no answer of any route to any role, no journal, no log."""

import logging
from base64 import b64encode

import httpx
import pytest

from bridge.api.person import ROLES, Role
from bridge.catalog.references import OWN_KEY
from bridge.console.app import console_routes
from bridge.settings import SETTINGS
from tests.support.canaries import Canary, canary, leaks
from tests.support.console import Console
from tests.support.every_route import furnish, reading_routes
from tests.support.office import an_api_key, browsing, office

MASTER = b64encode(canary("master key").core.encode()[:24] + b"12345678").decode()
STORED = {name: canary(name, after=" &<'%") for name in ("till", "pxp-api-key", "steady", "eager")}
OF_ENVIRONMENT = canary("environment")
CRM = "https://crm.example.com/v1"
TYPED = canary("typed", before="a long password of ")


def _seen(place: str, answer: httpx.Response, into: dict[str, bytes]) -> None:
    into[place] = answer.content + repr(answer.headers.multi_items()).encode()


def _furnished(console: Console) -> None:
    console.set("BRIDGE_KEY", MASTER)
    console.set("CRM_TOKEN", OF_ENVIRONMENT.text)
    console.change("touchpoints.yaml", "token: ${secret:eager}", "token: ${env:CRM_TOKEN}")
    lookup = f"lookup:\n  base_url: {CRM}\n  on: [never]\n  get: \"'/orders'\"\n"
    console.change("till.yaml", "mappings:\n", lookup + '  headers: {X-Api-Key: "${env:CRM_TOKEN}"}\nmappings:\n')
    console.keep_secrets(**{name: each.text for name, each in STORED.items()})


@pytest.mark.parametrize("role", ROLES)
async def test_no_answer_to_anybody_has_a_secret_in_it(
    console: Console, role: Role, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    _furnished(console)
    async with browsing(console) as admin:
        things = await furnish(console, admin)
    async with office(console) as opened:
        key = await opened.write(lambda store: an_api_key(store, role))
    seen: dict[str, bytes] = {}
    async with browsing(console, role) as client:
        session = client.cookies["session"]
        for route in reading_routes():
            _seen(f"GET {route.path}", await client.get(things.address(route)), seen)
        with_key = {"authorization": f"Bearer {key}"}
        _seen("keys by key", await client.get("/api/keys", headers=with_key), seen)
    secrets = [
        *STORED.values(),
        OF_ENVIRONMENT,
        Canary("master key", MASTER, MASTER[:24]),
        Canary("session", session, session),
        Canary("API key", key, key[4:]),
    ]
    seen["log"] = caplog.text.encode() + repr([vars(each) for each in caplog.records]).encode()
    assert len(seen) > 60
    assert leaks(secrets, seen) == []


async def test_what_is_typed_where_secrets_are_typed_is_repeated_by_no_answer(
    console: Console, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither where it is taken nor where it is declined, under any name that a field for secrets has."""
    caplog.set_level(logging.DEBUG)
    _furnished(console)
    fields = dict.fromkeys(("value", "lines", "password", "current", "again"), TYPED.text)
    seen: dict[str, bytes] = {}
    async with browsing(console) as admin:
        things = await furnish(console, admin)
        for route in console_routes():
            for method in set(route.methods or ()) - {"GET", "HEAD", "DELETE"}:
                if route.path.endswith(("/sign-out", "/end")):
                    continue  # they end what the others need
                address, place = things.address(route), f"{method} {route.path}"
                _seen(f"{place} form", await admin.request(method, address, data={**fields, "name": "eager"}), seen)
                _seen(f"{place} without", await admin.request(method, address, data=fields), seen)
                for body in (fields, {"value": TYPED.text}, {"value": [TYPED.text]}, [TYPED.text]):
                    _seen(f"{place} {body!r:.20}", await admin.request(method, address, json=body), seen)
        stored = await admin.put("/api/secrets/eager", json={"value": TYPED.text})
        assert stored.is_success, stored.text
        for wrong in ("/api/secrets/NO NAME", "/api/secrets/" + "x" * 300):
            answer = await admin.put(wrong, json={"value": TYPED.text})
            assert answer.status_code in {404, 422}
            _seen(wrong, answer, seen)
        long = await admin.put("/api/secrets/eager", json={"value": TYPED.text + "x" * 1_000_000})
        assert long.status_code == 422
        _seen("too long", long, seen)
        for route in reading_routes():
            _seen(f"GET {route.path}", await admin.get(things.address(route)), seen)
    seen["log"] = caplog.text.encode() + repr([vars(each) for each in caplog.records]).encode()
    seen |= {each.name: each.read_bytes() for each in (console.folder / "data").iterdir() if each.is_file()}
    assert leaks([TYPED], seen) == []


# -- mapping files that somebody tries out -------------------------------------------------------------------------


async def _try(console: Console, client: httpx.AsyncClient, variable: str) -> httpx.Response:
    """Try the file of the till with a lookup whose address has the variable in it."""
    text = (console.folder / "mappings" / "till.yaml").read_text()
    text = text.replace(CRM, f"https://example.com/${{env:{variable}}}/").replace("on: [never]", "on: [closed]")
    files = (await client.get("/api/mappings")).json()["files"]
    opened = next(each["opened"] for each in files if each["name"] == "till.yaml")
    payload = '{"type": "closed", "id": "1", "order": "7", "guest": "a@example.com", "shop": "vie"}'
    edited = [{"name": "till.yaml", "text": text, "opened": opened}]
    return await client.post("/api/mappings/try", json={"source": "till", "files": edited, "payload": payload})


async def test_a_viewer_reads_no_variable_of_the_environment_by_trying_a_file_out(console: Console) -> None:
    _furnished(console)
    async with browsing(console, "viewer") as viewer:
        answer = await _try(console, viewer, "CRM_TOKEN")
        assert answer.json()["events"][0]["lookup"]["asks"] == ["https://example.com/${env:CRM_TOKEN}/orders"]
        assert leaks([OF_ENVIRONMENT, *STORED.values()], {"answer": answer.content}) == []


async def test_no_file_names_the_key_that_opens_all_secrets(console: Console) -> None:
    _furnished(console)
    async with browsing(console, "operator") as operator:
        answer = await _try(console, operator, "BRIDGE_KEY")
    [problem] = answer.json()["problems"]
    assert problem["message"] == "base_url: BRIDGE_KEY is the bridge's own and stands in no file"
    assert problem["severity"] == "error"
    assert MASTER[:24] not in answer.text


def test_all_settings_that_are_secret_are_known_to_the_files() -> None:
    assert {setting.variable for setting in SETTINGS if setting.secret} == {OWN_KEY}
