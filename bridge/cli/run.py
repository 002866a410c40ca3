"""Running things: `serve`, `demo`, `sandbox`."""

import os
from pathlib import Path

import click

from bridge.cli.options import settings_flags
from bridge.cli.welcome import welcome
from bridge.settings import Settings


@click.command("serve", epilog="Example: BRIDGE_PUBLIC_URL=https://hooks.example.com bridge serve --host 0.0.0.0")
@click.option(
    "--role", type=click.Choice(["all"]), default="all", show_default=True, help="roles apart need PostgreSQL"
)
@settings_flags()
def serve_command(role: str, settings: Settings) -> None:  # noqa: ARG001 - there is one role on SQLite
    """Run the bridge: receive, store, map and send, until SIGTERM or Ctrl-C; then finish what is on its way."""
    from bridge.app.serve import serve  # noqa: PLC0415 - `bridge serve --help` does not need the servers
    from bridge.console import surface  # noqa: PLC0415 - nor the pages

    serve(settings, os.environ, on_ready=lambda addresses: welcome(settings, addresses.admin), surface=surface)


@click.command("demo")
@click.option("--data", type=click.Path(path_type=Path), help="folder for the demo's database; default: a fresh one")
@click.option("--mappings", type=click.Path(path_type=Path), default=Path("mappings"), show_default=True)
@click.option("--port", type=click.IntRange(0, 65535), default=8080, show_default=True, help="of the hooks")
@click.option("--admin-port", type=click.IntRange(0, 65535), default=8081, show_default=True)
@click.option("--sandbox-port", type=click.IntRange(0, 65535), default=8090, show_default=True)
@click.option("--exit", "leave", is_flag=True, help="end after the table instead of going on")
def demo_command(
    data: Path | None, mappings: Path, port: int, admin_port: int, sandbox_port: int, *, leave: bool
) -> None:
    """Show everything at work: a sandbox target, the bridge with the shipped mappings, signed example webhooks.

    They go through the real HTTP path. A port that is taken is replaced by a free one. Nothing leaves this machine.
    """
    from bridge.demo import Demo, run_demo  # noqa: PLC0415 - `bridge demo --help` does not need the servers

    run_demo(Demo(data, mappings, port, admin_port, sandbox_port, leave=leave))


@click.command(
    "sandbox", epilog='Example: curl -X POST localhost:8090/_sandbox/fail -d \'{"status": 503, "times": 2}\''
)
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(0, 65535), default=8090, show_default=True)
def sandbox_command(host: str, port: int) -> None:
    """Run a stand-in for the Press'nXPress API: same URLs and answers, but nobody gets mail.

    Point a touchpoint's base_url at http://HOST:PORT/v2 and set BRIDGE_ALLOW_PRIVATE_TARGETS=on. It lists what it got
    at /_sandbox/received and is told to fail by POST /_sandbox/fail {status, times, delay, close, touchpoint}.
    """
    from bridge.demo import run_sandbox  # noqa: PLC0415 - `bridge sandbox --help` does not need the server

    run_sandbox(host, port)
