"""Refused requests that are tried again: proven as of the time they came, then taken in as if they had just come."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from bridge.core.errors import NotStorable, Unreadable, VerificationFailed
from bridge.core.ids import Kind
from bridge.core.model import Inbound, Intake, Receipt, Refused
from bridge.intake import Rules, take_in
from bridge.outbox.protocol import Store
from bridge.web.reception import LiveSource
from bridge.web.refusal import proven

_WITHOUT_BODY = frozenset({413, 415})  # answers to requests whose body was not read
_PROVEN = 400  # the answer to what was proven, but could not be read

NewId = Callable[[Kind], str]


@dataclass(frozen=True, slots=True)
class Retried:
    """What became of one refused request: its events, or why it cannot be taken in."""

    refused_id: str
    receipts: tuple[Receipt, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Gate:
    """What trying again goes by: today's sources with their secrets, the public address, the rules of intake."""

    live: Callable[[str], LiveSource | None]
    public_url: str
    rules: Rules
    new_id: NewId = field(repr=False)


def try_again(store: Store, refused_id: str, gate: Gate, *, now: int, dry_run: bool) -> Retried:
    """Take a refused request in after all, or say why that cannot be; a dry run stores nothing and has no receipts."""
    refused = store.ledger.refusal(refused_id)
    if refused is None:
        return Retried(refused_id, reason="there is no such refused request any more")
    live = gate.live(refused.source)
    if not dry_run:
        return retry(store, refused, live, public_url=gate.public_url, now=now, new_id=gate.new_id, rules=gate.rules)
    reason = examine(refused, live, public_url=gate.public_url, now=now, new_id=gate.new_id, rules=gate.rules)
    return Retried(refused_id, reason=reason)


def retry(
    store: Store, refused: Refused, live: LiveSource | None, *, public_url: str, now: int, new_id: NewId, rules: Rules
) -> Retried:
    """Prove the request as of the time it came in, with today's secrets, and store its events; the row remembers it."""
    try:
        intake = _intake(refused, live, public_url=public_url, now=now, new_id=new_id, rules=rules)
        [accepted] = store.outbox.accept([intake])
    except (VerificationFailed, Unreadable, NotStorable) as error:
        return Retried(refused.id, reason=str(error))
    store.controls.retried(refused.id, event_id=accepted.receipts[0].event_id, now=now)
    return Retried(refused.id, accepted.receipts)


def examine(
    refused: Refused, live: LiveSource | None, *, public_url: str, now: int, new_id: NewId, rules: Rules
) -> str:
    """Give the reason why the request cannot be taken in, empty if it can; stores nothing."""
    try:
        _intake(refused, live, public_url=public_url, now=now, new_id=new_id, rules=rules)
    except (VerificationFailed, Unreadable) as error:
        return str(error)
    return ""


def _intake(
    refused: Refused, live: LiveSource | None, *, public_url: str, now: int, new_id: NewId, rules: Rules
) -> Intake:
    if live is None:
        raise VerificationFailed(f"there is no source {refused.source} any more")
    if reason := _obstacle(refused, live):
        raise VerificationFailed(reason)
    inbound = Inbound(
        refused.source, refused.method, _url(refused, public_url), refused.headers, refused.body, refused.received_at
    )
    if refused.status != _PROVEN or not live.source.scheme.credentials:
        assert live.verifier is not None, "a source that waits is an obstacle"
        inbound = proven(inbound, live, live.verifier.check(inbound, refused.received_at))
    return take_in(replace(inbound, received_at=now), live.source, new_id=new_id, rules=rules)


def _obstacle(refused: Refused, live: LiveSource) -> str:
    """Say why the request cannot even be looked at again."""
    if refused.retried_at is not None:
        return f"it was taken in already, as {refused.event_id}"
    if refused.method != "POST":
        return "it was a question whether the address is right, not an event"
    if refused.status in _WITHOUT_BODY:
        return "its body was not kept; let the source send it again"
    if live.verifier is None:
        return f"the source {live.waiting}"
    if live.source.scheme.credentials and refused.status != _PROVEN:
        return "what it proved itself with was removed before it was kept; let the source send it again"
    if live.source.scheme.signs_url and "***" in refused.url:
        return "its signature covers the address, of which a token was removed; let the source send it again"
    return ""


def _url(refused: Refused, public_url: str) -> str:
    """Give the address that the source called, under today's public address: that may be what was wrong."""
    path = f"/hooks/{refused.source}"
    _, found, rest = refused.url.partition(path)
    return public_url + path + rest if found else refused.url
