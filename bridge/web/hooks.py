"""Receives webhooks: `POST /hooks/{source}`. Proves who sent a request, has it stored, and only then says so."""

import asyncio
import secrets
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import partial

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from bridge.core.configuration import Source
from bridge.core.errors import NotStorable, StoreBroken, StoreUnavailable, TooLarge, Unreadable, VerificationFailed
from bridge.core.model import Accepted, Inbound, Receipt
from bridge.core.reading import CODINGS
from bridge.core.verification.schemes import SCHEMES
from bridge.core.verification.verify import Verifier
from bridge.telemetry import log, stack_of
from bridge.web.answers import Answer, answer, retry_after
from bridge.web.body import SenderGone, announced_size, read_body
from bridge.web.greeters import NOT_PROVEN, Greeters, not_proven, waiting
from bridge.web.reception import LiveSource, Reception
from bridge.web.refusal import Refusals, proven

_PREFIX = "/hooks/"
_NOBODY = Verifier(SCHEMES["shopify"], [secrets.token_hex(32)])
_SIGNED = {"x-shopify-hmac-sha256": "A" * 43 + "="}


_METHOD = Answer.saying(405, "webhooks are sent by POST", headers=((b"allow", b"POST"),))
_CROWDED = Answer.saying(503, "too many requests come at this moment; send it again later")
_CODED = Answer.saying(
    415,
    "the body must not be compressed in this way; send gzip, deflate or no Content-Encoding",
    reason="the body is compressed in a way that is not read; switch compression off at the sender",
)


def hooks_app(reception: Reception, routes: Iterable[BaseRoute] = ()) -> Starlette:
    """Make the application of the hooks' port; `routes` are what it answers besides."""
    hooks = Route(_PREFIX + "{source}", Hooks(reception), name="hooks")
    app = Starlette(routes=[hooks, *routes], exception_handlers={HTTPException: _in_json})
    app.router.redirect_slashes = False  # the redirect would be made from the Host header
    return app


async def _in_json(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException), "Starlette hands over what was registered"
    message = "there is nothing at this address; webhooks go to /hooks/NAME-OF-THE-SOURCE"
    if error.status_code != 404:
        message = error.detail.lower()
    return JSONResponse({"message": message}, error.status_code, headers=error.headers)


