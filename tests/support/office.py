"""The admin port in this process: the API and the console over a real store, and a client that somebody uses."""

import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import httpx
from starlette.types import ASGIApp

from bridge.api.access import StoredAccess, last_moment
from bridge.api.office import Office
from bridge.api.person import Role
from bridge.app.clock import now
from bridge.app.current import Current
from bridge.app.people import add_key, digest_of, fresh_token
from bridge.app.prepare import prepare
from bridge.console import console_app
from bridge.outbox.desk import desk_on
from bridge.outbox.protocol import Store
from bridge.outbox.registry import Account, Session
from bridge.web.health import Health
from tests.support.console import Console


@asynccontextmanager
async def office(console: Console, *, apply: str = "auto") -> AsyncIterator[Office]:
    """Open the store of the console's folder as a running bridge does, without receiving or sending.

    `apply` is BRIDGE_APPLY.
    """
    settings = replace(console.settings, apply=apply)
    prepared = prepare(settings, os.environ)
    current = Current(settings, os.environ, prepared, on_change=lambda: None, on_drift=lambda *_: None)
    async with desk_on(settings.database_path, create=False, on_broken=lambda _: None) as desk:
        yield Office(desk, current, settings=settings, environment=os.environ, wake=lambda: None, health=well(current))


def well(current: Current, *, stopping: Callable[[], bool] = lambda: False) -> Health:
    """Give the health of a bridge that can do its work."""
    return Health(
        fingerprint=lambda: current.in_force.catalog.fingerprint,
        stale=lambda: None,
        store=lambda: None,
        disk=lambda: None,
        stopping=stopping,
    )


@asynccontextmanager
async def browsing(
    console: Console, role: Role | None = "admin", *, apply: str = "auto"
) -> AsyncIterator[httpx.AsyncClient]:
    """Give a client of the admin port, which does not follow redirects.

    It is signed in, by a session of its own, as a person whose name is the role; with None nobody is signed in.
    """
    async with office(console, apply=apply) as opened, client_of(console_app(opened, StoredAccess(opened))) as client:
        if role is not None:
            client.cookies.set("session", await opened.write(lambda store: signed_in(store, role)))
        yield client


@asynccontextmanager
async def client_of(app: ASGIApp, *, address: str = "127.0.0.1") -> AsyncIterator[httpx.AsyncClient]:
    """Give a client that says, as browsers do, that its requests come from the application's own pages."""
    transport = httpx.ASGITransport(app, client=(address, 50_000))
    own = {"sec-fetch-site": "same-origin"}
    async with httpx.AsyncClient(transport=transport, base_url="http://bridge.test", headers=own) as client:
        yield client


def signed_in(store: Store, role: Role, name: str = "") -> str:
    """Add a person, if there is none of that name, and begin a session; gives its token."""
    time, token = now(), fresh_token()
    account = Account(name or role, role, time, "start")
    store.registry.add_account(account)
    store.registry.begin_session(Session(account.name, time, time, last_moment(time, time)), digest_of(token))
    return token


def an_api_key(store: Store, role: Role) -> str:
    """Make an API key whose name is its role; gives it."""
    return add_key(store, role, role, who="start", now=now())[1]
