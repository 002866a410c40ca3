"""Signing in and out as browsers do it, and what attackers try."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from argon2 import PasswordHasher

from bridge.api.access import IDLE, LONGEST, StoredAccess, last_moment
from bridge.api.office import Office
from bridge.app.clock import now
from bridge.app.passwords import AT_ONCE, MOST_WAITING, Crowded, Passwords
from bridge.app.people import digest_of, first_link, fresh_token, invite
from bridge.console import console_app
from bridge.console.destination import destination
from bridge.outbox.registry import Account, Session
from tests.support.console import Console
from tests.support.office import browsing, client_of, office

PASSWORD = "a horse and three batteries"
OTHER = "two horses and a lamp at night"
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


class Counted(PasswordHasher):
    """Counts what it is asked."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.verified: list[str] = []

    def verify(self, hash: str | bytes, password: str | bytes) -> Any:  # noqa: A002 - the name it overrides
        self.verified.append(str(hash)[: len("$argon2id$v=19$m=8,t=1,p=1$")])
        return super().verify(hash, password)


@dataclass(frozen=True)
class Door:
    office: Office
    client: httpx.AsyncClient
    hasher: Counted

    async def sign_in(self, name: str = "anna", password: str = PASSWORD, **more: Any) -> httpx.Response:
        return await self.client.post("/sign-in", data={"name": name, "password": password}, **more)

    async def sees(self, path: str = "/account") -> int:
        return (await self.client.get(path)).status_code


@asynccontextmanager
async def door(console: Console, address: str = "127.0.0.1") -> AsyncIterator[Door]:
    """Give the way in of a bridge that Anna, an admin, and Bert, a viewer, may use."""
    hasher = Counted()
    async with office(console) as opened:
        hashed = QUICK.hash(PASSWORD)
        anna, bert = Account("anna", "admin", 1, "start", hashed), Account("bert", "viewer", 2, "anna", hashed)
        await opened.write(lambda store: [store.registry.add_account(each) for each in (anna, bert)])
        app = console_app(opened, StoredAccess(opened, Passwords(hasher)))
        async with client_of(app, address=address) as client:
            yield Door(opened, client, hasher)


# -- in ----------------------------------------------------------------------------------------------------------


async def test_who_has_not_signed_in_is_sent_to_the_door_and_from_there_where_they_wanted(console: Console) -> None:
    async with door(console) as at:
        asked = await at.client.get("/account?tab=keys")
        assert (asked.status_code, asked.headers["location"]) == (303, "/sign-in?next=%2Faccount%3Ftab%3Dkeys")
        shown = await at.client.get(asked.headers["location"])
        assert '<input type="hidden" name="next" value="/account?tab=keys">' in shown.text
        given = {"name": "Anna", "password": PASSWORD, "next": "/account?tab=keys"}
        let_in = await at.client.post("/sign-in", data=given)
        assert (let_in.status_code, let_in.headers["location"]) == (303, "/account?tab=keys")
        assert await at.sees() == 200
        assert (await at.client.get("/sign-in?next=/people")).headers["location"] == "/people"


async def test_the_cookie_is_kept_from_scripts_and_other_sites(console: Console) -> None:
    async with door(console) as at:
        cookie = (await at.sign_in()).headers["set-cookie"]
        assert cookie.startswith("session=")
        assert {part.strip() for part in cookie.split(";")[1:]} == {
            "HttpOnly",
            "Path=/",
            "SameSite=lax",
            f"Max-Age={LONGEST // 1000}",
        }


@pytest.mark.parametrize("hint", [{"origin": "https://bridge.test"}, {"x-forwarded-proto": "https"}])
async def test_by_https_the_cookie_is_for_this_host_alone_and_never_sent_in_the_clear(
    console: Console, hint: dict[str, str]
) -> None:
    async with door(console) as at:
        cookie = (await at.sign_in(headers=hint)).headers["set-cookie"]
        assert cookie.startswith("__Host-session=")
        assert {"Secure", "HttpOnly", "Path=/"} <= {part.strip() for part in cookie.split(";")}
        assert "Domain" not in cookie


async def test_a_cookie_that_another_site_may_have_set_does_not_count_by_https(console: Console) -> None:
    async with door(console) as at:
        await at.sign_in()
        assert (await at.client.get("/account", headers={"x-forwarded-proto": "https"})).status_code == 303
        assert await at.sees() == 200


