"""`bridge ready`: asks the running bridge's /readyz, for health checks of containers. Imports next to nothing."""

import http.client

import click
import msgspec

from bridge.cli.options import settings_flags
from bridge.settings import Settings

_PATIENCE = 4.0  # seconds
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - looked up, not bound


@click.command("ready", epilog="Example: bridge ready || echo it is not")
@click.option("--json", "as_json", is_flag=True, help="print JSON")
@settings_flags("host", "port")
def ready_command(settings: Settings, *, as_json: bool) -> int:
    """Ask the running bridge whether it is ready. Exit status 1 if not."""
    connection = http.client.HTTPConnection(_EVERYWHERE.get(settings.host, settings.host), settings.port, _PATIENCE)
    try:
        connection.request("GET", "/readyz")
        response = connection.getresponse()
        status, text = response.status, response.read(65536).decode("utf-8", "replace")
    except OSError as error:
        reason = error.strerror or type(error).__name__
        status, text = 0, msgspec.json.encode({"message": f"no bridge answers: {reason}"}).decode()
    finally:
        connection.close()
    click.echo(text if as_json else msgspec.json.decode(text).get("message", ""))
    return 0 if status == 200 else 1
