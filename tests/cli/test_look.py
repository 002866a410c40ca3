"""Looking at sources, touchpoints, events, deliveries and refused requests: the table, the JSON, filters and pages."""

import pytest

from bridge.outbox.terms import Circuit
from tests.support.console import Console


def ids(console: Console, *words: str) -> list[str]:
    return [row["id"] for row in console.run(*words, "--json").json]


def states(console: Console, command: str) -> dict[str, str]:
    return {row[command[:-1]]: row["state"] for row in console.run(command, "--json").json}


# -- sources and touchpoints ------------------------------------------------------------------------------------


def test_a_source_is_waiting_open_or_paused_and_says_why(console: Console) -> None:
    with console.store():
        pass
    assert console.run("sources").lines == [
        "source preset path state why",
        "till hmac /hooks/till waiting waits for its secret; store it with `bridge secrets set till`",
    ]
    console.keep_secrets()
    assert console.run("sources").lines[1] == "till hmac /hooks/till open"
    console.run("pause", "source", "till", "--reason", "new tills")
    [row] = console.run("sources", "--json").json
    assert (row["state"], row["mappings"]) == ("paused", ["visit"])
    assert row["why"].startswith("new tills (by operator, since 20")
    console.run("resume", "source", "till")
    assert states(console, "sources") == {"till": "open"}


def test_a_secret_that_cannot_be_used_is_said_to_be_so(console: Console) -> None:
    console.change("till.yaml", "  template: [body]\n", "  template: [body]\n  secret: {decode: hex}\n")
    console.keep_secrets()
    [row] = console.run("sources", "--json").json
    assert row["state"] == "waiting"
    assert row["why"].startswith("its secret cannot be used: ")
    assert "signs with" not in row["why"]


def test_a_source_that_signs_its_address_waits_for_the_public_one(console: Console) -> None:
    console.write("crm.yaml", 'source: crm\nverify: {preset: hubspot, secrets: ["${secret:till}"]}\nmappings: []\n')
    console.keep_secrets()
    assert states(console, "sources") == {"crm": "waiting", "till": "open"}
    console.set("BRIDGE_PUBLIC_URL", "https://hooks.example.com")
    assert states(console, "sources") == {"crm": "open", "till": "open"}


def test_a_touchpoint_is_waiting_open_or_paused_and_counts_what_lies_there(console: Console) -> None:
    console.keep_secrets()
    console.run("secrets", "remove", "eager")
    console.receive("1", "2", "3", "4")
    console.send("delivered", "dead", "held")
    assert console.run("touchpoints").lines == [
        "touchpoint channel state pending sending held delivered cancelled dead why",
        "eager mail waiting 0 0 0 0 0 0 waits for its secret: eager",
        "steady mail open 1 0 1 1 0 1",
    ]
    console.run("pause", "all", "--reason", "holidays")
    rows = console.run("touchpoints", "--json").json
    assert [row["state"] for row in rows] == ["paused", "paused"]
    assert rows[1]["why"].startswith("holidays (by operator, since ")
    assert (rows[1]["pending"], rows[1]["held"], rows[1]["delivered"], rows[1]["dead"]) == (1, 1, 1, 1)


def test_a_failing_touchpoint_says_when_the_next_try_is_since_when_and_why(console: Console) -> None:
    console.keep_secrets()
    with console.store() as store:
        reason = "5 of 10 attempts within 30 s failed; the last: the target answered 503"
        store.outbox.note_circuit("eager", Circuit("eager", reason, 1_800_000_000_000, 4_000_000_000_000))
        store.outbox.note_circuit(
            "steady", Circuit("steady", "the target answered 429 and asked to wait", 1_000, 2_000)
        )
    eager, steady = console.run("touchpoints", "--json").json
    assert (eager["state"], steady["state"]) == ("failing", "failing")
    assert eager["why"] == (
        "next try 2096-10-02 07:06:40Z; failing since 2027-01-15 08:00:00Z:"
        " 5 of 10 attempts within 30 s failed; the last: the target answered 503"
    )
    assert steady["why"] == (
        "the next request tries; failing since 1970-01-01 00:00:01Z: the target answered 429 and asked to wait"
    )
    console.run("pause", "touchpoint", "eager")
    assert states(console, "touchpoints") == {"eager": "paused", "steady": "failing"}


# -- events -----------------------------------------------------------------------------------------------------


def test_events_are_listed_newest_first_with_what_was_decided(console: Console) -> None:
    first, second = console.receive("1001") + console.receive("1002", consent=False)
    rows = console.run("events", "list", "--json").json
    assert [row["id"] for row in rows] == [second, first]
    assert [row["verdicts"] for row in rows] == [{"skipped": 1}, {"planned": 1}]
    lines = console.run("events", "list").lines
    assert lines[0] == "id source topic tenant received verdicts"
    assert lines[1].startswith(f"{second} till closed vie 20")
    assert lines[1].endswith("Z 1 skipped")


def test_an_event_is_shown_with_its_decisions_and_body(console: Console) -> None:
    [event] = console.receive("1001")
    shown = console.run("events", "show", event, "--json").json
    assert (shown["id"], shown["source"], shown["topic"], shown["tenant"]) == (event, "till", "closed", "vie")
    [decision] = shown["decisions"]
    assert (decision["mapping"], decision["verdict"]) == ("visit", "planned")
    assert '"order": "1001"' in shown["body"]
    lines = console.run("events", "show", event).lines
    assert lines[:3] == [f"id {event}", "source till", "topic closed"]
    table = lines.index("decisions:")
    assert lines[table + 1 : table + 3] == [
        "mapping element verdict delivery id reason",
        f"visit 0 planned {decision['delivery_id']}",
    ]
    assert lines[-2] == "body:"
    assert '"order": "1001"' in lines[-1]


