"""`bridge why`: who and what is found by what is typed, and how the story ends, on real books."""

import re

import pytest

from bridge.app.clock import now
from bridge.outbox.terms import Circuit
from tests.support.console import Console

WAITING = "    key: order\n    send: {after: 2d, zone: Europe/Berlin}\n    cancel_on: {on: voided, key: of}\n"
MANY = """\
mappings:
  - name: visit
    on: [closed]
    for_each: guests
    touchpoint: steady
    key: order
    body: {email: mail, orderId: order}
"""


@pytest.fixture
def till(console: Console) -> Console:
    """A console whose till waits for two days, and cancels and unsubscribes."""
    console.change("till.yaml", "    key: order\n", WAITING)
    console.change("till.yaml", "mappings:", "suppress_on: {on: left, contact: guest}\nmappings:")
    console.keep_secrets()
    return console


def sentence(console: Console, text: str) -> str:
    said = console.run("why", text)
    assert (said.status, said.err) == (0, "")
    return said.out.splitlines()[-1]


def events(console: Console, text: str) -> list[str]:
    return [each["event"] for each in console.run("why", text, "--json").json["events"]]


# -- what is found --------------------------------------------------------------------------------------------------


def test_an_address_an_order_and_ids_find_the_same_story(console: Console) -> None:
    [event] = console.receive("1001")
    [delivery] = console.send("delivered")
    for text in ("1001@example.com", " 1001@EXAMPLE.com ", "1001", "#1001", event, delivery):
        assert events(console, text) == [event]
        end = sentence(console, text)
        assert ": delivered " in end
        assert "UTC, the target took it (queued). Nothing to do here" in end
    assert sentence(console, "1001").startswith("Key 1001 (till closed, ")
    assert sentence(console, "1001@example.com").startswith("1001@example.com (till closed, ")
    assert sentence(console, delivery).startswith(f"{delivery} (till closed, ")


def test_the_timeline_is_printed_with_the_newest_last(console: Console) -> None:
    [event] = console.receive("1001")
    [delivery] = console.send("dead")
    lines = [re.sub(r"^.* UTC ", "", line) for line in console.run("why", "1001").lines]
    assert lines[:-1] == [
        f"till said closed ({event})",
        f"mapping visit planned a request to steady ({delivery})",
        f"attempt 1: the target answered 200 (queued); given up ({delivery})",
        "",
    ]
    assert lines[-1].endswith(f"Mend the cause, then `bridge replay {delivery}`.")


def test_a_reference_that_looks_like_an_id_is_found_too(console: Console) -> None:
    [event] = console.receive("evt_of_another_system")
    assert events(console, "evt_of_another_system") == [event]


def test_several_orders_of_one_person_are_told_and_the_newest_decides(console: Console) -> None:
    first, second = console.receive("1001") + console.receive("1002", guest="1001@example.com", consent=False)
    assert events(console, "1001@example.com") == [second, first]
    assert "mapping visit skipped it: when is false" in sentence(console, "1001@example.com")


def test_of_an_event_about_many_people_only_one_is_told_of(console: Console) -> None:
    text = (console.folder / "mappings" / "till.yaml").read_text(encoding="utf-8")
    console.write("till.yaml", text.partition("mappings:")[0] + MANY)
    guests = [{"order": str(number), "mail": f"g{number}@example.com"} for number in (1, 2, 3)]
    console.receive("party", guests=guests)
    deliveries = {row["key"]: row["id"] for row in console.run("deliveries", "list", "--json").json}
    for text in ("g2@example.com", "2"):
        said = console.run("why", text).out
        assert deliveries["2"] in said
        assert deliveries["1"] not in said
        assert deliveries["3"] not in said
    assert console.run("why", deliveries["3"], "--json").json["events"][0]["deliveries"] == [deliveries["3"]]


def test_only_the_newest_hundred_moments_are_shown_and_that_is_said(console: Console) -> None:
    for number in range(101):
        console.receive(f"{number}", guest="anna@example.com", consent=False)
    said = console.run("why", "anna@example.com")
    assert said.lines[:2] == [
        "Only the newest 100 events are looked at.",
        "Only the newest 100 of 200 moments are shown.",
    ]
    assert len(said.lines) == 2 + 100 + 2


