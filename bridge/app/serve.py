"""`bridge serve`: listen, receive and send until told to stop, then drain."""

import asyncio
import signal
import socket
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import uvloop
from starlette.routing import BaseRoute

from bridge.app.bridge import Bridge, end_on_failure
from bridge.app.collector import calm_collector
from bridge.app.front import Front, default_processes
from bridge.app.logs import start_logging
from bridge.app.prepare import locked, prepare
from bridge.app.servers import Listener, address, listen
from bridge.app.watch import changes
from bridge.core.errors import Problem
from bridge.settings import Settings, unknown_variables
from bridge.telemetry import log
from bridge.web.health import admin_app, health_routes
from bridge.web.hooks import hooks_app
from bridge.web.protocol import ReceiveLimits, guarded_protocol

_SEEN_UNREADY = 0.2  # seconds in which a load balancer may notice that the bridge is leaving
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
        front = _front(settings, environment)
        prepared = prepare(settings, environment)
        bridge = Bridge(settings, environment, prepared, front=front)
        start_logging(settings, bridge.current.secret_values)
        _warn([*unknown_variables(environment), *prepared.in_force.warnings, *prepared.in_force.stale])
        uvloop.run(_run(settings, bridge, on_ready, surface))


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
    admin_socket = None
    if not _is_one_address(settings):
        admin_socket = listen(settings.admin_host, settings.admin_port, "the admin port")
    addresses = Addresses(address(hooks_socket), address(admin_socket or hooks_socket))
    async with bridge:
        listeners = _listeners(bridge, hooks_socket, admin_socket, surface)
        for listener in listeners:
            listener.start()
        await bridge.receive_on(hooks_socket)
        watching = asyncio.create_task(_reload_on_change(bridge, settings))
        watching.add_done_callback(end_on_failure)
        calm_collector()
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


def _listeners(
    bridge: Bridge, hooks_socket: socket.socket, admin_socket: socket.socket | None, surface: Surface
) -> list[Listener]:
    """Make what this process answers: the admin port, and the hooks where no other process receives."""
    health, admin = health_routes(bridge.health()), [*bridge.metrics_routes(), *surface(bridge)]
    settings = bridge.settings
    limits = ReceiveLimits(receive=settings.receive_deadline / 1000, head=settings.max_headers)
    protocol = guarded_protocol(limits)
    listeners = []
    if not bridge.front.number:
        app = hooks_app(bridge.reception(), [*health, *([] if admin_socket else admin)])
        listeners.append(Listener(app, hooks_socket, protocol))
    if admin_socket is not None:
        listeners.append(Listener(admin_app([*health, *admin]), admin_socket, protocol))
    return listeners


def _front(settings: Settings, environment: Mapping[str, str]) -> Front:
    """Start the processes that receive, if any are to; with one address for all, this process does."""
    front = Front(settings, environment, number=0 if _is_one_address(settings) else default_processes(settings))
    front.start()
    return front


def _is_one_address(settings: Settings) -> bool:
    """Say whether hooks and admin port are the same: then one process answers all of it."""
    hooks, admin = (settings.host, settings.port), (settings.admin_host, settings.admin_port)
    return hooks == admin and bool(settings.port)


async def _leave(bridge: Bridge, listeners: list[Listener], watching: asyncio.Task[None]) -> None:
    """Say that the bridge is not ready, take nothing new, and let the rest of the context drain."""
    log("bridge.stopping")
    bridge.begin_to_stop()
    watching.cancel()
    await asyncio.sleep(_SEEN_UNREADY)
    await asyncio.gather(bridge.front.close(), *(listener.stop() for listener in listeners))


async def _reload_on_change(bridge: Bridge, settings: Settings) -> None:
    async for _ in changes(settings.mappings):
        await bridge.current.reload(bridge.desk)


def _ignore_signals() -> None:
    """Let a further signal do nothing: the loop, as it closes, would let it kill a process that has all but ended."""
    for number in _STOP_SIGNALS:
        asyncio.get_running_loop().remove_signal_handler(number)
        signal.signal(number, signal.SIG_IGN)
