"""A year of events as a business would receive them: a shop, its tickets and a till, with seasons and odd cases.

Everything follows from the seed: the same seed gives the same year, byte for byte.
"""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bridge.core.ids import make_id
from bridge.core.model import Entry, Event, Intake, Proposal, Unmatched
from bridge.outbox.protocol import Store
from tests.support.folders import TOUCHPOINTS

DAY = 86_400_000
BEGIN = 1_735_689_600_000  # 1 January 2025, 00:00 UTC
DAYS = 365
SEED = 2025
_BATCH = 500

_SOURCE = """\
source: {name}
verify: {{kind: token, token: {{from: header, name: X-Token}}, secrets: "${{secret:{name}}}"}}
event: {{topic: type, id: id, contact: {contact}}}
mappings:
"""
_SHOP = """\
  - name: purchase
    on: [order.fulfilled]
    when: "!test"
    touchpoint: post-purchase
    key: order
    body:
      email: customer.email
      firstname: customer.name
      orderId: text(order)
      total: total
      locale: {expr: customer.locale, default: de}
"""
_DESK = """\
  - name: solved
    on: [ticket.solved]
    touchpoint: post-purchase
    key: ticket
    body: {email: requester, ticketId: ticket, topic: "lookup('topics', category)"}
tables:
  topics: {a: Delivery, b: Billing, c: Product}
"""
_TILL = """\
  - name: visit
    on: [receipt.closed]
    touchpoint: text-message
    key: receipt
    body: {phone: guest, visitedAt: at, branch: branch}
"""

FILES = {
    "touchpoints.yaml": TOUCHPOINTS,
    "shop.yaml": _SOURCE.format(name="shop", contact="customer.email") + _SHOP,
    "desk.yaml": _SOURCE.format(name="desk", contact="requester") + _DESK,
    "till.yaml": _SOURCE.format(name="till", contact="guest") + _TILL,
}


@dataclass(frozen=True, slots=True)
class _Traffic:
    """How a source's days are: `usual` events a day, `season` by month, `weekend` by Saturday and Sunday."""

    source: str
    usual: int
    season: tuple[float, ...]
    weekend: float


_TRAFFIC = (
    _Traffic("shop", 34, (0.8, 0.7, 0.8, 0.9, 1, 0.9, 0.8, 0.8, 1, 1.1, 1.9, 2.2), 1.2),
    _Traffic("desk", 14, (1.5, 1.1, 1, 1, 1, 0.9, 0.7, 0.7, 1, 1, 1.2, 1.6), 0.3),
    _Traffic("till", 17, (0.7, 0.8, 0.9, 1, 1.2, 1.4, 1.6, 1.6, 1.2, 1, 0.9, 1.2), 1.6),
)


def year(seed: int = SEED, *, filler: int = 0) -> Iterator[Event]:
    """Give the year's events in the order of their times; `filler` is how many bytes their payloads have more."""
    dice = random.Random(seed)
    number = 0
    for day in range(DAYS):
        times: list[tuple[int, str]] = []
        for traffic in _TRAFFIC:
            is_weekend = (day + 2) % 7 in (5, 6)  # 1 January 2025 was a Wednesday
            wanted = traffic.usual * traffic.season[day * 12 // DAYS] * (traffic.weekend if is_weekend else 1)
            times += [(dice.randrange(DAY), traffic.source) for _ in range(round(wanted))]
        for time, source in sorted(times):
            number += 1
            yield _event(number, source, BEGIN + day * DAY + time, dice, filler=filler)


def _event(number: int, source: str, at: int, dice: random.Random, *, filler: int) -> Event:
    payload = _PAYLOADS[source](number, dice) | ({"filler": "x" * filler} if filler else {})
    return Event(
        id=make_id("evt", at, number),
        source=source,
        topic=payload["type"],
        source_event_id=payload["id"],
        tenant="",
        headers={"content-type": "application/json"},
        query="",
        body=json.dumps(payload).encode(),
        received_at=at,
        dedupe_until=at + DAY,
    )


def _order(number: int, dice: random.Random) -> dict[str, Any]:
    chance = dice.random()
    return {
        "type": "order.cancelled" if chance < 0.05 else "order.fulfilled",
        "id": f"s-{number}",
        "order": 100_000 + number,
        "test": 0.05 <= chance < 0.07,
        "total": f"{dice.randrange(500, 50_000) / 100:.2f}",
        "customer": {
            "name": dice.choice(("Anna", "Ben", "Clara", "David")),
            "email": None if 0.07 <= chance < 0.1 else f"guest{number}@example.com",
            "locale": dice.choice(("de", "en", None)),
        },
    }


def _ticket(number: int, dice: random.Random) -> dict[str, Any]:
    kind = dice.choice(("ticket.solved", "ticket.solved", "ticket.created"))
    return {
        "type": kind,
        "id": f"d-{number}",
        "ticket": f"T{number}",
        "category": dice.choice("abc"),
        "requester": f"guest{number}@example.com",
    }


def _receipt(number: int, dice: random.Random) -> dict[str, Any]:
    return {
        "type": "receipt.closed",
        "id": f"t-{number}",
        "receipt": f"R{number}",
        "guest": f"+43660{1_000_000 + number}" if dice.random() < 0.8 else "unknown",
        "at": f"2025-06-01T{dice.randrange(8, 23):02}:30:00Z",
        "branch": dice.choice(("Graz", "Wien")),
    }


_PAYLOADS = {"shop": _order, "desk": _ticket, "till": _receipt}


def store_year(store: Store, events: Iterator[Event]) -> int:
    """Store the events as they came, none of them decided for; gives how many."""
    count = 0
    intakes: list[Intake] = []
    for event in events:
        count += 1
        intakes.append(Intake((Entry(event, (Proposal("", 0, Unmatched("not looked at")),)),)))
        if len(intakes) == _BATCH:
            store.outbox.accept(intakes)
            intakes.clear()
    store.outbox.accept(intakes)
    return count