def test_without_a_trace_it_is_said_what_was_searched(console: Console) -> None:
    console.receive("1001")
    said = console.run("why", "nobody@example.com", "--keep-history", "90d")
    assert (said.status, said.err) == (1, "")
    assert len(said.lines) == 1
    assert said.lines[0].startswith(
        "No trace of nobody@example.com in 90 days, which is how long history is kept: no event, delivery, key or"
    )
    assert console.run("why", "evt_01jd").status == 1
    assert console.run("why", "dlv_01jd", "--json").json["kind"] == ""
    assert console.run("why", " ").status == 2


def test_a_refused_request_is_found_by_its_id(console: Console) -> None:
    [refused] = console.refuse("the signature is wrong")
    assert sentence(console, refused).endswith(
        f": refused with 401: the signature is wrong. Mend that, then `bridge replay {refused}`."
    )


# -- how it ends ----------------------------------------------------------------------------------------------------


def test_what_waits_says_when_by_the_clock_of_the_contact(till: Console) -> None:
    [event] = till.receive("1001")
    [row] = till.run("deliveries", "list", "--json").json
    pattern = (
        r"Key 1001 \(till closed, .*\): waits, due \w{3} \d+ \w{3} \d{4} \d\d:\d\d Europe/Berlin\. Nothing to do; "
    )
    assert re.match(pattern, sentence(till, "1001"))
    assert sentence(till, event).endswith(f"`bridge cancel {row['id']}` stops it.")


def test_an_event_that_cancels_is_named(till: Console) -> None:
    [_, voided] = till.receive("1001") + till.receive("x", type="voided", of="1001")
    end = sentence(till, "1001")
    assert re.search(rf"; cancelled .* Europe/Berlin by voided \({voided}\)\. Nothing to do\.$", end)
    [late] = till.receive("1001", id="late")
    assert "cancelled before it came, by voided of " in sentence(till, late)


def test_who_unsubscribed_is_not_asked_and_is_told_since_when(till: Console) -> None:
    till.receive("1001", type="left")
    till.receive("1001", id="after")
    end = sentence(till, "1001@example.com")
    assert "not asked by mapping visit: not to be asked since " in end
    assert ": unsubscribed by left. Nothing to do; `bridge suppress remove CONTACT`" in end


@pytest.mark.parametrize(
    ("words", "why", "remedy"),
    [
        (["all"], "all sending", "`bridge resume all`"),
        (["source", "till"], "source till", "`bridge resume source till`"),
        (["mapping", "till/visit"], "mapping till/visit", "`bridge resume mapping till/visit`"),
        (["touchpoint", "steady"], "touchpoint steady", "`bridge resume touchpoint steady`"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_what_is_paused_says_so_and_how_to_go_on(console: Console, words: list[str], why: str, remedy: str) -> None:
    console.receive("1001")
    console.run("pause", *words, "--reason", "new texts")
    end = sentence(console, "1001")
    assert f", since {why} is paused since " in end
    assert end.endswith(f": new texts. {remedy} lets it go on.")


def test_a_touchpoint_without_its_secret_or_that_fails_is_named(console: Console) -> None:
    console.keep_secrets()
    console.run("apply")
    console.receive("1001")
    assert "A running bridge sends it at once" in sentence(console, "1001")
    with console.store() as store:
        store.outbox.note_circuit("steady", Circuit("steady", "it answered 503", now(), 4_000_000_000_000))
    assert sentence(console, "1001").endswith(
        ", since touchpoint steady is failing: it answered 503. One request tries Tue 2 Oct 2096 07:06 UTC; if that"
        " fails, ask whoever runs the target."
    )
    console.run("secrets", "remove", "steady")
    assert sentence(console, "1001").endswith(
        ", since touchpoint steady waits for its secret: steady. Store it: `bridge secrets set steady`."
    )


def test_an_unknown_fate_is_told_with_both_ways_out(console: Console) -> None:
    console.receive("1001")
    [delivery] = console.send("held")
    assert sentence(console, "1001").endswith(
        ", and the target may have taken it: the request was sent, but no answer was seen."
        f" `bridge release {delivery}` sends it, `bridge cancel {delivery}` does not."
    )


def test_a_replay_of_a_dead_delivery_is_what_counts(console: Console) -> None:
    console.receive("1001")
    [dead] = console.send("dead")
    console.run("replay", dead, "--yes")
    console.send("delivered")
    assert ": delivered " in sentence(console, "1001")
    assert ": delivered " in sentence(console, dead)


def test_a_failed_decision_says_what_to_mend(console: Console) -> None:
    [event] = console.receive("1001", guest="bob")
    assert sentence(console, "bob").endswith(
        f"mapping visit failed: email is not a valid email address. Fix the mapping, then `bridge replay {event}`."
    )
