"""Lists in pages: whatever the size of a page, the same rows in the same order, each once."""

from collections.abc import Callable
from typing import Any

import httpx
import msgspec
import pytest

from bridge.api.operation import Operation
from bridge.api.operations import OPERATIONS
from bridge.app.clock import now
from bridge.outbox.terms import Action, Suppression
from tests.support.console import Console
from tests.support.office import browsing


def _pages(operation: Operation) -> bool:
    return {"limit", "before"} <= {each.encode_name for each in msgspec.structs.fields(operation.query)}


LISTS = [each for each in OPERATIONS if each.method == "GET" and "{" not in each.path and _pages(each)]


@pytest.fixture
def lived_in(console: Console) -> Console:
    """Leave rows in every list, some of one millisecond."""
    console.keep_secrets()
    console.receive(*(f"o{number}" for number in range(9)))
    console.send("delivered", "dead", "held", "held")
    console.refuse(*(f"the signature is wrong {number}" for number in range(7)))
    time = now()
    with console.store() as store:
        for number in range(7):
            store.controls.note(Action(time, "anna", "pause", f"touchpoint t{number}"))
            store.controls.suppress(
                Suppression(bytes([number]) * 16, f"{number}…", "asked", time - number // 3, "anna")
            )
    for _ in range(5):
        assert console.run("replay", "--state", "dead", "--reason", "again", "--detach", "--yes").status == 0
    return console


async def every_page(
    client: httpx.AsyncClient, operation: Operation, *, limit: int, between: Callable[[], Any] = lambda: None
) -> list[Any]:
    rows: list[Any] = []
    before: dict[str, str] = {}
    for _ in range(100):
        answer = await client.get(f"/api{operation.path}", params={"limit": limit, **before})
        assert answer.status_code == 200, answer.text
        page = answer.json()
        assert len(page["items"]) <= limit
        rows += page["items"]
        if page["next"] is None:
            return rows
        assert page["items"], "a page that names a next one is not empty"
        before = {"before": page["next"]}
        between()
    raise AssertionError("the pages do not end")


@pytest.mark.parametrize("operation", LISTS, ids=lambda operation: operation.name)
async def test_small_pages_give_what_one_large_one_gives(lived_in: Console, operation: Operation) -> None:
    async with browsing(lived_in, "viewer") as client:
        whole = await every_page(client, operation, limit=500)
        for limit in (1, 2, len(whole)):
            assert await every_page(client, operation, limit=limit) == whole
    assert len(whole) >= 5


async def test_rows_that_come_in_meanwhile_are_on_no_later_page(lived_in: Console) -> None:
    [deliveries] = [each for each in LISTS if each.name == "list_deliveries"]
    async with browsing(lived_in, "viewer") as client:
        whole = await every_page(client, deliveries, limit=500)
        numbers = iter(range(100, 200))
        paged = await every_page(client, deliveries, limit=2, between=lambda: lived_in.receive(f"later{next(numbers)}"))
    assert [each["id"] for each in paged] == [each["id"] for each in whole]


def test_every_list_that_can_grow_has_pages() -> None:
    growing = {"list_events", "list_deliveries", "list_refused", "list_replays", "list_actions", "list_suppressions"}
    assert growing <= {each.name for each in LISTS}
