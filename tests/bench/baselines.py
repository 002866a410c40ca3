"""What the bridge is measured against: `python -m tests.bench.baselines ack`, or `… forward TARGET`.

Both are one Starlette application under uvicorn (uvloop, httptools) in one process. `ack` only reads the body and
answers. `forward` does the whole job inline and keeps nothing: verify, parse, map with jmespath, send with the bridge's
own client.
"""

import asyncio
import hmac
import socket
import sys
from base64 import b64encode
from collections.abc import Callable
from typing import Any

import jmespath
import msgspec
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bridge.core.configuration import Touchpoint
from bridge.core.model import Delivery
from bridge.core.outcome import Answered
from bridge.core.template import parse_template
from bridge.touchpoint import Sender
from tests.bench.orders import PATH, SECRET
from tests.bench.setup import FIELDS, KEYS, WHEN

_ANSWER = {"event": "evt_00000000000000000000000000", "duplicate": False}


async def _ack(request: Request) -> Response:
    await request.body()
    return JSONResponse(_ANSWER)


class _Forwarder:
    """Does everything within the request."""

    def __init__(self, target: str) -> None:
        self._sender = Sender(allow_private=True)
        self._touchpoints = [_touchpoint(target, name) for name in FIELDS]
        self._when = jmespath.compile(WHEN)
        self._fields = [
            {field: jmespath.compile(text.replace("text(", "to_string(")) for field, text in fields.items()}
            for fields in FIELDS.values()
        ]

    async def __call__(self, request: Request) -> Response:
        body = await request.body()
        expected = b64encode(hmac.digest(SECRET.encode(), body, "sha256")).decode()
        if not hmac.compare_digest(expected, request.headers["x-shopify-hmac-sha256"]):
            return JSONResponse({"message": "the signature was not accepted"}, 401)
        payload = msgspec.json.decode(body)
        if not self._when.search(payload):
            return JSONResponse(_ANSWER)
        sends = [self._send(number, payload) for number in range(len(self._fields))]
        outcomes = await asyncio.gather(*sends)
        return JSONResponse(_ANSWER if all(outcomes) else {"message": "not forwarded"}, 200 if all(outcomes) else 502)

    async def _send(self, number: int, payload: Any) -> bool:
        found = {field: expression.search(payload) for field, expression in self._fields[number].items()}
        text = msgspec.json.encode({field: value for field, value in found.items() if value is not None}).decode()
        delivery = Delivery("dlv_0", "evt_0", "shopify", "", "", text, attempts=0, lease=0, due_at=0, age_from=0)
        outcome = await self._sender.send(delivery, self._touchpoints[number], KEYS)
        return isinstance(outcome, Answered) and outcome.status == 200


def _touchpoint(target: str, name: str) -> Touchpoint:
    key, token = parse_template("${secret:pxp-api-key}", {}), parse_template(f"${{secret:{name}}}", {})
    return Touchpoint(name, "mail", base_url=f"{target}/v2", token=token, api_key=key)


def _serve(endpoint: Callable[..., Any]) -> None:
    app = Starlette(routes=[Route(PATH, endpoint, methods=["POST"])])
    config = uvicorn.Config(app, loop="uvloop", http="httptools", ws="none", lifespan="off", log_config=None)
    config.access_log = False
    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    host, port = listener.getsockname()
    sys.stdout.write(f"http://{host}:{port}\n")
    sys.stdout.flush()
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    if sys.argv[1] == "ack":
        _serve(_ack)
    else:
        _forwarder = _Forwarder(sys.argv[2])

        async def forward(request: Request) -> Response:
            return await _forwarder(request)

        _serve(forward)
