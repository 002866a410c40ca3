"""What the admin port of a running bridge answers besides health and metrics: the API and the console."""

import os
import threading

from starlette.routing import BaseRoute, Mount

from bridge.api.access import StoredAccess
from bridge.api.office import Office
from bridge.app.bridge import Bridge
from bridge.console.app import console_app
from bridge.console.rendering import warm

_WARM_AFTER = 1.0  # s: what serves webhooks comes first


def surface(bridge: Bridge) -> list[BaseRoute]:
    """Give its routes: one application that takes every other address. Pages are made ready soon after the start."""
    office = Office(
        bridge.desk,
        bridge.current,
        settings=bridge.settings,
        environment=os.environ,
        wake=bridge.wake,
        health=bridge.health(),
    )
    warming = threading.Timer(_WARM_AFTER, warm)
    warming.daemon = True
    warming.start()
    bridge.observers.append(office.news.note)
    return [Mount("", app=console_app(office, StoredAccess(office)))]