class Hooks:
    """The endpoint of all sources, as an ASGI application."""

    __slots__ = ("_greeters", "_reception", "_refusals", "_too_large")

    def __init__(self, reception: Reception) -> None:
        self._reception = reception
        self._refusals = Refusals(reception)
        self._greeters = Greeters(reception, self._refusals)
        limit = f"the body is larger than {reception.body_limit} bytes"
        self._too_large = Answer.saying(413, limit, reason=limit)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request. What is kept of a refused one is kept after its answer has left."""
        name: str = scope["path_params"]["source"]
        if self._reception.crowded() and scope["method"] == "POST":
            await self._turn_away(name, send)
            return
        live: LiveSource | None = None
        inbound = _head_of(scope, name, self._reception)
        try:
            live = self._reception.live().get(name)
            inbound, reply = await self._receive(inbound, receive, live)
        except SenderGone:
            return
        except Exception as error:  # noqa: BLE001  # the last resort: a fault of ours is no reason to answer 500
            reply = self._fault(name if live else "", error)
        await answer(send, reply)
        self._reception.notes.answered(name if live else "", reply.status)
        if reply.reason and live:
            keep = partial(self._refusals.keep, inbound, live, status=reply.status, reason=reply.reason)
            asyncio.get_running_loop().call_soon(keep)  # when the answer has left, so that it takes no longer

    async def _receive(self, head: Inbound, receive: Receive, live: LiveSource | None) -> tuple[Inbound, Answer]:
        """Check the head, read the body within its limit, and go on with the whole request."""
        if head.method != "POST":
            return head, self._greeters.before(head, live) or _METHOD
        if head.headers.get("content-encoding", "").lower() not in CODINGS:
            return head, _CODED
        limit = self._reception.body_limit
        if announced_size(head.headers) > limit:
            return head, self._too_large
        try:
            body = await read_body(receive, limit)
        except TooLarge:
            return head, self._too_large
        inbound = Inbound(head.source, head.method, head.url, head.headers, body, head.received_at)
        if live is None:
            return inbound, _judge_nobody(inbound)
        return inbound, await self._judge(inbound, live)

    async def _judge(self, inbound: Inbound, live: LiveSource) -> Answer:
        """Verify the request, then take it in; nothing of it is parsed before, but what may be a handshake."""
        if live.source.manners.handshakes and (greeting := self._greeters.before(inbound, live)):
            return greeting
        if live.verifier is None:
            return waiting(live, self._reception)
        try:
            index = live.verifier.check(inbound, inbound.received_at)
        except VerificationFailed as error:
            return not_proven(live.source.manners, str(error))
        if live.source.manners.handshakes and (greeting := self._greeters.after(inbound, live, index)):
            return greeting
        overdrawn = None if live.source.limit is None else await self._overdrawn(live.source, inbound.received_at)
        refusal = overdrawn or self._full(live.source)
        return refusal or await self._take(proven(inbound, live, index), live.source)

    async def _take(self, inbound: Inbound, source: Source) -> Answer:
        try:
            accepted = await self._reception.accept(self._reception.take_in(inbound, source))
        except (Unreadable, NotStorable) as error:
            return Answer.saying(400, str(error), reason=str(error))
        except (StoreUnavailable, StoreBroken) as error:
            self._refusals.say("event.not-stored", source=source.name, reason=str(error))
            wait = retry_after(self._reception.patience("store"))
            return Answer.saying(503, "the event could not be stored; send it again later", headers=wait)
        return self._accepted(accepted, source)

    def _accepted(self, accepted: Accepted, source: Source) -> Answer:
        receipts = accepted.receipts
        duplicates = 0
        for receipt in receipts:
            duplicates += receipt.duplicate
            if receipt.changed:
                self._refusals.say("event.changed", source=source.name, event_id=receipt.event_id)
        self._reception.notes.received(source.name, accepted=len(receipts) - duplicates, duplicates=duplicates)
        return _taken(receipts, source)

    # -- not now ------------------------------------------------------------------------------------------

    async def _overdrawn(self, source: Source, now: int) -> Answer | None:
        wait = await self._reception.allow(source, now)
        if not wait:
            return None
        message = "this source sends more than its limit allows; send it again later"
        return Answer.saying(429, message, headers=retry_after(wait / 1_000))

    async def _turn_away(self, name: str, send: Send) -> None:
        """Answer before anything is spent on the request, whoever sends it: what is left goes to those that wait."""
        source = name if name in self._reception.live() else ""
        self._refusals.say("event.not-admitted", source=source, reason="more come than can be stored at this moment")
        wait = retry_after(self._reception.patience("crowd"))
        await answer(send, Answer(503, _CROWDED.body, _CROWDED.content_type, wait))
        self._reception.notes.answered(source, 503)

    def _full(self, source: Source) -> Answer | None:
        reason = self._reception.admit()
        if reason is None:
            return None
        self._refusals.say("event.not-admitted", source=source.name, reason=reason)
        wait = retry_after(self._reception.patience("full"))
        return Answer.saying(503, "no more events can be taken now; send it again later", headers=wait)

    def _fault(self, source: str, error: Exception) -> Answer:
        """Answer for a fault of ours; the log has the place, but not the message, which may quote the request."""
        number = secrets.token_hex(4)
        log("request.fault", level="error", error=number, source=source, kind=type(error).__name__, at=stack_of(error))
        wait = retry_after(self._reception.patience("fault"))
        return Answer.saying(503, f"the request could not be handled (error {number}); send it again", headers=wait)


def _taken(receipts: Sequence[Receipt], source: Source) -> Answer:
    """Say what the system wants to hear of its events."""
    reply = source.manners.reply
    if reply.body is not None:
        return Answer(reply.status, reply.body.encode(), reply.content_type if reply.body else "")
    events = [{"event": receipt.event_id, "duplicate": receipt.duplicate} for receipt in receipts]
    return Answer.of(reply.status, {"events": events} if source.reading.each else events[0])


def _judge_nobody(inbound: Inbound) -> Answer:
    """Spend on an unknown source what a wrong signature costs, so that the time does not tell them apart."""
    with suppress(VerificationFailed):
        decoy = Inbound(inbound.source, inbound.method, inbound.url, _SIGNED, inbound.body, inbound.received_at)
        _NOBODY.check(decoy, inbound.received_at)
    return NOT_PROVEN


def _head_of(scope: Scope, source: str, reception: Reception) -> Inbound:
    """Make the request without its body; the URL is the public one, never made from the Host header."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1").strip(" \t")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    path: bytes = scope["raw_path"]
    query: bytes = scope["query_string"]
    url = reception.public_url + (path + b"?" + query if query else path).decode("latin-1")
    return Inbound(source, scope["method"], url, headers, b"", reception.clock())
