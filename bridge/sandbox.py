"""A stand-in for the Press'nXPress API: takes enqueue requests, sends nothing to anybody, and fails on request."""

import asyncio
import re
import socket
from collections import deque
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Annotated, Any, Literal, cast
from urllib.parse import parse_qsl

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

Channel = Literal["mail", "sms"]
Format = Literal["json", "form"]

BODY_LIMIT = 64 * 1024  # bytes; the target documents none
MOST_KEYS = 200
MOST_TOUCHPOINTS = 1_000
CLOSE = "bridge.close"  # the ASGI extension that closes a connection without an answer
_REQUIRED: Mapping[Channel, str] = {"mail": "email", "sms": "phone"}
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")


class SandboxProtocol(HttpToolsProtocol):
    """uvicorn's protocol, with a way to close a connection that the application may use: `http=SandboxProtocol`."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Send head and body of an answer at once: asyncio leaves this off on bound sockets, at 40 ms an answer."""
        super().connection_made(transport)
        if (connection := transport.get_extra_info("socket")) is not None:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def on_headers_complete(self) -> None:
        """Tell the application how to close the connection."""
        cast("dict[str, Any]", self.scope)["extensions"] = {CLOSE: self._close}
        super().on_headers_complete()

    def _close(self) -> None:
        """Close with a reset; nobody is left to be answered, so the rest of the request's cycle is silent."""
        self.cycle.disconnected = True
        self.transport.abort()


class Fault(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """How the next requests go wrong: for one touchpoint's token or for all, so many times.

    `delay` alone only slows them down. Times are seconds.
    """

    touchpoint: str | None = None
    status: Annotated[int, msgspec.Meta(ge=200, le=599)] | None = None
    times: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] = 1
    delay: Annotated[float, msgspec.Meta(ge=0, le=60)] = 0.0
    close: bool = False
    retry_after: int | str | None = None
    message: str = "this is a failure that was asked for"


_NO_FAULT = Fault()


@dataclass(frozen=True, slots=True)
class Enqueued:
    """One request that was answered, or left without an answer (`status` None)."""

    number: int
    channel: str
    touchpoint: str
    format: Format
    body: Mapping[str, Any]
    status: int | None


class Refusal(Exception):
    """The request is answered with this status and message."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(slots=True)
class Sandbox:
    """What the stand-in knows and has seen, for tests and the demonstration to look at.

    `api_keys` and `touchpoints` (token → channel) are what it accepts; where they are empty, the first use of a token
    teaches it. The newest `keep` requests are remembered.
    """

    api_keys: Collection[str] = ()
    touchpoints: Mapping[str, Channel] = field(default_factory=dict)
    keep: int = 1_000
    total: int = 0
    received: deque[Enqueued] = field(default_factory=deque)
    attributes: dict[str, set[str]] = field(default_factory=dict)
    _faults: list[Fault] = field(default_factory=list)
    _learned: dict[str, Channel] = field(default_factory=dict)
    _arrival: asyncio.Event = field(default_factory=asyncio.Event)

    def fail(self, fault: Fault) -> None:
        """Let coming requests fail; faults are used up in the order they were asked for."""
        self._faults.append(fault)

    def reset(self) -> None:
        """Forget what was received, learned and asked for; the counting of `total` starts anew."""
        self.total = 0
        for memory in (self.received, self.attributes, self._faults, self._learned):
            memory.clear()

    async def arrived(self, total: int) -> None:
        """Wait until so many requests have been received."""
        while self.total < total:
            self._arrival.clear()
            await self._arrival.wait()

    def take_fault(self, touchpoint: str) -> Fault | None:
        """Use up one of the failures that wait for this touchpoint."""
        for place, fault in enumerate(self._faults):
            if fault.touchpoint in {None, touchpoint}:
                left = msgspec.structs.replace(fault, times=fault.times - 1)
                self._faults[place : place + 1] = [left] if left.times else []
                return fault
        return None

    def check_tokens(self, channel: Channel, token: str, api_key: str) -> None:
        """Refuse unknown tokens; learn them where none are configured."""
        if not api_key or (self.api_keys and api_key not in self.api_keys):
            raise Refusal(401, "the API key is missing or wrong")
        if self.touchpoints:
            known = self.touchpoints.get(token)
        elif len(self._learned) < MOST_TOUCHPOINTS:
            known = self._learned.setdefault(token, channel)
        else:
            known = self._learned.get(token)
        if known != channel:
            raise Refusal(404, f"there is no {channel} touchpoint with this token")

    def record(self, request: Enqueued) -> None:
        """Remember a request, and how its attributes are spelled."""
        self.total += 1
        self.received.append(replace(request, number=self.total))
        while len(self.received) > self.keep:
            self.received.popleft()
        if request.status == 200:
            spelled = self.attributes.setdefault(request.touchpoint, set())
            spelled.update(name for name in request.body if len(spelled) < MOST_KEYS)
        self._arrival.set()

    def spellings(self) -> dict[str, dict[str, Any]]:
        """Give each touchpoint's attributes, and those that differ only by case or punctuation."""
        return {token: {"keys": sorted(keys), "alike": _alike(keys)} for token, keys in self.attributes.items()}


