"""*Now*: the finding, what needs a person with the button that helps, the last day, what waits, the books."""

import html
import re

import pytest

from bridge.app.clock import now
from bridge.outbox.figures import HOUR
from bridge.outbox.statements import hourly
from bridge.outbox.terms import Filter, Paused
from tests.support.console import Console
from tests.support.evidence import REFUSAL
from tests.support.office import browsing


def text_of(page: str) -> str:
    """Give what the page says, without tags."""
    main = page.partition('<main class="main" id="main">')[2].partition("</main>")[0]
    inline = re.sub(r"</?(?:a|bdi)\b[^>]*>", "", main)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", inline)).split())


async def shown(console: Console, address: str = "/", *, role: str = "admin") -> str:
    async with browsing(console, role) as client:  # type: ignore[arg-type] # the roles of these tests
        answer = await client.get(address)
    assert answer.status_code == 200
    return answer.text


def pause(console: Console, scope: str, name: str, reason: str = "new texts", by: str = "operator") -> None:
    with console.store() as store:
        paused = Paused(scope, name, reason, now(), by)  # type: ignore[arg-type] # as the tests say
        assert store.controls.pause(paused)


async def test_a_fresh_installation_says_what_comes_next(console: Console) -> None:
    console.keep_secrets()
    page = await shown(console)
    assert "<h1>Nothing needs you. Balanced; 2 touchpoints open.</h1>" in page
    assert "Nothing has come in yet" in page
    assert '<a class="btn first" href="/sources/connect">Connect a source</a>' in page
    assert "Needs you" not in page


async def test_where_all_is_well_nothing_needs_you(console: Console) -> None:
    console.keep_secrets()
    console.receive("1", "2")
    console.send("delivered", "delivered")
    page = await shown(console)
    assert "<h1>Nothing needs you. Balanced; 2 touchpoints open.</h1>" in page
    assert "Nothing has come in yet" not in page
    said = text_of(page)
    assert "Nothing waits." in said
    assert "2 events accepted = 2 decided + 0 waiting for what is looked up about them" in said
    assert "2 deliveries made = 2 planned + 0 replayed" in said
    assert "2 deliveries = 0 pending + 0 sending + 0 held + 2 delivered + 0 cancelled + 0 dead" in said


async def test_a_refused_token_is_the_finding_and_leads_to_a_new_one(console: Console) -> None:
    console.keep_secrets()
    console.receive("1", "2", "3")
    pause(console, "touchpoint", "steady", REFUSAL, by="target")
    page = await shown(console)
    assert re.search(r"<h1>Balanced; 1 touchpoint open, 1 paused: token refused since \d\d:\d\d\.</h1>", page)
    assert '<a href="/touchpoints/steady"><bdi>steady</bdi></a> refused its token. 3 deliveries wait' in page
    assert '<a class="btn first" href="/touchpoints/steady">Store a new token</a>' in page
    assert '<form method="post" action="/touchpoints/steady/resume">' in page
    assert "should have gone out" in text_of(page)
    assert "It waits because steady is paused." in text_of(page)


async def test_issues_are_grouped_and_each_has_its_button(console: Console) -> None:
    console.keep_secrets()
    console.receive(*(str(number) for number in range(6)))
    console.send("held", "held", "dead", "dead", "dead", "delivered")
    console.receive("7", guest="nobody")
    console.refuse("the signature does not match", "the signature does not match")
    page = await shown(console)
    assert "<h1>Balanced; 2 touchpoints open; 4 issues need you.</h1>" in page
    said = text_of(page)
    assert "4 issues, the most urgent first" in said
    places = [
        said.index(each)
        for each in (
            "2 deliveries to steady may or may not have been taken.",
            "1 event failed in till/visit, so that no request was made.",
            "3 deliveries to steady were refused for good.",
            "2 requests of till were refused.",
        )
    ]
    assert places == sorted(places)
    assert 'href="/deliveries?state=held&amp;touchpoint=steady">Decide 2</a>' in page
    assert 'href="/events?verdict=failed&amp;mapping=till%2Fvisit&amp;since=24h">Look at 1</a>' in page
    assert 'href="/deliveries?state=dead&amp;touchpoint=steady">Look at 3</a>' in page
    assert 'href="/refused?source=till">Look at 2</a>' in page
    assert page.count('class="btn first"') == 1


async def test_what_hurts_nobody_can_wait(console: Console) -> None:
    console.keep_secrets()
    with console.store() as store:
        store.strongbox.remove_secret("till")
    page = await shown(console)
    assert "<h1>Balanced; 2 touchpoints open.</h1>" in page
    said = text_of(page)
    assert "Can wait nobody is hurt by it" in said
    assert "till waits for its secret." in said
    console.refuse("the signature does not match")
    said = text_of(await shown(console))
    assert "Needs you 1 issue; 1 can wait" in said


async def test_how_long_it_is_so_is_a_duration(console: Console) -> None:
    console.keep_secrets()
    pause(console, "touchpoint", "steady")
    page = await shown(console)
    assert re.search(r"New texts · for \d+ s", text_of(page))
    assert not re.search(r"since \d+ \w+ ago", text_of(page))