async def test_the_token_is_fresh_each_time_and_kept_only_as_a_hash(console: Console) -> None:
    async with door(console) as at:
        at.client.cookies.set("session", "chosen-by-somebody-else")
        await at.sign_in()
        first = at.client.cookies.get("session", domain="bridge.test")
        await at.sign_in()
        second = at.client.cookies.get("session", domain="bridge.test")
        assert len({first, second, "chosen-by-somebody-else"}) == 3
        sessions = await at.office.read(lambda store: store.registry.sessions("anna", now=now()))
        assert len(sessions) == 1  # the earlier one of this browser has ended
        assert second is not None
    assert all(second.encode() not in file.read_bytes() for file in (console.folder / "data").iterdir())


# -- out ---------------------------------------------------------------------------------------------------------


async def test_a_stolen_cookie_is_worth_nothing_after_sign_out(console: Console) -> None:
    async with door(console) as at:
        await at.sign_in()
        stolen = at.client.cookies["session"]
        answer = await at.client.post("/sign-out")
        assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
        assert answer.headers["clear-site-data"] == '"cache"'
        assert "session" not in at.client.cookies
        at.client.cookies.set("session", stolen)
        assert await at.sees() == 303


async def test_signing_out_is_asked_for_by_post_only(console: Console) -> None:
    async with door(console) as at:
        await at.sign_in()
        assert (await at.client.get("/sign-out")).status_code == 405
        assert await at.sees() == 200


async def test_a_session_ends_when_it_is_not_used_or_revoked_or_its_person_removed(console: Console) -> None:
    async with door(console) as at:
        registry = (await at.office.read(lambda store: store.registry.accounts()))[0]
        assert registry.name == "anna"
        token = fresh_token()
        stale = Session("anna", now() - 2 * IDLE, now() - IDLE, now() - 1)
        await at.office.write(lambda store: store.registry.begin_session(stale, digest_of(token)))
        at.client.cookies.set("session", token)
        assert await at.sees() == 303
        at.client.cookies.clear()
        await at.sign_in()
        assert await at.sees() == 200
        await at.office.write(lambda store: store.registry.end_sessions("anna"))
        assert await at.sees() == 303
        await at.sign_in("bert")
        await at.office.write(lambda store: store.registry.remove_account("bert"))
        assert await at.sees() == 303


def test_a_session_lasts_longer_while_it_is_used_but_not_for_ever() -> None:
    assert last_moment(1_000, 1_000) == 1_000 + 12 * 3_600_000
    assert last_moment(1_000, 5_000) == 5_000 + 12 * 3_600_000
    assert last_moment(1_000, 1_000 + LONGEST - 5) == 1_000 + 30 * 86_400_000


async def test_that_a_session_is_used_is_written_once_a_minute(console: Console) -> None:
    async with door(console) as at:
        token, began = fresh_token(), now() - 61_000
        session = Session("anna", began, began, began + IDLE)
        await at.office.write(lambda store: store.registry.begin_session(session, digest_of(token)))
        at.client.cookies.set("session", token)
        await at.sees()
        [first] = await at.office.read(lambda store: store.registry.sessions("anna", now=now()))
        await at.sees()
        [second] = await at.office.read(lambda store: store.registry.sessions("anna", now=now()))
        assert first == second
        assert first.used_at > began
        assert first.expires_at == first.used_at + IDLE


# -- guessing ----------------------------------------------------------------------------------------------------


async def test_a_wrong_password_and_an_unknown_name_get_the_same_answer_for_the_same_work(console: Console) -> None:
    async with door(console) as at:
        wrong = await at.sign_in("anna", "not the password at all")
        unknown = await at.sign_in("carl", "not the password at all")
        nonsense = await at.sign_in("' OR 1=1; --", "not the password at all")
        assert {each.status_code for each in (wrong, unknown, nonsense)} == {403}
        assert wrong.text.replace("anna", "") == unknown.text.replace("carl", "")
        assert "Name and password do not fit together. 4 more tries, then a pause." in wrong.text
        assert at.hasher.verified == ["$argon2id$v=19$m=8,t=1,p=1$"] * 3