def _alike(keys: set[str]) -> list[list[str]]:
    groups: dict[str, list[str]] = {}
    for key in sorted(keys):
        groups.setdefault(re.sub(r"[\W_]", "", key).casefold(), []).append(key)
    return [group for group in groups.values() if len(group) > 1]


def read_enqueue(channel: Channel, content_type: str, body: bytes) -> dict[str, Any]:
    """Read a flat body with its required key. Raises Refusal."""
    content = _parse(content_type.partition(";")[0].strip().lower(), body)
    if not isinstance(content, dict) or len(content) > MOST_KEYS:
        raise Refusal(400, f"the body must be a flat object of at most {MOST_KEYS} keys")
    for name, value in content.items():
        if isinstance(value, (dict, list)):
            raise Refusal(400, f"the value of {name[:60]} must not be a list or an object")
    required = _REQUIRED[channel]
    text = content.get(required)
    if not isinstance(text, str) or not (_EMAIL if channel == "mail" else _E164).fullmatch(text):
        raise Refusal(400, f"{required} is missing or not valid")
    return content


def _parse(kind: str, body: bytes) -> Any:
    try:
        if kind == "application/json":
            return msgspec.json.decode(body)
        if kind == "application/x-www-form-urlencoded":
            return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MOST_KEYS, errors="strict"))
    except (msgspec.DecodeError, ValueError, RecursionError):
        raise Refusal(400, "the body cannot be read as what its content type says") from None
    raise Refusal(415, "send application/json or application/x-www-form-urlencoded")


def sandbox_app(sandbox: Sandbox | None = None) -> Starlette:
    """Make the application; `sandbox` is what it knows, a new one that learns every token if it is not given."""
    routes = _Routes(sandbox or Sandbox())
    enqueue = "/channel/{channel}/{token}/enqueue"
    return Starlette(
        routes=[
            Route("/v2" + enqueue, routes.enqueue, methods=["POST"]),
            Route("/api/v2" + enqueue, routes.enqueue, methods=["POST"]),
            Route("/_sandbox/received", routes.received),
            Route("/_sandbox/attributes", routes.attributes),
            Route("/_sandbox/fail", routes.fail, methods=["POST"]),
            Route("/_sandbox/reset", routes.reset, methods=["POST"]),
        ],
        exception_handlers={HTTPException: _in_json, Refusal: _refused},
    )


async def _in_json(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException), "Starlette hands over what was registered"
    return JSONResponse({"message": error.detail.lower()}, error.status_code, headers=error.headers)


async def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, Refusal), "Starlette hands over what was registered"
    return JSONResponse({"message": str(error)}, error.status)


async def _body_of(request: Request) -> bytes:
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > BODY_LIMIT:
            raise Refusal(413, f"the body is larger than {BODY_LIMIT} bytes")
    return bytes(body)


@dataclass(frozen=True, slots=True)
class _Routes:
    sandbox: Sandbox

    async def enqueue(self, request: Request) -> Response:
        name, token = request.path_params["channel"], request.path_params["token"]
        if name not in _REQUIRED:
            raise Refusal(404, "the channel is mail or sms")
        channel: Channel = name
        body = await _body_of(request)
        content_type = request.headers.get("content-type", "")
        self.sandbox.check_tokens(channel, token, request.query_params.get("apiKey", ""))
        content = read_enqueue(channel, content_type, body)
        fault = self.sandbox.take_fault(token) or _NO_FAULT
        await asyncio.sleep(fault.delay)
        status = None if fault.close else fault.status or 200
        kind: Format = "form" if "form" in content_type else "json"
        self.sandbox.record(Enqueued(0, channel, token, kind, content, status))
        if fault.close:
            request.scope["extensions"][CLOSE]()
        headers = {} if fault.retry_after is None else {"retry-after": str(fault.retry_after)}
        message = fault.message if fault.status else "enqueued"
        return JSONResponse({"message": message}, status or 200, headers=headers)

    async def received(self, _: Request) -> Response:
        return JSONResponse({"total": self.sandbox.total, "received": [asdict(one) for one in self.sandbox.received]})

    async def attributes(self, _: Request) -> Response:
        return JSONResponse({"touchpoints": self.sandbox.spellings()})

    async def fail(self, request: Request) -> Response:
        try:
            fault = msgspec.json.decode(await _body_of(request), type=Fault)
        except (msgspec.DecodeError, RecursionError) as error:
            raise Refusal(400, f"this is no failure to ask for: {error}") from None
        if fault.close and CLOSE not in request.scope.get("extensions", {}):
            raise Refusal(501, "closing without an answer needs the server to run with http=SandboxProtocol")
        self.sandbox.fail(fault)
        return JSONResponse({"message": "the next requests will fail as asked"})

    async def reset(self, _: Request) -> Response:
        self.sandbox.reset()
        return JSONResponse({"message": "everything is forgotten"})
