"""The list of deliveries: its filter is its address, and what it shows is text."""

import csv
import gzip
import io
import re
import time

import httpx

from bridge.console.pages.deliveries import plain_cell
from bridge.outbox.terms import Filter
from tests.support.console import Console
from tests.support.office import browsing

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"


def rows_of(page: str) -> list[str]:
    """Give what the rows of a list are about."""
    return re.findall(r'<a class="go clip" href="[^"]*" title="([^"]*)"', page)


def heading(page: str) -> str:
    return re.sub(r"<[^>]*>", "", re.search(r"<h1[^>]*>(.*?)</h1>", page)[1]).strip()  # type: ignore[index] # else it fails


async def get(client: httpx.AsyncClient, path: str) -> str:
    answer = await client.get(path)
    assert answer.status_code == 200
    return answer.text


async def test_the_title_says_how_it_stands(console: Console) -> None:
    async with browsing(console, "viewer") as client:
        assert heading(await get(client, "/deliveries")) == "No deliveries yet"
    console.receive("1001", "1002", "1003")
    async with browsing(console, "viewer") as client:
        assert heading(await get(client, "/deliveries")) == "3 deliveries wait, none is held"
        console.send("held", "dead")
        assert heading(await get(client, "/deliveries")) == "1 delivery is held and needs a person"
        assert heading(await get(client, "/deliveries?state=dead")) == "1 dead delivery"
        assert heading(await get(client, "/deliveries?state=dead&state=held")) == "2 dead or held deliveries"
        assert heading(await get(client, "/deliveries?state=delivered")) == "No delivered delivery"


async def test_a_row_is_a_link_with_its_person_state_and_answer(console: Console) -> None:
    console.receive("1001")
    [delivery] = console.send("dead")
    async with browsing(console, "viewer") as client:
        page = await get(client, "/deliveries")
    assert f'<a class="go clip" href="/deliveries/{delivery}" title="order 1001">' in page
    assert '<a class="clip muted over" href="/why?q=1001%40example.com"' in page
    assert '<span class="chip is-dead">' in page
    assert "the target answered 422: unknown attribute" in page
    assert 'type="checkbox" name="id"' not in page  # a viewer changes nothing


async def test_states_carry_their_kept_numbers_as_long_as_those_are_kept_by_the_filter(console: Console) -> None:
    console.receive("1001", "1002", "1003")
    console.send("dead")
    async with browsing(console) as client:
        whole = await get(client, "/deliveries?touchpoint=steady")
        narrow = await get(client, "/deliveries?source=till")
    assert re.search(r'Dead <span class="small">1</span>', whole)
    assert re.search(r'Pending <span class="small">2</span>', whole)
    assert "Dead</span>" in narrow


async def test_older_rows_are_reached_by_a_cursor_that_keeps_the_filter(console: Console) -> None:
    console.receive(*(f"{number}" for number in range(1000, 1055)))
    async with browsing(console) as client:
        first = await get(client, "/deliveries?source=till")
        older = re.search(r'href="([^"]*)" rel="next"', first)
        assert older is not None
        second = await get(client, older[1].replace("&amp;", "&"))
    assert rows_of(first) == [f"order {number}" for number in range(1054, 1004, -1)]
    assert rows_of(second) == ["order 1004", "order 1003", "order 1002", "order 1001", "order 1000"]
    assert '<a class="btn" href="/deliveries?source=till">Newest</a>' in second


async def test_nothing_found_names_the_filter_and_the_nearest_that_finds_something(console: Console) -> None:
    console.receive("1001")
    async with browsing(console) as client:
        page = await get(client, "/deliveries?state=pending&touchpoint=eager&topic=opened")
    assert "No delivery matches this filter" in page
    assert "Pending deliveries of topic opened, of touchpoint eager: none." in page
    assert "Without topic and touchpoint there is 1." in page
    assert '<a class="btn" href="/deliveries?state=pending">Show 1 delivery</a>' in page


async def test_last_night_becomes_two_times_in_the_address(console: Console) -> None:
    async with browsing(console) as client:
        answer = await client.get("/deliveries?state=dead&since=night")
        page = await get(client, answer.headers["location"])
    assert answer.status_code == 303
    assert re.fullmatch(r"/deliveries\?state=dead&since=\d{13}&until=\d{13}", answer.headers["location"])
    assert '<option value="night" selected>Last night, 20:00 to 06:00</option>' in page


async def test_a_person_is_found_without_their_address_in_an_address(console: Console) -> None:
    console.receive("1001", "1002")
    async with browsing(console) as client:
        found = await client.post("/deliveries/find", data={"text": "1002@example.com", "filter": "source=till"})
        page = await get(client, found.headers["location"])
        typed = await client.get("/deliveries?contact=1002@example.com")
    assert re.fullmatch(r"/deliveries\?source=till&contact=[0-9a-f]{32}", found.headers["location"])
    assert rows_of(page) == ["order 1002"]
    assert (typed.status_code, "example" in typed.headers["location"]) == (303, False)