# -- deliveries ---------------------------------------------------------------------------------------------------


def test_deliveries_are_listed_with_their_state_and_reason(console: Console) -> None:
    console.receive("1001", "1002")
    dead, held = console.send("dead", "held")
    rows = console.run("deliveries", "list", "--json").json
    assert [(row["id"], row["state"], row["attempts"]) for row in rows] == [(held, "held", 1), (dead, "dead", 1)]
    lines = console.run("deliveries", "list").lines
    assert lines[0] == "id event id mapping touchpoint state attempts due reason"
    assert lines[2].endswith("the target answered 422: unknown attribute")


def test_a_delivery_is_shown_with_its_attempts_and_body(console: Console) -> None:
    console.receive("1001")
    [delivery] = console.send("dead")
    shown = console.run("deliveries", "show", delivery, "--json").json
    assert (shown["id"], shown["state"], shown["mapping"]) == (delivery, "dead", "visit")
    [attempt] = shown["attempts_made"]
    assert (attempt["number"], attempt["outcome"], attempt["ruling"]) == (1, "answered", "dead")
    text = console.run("deliveries", "show", delivery).out
    assert "\nattempts made:\n" in text
    assert '\nbody:\n{"email":"1001@example.com","orderId":"1001"}\n' in text


# -- refused requests -----------------------------------------------------------------------------------------------


def test_refused_requests_are_listed_and_shown_without_what_commands_a_terminal(console: Console) -> None:
    old, new = console.refuse("the signature does not match", "the body is not JSON")
    assert ids(console, "refused", "list") == [new, old]
    lines = console.run("refused", "list").lines
    assert lines[0] == "id source status topic received event id reason"
    assert lines[2].startswith(f"{old} till 401 20")
    assert lines[2].endswith("Z the signature does not match")
    shown = console.run("refused", "show", old, "--json").json
    assert (shown["status"], shown["headers"], shown["method"]) == (401, {"x-shop": "a"}, "POST")
    assert shown["body"] == "what \x1b[31mcame"
    text = console.run("refused", "show", old).out
    assert "what ?[31mcame" in text
    assert "\x1b" not in text


# -- filters and pages ------------------------------------------------------------------------------------------------


@pytest.fixture
def full(console: Console) -> Console:
    """Three events: 1 (delivered), 2 (dead), 3 of another topic, which no mapping takes; two refused requests."""
    console.receive("1", "2")
    console.send("delivered", "dead")
    console.receive("3", type="opened")
    console.refuse("the signature does not match", "the body is not JSON")
    return console


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("events list --source till", "321"),
        ("events list --source shop", ""),
        ("events list --topic opened", "3"),
        ("events list --state dead", "2"),
        ("events list --state dead --state delivered", "21"),
        ("events list --touchpoint steady", "21"),
        ("events list --mapping visit", "21"),
        ("events list --mapping till/visit --topic opened", ""),
        ("events list --contact 2@example.com", "2"),
        ("events list --contact 2@EXAMPLE.com", "2"),
        ("events list --contact nobody@example.com", ""),
        ("events list --since 1h", "321"),
        ("events list --until 1h", ""),
        ("events list --since 2999-01-01", ""),
        ("events list --until 2999-01-01T18:00", "321"),
        ("events list --limit 2", "32"),
        ("deliveries list", "21"),
        ("deliveries list --source till --state dead", "2"),
        ("deliveries list --topic closed --touchpoint steady", "21"),
        ("deliveries list --contact 1@example.com", "1"),
        ("deliveries list --mapping visit --since 1h", "21"),
        ("deliveries list --until 1h", ""),
    ],
)
def test_filters_select(full: Console, words: str, found: str) -> None:
    rows = full.run(*words.split(), "--json").json
    orders = {
        row["id"]: row["source_event_id"].removeprefix("id-") for row in full.run("events", "list", "--json").json
    }
    assert "".join(orders[row.get("event_id", row["id"])] for row in rows) == found


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("--source till", 2),
        ("--source shop", 0),
        ("--since 1h", 2),
        ("--until 1h", 0),
        ("--limit 1", 1),
        ("--contact 1@example.com", 0),
        ("--topic closed", 0),
        ("--state dead", 0),
    ],
)
def test_filters_select_refused_requests(full: Console, words: str, found: int) -> None:
    assert len(ids(full, "refused", "list", *words.split())) == found


@pytest.mark.parametrize("kind", ["events", "deliveries", "refused"])
def test_pages_follow_one_another(console: Console, kind: str) -> None:
    console.receive("1", "2", "3", "4", "5")
    console.refuse("a", "b", "c", "d", "e")
    everything = ids(console, kind, "list")
    assert len(everything) == 5
    pages: list[list[str]] = []
    before: list[str] = []
    while page := ids(console, kind, "list", "--limit", "2", *before):
        pages.append(page)
        before = ["--before", page[-1]]
    assert pages == [everything[:2], everything[2:4], everything[4:]]
