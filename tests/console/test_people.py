"""The pages People and Your account."""

import re

import httpx
import pytest

from bridge.app.clock import now
from bridge.app.people import add_key, digest_of, fresh_token, invite
from bridge.outbox.protocol import Store
from bridge.outbox.registry import Account, Session
from tests.support.canaries import Canary, leaks
from tests.support.console import Console
from tests.support.office import browsing, office, signed_in

PASSWORD = "a horse and three batteries"
OTHER = "two horses and a lamp at night"
LONG = "x" * 64


async def shown(client: httpx.AsyncClient, answer: httpx.Response) -> str:
    """Follow the way on; gives what the next page says was done."""
    assert answer.status_code == 303
    page = await client.get(answer.headers["location"])
    return page.text


@pytest.fixture
async def staffed(console: Console) -> Console:
    """A console with an admin, an operator with two browsers, a key and a link."""
    async with office(console) as opened:

        def fill(store: Store) -> None:
            signed_in(store, "admin")
            signed_in(store, "operator", "bert")
            signed_in(store, "operator", "bert")
            add_key(store, "ci", "viewer", who="bert", now=now())
            invite(store, "join", person="carl", role="viewer", who="admin", now=now())

        await opened.write(fill)
    return console


async def test_everybody_sees_who_may_but_only_admins_change_it(staffed: Console) -> None:
    async with browsing(staffed, "admin") as client:
        page = (await client.get("/people")).text
        assert "<h1>2 people may sign in</h1>" in page
        assert '<a class="strong" href="/people/bert"><bdi>bert</bdi></a>' in page
        assert "2 browsers" in page
        assert "1 link not used yet" in page
        assert 'action="/people/invite"' in page
    async with browsing(staffed, "viewer") as client:
        page = (await client.get("/people")).text
        assert "3 people may sign in" in page
        assert 'method="post" action="/people' not in page
        assert "carl" not in page
        assert (await client.get("/people/bert")).status_code == 403


async def test_a_link_is_shown_once_and_kept_in_no_cookie(staffed: Console) -> None:
    async with browsing(staffed, "admin") as client:
        made = await client.post("/people/invite", data={"name": "dora", "role": "viewer"})
        assert made.status_code == 201
        [path] = set(re.findall(r"/join/[\w-]{43}", made.text))
        assert path not in str(made.headers)
        assert path not in (await client.get("/people")).text
        assert "dora" in (await client.get("/people")).text
        [number] = re.findall(r"/people/links/(\d+)/withdraw", (await client.get("/people")).text)[:1]
        said = await shown(client, await client.post(f"/people/links/{number}/withdraw"))
        assert "The link is of no use any more." in said
        assert (await client.get(path)).status_code == 404
        assert (await client.post(f"/people/links/{number}/withdraw")).status_code == 404


async def test_a_role_is_changed_and_counts_at_once(staffed: Console) -> None:
    async with browsing(staffed, "admin") as client, browsing(staffed, "viewer") as other:
        assert (await other.get("/people/bert")).status_code == 403
        said = await shown(client, await client.post("/people/viewer/role", data={"role": "admin"}))
        assert "viewer is admin now." in said
        assert (await other.get("/people/bert")).status_code == 200


async def test_the_last_admin_cannot_go(staffed: Console) -> None:
    async with browsing(staffed, "admin") as client:
        assert 'href="/people/admin/remove"' not in (await client.get("/people")).text
        for path, data in (("/people/admin/remove", {}), ("/people/admin/role", {"role": "viewer"})):
            answer = await client.post(path, data=data)
            assert answer.status_code == 409
            assert "the last admin is admin" in answer.text


async def test_who_is_removed_is_out_at_once_and_keys_of_theirs_are_named_before(staffed: Console) -> None:
    async with browsing(staffed, "admin") as client:
        question = (await client.get("/people/bert/remove")).text
        assert "Remove bert?" in question
        assert "API keys that they made go on working: ci." in question
        assert "was removed, and is signed out." in await shown(client, await client.post("/people/bert/remove"))
        assert (await client.get("/people/bert")).status_code == 404


async def test_an_admin_signs_somebody_out_and_makes_a_link_for_a_new_password(staffed: Console) -> None:
    async with browsing(staffed, "admin") as client:
        said = await shown(client, await client.post("/people/bert/sign-out"))
        assert "bert is signed out in 2 browsers." in said
        assert "Signed in nowhere" in said
        made = await client.post("/people/bert/link")
        assert made.status_code == 201
        assert "A link for bert to set a new password" in made.text


async def test_a_key_is_shown_once_and_removed_after_a_question(staffed: Console) -> None:
    async with browsing(staffed, "admin") as client:
        made = await client.post("/people/keys", data={"name": "Nightly", "role": "operator", "days": "30"})
        assert made.status_code == 201
        [key] = set(re.findall(r"brk_[\w-]{43}", made.text))
        assert key not in str(made.headers) + (await client.get("/people")).text
        assert "It was never used." in (await client.get("/people/keys/nightly/remove")).text
        said = await shown(client, await client.post("/people/keys/nightly/remove"))
        assert "The key nightly opens nothing any more." in said
        assert (await client.get("/people/keys/nightly/remove")).status_code == 404
        again = await client.post("/people/keys", data={"name": "ci", "role": "operator"})
        assert again.status_code == 409