async def test_who_has_no_password_does_not_get_in_by_the_one_of_nobody(console: Console) -> None:
    async with door(console) as at:
        await at.office.write(lambda store: store.registry.add_account(Account("proxied", "admin", now(), "anna")))
        for password in ("", "the password of nobody at all"):
            assert (await at.sign_in("proxied", password)).status_code == 403


async def test_after_five_wrong_passwords_even_the_right_one_must_wait(console: Console) -> None:
    async with door(console) as at:
        for _ in range(5):
            assert (await at.sign_in(password="wrong and wrong and wrong")).status_code == 403
        stopped = await at.sign_in()
        assert stopped.status_code == 429
        assert "Too many tries. Try again in 59 seconds." in stopped.text.replace("60 seconds", "59 seconds")
        assert len(at.hasher.verified) == 5
        assert (await at.sign_in("bert")).status_code == 303


async def test_guesses_all_at_once_are_counted_before_any_is_looked_at(console: Console) -> None:
    async with door(console) as at:
        answers = await asyncio.gather(*(at.sign_in(password=f"guess number {each} of many") for each in range(12)))
        assert sorted(each.status_code for each in answers) == [403] * 5 + [429] * 7


async def test_one_address_cannot_try_name_after_name(console: Console) -> None:
    async with door(console, address="203.0.113.9") as at:
        answers = [(await at.sign_in(f"name{each}", "some password of many")).status_code for each in range(31)]
        assert answers == [403] * 30 + [429]
        assert (await at.sign_in()).status_code == 429


async def test_a_success_forgives_the_tries(console: Console) -> None:
    async with door(console) as at:
        for _ in range(3):
            for _ in range(4):
                await at.sign_in(password="wrong and wrong and wrong")
            assert (await at.sign_in()).status_code == 303
        assert (await at.sign_in(password="wrong and wrong and wrong")).status_code == 403


async def test_only_so_many_wait_to_be_checked() -> None:
    passwords = Passwords(QUICK)
    answers = await asyncio.gather(
        *(passwords.hashed(f"password {each}") for each in range(MOST_WAITING + 3)), return_exceptions=True
    )
    assert sum(isinstance(each, Crowded) for each in answers) == 3
    assert AT_ONCE < MOST_WAITING


async def test_letters_that_keyboards_write_in_two_ways_are_the_same_and_longer_is_not() -> None:
    passwords = Passwords(QUICK)
    stored = await passwords.hashed("zwei m\u00fcde Pferde am Abend")
    assert await passwords.fits("zwei mu\u0308de Pferde am Abend", stored)
    longest = await passwords.hashed("x" * 256)
    assert await passwords.fits("x" * 256, longest)
    assert not await passwords.fits("x" * 257, longest)
    assert not await passwords.fits("x" * 256, "not a hash at all")


# -- where to go -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "https://evil.example/",
        "//evil.example/",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        " //evil.example",
        "/ /evil.example",
        "javascript:alert(1)",
        "evil.example",
        "http:evil.example",
        "/ünicode",
        "/sign-in?next=/x",
        "/sign-out",
        "/join/token",
        "/" + "x" * 2_000,
        "",
    ],
)
async def test_nobody_is_sent_to_another_site_after_signing_in(console: Console, text: str) -> None:
    assert destination(text) == "/"
    async with door(console) as at:
        given = {"name": "anna", "password": PASSWORD, "next": text}
        answer = await at.client.post("/sign-in", data=given)
        assert answer.headers.get("location", "/") == "/"


@pytest.mark.parametrize("text", ["/", "/people", "/deliveries?state=dead&since=12h#top", "/people/anna@example.com"])
def test_pages_of_the_console_are_gone_to(text: str) -> None:
    assert destination(text) == text


# -- links -------------------------------------------------------------------------------------------------------


