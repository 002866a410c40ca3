"""What the demo plays on: a sandbox target, copied mapping files, fresh secrets."""

import asyncio
import secrets
import socket
import threading
from collections.abc import Collection, Mapping
from pathlib import Path

import click
import uvicorn

from bridge.app.clock import now
from bridge.app.prepare import create_store, open_vault
from bridge.app.servers import address, listen
from bridge.catalog import Loaded
from bridge.core.errors import ConfigInvalid
from bridge.sandbox import Sandbox, SandboxProtocol, sandbox_app
from bridge.settings import Settings, read_settings

_REAL_TARGET = "https://api.pressnxpress.com/v2"
_UNHURRIED, _QUICK = "first: 5s", "first: 300ms"  # so that the retries of the demo do not take a minute


def run_sandbox(host: str, port: int) -> None:
    """Run the sandbox until Ctrl-C."""
    listener = listen(host, port, "the sandbox")
    base = address(listener)
    click.echo(f"The sandbox takes requests at {base}/v2 and {base}/api/v2; look at {base}/_sandbox/received")
    _sandbox_server(Sandbox()).run(sockets=[listener])


def _sandbox_server(sandbox: Sandbox) -> uvicorn.Server:
    config = uvicorn.Config(
        sandbox_app(sandbox), http=SandboxProtocol, ws="none", lifespan="off", log_config=None, access_log=False
    )
    return uvicorn.Server(config)


def start_sandbox(port: int) -> tuple[Sandbox, str]:
    """Start the sandbox in a thread; it dies with the process."""
    sandbox = Sandbox()
    listener = _listen_somewhere(port)
    server = _sandbox_server(sandbox)
    threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listener])), daemon=True).start()
    return sandbox, address(listener)


def _listen_somewhere(port: int) -> socket.socket:
    try:
        return listen("127.0.0.1", port, "the sandbox")
    except ConfigInvalid:
        return listen("127.0.0.1", 0, "the sandbox")


def _free(port: int) -> str:
    """Give the port, or 0 for any where it is taken."""
    try:
        listen("127.0.0.1", port, "the demo").close()
    except ConfigInvalid:
        return "0"
    return str(port)


def demo_settings(ports: Mapping[str, int], data: Path, mappings: Path) -> Settings:
    """Give settings that keep to this machine; a port that is taken is replaced by any free one."""
    flags = {
        "data": str(data),
        "mappings": str(mappings),
        **{name: _free(port) for name, port in ports.items()},
        "public_url": "https://hooks.demo.example",
        "allow_private_targets": "on",
        "intake_processes": "0",
        "log": "text",
        "log_level": "error",
    }
    return read_settings({}, flags)


def copy_mappings(folder: Path, into: Path, base: str) -> Path:
    """Copy the mapping files, with the sandbox in the place of the real target. Raises ConfigInvalid if absent."""
    if not (folder / "touchpoints.yaml").exists():
        raise ConfigInvalid.because(f"there are no mapping files in {folder}", "say where they are with --mappings")
    into.mkdir()
    for path in folder.glob("*.yaml"):
        text = path.read_text(encoding="utf-8")
        (into / path.name).write_text(text.replace(_REAL_TARGET, f"{base}/v2").replace(_UNHURRIED, _QUICK), "utf-8")
    return into


def store_secrets(settings: Settings, loaded: Loaded, sources: Collection[str]) -> dict[str, str]:
    """Store a fresh secret for the touchpoints and these sources, and give them by name; the others stay inert."""
    catalog = loaded.catalog
    names = {name for source in sources for name in catalog.sources[source].secret_names}
    names |= {name for touchpoint in catalog.touchpoints.values() for name in touchpoint.secret_names}
    keys = {name: fresh_secret() for name in names}
    store = create_store(settings)
    try:
        vault = open_vault(store, settings)
        for name, text in keys.items():
            vault.put(name, text, now=now())
    finally:
        store.close()
    return keys


def fresh_secret() -> str:
    """Make a secret that every scheme of the demo can use; what follows `whsec_` is base64 as well as text."""
    return "whsec_" + secrets.token_hex(16)
