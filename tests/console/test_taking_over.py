"""What somebody tries who wants more than they may: forged notices, redirects, links that outlive a role."""

import base64
from functools import partial
from urllib.parse import urlsplit

import msgspec
import pytest

from bridge.api.guard import policy_of
from bridge.app.clock import now
from bridge.app.people import change_role, invite, remove_person
from bridge.console.forms import Notice, Undo
from bridge.outbox.protocol import Store
from bridge.outbox.registry import Account
from tests.support.console import Console
from tests.support.every_route import Things, reading_routes
from tests.support.office import browsing, office
from tests.support.pages import told

PASSWORD = "a horse and three batteries"
ELSEWHERE = (
    *("https://evil.example/", "//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example"),
    *("/\t/evil.example", "/\n/evil.example", "\t//evil.example", "/%09/evil.example", "/./\\evil.example"),
    *("javascript:alert(1)", "http:evil.example", "/..//evil.example", "@evil.example", ".evil.example", "%2f%2fevil"),
)


# -- notices -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mark", [b"", b"\x00" * 32, b"x" * 40])
async def test_a_notice_that_the_bridge_did_not_write_is_not_said(console: Console, mark: bytes) -> None:
    """What else is served under the same name, at another port, can set cookies of the console."""
    undo = Undo("Go on", "/people/invite", {"role": "admin"})
    forged = mark + msgspec.json.encode(Notice("Your session is about to end", undo))
    console.receive("o1")
    async with browsing(console) as admin:
        admin.cookies.set("notice", base64.urlsafe_b64encode(forged).decode())
        page = await admin.get("/")
        assert page.status_code == 200
        assert "about to end" not in page.text
        assert "/people/invite" not in page.text


async def test_a_notice_of_the_bridge_that_was_changed_is_not_said(console: Console) -> None:
    console.keep_secrets()
    async with browsing(console) as admin:
        answer = await admin.post("/touchpoints/eager/pause")
        assert told(answer).text.startswith("Touchpoint eager is paused")
        value = base64.urlsafe_b64decode(answer.cookies["notice"].strip('"'))
        changed = value.replace(b"/touchpoints/eager/resume", b"/touchpoints/other/resume")
        assert changed != value
        admin.cookies.set("notice", base64.urlsafe_b64encode(changed).decode(), domain="bridge.test")
        assert "other/resume" not in (await admin.get("/")).text


# -- redirects -----------------------------------------------------------------------------------------------------


def _stays(location: str) -> bool:
    """Say whether a browser stays on the console, which leaves out tabs and line ends and takes \\ for /."""
    seen = "".join(sign for sign in location if sign not in "\t\r\n").strip().replace("\\", "/")
    return seen.startswith("/") and not seen.startswith("//") and not urlsplit(seen).netloc


@pytest.mark.parametrize("to", ELSEWHERE)
async def test_no_form_leads_to_another_site(console: Console, to: str) -> None:
    console.keep_secrets()
    console.receive("o1")
    async with browsing(console) as admin:
        forms = (
            ("/pause-all", {"to": to}),
            ("/resume-all", {"to": to}),
            ("/touchpoints/eager/pause", {"to": to}),
            ("/touchpoints/eager/resume", {"to": to}),
            ("/secrets", {"name": "steady", "value": "token", "to": to}),
            ("/deliveries/hold/undo", {"held_at": "1", "reason": "x", "to": to}),
            ("/deliveries/hold", {"state": "pending", "expected": "1", "reason": "x", "back": to}),
            ("/deliveries/find", {"text": to, "filter": to}),
            ("/events/find", {"text": to, "filter": ""}),
            ("/deliveries/find", {"text": "evt_/../" + to, "filter": ""}),
        )
        for path, given in forms:
            answer = await admin.post(path, data=given)
            assert answer.status_code in {303, 422}, (path, answer.text)
            assert _stays(answer.headers.get("location", "/")), (path, answer.headers["location"])
        for path in ("/sign-in", "/deliveries", "/secrets/steady"):
            answer = await admin.get(path, params={"next": to, "to": to})
            assert _stays(answer.headers.get("location", "/")), path


@pytest.mark.parametrize("path", ["//evil.example", "//evil.example/people", "/\\evil.example", "/%5Cevil.example"])
async def test_an_address_that_is_another_sites_leads_nowhere(console: Console, path: str) -> None:
    console.receive("o1")
    for role in (None, "admin"):
        async with browsing(console, role) as client:
            answer = await client.get("http://bridge.test" + path)
            assert answer.status_code == 404
            assert "location" not in answer.headers
            assert 'href="//' not in answer.text


# -- another name for the bridge -----------------------------------------------------------------------------------


async def test_a_name_that_was_turned_to_the_bridge_reads_nothing(console: Console) -> None:
    """DNS rebinding: the page is same-origin with the bridge under its own name, for which there is no cookie."""
    console.receive("o1")
    rebound = {"host": "evil.example:8081", "origin": "http://evil.example:8081", "sec-fetch-site": "same-origin"}
    nothing = Things({}, {})
    async with browsing(console, None) as page:
        for route in reading_routes():
            if policy_of(route) != "public":
                answer = await page.get(nothing.address(route), headers=rebound)
                assert answer.status_code in {401, 303}, route.path
                assert answer.headers.get("location", "/sign-in").startswith("/sign-in"), route.path


# -- links ---------------------------------------------------------------------------------------------------------


def _added(store: Store, *, name: str) -> bool:
    return store.registry.add_account(Account(name, "admin", now(), "start"))


def _link(store: Store, *, who: str, person: str = "") -> str:
    return invite(store, "password" if person else "join", person=person, role="admin", who=who, now=now())


@pytest.mark.parametrize("end", ["removed", "demoted"])
async def test_who_is_no_admin_any_more_cannot_come_back_by_a_link_of_theirs(console: Console, end: str) -> None:
    async with browsing(console, None) as client, office(console) as opened:
        for name in ("anna", "eve", "carl"):
            await opened.write(partial(_added, name=name))
        links = [await opened.write(partial(_link, who=who)) for who in ("eve", "anna")]
        taking = await opened.write(partial(_link, who="eve", person="carl"))
        if end == "removed":
            await opened.write(lambda store: remove_person(store, "eve", who="anna", now=now()))
        else:
            await opened.write(lambda store: change_role(store, "eve", "viewer", who="anna", now=now()))
        given = {"name": "eve2", "password": PASSWORD, "again": PASSWORD}
        answers = [
            (await client.post(f"/join/{each}", data=given)).status_code for each in (links[0], taking, links[1])
        ]
        assert answers == [404, 404, 303]
        actions = await opened.read(lambda store: store.ledger.actions(limit=10))
        assert [each.verb for each in actions].count("withdraw link") == 2
