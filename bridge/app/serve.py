"""`bridge serve`: listen, receive and send until told to stop, then drain."""

import asyncio
import gc
import signal
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import cast

import uvloop
from starlette.routing import BaseRoute

from bridge.app.bridge import Bridge, end_on_failure
from bridge.app.prepare import locked, prepare
from bridge.app.servers import Listener, address, listen
from bridge.app.watch import changes
from bridge.core.errors import Problem
from bridge.settings import Settings, unknown_variables
from bridge.telemetry import configure_logging, log
from bridge.telemetry.lines import Format, Level
from bridge.web.health import admin_app, health_routes
from bridge.web.hooks import hooks_app
from bridge.web.protocol import ReceiveLimits, guarded_protocol

_SEEN_UNREADY = 0.2  # seconds in which a load balancer may notice that the bridge is leaving
# Parsing an order makes enough objects to start the collector on nearly every request; what is alive after the start
# lives for ever, and what a request makes dies by reference counting.
_COLLECT_AFTER = (50_000, 20, 100)
_STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where a running bridge listens."""

    hooks: str
    admin: str


Surface = Callable[[Bridge], Iterable[BaseRoute]]


def serve(
    settings: Settings,
    environment: Mapping[str, str],
    *,
    on_ready: Callable[[Addresses], None] | None = None,
    surface: Surface = lambda _: (),
) -> None:
    """Run the bridge until SIGTERM or SIGINT; `surface` makes what the admin port answers besides health and metrics.

    Raises ConfigInvalid if it cannot start.
    """
    with locked(settings.data):
        prepared = prepare(settings, environment)
        bridge = Bridge(settings, environment, prepared)
        start_logging(settings, bridge.current.secret_values)
        _warn([*unknown_variables(environment), *prepared.in_force.warnings, *prepared.in_force.stale])
        uvloop.run(_run(settings, bridge, on_ready, surface))


def start_logging(settings: Settings, secrets: Callable[[], frozenset[str]]) -> None:
    """Log as the settings say: text on a terminal, else JSON; secrets are blanked whatever happens."""
    style: Format = "text" if settings.log == "text" or (not settings.log and sys.stderr.isatty()) else "json"
    configure_logging(style, cast("Level", settings.log_level), secrets=secrets)


def _warn(problems: list[Problem]) -> None:
    for problem in problems:
        log("configuration.problem", level="warning", problem=str(problem))


async def _run(
    settings: Settings, bridge: Bridge, on_ready: Callable[[Addresses], None] | None, surface: Surface
) -> None:
    stop = asyncio.Event()
    for number in _STOP_SIGNALS:
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    hooks_socket = listen(settings.host, settings.port, "webhooks")
    same = (settings.host, settings.port) == (settings.admin_host, settings.admin_port) and settings.port
    admin_socket = None if same else listen(settings.admin_host, settings.admin_port, "the admin port")
    addresses = Addresses(address(hooks_socket), address(admin_socket or hooks_socket))
    async with bridge:
        health, admin = health_routes(bridge.health()), [*bridge.metrics_routes(), *surface(bridge)]
        limits = ReceiveLimits(receive=settings.receive_deadline / 1000, head=settings.max_headers)
        protocol = guarded_protocol(limits)
        listeners = [
            Listener(hooks_app(bridge.reception(), [*health, *(admin if same else [])]), hooks_socket, protocol)
        ]
        if admin_socket is not None:
            listeners.append(Listener(admin_app([*health, *admin]), admin_socket, protocol))
        for listener in listeners:
            listener.start()
        watching = asyncio.create_task(_reload_on_change(bridge, settings))
        watching.add_done_callback(end_on_failure)
        _calm_collector()
        log(
            "bridge.ready",
            hooks=addresses.hooks,
            admin=addresses.admin,
            configuration=bridge.in_force.catalog.fingerprint,
        )
        if on_ready is not None:
            on_ready(addresses)
        await stop.wait()
        await _leave(bridge, listeners, watching)
    log("bridge.stopped")
    _ignore_signals()


async def _leave(bridge: Bridge, listeners: list[Listener], watching: asyncio.Task[None]) -> None:
    """Say that the bridge is not ready, take nothing new, and let the rest of the context drain."""
    log("bridge.stopping")
    bridge.begin_to_stop()
    watching.cancel()
    await asyncio.sleep(_SEEN_UNREADY)
    await asyncio.gather(*(listener.stop() for listener in listeners))


async def _reload_on_change(bridge: Bridge, settings: Settings) -> None:
    async for _ in changes(settings.mappings):
        await bridge.current.reload(bridge.desk)


def _ignore_signals() -> None:
    """Let a further signal do nothing: the loop, as it closes, would let it kill a process that has all but ended."""
    for number in _STOP_SIGNALS:
        asyncio.get_running_loop().remove_signal_handler(number)
        signal.signal(number, signal.SIG_IGN)


def _calm_collector() -> None:
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_COLLECT_AFTER)
