"""The sources' pages, and connecting one step by step, each seen from how things stand."""

import os
import re
import stat
from html import unescape

import pytest

from bridge.core.credentials import PROVEN_BY
from bridge.core.presets import PRESETS
from tests.support.books import an_event, an_intake
from tests.support.console import Console
from tests.support.office import browsing
from tests.support.pages import told, words


@pytest.fixture
def public(console: Console) -> Console:
    """A bridge that knows its address, with its secrets."""
    console.set("BRIDGE_PUBLIC_URL", "https://hooks.example.com")
    console.keep_secrets()
    return console


async def test_the_list_says_what_came_and_what_was_refused(public: Console) -> None:
    public.receive("1", "2")
    public.refuse("the signature does not match")
    async with browsing(public) as client:
        page = (await client.get("/sources")).text
    assert "1 source open" in words(page)
    assert "till hmac open now 2 1 visit" in words(page)
    assert '<a href="/events?source=till&amp;since=24h">2</a>' in page
    assert '<a href="/refused?source=till">1</a>' in page


async def test_a_source_is_shown_with_its_address_to_copy_its_events_and_refusals(public: Console) -> None:
    public.receive("1")
    public.receive("2", consent=False)
    public.refuse("the signature does not match", "the signature does not match", "the body is not JSON")
    async with browsing(public) as client:
        page = (await client.get("/sources/till")).text
    text = words(page)
    assert "till is open 2 events and 3 refused requests in 24 hours; the last event came now." in text
    assert 'readonly value="https://hooks.example.com/hooks/till"' in page
    assert 'data-copy="https://hooks.example.com/hooks/till" hidden>Copy</button>' in page
    assert "now closed skipped evt_" in text
    assert "now closed mapped evt_" in text
    assert "Refused 2 times: the signature does not match; once: the body is not JSON" in text


async def test_without_a_public_address_the_path_is_shown_and_what_to_set(console: Console) -> None:
    console.keep_secrets()
    async with browsing(console) as client:
        page = (await client.get("/sources/till")).text
    assert 'readonly value="/hooks/till"' in page
    assert "data-copy" not in page
    assert "With BRIDGE_PUBLIC_URL set to that the whole address stands here." in words(page)


async def test_a_paused_source_still_receives_and_says_so(public: Console) -> None:
    async with browsing(public, "operator") as client:
        answer = await client.post("/sources/till/pause", data={"reason": "new tills."})
        text = words((await client.get("/sources/till")).text)
    assert told(answer).text == "Source till is paused. Nothing is lost: what is due waits."
    assert "till is paused" in text
    assert ": new tills. Events are received and kept; what they ask for waits." in text


async def test_a_mapping_is_paused_from_its_source(public: Console) -> None:
    async with browsing(public, "operator") as client:
        answer = await client.post("/mappings/till/visit/pause")
        text = words((await client.get("/sources/till")).text)
    assert answer.headers["location"] == "/sources/till"
    assert "visit closed to steady paused now Backfill… Resume" in text


async def test_past_events_go_through_a_mapping_in_two_steps(public: Console) -> None:
    public.receive("1", "2")
    fresh = "  - {name: fresh, on: [closed], touchpoint: eager, body: {email: guest}}\n"
    public.write("till.yaml", (public.folder / "mappings/till.yaml").read_text() + fresh)
    async with browsing(public, "operator") as client:
        page = (await client.get("/sources/till")).text
        [_, address] = re.findall(r'href="(/replays/new[^"]+)"', page)
        preview = words((await client.get(unescape(address))).text)
    assert address == "/replays/new?mapping=till/fresh&amp;backfill=true&amp;since=30d"
    assert "Take 2 past events through till/fresh?" in preview


async def test_a_source_without_its_secret_asks_for_it(public: Console) -> None:
    public.run("secrets", "remove", "till")
    async with browsing(public, "operator") as client:
        text = words((await client.get("/sources/till")).text)
    assert "It cannot check who sends. Waits for its secret; store it with `bridge secrets set till`. Requests" in text
    assert "Value of the secret till Store and go on" in text


# -- connecting ----------------------------------------------------------------------------------------------------


async def test_every_known_system_can_be_chosen_and_found_by_a_word(console: Console) -> None:
    console.keep_secrets()
    async with browsing(console) as client:
        every = (await client.get("/sources/connect")).text
        some = words((await client.get("/sources/connect?q=FULFILLED")).text)
        none = words((await client.get("/sources/connect?q=xyzzy")).text)
    own = {name for name, preset in PRESETS.items() if preset.name == name}
    assert all(f'href="/sources/connect/{name}"' in every for name in own)
    assert ("shopify" in some, "stripe" in some) == (True, False)
    assert "No known system has “xyzzy”" in none


async def test_every_system_has_its_file_and_what_to_know(console: Console) -> None:
    console.keep_secrets()
    async with browsing(console, "operator") as client:
        for name in sorted({preset.name for preset in PRESETS.values()}):
            text = words((await client.get(f"/sources/connect/{name}")).text)
            assert f"source: {name}" in text
            assert PRESETS[name].retry_span in text
            assert f"Write {name}.yaml" in text


