"""Requests as `curl` commands, quoted for a shell, without any secret."""

import shlex
from collections.abc import Mapping

from bridge.console.views.standing import masked_address
from bridge.core.configuration import Touchpoint
from bridge.outbox.terms import Row
from bridge.touchpoint.request import CONTENT_TYPES, form

_LEFT_OUT = frozenset({"host", "content-length", "connection", "transfer-encoding", "accept-encoding", "user-agent"})


def as_received(row: Row, *, base: str) -> str:
    """Give the request that brought an event, as its source would send it to the bridge at `base`.

    What proved it is not there: credentials are never stored, and a signature is only valid for a while.
    """
    query = f"?{row['query']}" if row["query"] else ""
    headers = {name: value for name, value in (row["headers"] or {}).items() if name.lower() not in _LEFT_OUT}
    return _command("POST", f"{base}/hooks/{row['source']}{query}", headers, row["body"] or "")


def as_sent(touchpoint: Touchpoint, delivery_id: str, body: str) -> str:
    """Give the request of a delivery; token and key are the shell's variables TOKEN and API_KEY."""
    headers = {"content-type": CONTENT_TYPES[touchpoint.format], "idempotency-key": delivery_id}
    data = body if touchpoint.format == "json" else form(body).decode()
    if touchpoint.channel == "http":
        return _command(touchpoint.method, masked_address(touchpoint.url), headers, data)
    base = f"{touchpoint.base_url.rstrip('/')}/channel/{touchpoint.channel}/"
    address = f'{shlex.quote(base)}"$TOKEN"{shlex.quote("/enqueue?apiKey=")}"$API_KEY"'
    return _command("POST", address, headers, data, is_quoted=True)


def _command(method: str, address: str, headers: Mapping[str, str], data: str, *, is_quoted: bool = False) -> str:
    lines = [f"curl -X {shlex.quote(method)} {address if is_quoted else shlex.quote(address)}"]
    lines += [f"-H {shlex.quote(f'{name}: {_one_line(value)}')}" for name, value in headers.items()]
    lines.append(f"--data-binary {shlex.quote(data)}")
    return " \\\n  ".join(lines)


def _one_line(text: str) -> str:
    return "".join(sign if sign.isprintable() else " " for sign in text)