async def test_eight_issues_are_shown_and_how_many_more_there_are(console: Console) -> None:
    console.keep_secrets()
    for number in range(11):
        pause(console, "mapping", f"till/visit-{number}")
    page = await shown(console)
    assert page.count("is paused by an operator.") == 8
    assert '<a href="/?all=true#h-needs">and 3 more</a>' in page
    assert (await shown(console, "/?all=true")).count("is paused by an operator.") == 11


async def test_viewers_see_what_is_wrong_and_no_button_that_they_may_not_press(console: Console) -> None:
    console.keep_secrets()
    pause(console, "touchpoint", "steady")
    page = await shown(console, role="viewer")
    assert "steady" in page
    assert "/touchpoints/steady/resume" not in page


async def test_resuming_from_here_comes_back_here(console: Console) -> None:
    console.keep_secrets()
    pause(console, "touchpoint", "steady")
    async with browsing(console, "operator") as client:
        answer = await client.post("/touchpoints/steady/resume", data={"to": "/"})
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        page = (await client.get("/")).text
    assert "Nothing needs you. Balanced; 2 touchpoints open." in page


async def test_the_last_day_is_drawn_hour_by_hour_and_given_as_a_table(console: Console) -> None:
    console.keep_secrets()
    console.receive("1", "2", "3")
    hour = now() // HOUR
    with console.store() as store, store.database.write() as transaction:
        for ago, accepted in ((3, 0), (2, 1), (0, 2)):
            counters = f'{{"events.accepted": {accepted}}}'
            transaction.run(hourly.KEEP, {"hour": hour - ago, "counters": counters})
    page = await shown(console)
    assert '<a class="big" href="/events">3</a><span class="cap">Received<span>1 this hour</span>' in page
    assert 'aria-label="Waiting over the last 24 hours: between 0 and 3, now 3"' in page
    assert page.count("no figures: the bridge was off") == 1
    assert page.count("no figures: nothing was kept yet") == 20
    assert page.count(": no figures</title>") == 3 * 21


async def test_what_happened_last_is_told_with_links(console: Console) -> None:
    console.keep_secrets()
    console.receive("1")
    [delivery] = console.send("delivered")
    [skipped] = console.receive("2", consent=False)
    [waiting] = console.receive("3", "4")[1:]
    with console.store() as store:
        store.controls.hold(Filter(ids=(waiting,)), reason="ask anna@example.com first", now=now())
    async with browsing(console) as client:
        page = (await client.get("/now/happening")).text
    assert f'href="/deliveries/{delivery}" title="1"' in page
    assert f'href="/events/{skipped}" title="till closed"' in page
    assert "visit: when is false" in page
    assert "till/visit → steady: ask … first" in page
    assert "<html" not in page


async def test_texts_from_outside_cannot_become_markup(console: Console) -> None:
    console.keep_secrets()
    console.receive("<script>alert(1)</script>")
    console.refuse("<img src=x onerror=alert(1)>")
    page = await shown(console)
    assert "<script>alert" not in page
    assert "<img" not in page


@pytest.mark.parametrize("query", ["?all=perhaps", "?x=1"])
async def test_an_address_that_means_nothing_is_declined(console: Console, query: str) -> None:
    async with browsing(console) as client:
        assert (await client.get(f"/{query}")).status_code == 422


async def test_books_that_do_not_balance_are_the_finding(console: Console) -> None:
    console.keep_secrets()
    console.receive("1")
    with console.store() as store, store.database.write() as transaction:
        transaction.run("UPDATE counters SET value = 2 WHERE name = 'events.accepted'")
    page = await shown(console)
    assert "<h1>The books do not balance: 1 equation fails.</h1>" in page
    assert "events accepted = events decided + waiting: 2 against 1" in page
    with console.store() as store, store.database.write() as transaction:
        transaction.run("UPDATE counters SET value = 1 WHERE name = 'events.accepted'")
        transaction.run("UPDATE totals SET value = 9 WHERE state = 'pending'")
    assert "pending deliveries counted - pruned = at all touchpoints: 1 against 9" in await shown(console)


async def test_every_link_and_button_of_an_issue_leads_somewhere(console: Console) -> None:
    console.keep_secrets()
    console.receive("1", "2", "3")
    console.send("held", "dead", "delivered")
    console.receive("4", guest="nobody")
    console.refuse("the signature does not match")
    pause(console, "touchpoint", "steady", REFUSAL, by="target")
    for scope, name in (("all", ""), ("source", "till"), ("mapping", "till/visit")):
        pause(console, scope, name)
    async with browsing(console) as client:
        page = (await client.get("/?all=true")).text
        needs = page.partition('<ul class="issues">')[2].partition("</ul>")[0]
        links = {html.unescape(link) for link in re.findall(r'href="([^"]+)"', needs)}
        answers = {link: (await client.get(link)).status_code for link in links}
        actions = re.findall(r'action="([^"]+)"', needs)
        done = {action: (await client.post(action, data={"to": "/"})).status_code for action in actions}
    assert len(links) >= 6
    assert set(answers.values()) == {200}, answers
    assert done == dict.fromkeys(
        ("/resume-all", "/touchpoints/steady/resume", "/sources/till/resume", "/mappings/till/visit/resume"), 303
    )