async def test_a_source_is_connected_from_choosing_to_its_first_mapped_event(public: Console) -> None:
    """The operator's first task, each step as its page says it."""
    async with browsing(public, "operator") as client:
        shown = words((await client.get("/sources/connect/shopify?name=my-shop&touchpoint=eager")).text)
        written = await client.post("/sources/connect/shopify", data={"name": "my-shop", "touchpoint": "eager"})
        steps = written.headers["location"]
        no_secret = words((await client.get(steps)).text)
        stored = await client.post("/secrets", data={"name": "my-shop", "value": "s3cret", "to": steps.split("?")[0]})
        ready = words((await client.get(stored.headers["location"])).text)
        public.refuse("x")
        with public.store() as store:
            store.outbox.accept([an_intake(an_event(1, source="my-shop", headers={PROVEN_BY: "my-shop"}))])
        came = words((await client.get("/sources/my-shop/connect")).text)
    assert "touchpoint: eager" in shown
    assert (written.status_code, told(written).text) == (303, "my-shop.yaml is written and in force.")
    assert steps == "/sources/my-shop/connect?system=shopify"
    assert "preset: shopify" in (public.folder / "mappings/my-shop.yaml").read_text()
    assert "my-shop: its secret is not stored yet" in no_secret
    assert "Topics that its mappings take: orders/fulfilled." in no_secret
    assert "The secret: Shopify admin: Settings, Notifications, Webhooks" in no_secret
    assert "Value of the secret my-shop Store" in no_secret
    assert "my-shop is ready and waits for its first event" in ready
    assert "Nothing came yet. Send a test from shopify, or place an order." in ready
    assert "my-shop sends, but nothing was mapped yet" in came
    assert "The secret my-shop proves it." in came
    assert "Not yet: this event was taken by no mapping. See which line decided" in came


async def test_the_last_step_is_a_mapped_event(public: Console) -> None:
    [event] = public.receive("1")
    async with browsing(public) as client:
        page = (await client.get("/sources/till/connect")).text
    assert "till is connected: first event received, verified, mapped" in words(page)
    assert f'Mapped: <a href="/deliveries?id={event}">see what is sent</a>.' in page


async def test_refused_requests_are_listed_with_their_reasons_while_it_waits(public: Console) -> None:
    public.refuse("the signature does not match")
    async with browsing(public) as client:
        before = words((await client.get("/sources/till/connect")).text)
        public.receive("1")
        after = words((await client.get("/sources/till/connect")).text)
    assert "Refused requests of till kept, and can be retried once the reason is mended" in before
    assert "401 the signature does not match" in before
    assert "the signature does not match" not in after


async def test_a_file_that_is_there_stays_as_it_is(public: Console) -> None:
    before = (public.folder / "mappings/till.yaml").read_text()
    async with browsing(public, "operator") as client:
        shown = await client.get("/sources/connect/shopify?name=till")
        written = await client.post("/sources/connect/shopify", data={"name": "till"})
    assert "till.yaml is there already; it stays as it is." in words(shown.text)
    assert "Write till.yaml" not in shown.text
    assert written.status_code == 409
    assert (public.folder / "mappings/till.yaml").read_text() == before


@pytest.mark.parametrize("name", ["My Shop", "touchpoints", "../etc", "a/b"])
async def test_a_name_that_cannot_be_is_declined(public: Console, name: str) -> None:
    files = sorted((public.folder / "mappings").iterdir())
    async with browsing(public, "operator") as client:
        shown = await client.get("/sources/connect/shopify", params={"name": name})
        written = await client.post("/sources/connect/shopify", data={"name": name})
    assert f"“{name}” cannot be a source's name: write lower-case letters" in words(shown.text)
    assert written.status_code == 422
    assert sorted((public.folder / "mappings").iterdir()) == files


async def test_where_the_folder_cannot_be_written_the_file_is_shown_to_be_committed(public: Console) -> None:
    folder = public.folder / "mappings"
    (public.folder / ".git").mkdir()
    folder.chmod(stat.S_IRUSR | stat.S_IXUSR)
    try:
        async with browsing(public, "operator") as client:
            text = words((await client.get("/sources/connect/stripe")).text)
    finally:
        folder.chmod(stat.S_IRWXU)
    if os.geteuid() == 0:
        assert "Write stripe.yaml" in text, "root writes everywhere"
    else:
        assert "Commit the file where the others come from, then go on." in text
        assert "Write stripe.yaml" not in text


async def test_a_file_that_waits_to_be_in_force_is_seen_so(public: Console) -> None:
    async with browsing(public) as client:
        nothing = words((await client.get("/sources/stripe/connect?system=stripe")).text)
        unknown = await client.get("/sources/NOT_A_NAME/connect")
        no_system = await client.get("/sources/connect/nothing")
    assert "stripe: its mapping file is not in force yet" in nothing
    assert "There is no stripe.yaml in force. See what to write, or wait until the folder has it." in nothing
    assert (unknown.status_code, no_system.status_code) == (404, 404)


async def test_a_viewer_follows_the_steps_but_writes_nothing(public: Console) -> None:
    async with browsing(public, "viewer") as client:
        shown = (await client.get("/sources/connect/shopify")).text
        written = await client.post("/sources/connect/shopify", data={"name": "my-shop"})
    assert "An operator can write it from here." in shown
    assert written.status_code == 403
