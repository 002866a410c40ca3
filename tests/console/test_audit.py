"""The page of the books: the finding first, what does not balance with its rows, and who did what."""

import re

import pytest

from bridge.app.clock import now
from bridge.console.views.books import finding, page_of, part
from bridge.outbox.books import Balance, Imbalance
from bridge.outbox.terms import Action
from tests.support.console import Console
from tests.support.office import browsing


def texts(html: str) -> str:
    """Give what a reader sees of a page, with single blanks."""
    main = html.partition('<main class="main"')[2].partition("</main>")[0]
    return " ".join(re.sub(r"<[^>]*>", " ", main).split())


async def test_the_title_says_that_the_books_balance_and_the_sums_show_it(console: Console) -> None:
    console.keep_secrets()
    console.receive("o1", "o2", "o3")
    console.receive("o4", consent=False)
    console.send("delivered", "dead")
    async with browsing(console, "viewer") as client:
        page = (await client.get("/audit")).text
    seen = texts(page)
    assert "<h1>The books balance: 4 events, 3 deliveries</h1>" in page
    assert "4 events accepted = 4 decided + 0 waiting" in seen
    assert (
        "4 decisions = 3 planned + 1 skipped + 0 suppressed + 0 cancelling + 0 failed + 0 unmatched "
        "3 deliveries = 3 planned + 0 replayed = 1 pending + 0 sending + 0 held + 1 delivered + 0 cancelled + 1 dead"
    ) in seen
    assert "Nobody has changed anything yet" in seen


async def test_a_part_of_the_books_is_by_source_and_day(console: Console) -> None:
    console.receive("o1")
    async with browsing(console) as client:
        part_of_it = (await client.get("/audit", params={"source": "till", "since": "0d"})).text
        nothing = (await client.get("/audit", params={"source": "another"})).text
        wrong = await client.get("/audit", params={"since": "yesterday"})
    assert "<h1>The books of till since today balance: 1 event, 1 delivery</h1>" in part_of_it
    assert "Nothing was received in this part of the books." in nothing
    assert wrong.status_code == 422


async def test_what_does_not_balance_leads_to_its_rows(console: Console) -> None:
    [event] = console.receive("o1")
    with console.store() as store, store.database.write() as transaction:
        transaction.run("DELETE FROM decisions")
    async with browsing(console) as client:
        page = (await client.get("/audit")).text
    assert re.search(r"<h1>The books do not balance: \d equations do not hold</h1>", page)
    assert f'<a href="/events/{event}"><code>{event}</code></a>' in page
    assert "bridge backup" in page


async def test_the_books_are_read_again_when_asked(console: Console) -> None:
    console.receive("o1")
    async with browsing(console, "viewer") as client:
        await client.get("/audit")
        console.receive("o2")
        before = (await client.get("/audit")).text
        answer = await client.post("/audit/prove", data={"source": "", "since": ""})
        after = (await client.get(answer.headers["location"])).text
    assert (answer.status_code, answer.headers["location"]) == (303, "/audit")
    assert "The books balance: 1 event, 1 delivery<" in before
    assert "The books balance: 2 events, 2 deliveries<" in after


async def test_the_journal_is_filtered_and_pages(console: Console) -> None:
    console.receive("o1")
    with console.store() as store, store.together():
        for number in range(60):
            who = "anna" if number % 2 else "key:ci"
            store.controls.note(Action(now(), who, "pause", f"touchpoint t{number}", "new texts"))
    async with browsing(console, "viewer") as client:
        first = (await client.get("/audit/journal")).text
        [older] = re.findall(r'href="(/audit/journal\?before=\d+)" rel="next"', first)
        second = (await client.get(older)).text
        by_anna = (await client.get("/audit/journal", params={"who": "anna"})).text
        nobody = (await client.get("/audit/journal", params={"who": "bert", "since": "1h"})).text
    assert (first.count("new texts"), second.count("new texts"), by_anna.count("new texts")) == (50, 10, 30)
    assert "touchpoint</bdi> <bdi>t59</bdi>" in first
    assert "touchpoint</bdi> <bdi>t9</bdi>" in second
    assert 'rel="next"' not in second
    assert "Nothing like that was done" in nobody
    assert "<option selected>bert</option>" in nobody


async def test_what_people_wrote_is_shown_as_text(console: Console) -> None:
    [event] = console.receive("o1")
    with console.store() as store:
        store.controls.note(Action(now(), "<b>anna</b>", "hold", f"{event} <script>", "<img src=x onerror=alert(1)>"))
    async with browsing(console) as client:
        pages = [(await client.get(path)).text for path in ("/audit", "/audit/journal")]
    for page in pages:
        assert f'<a class="over" href="/events/{event}"><code>{event}</code></a>' in page
        assert "&lt;img src=x onerror=alert(1)&gt;" in page
        assert "<b>anna" not in page
        assert "<img" not in page


@pytest.mark.parametrize(
    ("name", "page"),
    [
        ("evt_01m", "/events/evt_01m"),
        ("dlv_01m", "/deliveries/dlv_01m"),
        ("rpl_01m", "/replays/rpl_01m"),
        ("ref_01m", "/refused/ref_01m"),
        ("evt_", ""),
        ("evt_a/../../b", ""),
        ("touchpoint", ""),
        ("", ""),
    ],
)
def test_only_ids_have_pages(name: str, page: str) -> None:
    assert page_of(name) == page


def test_the_finding_says_what_is_not_known_yet() -> None:
    wrong = Balance((Imbalance("a = b", 1, 2),), (), {})
    assert finding(None, of="") == "The books are being read"
    assert finding(wrong, of=part("till", "")) == "The books of till do not balance: 1 equation does not hold"
    assert finding(Balance((), (), {}), of=part(None, "2026-11-01")) == (
        "The books since 2026-11-01 balance: 0 events, 0 deliveries"
    )