async def test_the_first_admin_is_made_by_a_link_that_works_once(console: Console) -> None:
    async with browsing(console, None) as client, office(console) as opened:
        old = await opened.write(lambda store: first_link(store, now=now()))
        token = await opened.write(lambda store: first_link(store, now=now()))
        assert (await client.get(f"/join/{old}")).status_code == 404
        page = await client.get(f"/join/{token}")
        assert "Make the first admin" in page.text
        given = {"name": "Anna", "password": PASSWORD, "again": PASSWORD, "zone": "Europe/Vienna"}
        begun = await client.post(f"/join/{token}", data=given)
        assert (begun.status_code, begun.headers["location"]) == (303, "/")
        [account] = await opened.read(lambda store: store.registry.accounts())
        assert (account.name, account.role, account.zone) == ("anna", "admin", "Europe/Vienna")
        assert (await client.get("/account")).status_code == 200
        assert (await client.get(f"/join/{token}")).status_code == 404
        assert (await client.post(f"/join/{token}", data=given | {"name": "eve"})).status_code == 404
        assert await opened.write(lambda store: first_link(store, now=now())) is None


async def test_the_first_link_is_of_no_use_once_somebody_is_there(console: Console) -> None:
    async with browsing(console, None) as client, office(console) as opened:
        token = await opened.write(lambda store: first_link(store, now=now()))
        await opened.write(lambda store: store.registry.add_account(Account("anna", "admin", now(), "cli:root")))
        given = {"name": "eve", "password": PASSWORD, "again": PASSWORD}
        assert (await client.post(f"/join/{token}", data=given)).status_code == 404


async def test_of_two_who_use_a_link_at_once_one_gets_in(console: Console) -> None:
    async with browsing(console, None) as client, office(console) as opened:
        token = await opened.write(lambda store: invite(store, "join", role="viewer", who="anna", now=now()))
        answers = await asyncio.gather(
            *(
                client.post(f"/join/{token}", data={"name": name, "password": PASSWORD, "again": PASSWORD})
                for name in ("bert", "carl")
            )
        )
        assert sorted(each.status_code for each in answers) == [303, 404]
        assert len(await opened.read(lambda store: store.registry.accounts())) == 1


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"password": "short", "again": "short"}, "a password has at least 15 characters"),
        ({"password": PASSWORD, "again": OTHER}, "the two passwords are not the same"),
        ({"password": "aaaaaaaaaaaaaaaaaaaa", "again": "aaaaaaaaaaaaaaaaaaaa"}, "too easy to guess"),
        ({"password": PASSWORD, "again": PASSWORD, "name": "key:ci"}, "cannot be a name"),
        ({"password": PASSWORD, "again": PASSWORD, "name": "anna"}, "the name anna is taken"),
    ],
)
async def test_what_will_not_do_is_said_and_leaves_the_link_usable(
    console: Console, given: dict[str, str], said: str
) -> None:
    async with browsing(console, None) as client, office(console) as opened:
        await opened.write(lambda store: store.registry.add_account(Account("anna", "admin", now(), "start")))
        token = await opened.write(lambda store: invite(store, "join", role="viewer", who="anna", now=now()))
        answer = await client.post(f"/join/{token}", data={"name": "bert"} | given)
        assert answer.status_code in {409, 422}
        assert said in answer.text.replace("&#39;", "'")
        assert PASSWORD not in answer.text
        again = await client.post(f"/join/{token}", data={"name": "bert", "password": PASSWORD, "again": PASSWORD})
        assert again.status_code == 303


async def test_a_link_expires_after_a_day(console: Console) -> None:
    async with browsing(console, None) as client, office(console) as opened:
        yesterday = now() - 24 * 3_600_000
        token = await opened.write(lambda store: invite(store, "join", role="viewer", who="anna", now=yesterday))
        assert (await client.get(f"/join/{token}")).status_code == 404


async def test_a_new_password_by_link_signs_out_everywhere_and_the_old_one_is_worth_nothing(console: Console) -> None:
    async with door(console) as at:
        await at.sign_in()
        stolen = at.client.cookies["session"]
        at.client.cookies.clear()
        token = await at.office.write(
            lambda store: invite(store, "password", person="anna", role="admin", who="bert", now=now())
        )
        given = {"name": "somebody-else", "password": OTHER, "again": OTHER}
        assert (await at.client.post(f"/join/{token}", data=given)).status_code == 303
        at.client.cookies.clear()
        at.client.cookies.set("session", stolen)
        assert await at.sees() == 303
        at.client.cookies.clear()
        assert (await at.sign_in()).status_code == 403
        assert (await at.sign_in(password=OTHER)).status_code == 303