async def test_my_password_changes_only_with_the_one_i_have_and_signs_out_my_other_browsers(console: Console) -> None:
    async with browsing(console, "viewer") as client, browsing(console, "viewer") as other:
        first = {"password": PASSWORD, "again": PASSWORD}
        said = await shown(client, await client.post("/account/password", data=first))
        assert "The new password holds." in said
        assert (await other.get("/account")).status_code == 303
        wrong = {"current": "not this one at all", "password": OTHER, "again": OTHER}
        answer = await client.post("/account/password", data=wrong)
        assert (answer.status_code, "do not fit together" in answer.text) == (403, True)
        answer = await client.post("/account/password", data=wrong | {"current": PASSWORD, "again": "another one yet"})
        assert (answer.status_code, "are not the same" in answer.text) == (422, True)
        answer = await client.post("/account/password", data=wrong | {"current": PASSWORD})
        assert answer.status_code == 303
        assert (await client.get("/account")).status_code == 200


async def test_times_are_written_in_my_zone(console: Console) -> None:
    async with browsing(console, "viewer") as client:
        said = await shown(client, await client.post("/account/zone", data={"zone": "Europe/Vienna"}))
        assert "Times are written as in Europe/Vienna now." in said
        assert " Europe/Vienna (" in said
        answer = await client.post("/account/zone", data={"zone": "../../etc/passwd"})
        assert answer.status_code == 422


async def test_i_sign_out_my_browsers_and_nobody_elses(staffed: Console) -> None:
    async with browsing(staffed, "admin") as client, office(staffed) as opened:
        sessions = await opened.read(lambda store: store.registry.sessions(None, now=now()))
        mine = [each.number for each in sessions if each.person == "admin"]
        theirs = [each.number for each in sessions if each.person == "bert"]
        assert (await client.post(f"/account/sessions/{theirs[0]}/end")).status_code == 404
        said = await shown(client, await client.post(f"/account/sessions/{mine[-1]}/end"))
        assert "That browser is signed out." in said
        another = Session("admin", now(), now(), now() + 60_000)
        await opened.write(lambda store: store.registry.begin_session(another, digest_of(fresh_token())))
        said = await shown(client, await client.post("/account/sign-out"))
        assert "You are signed out in 1 other browsers." in said
        left = await opened.read(lambda store: store.registry.sessions(None, now=now()))
        assert sorted(each.person for each in left) == ["admin", "bert", "bert"]


async def test_an_api_key_has_no_account(console: Console) -> None:
    async with browsing(console, None) as client, office(console) as opened:
        _, key = await opened.write(lambda store: add_key(store, "ci", "admin", who="anna", now=now()))
        assert (await client.get("/account", headers={"authorization": f"Bearer {key}"})).status_code == 404


async def test_names_and_browsers_cannot_bring_markup(console: Console) -> None:
    bad = '<script>alert(1)</script>"onmouseover="x'
    async with browsing(console, "admin") as client, office(console) as opened:
        await opened.write(lambda store: store.registry.add_account(Account(bad, "viewer", now(), bad, "x")))
        session = Session("admin", now(), now(), now() + 60_000, bad)
        await opened.write(lambda store: store.registry.begin_session(session, b"1"))
        for address in ("/people", "/account"):
            page = (await client.get(address)).text
            assert "<script>alert" not in page
            assert '"onmouseover' not in page
        wrong = await client.post("/sign-in", data={"name": bad, "password": "x", "next": bad})
        assert "<script>alert" not in wrong.text


async def test_what_proves_somebody_is_in_no_log_and_no_file(
    console: Console, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    secrets = []
    async with browsing(console, "admin") as client:
        secrets += [client.cookies["session"], PASSWORD]
        await client.post("/account/password", data={"password": PASSWORD, "again": PASSWORD})
        made = await client.post("/people/keys", data={"name": "ci", "role": "viewer"})
        secrets += re.findall(r"brk_[\w-]{43}", made.text)[:1]
        invited = await client.post("/people/invite", data={"role": "viewer"})
        secrets += re.findall(r"/join/([\w-]{43})", invited.text)[:1]
        await client.post(f"/join/{secrets[-1]}", data={"name": "key:x", "password": OTHER, "again": OTHER})
        await client.post("/sign-in", data={"name": "admin", "password": OTHER})
        await client.get("/api/keys", headers={"authorization": f"Bearer {secrets[2]}"})
        secrets.append(OTHER)
    canaries = [Canary(f"secret {number}", text, text) for number, text in enumerate(secrets)]
    seen = {f"data/{file.name}": file.read_bytes() for file in (console.folder / "data").iterdir()}
    log = " ".join(each.getMessage() for each in caplog.records if each.name != "httpx").encode()  # not the browser's
    assert len(secrets) == 5
    assert leaks(canaries, seen | {"log": log}) == []


async def test_of_many_people_the_first_fifty_are_shown_and_others_found_by_name(console: Console) -> None:
    async with browsing(console, "admin") as client, office(console) as opened:
        accounts = [Account(f"person{each:03}", "viewer", now(), "start", "x") for each in range(150)]
        await opened.write(lambda store: [store.registry.add_account(each) for each in accounts])
        page = (await client.get("/people")).text
        assert "151 people may sign in" in page
        assert page.count('<tr role="row">') == 1 + 50
        assert "And 101 more; filter by name to find them." in page
        page = (await client.get("/people?name=PERSON14")).text
        assert re.findall(r'href="/people/(person\d+)"><bdi>', page) == [f"person{each}" for each in range(140, 150)]
        assert "Nobody has “nobody” in their name" in (await client.get("/people?name=nobody")).text
