"""Values for tests of the store: events, intakes, plans and results, with readable ids in time order."""

from collections import Counter
from typing import Any

from bridge.core.ids import Kind, make_id
from bridge.core.model import (
    Cancel,
    Delivery,
    Entry,
    Event,
    Failed,
    Intake,
    Plan,
    Proposal,
    Refused,
    Skipped,
    Unmatched,
    Unsubscribe,
)
from bridge.core.outcome import Answered, Delivered, Outcome, Ruling, Settled
from bridge.outbox.terms import Filter

NOW = 1_800_000_000_000  # 15 January 2027, 08:00 UTC
SECOND = 1_000
HOUR = 3_600_000
DAY = 86_400_000
ANNA = bytes(range(16))
BEN = bytes(range(16, 32))


def an_id(kind: Kind, number: int, *, at: int = NOW) -> str:
    return make_id(kind, at, number)


def an_event(number: int, *, at: int = NOW, **changes: Any) -> Event:
    columns: dict[str, Any] = {
        "id": an_id("evt", number, at=at),
        "source": "shopify",
        "topic": "orders/fulfilled",
        "source_event_id": f"webhook-{number}",
        "tenant": "shop-a",
        "headers": {"content-type": "application/json"},
        "query": "",
        "body": b'{"id": %d}' % number,
        "received_at": at,
        "dedupe_until": at + 35 * DAY,
        "config": "config-1",
    }
    return Event(**columns | changes)


def a_plan(number: int, *, at: int = NOW, **changes: Any) -> Plan:
    columns: dict[str, Any] = {
        "delivery_id": an_id("dlv", number, at=at),
        "touchpoint": "post-purchase",
        "body": {"email": f"customer-{number}@example.com", "orderId": f"#{number}"},
    }
    return Plan(**columns | changes)


def proposing(
    outcome: Plan | Cancel | Unsubscribe | Skipped | Failed | Unmatched, *, mapping: str = "thanks", element: int = 0
) -> Proposal:
    return Proposal(mapping, element, outcome)


def an_intake(event: Event, *proposals: Proposal) -> Intake:
    return Intake((Entry(event, proposals or (proposing(Unmatched("no mapping"), mapping=""),)),))


def planned(number: int, *, at: int = NOW, mapping: str = "thanks", event: Any = None, **plan: Any) -> Intake:
    """Give the intake of event `number` with one planned delivery `number`."""
    return an_intake(
        an_event(number, at=at, **(event or {})), proposing(a_plan(number, at=at, **plan), mapping=mapping)
    )


def waiting(number: int, *, at: int = NOW, **event: Any) -> Intake:
    """Give the intake of event `number`, which waits for its lookup."""
    return Intake((Entry(an_event(number, at=at, **event), (), lookup=True),))


def settled(
    delivery: Delivery, ruling: Ruling | None = None, *, outcome: Outcome | None = None, at: int = NOW
) -> Settled:
    return Settled(delivery, outcome or Answered(200, "queued"), ruling or Delivered("queued"), at, at + 30)


def a_refusal(number: int, *, at: int = NOW, **changes: Any) -> Refused:
    columns: dict[str, Any] = {
        "id": an_id("ref", number, at=at),
        "source": "shopify",
        "status": 401,
        "reason": "the signature does not match",
        "method": "POST",
        "url": "https://bridge.example/hooks/shopify",
        "headers": {"x-shop": "a"},
        "body": b"body-%d" % number,
        "received_at": at,
    }
    return Refused(**columns | changes)


def claim_all(
    store: Any, *, now: int = NOW, lease: int = 60 * SECOND, free: int = 100, caps: Any = None
) -> list[Delivery]:
    """Claim whatever is due at the two touchpoints of these tests."""
    slots = {"post-purchase": free, "support": free}
    claimed = store.outbox.claim(now=now, lease_until=now + lease, free=slots, caps=caps or {})
    return list(claimed.deliveries)


def swept(store: Any, *, now: int, payloads_before: int, history_before: int, limit: int = 100) -> Counter[str]:
    """Prune chunk after chunk to the end; gives what went, by kind."""
    counts: Counter[str] = Counter()
    bounds = {"now": now, "payloads_before": payloads_before, "history_before": history_before, "limit": limit}
    pruned = store.controls.prune(**bounds)
    counts.update(pruned.counts)
    while (place := pruned.place) is not None:
        pruned = store.controls.prune(**bounds, place=place)
        assert pruned.rows or pruned.place != place, "it does not get on"
        counts.update(pruned.counts)
    return counts


def states(store: Any) -> dict[str, str]:
    """Give the state of every delivery by its number."""
    return {row["id"]: row["state"] for row in store.ledger.deliveries(Filter(), limit=1000)}