async def test_an_order_and_an_id_are_found(console: Console) -> None:
    [event] = console.receive("A77")
    async with browsing(console) as client:
        order = await client.post("/deliveries/find", data={"text": "#a77"})
        delivery = await client.post("/deliveries/find", data={"text": " dlv_0123 "})
    assert order.headers["location"] == f"/deliveries?id={event}"
    assert delivery.headers["location"] == "/deliveries/dlv_0123"


async def test_what_people_sent_stays_text(console: Console) -> None:
    console.receive(HOSTILE, guest="x@example.com", shop=HOSTILE, type="closed")
    async with browsing(console) as client:
        page = await get(client, f"/deliveries?mapping={HOSTILE[:20]}")
        listed = await get(client, "/deliveries")
    for each in (page, listed):
        assert "<script>alert" not in each
        assert "<img src=x" not in each
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in listed


async def test_a_file_has_the_filtered_rows_and_no_formula(console: Console) -> None:
    console.receive("=1+1", guest="a@example.com")
    console.receive("1002")
    async with browsing(console, "viewer") as client:
        answer = await client.get("/deliveries/file.csv?source=till")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert answer.headers["content-disposition"] == 'attachment; filename="deliveries.csv"'
    assert [(row["state"], row["key"], row["contact"]) for row in rows] == [
        ("pending", "1002", "1002@example.com"),
        ("pending", "'=1+1", "a@example.com"),
    ]


def test_what_a_spreadsheet_takes_for_a_formula_begins_with_an_apostrophe() -> None:
    given = ["=1", "+49 30", "-2", "@x", "\tx", "\rx", "a=b", "", None, -5]
    assert [plain_cell(each) for each in given] == [
        *("'=1", "'+49 30", "'-2", "'@x", "'\tx", "'\rx", "a=b", "", "", -5)
    ]


def test_no_cell_becomes_a_formula_where_a_cell_ends_elsewhere() -> None:
    """Some spreadsheets end a cell at ; or a tab, begin a row at any line end, and know signs of full width."""
    given = ("a;=1", "a\t+1", "a\n-1", "a;  @x", " =1", "\uff1d1", "\n=1", "1;2", "a; b", "x" * 9 + ";" * 3)
    assert [plain_cell(each) for each in given] == [
        *("a;'=1", "a\t'+1", "a\n'-1", "a;'  @x", "' =1", "'\uff1d1", "'\n'=1", "1;2", "a; b", "x" * 9 + ";" * 3)
    ]
    began = time.monotonic()
    plain_cell("\n" * 200_000)
    assert time.monotonic() - began < 1


async def test_news_say_how_many_came_since_the_page_was_made(console: Console) -> None:
    console.receive("1001")
    async with browsing(console, "viewer") as client:
        page = await get(client, "/deliveries?source=till")
        address = re.search(r'data-news="([^"]*)"', page)
        assert address is not None
        path = address[1].replace("&amp;", "&")
        before = (await client.get(path)).json()
        console.receive("1002", "1003")
        after = (await client.get(path)).json()
    assert path.startswith("/deliveries/news?source=till&seen=")
    assert before["number"] in {0, 1}  # of the same millisecond as the page
    assert after["number"] - before["number"] == 2


async def test_a_page_of_fifty_rows_is_small(console: Console) -> None:
    console.receive(*(f"{number}" for number in range(1000, 1060)))
    async with browsing(console) as client:
        page = await get(client, "/deliveries?source=till")
    assert len(rows_of(page)) == 50
    assert len(gzip.compress(page.encode())) < 30_000


async def test_an_address_that_makes_no_sense_is_refused_with_what_is_wrong(console: Console) -> None:
    async with browsing(console) as client:
        state = await client.get("/deliveries?state=gone")
        since = await client.get("/deliveries?since=yesterday")
    assert (state.status_code, since.status_code) == (422, 422)
    assert "since: write 2026-11-22, 2026-11-22T18:00 or 12h" in since.text


async def test_what_can_be_replayed_is_replayed_from_the_top_with_its_number(console: Console) -> None:
    console.receive("1001", "1002", "1003")
    console.send("dead", "dead")
    async with browsing(console, "operator") as client:
        dead = await get(client, "/deliveries?state=dead")
        every = await get(client, "/deliveries?source=till")
        unfiltered = await get(client, "/deliveries")
    assert re.search(r'<a class="btn" href="/replays/new\?state=dead">.*?Replay 2…</a>', dead)
    assert re.search(r'<a class="btn" href="/replays/new\?source=till">.*?Replay…</a>', every)
    assert 'href="/replays/new' not in unfiltered


async def test_taking_all_that_match_carries_the_filter_and_not_the_rows(console: Console) -> None:
    console.receive("1001", "1002")
    async with browsing(console) as client:
        some = await get(client, "/deliveries?source=till")
        every = await get(client, "/deliveries?source=till&all=true")
        unfiltered = await get(client, "/deliveries?all=true")
    assert '<a class="btn text" href="/deliveries?source=till&amp;all=true">Take all that match</a>' in some
    assert '<input type="hidden" name="source" value="till"><table' in every
    assert 'name="id"' not in every
    assert "All that match" not in unfiltered  # an empty filter means nothing
    with console.store() as store:
        assert len(store.ledger.deliveries(Filter(states=("pending",)), limit=5)) == 2
