"""What the courier asks of the store: each errand is one transaction, made to be run at the desk."""

from collections.abc import Callable, Collection, Mapping, Sequence

from bridge.core.circuit import Trouble
from bridge.core.configuration import Touchpoint
from bridge.core.outcome import Settled
from bridge.courier.needs import Store
from bridge.outbox.terms import Circuit, Claimed


def claiming(
    free: Mapping[str, int], touchpoints: Mapping[str, Touchpoint], *, now: int, lease_until: int
) -> Callable[[Store], tuple[Claimed, int | None]]:
    """Claim for the free slots; with it, where less was found, comes the time (ms) at which more becomes due."""
    caps = {name: cap for name in free if (cap := touchpoints[name].cap) is not None}

    def work(store: Store) -> tuple[Claimed, int | None]:
        claimed = store.outbox.claim(now=now, lease_until=lease_until, free=free, caps=caps)
        is_short = len(claimed.deliveries) < sum(free.values())
        return claimed, store.outbox.next_due(now=now) if is_short else None

    return work


def settling(
    batch: Sequence[Settled], news: Mapping[str, Trouble | None], *, clock: Callable[[], int]
) -> Callable[[Store], list[bool]]:
    """Put attempts on record, and with them which touchpoints are failing now, or are not any more."""

    def work(store: Store) -> list[bool]:
        for name, trouble in news.items():
            row = None if trouble is None else Circuit(name, trouble.reason, trouble.since, trouble.until)
            store.outbox.note_circuit(name, row)
        return store.outbox.settle(batch, now=clock())

    return work


def recovering(
    touchpoints: Mapping[str, Touchpoint], *, now: int, everything: bool, under_way: Collection[str]
) -> Callable[[Store], int]:
    """End the leases that ran out, but for deliveries `under_way`.

    With `everything`, at start, all of them; and every circuit begins closed.
    """
    ambiguous = {name: touchpoint.ambiguous for name, touchpoint in touchpoints.items()}

    def work(store: Store) -> int:
        for circuit in store.ledger.circuits() if everything else ():
            store.outbox.note_circuit(circuit.touchpoint, None)
        return store.outbox.recover(now=now, everything=everything, ambiguous=ambiguous, under_way=under_way)

    return work
