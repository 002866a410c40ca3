"""Keeps requests that were not accepted, without what they prove themselves with, and says so in the log."""

from dataclasses import replace
from urllib.parse import unquote_plus

from bridge.core.configuration import Rate, Source
from bridge.core.credentials import safe_headers, safe_url
from bridge.core.model import Inbound, Refused
from bridge.core.verification.scheme import Scheme
from bridge.telemetry import log
from bridge.web.allowance import Allowance
from bridge.web.reception import Reception

LONGEST_REASON = 300  # characters
_LOG_RATE = Rate(20, 1_000)  # lines per second for what anybody on the network can cause


def without_credentials(inbound: Inbound, scheme: Scheme) -> Inbound:
    """Give the request without the header or parameter by which this scheme's sender proves itself."""
    places = scheme.credentials
    if not places:
        return inbound
    fields = {place.name.lower() for place in places if place.where == "header"}
    parameters = {place.name for place in places if place.where == "query"}
    headers = {name: value for name, value in inbound.headers.items() if name not in fields}
    return replace(inbound, headers=headers, url=_without_values(inbound.url, parameters))


def _without_values(url: str, parameters: set[str]) -> str:
    path, mark, query = url.partition("?")
    if not mark or not parameters:
        return url
    pairs = [part.partition("=") for part in query.split("&")]
    kept = [name + sign + ("***" if unquote_plus(name) in parameters else value) for name, sign, value in pairs]
    return path + mark + "&".join(kept)


class Refusals:
    """The refused requests of all sources: each is kept, and the log takes so many lines a second."""

    __slots__ = ("_allowance", "_reception", "_unsaid")

    def __init__(self, reception: Reception) -> None:
        self._reception = reception
        self._allowance = Allowance(_LOG_RATE, reception.clock())
        self._unsaid = 0

    def keep(self, inbound: Inbound, source: Source, *, status: int, reason: str) -> None:
        """Keep the request. Its body is left out where the credential is part of it."""
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
            body=b"" if in_body else inbound.body,
            received_at=inbound.received_at,
        )
        self._reception.refuse(refused)
        self.say("request.refused", source=source.name, refused=refused.id, status=status, reason=refused.reason)

    def say(self, event: str, /, **keys: object) -> None:
        """Log a line if there is room for it; the next one says how many were left out."""
        if self._allowance.take(self._reception.clock()):
            self._unsaid += 1
            return
        if self._unsaid:
            keys["unsaid"] = self._unsaid
            self._unsaid = 0
        log(event, level="warning", **keys)
