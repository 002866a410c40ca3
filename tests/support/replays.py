"""Replays for tests of the store: started, driven and carried out in one go."""

from typing import Any

from bridge.outbox.jobs import Job, Page, Selection
from bridge.outbox.terms import Filter
from tests.support.books import NOW, SECOND, an_id

DRIVER = "the driver of these tests"


def a_job(number: Any = 1, **changes: Any) -> Job:
    """Give a replay that takes everything."""
    columns: dict[str, Any] = {
        "id": an_id("rpl", number),
        "kind": "replay",
        "mode": "stored-body",
        "wanted": Filter(source="shopify"),
        "newest": an_id("dlv", 1 << 70, at=1 << 47),
        "started_at": NOW,
    }
    return Job(**columns | changes)


def a_page(replay_id: Any, *items: Any, **changes: Any) -> Page:
    columns: dict[str, Any] = {"taken": len(items), "after": None, "driver": DRIVER}
    return Page(replay_id, items=items, **columns | changes)


def carry_out(store: Any, replay_id: Any, *items: Any, now: Any, include_delivered: Any = False, **page: Any) -> int:
    """Start the replay if need be and carry out a page of it; gives how many deliveries were made."""
    store.replays.start(a_job(id=replay_id, include_delivered=include_delivered))
    before = store.replays.drive(replay_id, DRIVER, now=now, until=now + SECOND)
    after = store.replays.carry_out(a_page(replay_id, *items, **page), now=now, until=now + SECOND)
    made: int = after.made - before.made
    return made


def await_lookups(store: Any, items: Any, *, now: Any) -> int:
    """Let replays wait for lookups, delivered ones included; gives the number of events."""
    for replay_id in dict.fromkeys(item.replay_id for item in items):
        mine = tuple(item for item in items if item.replay_id == replay_id)
        carry_out(store, replay_id, now=now, include_delivered=True, awaited=mine)
    return len({item.event_id for item in items})


def replayable(
    store: Any, wanted: Any = None, *, include_delivered: Any = False, limit: Any = 10, after: Any = None, **more: Any
) -> Any:
    """Give a page of what a replay takes."""
    selection = Selection(wanted or Filter(), include_delivered, **more)
    return store.replays.replayable(selection, limit=limit, after=after)
