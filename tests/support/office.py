"""The admin port in this process: the API and the console over a real store, and a client that somebody uses."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx
from starlette.requests import Request

from bridge.api.office import Office
from bridge.api.person import Person, Role
from bridge.app.current import Current
from bridge.app.prepare import prepare
from bridge.console import console_app
from bridge.outbox.desk import desk_on
from tests.support.console import Console


@dataclass(frozen=True)
class Everybody:
    """Takes every request for one person's."""

    role: Role

    async def person(self, request: Request) -> Person | None:  # noqa: ARG002 - whoever it is
        return Person(self.role, self.role, "session")

    def foreign(self, request: Request, person: Person | None) -> str:  # noqa: ARG002 - never
        return ""


@asynccontextmanager
async def office(console: Console) -> AsyncIterator[Office]:
    """Open the store of the console's folder as a running bridge does, without receiving or sending."""
    settings = console.settings
    prepared = prepare(settings, os.environ)
    current = Current(settings, os.environ, prepared, on_change=lambda: None, on_drift=lambda *_: None)
    async with desk_on(settings.database_path, create=False, on_broken=lambda _: None) as desk:
        yield Office(desk, current, settings=settings, environment=os.environ, wake=lambda: None)


@asynccontextmanager
async def browsing(console: Console, role: Role = "admin") -> AsyncIterator[httpx.AsyncClient]:
    """Give a client of the admin port, signed in; it does not follow redirects."""
    async with office(console) as opened:
        transport = httpx.ASGITransport(console_app(opened, Everybody(role)))
        async with httpx.AsyncClient(transport=transport, base_url="http://bridge.test") as client:
            yield client
