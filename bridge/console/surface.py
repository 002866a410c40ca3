"""What the admin port of a running bridge answers besides health and metrics: the API and the console."""

import os

from starlette.routing import BaseRoute, Mount

from bridge.api.access import StoredAccess
from bridge.api.office import Office
from bridge.app.bridge import Bridge
from bridge.console.app import console_app


def surface(bridge: Bridge) -> list[BaseRoute]:
    """Give its routes: one application that takes every other address."""
    office = Office(
        bridge.desk,
        bridge.current,
        settings=bridge.settings,
        environment=os.environ,
        wake=bridge.wake,
        health=bridge.health(),
    )
    bridge.observers.append(office.news.note)
    return [Mount("", app=console_app(office, StoredAccess(office)))]
