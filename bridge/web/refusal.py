"""Keeps requests that were not accepted, without what they prove themselves with, and says so in the log."""

import re
from dataclasses import replace
from urllib.parse import unquote_plus

from bridge.core.configuration import Rate, Source
from bridge.core.credentials import PROVEN_BY, safe_headers, safe_url
from bridge.core.durations import spoken_duration
from bridge.core.model import Inbound, Refused
from bridge.core.verification.scheme import Scheme
from bridge.intake import Glimpse, glimpse
from bridge.telemetry import Level, log
from bridge.web.allowance import Allowance
from bridge.web.reception import LiveSource, Reception

LONGEST_REASON = 300  # characters
_LONGEST_TOPIC = 80
_SESSION = re.compile(rb"(<(?:\w{1,20}:)?SessionId>)[^<]{1,2048}")
_NOT_PROVEN = frozenset({401, 503})  # answers to requests that nobody proved
_GLIMPSE_RATE = Rate(20, 1_000)  # looks per second into requests that nobody proved
_LOG_RATE = Rate(20, 1_000)  # lines per second for what anybody on the network can cause


def without_credentials(inbound: Inbound, scheme: Scheme) -> Inbound:
    """Give the request without the header or parameter by which this scheme's sender proves itself."""
    places = scheme.credentials
    if not places:
        return inbound
    fields = {place.name.lower() for place in places if place.where == "header"}
    parameters = {place.name.lower() for place in places if place.where == "query"}
    headers = {name: value for name, value in inbound.headers.items() if name not in fields}
    return replace(inbound, headers=headers, url=_without_values(inbound.url, parameters))


def _without_session(body: bytes, scheme: Scheme) -> bytes:
    """Blank the SessionId of an outbound message; a body that is signed stays as it came."""
    return body if scheme.kind not in {"token", "basic"} else _SESSION.sub(rb"\1", body)


def _without_values(url: str, parameters: set[str]) -> str:
    path, mark, query = url.partition("?")
    if not mark or not parameters:
        return url
    pairs = [part.partition("=") for part in query.split("&")]
    kept = [name + sign + ("***" if unquote_plus(name).lower() in parameters else value) for name, sign, value in pairs]
    return path + mark + "&".join(kept)


def proven(inbound: Inbound, live: LiveSource, index: int) -> Inbound:
    """Give a request that was verified, without credentials, but with the name of the secret that proved it."""
    bare = without_credentials(inbound, live.source.scheme)
    if index >= len(live.secrets):  # kind none proves nothing
        return bare
    return replace(bare, headers={PROVEN_BY: live.secrets[index].name, **bare.headers})


class Refusals:
    """The refused requests of all sources: each is kept, and the log takes so many lines a second."""

    __slots__ = ("_allowance", "_glimpses", "_reception", "_unsaid")

    def __init__(self, reception: Reception) -> None:
        self._reception = reception
        self._allowance = Allowance(_LOG_RATE, reception.clock())
        self._glimpses = Allowance(_GLIMPSE_RATE, reception.clock())
        self._unsaid = 0

    def keep(self, inbound: Inbound, live: LiveSource, *, status: int, reason: str) -> None:
        """Keep the request. Its body is left out where the credential is part of it."""
        source = live.source
        seen = self._glimpse(inbound, source)
        if status in _NOT_PROVEN:
            reason += _in_words(seen, inbound.received_at, reason)
        bare = without_credentials(inbound, source.scheme)
        in_body = any(place.where not in {"header", "query"} for place in source.scheme.credentials)
        refused = Refused(
            id=self._reception.new_id("ref"),
            source=source.name,
            status=status,
            reason=reason[:LONGEST_REASON],
            method=inbound.method,
            url=safe_url(bare.url),
            headers=safe_headers(bare.headers),
            body=b"" if in_body else _without_session(inbound.body, source.scheme),
            received_at=inbound.received_at,
            topic=seen.topic.encode(errors="replace").decode(),
        )
        self._reception.refuse(refused)
        self.say("request.refused", source=source.name, refused=refused.id, status=status, reason=refused.reason)

    def _glimpse(self, inbound: Inbound, source: Source) -> Glimpse:
        if self._glimpses.take(self._reception.clock()):
            return Glimpse()
        return glimpse(inbound, source)

    def say(self, event: str, /, *, level: Level = "warning", **keys: object) -> None:
        """Log a line if there is room for it; the next one says how many were left out."""
        if self._allowance.take(self._reception.clock()):
            self._unsaid += 1
            return
        if self._unsaid:
            keys["unsaid"] = self._unsaid
            self._unsaid = 0
        log(event, level=level, **keys)


def _in_words(seen: Glimpse, received_at: int, reason: str) -> str:
    """Say how old the request is and what its topic was, as far as it says so itself."""
    said = []
    if seen.occurred_at is not None and seen.occurred_at <= received_at and "the request is" not in reason:
        said.append(f"the request is {spoken_duration(received_at - seen.occurred_at)} old")
    if seen.topic:
        said.append(f"its topic was {seen.topic[:_LONGEST_TOPIC]}")
    return f"; unverified: {', '.join(said)}" if said else ""
