"""What the hooks need, with doubles that remember: a store in memory, a clock that stands, ids that count."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from bridge.core.configuration import Rate, Reading, Source
from bridge.core.ids import Kind
from bridge.core.language.expression import compile_expression
from bridge.core.manners import PLAIN, Manners
from bridge.core.model import Accepted, Inbound, Intake, Receipt, Refused
from bridge.core.template import Secret, Template
from bridge.core.verification.scheme import Scheme
from bridge.core.verification.schemes import SCHEMES
from bridge.core.verification.signing import sign
from bridge.core.verification.verify import Verifier, parse_scheme
from bridge.intake import Rules, take_in
from bridge.web.reception import LiveSource, Reception, UsableSecret

NOW = 1_700_000_000_000
SECRET = "shpss_an-example-secret"
PUBLIC_URL = "https://hooks.example.com"


def source(
    name: str = "shop",
    scheme: Scheme | None = None,
    *,
    each: Sequence[str] = (),
    limit: Rate | None = None,
    manners: Manners = PLAIN,
) -> Source:
    reading = Reading(id=compile_expression("header('x-event-id')"), each=tuple(each))
    secrets = (Template((Secret(name),)),)
    scheme = scheme or SCHEMES["shopify"]
    return Source(name, f"{name}.yaml", scheme, secrets, reading, (), limit=limit, manners=manners)


def live(configured: Source, *secrets: str, waiting: str = "") -> LiveSource:
    """The source with these secrets (or the usual one), called secret-1 and so on; none where it waits."""
    texts = () if waiting else secrets or (SECRET,)
    usable = tuple(UsableSecret(f"secret-{number}", text) for number, text in enumerate(texts, 1))
    names = [secret.name for secret in usable]
    verifier = None if waiting else Verifier(configured.scheme, texts, names=names)
    return LiveSource(configured, verifier, waiting, usable)


@dataclass
class Shop:
    """A bridge with one or more sources, without a store; what happened is there to look at."""

    sources: dict[str, LiveSource]
    now: int = NOW
    full: str | None = None
    failure: Exception | None = None
    body_limit: int = 1 << 20
    inbound: list[Inbound] = field(default_factory=list)
    accepted: list[Intake] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    answers: list[tuple[str, int]] = field(default_factory=list)
    counted: list[tuple[str, int, int]] = field(default_factory=list)
    _seen: dict[tuple[str, str], tuple[str, bytes]] = field(default_factory=dict)

    def reception(self) -> Reception:
        numbers = itertools.count(1)

        def new_id(kind: Kind) -> str:
            return f"{kind}_{next(numbers)}"

        def read(inbound: Inbound, configured: Source) -> Intake:
            self.inbound.append(inbound)
            return take_in(inbound, configured, new_id=new_id, rules=Rules(index_key=b"k" * 32))

        return Reception(
            live=lambda: self.sources,
            take_in=read,
            accept=self._accept,
            refuse=self.refused.append,
            admit=lambda: self.full,
            clock=lambda: self.now,
            new_id=new_id,
            notes=self,
            public_url=PUBLIC_URL,
            body_limit=self.body_limit,
            chance=lambda: 0.5,
        )

    async def _accept(self, intake: Intake) -> Accepted:
        if self.failure:
            raise self.failure
        self.accepted.append(intake)
        receipts = []
        for entry in intake.entries:
            key = entry.event.source, entry.event.source_event_id
            first, body = self._seen.setdefault(key, (entry.event.id, entry.event.body))
            receipts.append(Receipt(first, first != entry.event.id, body != entry.event.body))
        return Accepted(tuple(receipts))

    def answered(self, name: str, status: int) -> None:
        self.answers.append((name, status))

    def received(self, name: str, *, accepted: int, duplicates: int) -> None:
        self.counted.append((name, accepted, duplicates))

    @property
    def payloads(self) -> list[Any]:
        return [msgspec.json.decode(entry.event.body) for intake in self.accepted for entry in intake.entries]


def signed(body: bytes, *, scheme: str = "shopify", secret: str = SECRET, at: int = NOW) -> Mapping[str, str]:
    """Give the headers of a request that the source would send now."""
    headers = {"Content-Type": "application/json"}
    url = PUBLIC_URL + "/hooks/shop"
    added = sign(SCHEMES[scheme], secret, method="POST", url=url, headers=headers, body=body, now=at)
    return headers | added


def token_scheme(place: str = "header", name: str = "X-Shop-Pass") -> Scheme:
    return parse_scheme({"kind": "token", "token": {"from": place, "name": name}})
