"""`bridge replays`, and replays that are left, slowed, made to wait, or go back to events from before a mapping."""

from typing import Any

import pytest

from bridge.app.clock import now
from tests.support.console import Console
from tests.support.replays import a_job

LATER_MAPPING = """\
mappings:
  - name: review
    on: [closed]
    when: order != '2'
    touchpoint: eager
    key: order
    body: {email: guest, orderId: order}
"""


@pytest.fixture
def night(console: Console) -> Console:
    """Three dead deliveries."""
    console.receive("1", "2", "3")
    console.send("dead", "dead", "dead")
    return console


def replay_id(console: Console, *words: str) -> str:
    """Replay what the words say; gives the replay's id."""
    said = console.run("replay", *words, "--yes", "--json")
    assert said.status == 0
    name: str = said.json["replay"]
    return name


def pending(console: Console) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = console.run("deliveries", "list", "--state", "pending", "--json").json
    return rows


def test_nothing_was_replayed_yet(night: Console) -> None:
    assert night.run("replays", "list").out == "Nothing was replayed here.\n"
    said = night.run("replays", "show", "rpl_x")
    assert (said.status, said.err) == (1, "There is no replay rpl_x; `bridge replays list` lists them.\n")


def test_a_replay_is_on_record_with_who_and_why(night: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "anna")
    name = replay_id(night, "--state", "dead", "--contact", "1@example.com", "--reason", "the target was away")
    [row] = night.run("replays", "list", "--json").json
    assert {
        key: row[key] for key in ("id", "state", "kind", "mode", "progress", "made", "who", "why", "description")
    } == {
        "id": name,
        "state": "done",
        "kind": "replay",
        "mode": "stored-body",
        "progress": "1 of 1 (100 %)",
        "made": 1,
        "who": "cli:anna",
        "why": "the target was away",
        "description": "--state dead --contact ***",
    }
    shown = night.run("replays", "show", name)
    assert "deliveries   1 pending" in shown.out
    assert "1@example.com" not in shown.out
    assert night.run("replays", "list").lines[1].startswith(f"{name} done 1 of 1 (100 %) 1 ")


def test_a_replay_may_be_left_to_the_running_bridge(night: Console) -> None:
    said = night.run("replay", "--state", "dead", "--detach", "--rate", "1/m", "--yes")
    assert said.status == 0
    [row] = night.run("replays", "list", "--json").json
    assert said.out == f"Replay {row['id']}: left to the running bridge; see `bridge replays show {row['id']}`.\n"
    assert (row["state"], row["progress"], row["rate"], row["left"]) == ("running", "0 of 3 (0 %)", "1/1m", "3 minutes")
    assert row["driver"] == "nobody; a running bridge takes it over"
    assert pending(night) == []


def test_a_replay_is_paused_resumed_and_cancelled(night: Console) -> None:
    name = replay_id(night, "--state", "dead", "--detach")
    for words, out, status in (
        ("pause", f"Paused {name}.\n", 0),
        ("pause", f"It is paused already: {name}.\n", 1),
        ("resume", f"Resumed {name}.\n", 0),
        ("cancel", f"Cancelled {name}.\n", 0),
        ("resume", f"It is cancelled already: {name}.\n", 1),
    ):
        said = night.run("replays", words, name)
        assert (said.out, said.status) == (out, status)
    assert night.run("replays", "pause", "rpl_x").status == 1


def test_what_is_to_wait_can_be_undone(night: Console) -> None:
    name = replay_id(night, "--state", "dead", "--wait", "10m")
    assert {row["due_at"] - row["created_at"] for row in pending(night)} == {600_000}
    said = night.run("replays", "undo", name, "--reason", "the wrong night")
    assert (said.out, said.status) == (f"Undone {name}: cancelled 3 deliveries.\n", 0)
    rows = night.run("deliveries", "list", "--replay", name, "--json").json
    assert [(row["state"], row["reason"]) for row in rows] == [("cancelled", "the wrong night")] * 3
    assert night.run("replays", "undo", name, "--json").json == {
        "replay": name,
        "cancelled": 0,
        "deliveries": {"cancelled": 3},
    }
    assert night.run("audit").status == 0


def test_what_is_undone_too_late_is_said(night: Console) -> None:
    name = replay_id(night, "--state", "dead")
    night.send("delivered")
    said = night.run("replays", "undo", name)
    assert said.lines == [f"Undone {name}: cancelled 2 deliveries.", "1 were sent already."]


def test_a_replay_that_was_undone_may_be_replayed(night: Console) -> None:
    name = replay_id(night, "--state", "dead", "--wait", "10m")
    night.run("replays", "undo", name)
    assert night.run("replay", "--replay", name, "--state", "cancelled", "--yes", "--json").json["made"] == 3


@pytest.mark.parametrize(("verb", "state"), [("hold", "held"), ("cancel", "cancelled")])
def test_the_deliveries_of_a_replay_are_chosen_by_it(night: Console, verb: str, state: str) -> None:
    name = replay_id(night, "--state", "dead", "--contact", "1@example.com")
    other = replay_id(night, "--state", "dead", "--contact", "2@example.com")
    assert night.run(verb, "--replay", name).status == 0
    states = {name: "", other: ""}
    for each in states:
        [row] = night.run("deliveries", "list", "--replay", each, "--json").json
        states[each] = row["state"]
    assert states == {name: state, other: "pending"}
    assert len(night.run("events", "list", "--replay", name, "--json").json) == 1


def test_what_the_bridge_drives_is_not_driven_twice(night: Console) -> None:
    name = replay_id(night, "--state", "dead", "--detach")
    with night.store() as store:
        assert store.replays.drive(name, "bridge", now=now(), until=now() + 60_000)
    [row] = night.run("replays", "list", "--json").json
    assert row["driver"] == "the bridge"
    assert pending(night) == []


def test_a_dry_run_says_how_long_it_takes(night: Console) -> None:
    said = night.run("replay", "--state", "dead", "--rate", "1/m", "--dry-run")
    assert said.lines[-1] == "At this rate it takes about 3 minutes."
    assert night.run("replay", "--state", "dead", "--rate", "1/m", "--dry-run", "--json").json["takes_ms"] == 180_000


@pytest.mark.parametrize("words", [("--wait", "soon"), ("--rate", "fast"), ("--rate", "0/s")])
def test_what_cannot_be_read_is_refused(night: Console, words: tuple[str, str]) -> None:
    assert night.run("replay", "--state", "dead", *words, "--yes").status == 2


def test_old_replays_can_be_listed_in_pages(night: Console) -> None:
    jobs = [a_job(number, state="done", started_at=now()) for number in (1, 2, 3)]
    with night.store() as store:
        for job in jobs:
            store.replays.start(job)
    pages = (("--limit", "2"), ("--before", jobs[1].id))
    listed = [[row["id"] for row in night.run("replays", "list", *page, "--json").json] for page in pages]
    assert listed == [[jobs[2].id, jobs[1].id], [jobs[0].id]]


# -- backfills ------------------------------------------------------------------------------------------------


@pytest.fixture
def late(night: Console) -> Console:
    """A second mapping that came after three events, and an event since."""
    night.change("till.yaml", "mappings:\n", LATER_MAPPING)
    night.receive("4")
    return night


def test_a_new_mapping_takes_past_events(late: Console) -> None:
    words = ("replay", "--mapping", "till/review", "--backfill", "--since", "1d")
    said = late.run(*words, "--dry-run")
    assert said.lines == [
        "Found 3; made nothing.",
        "kind source mapping touchpoint state number",
        "event till review closed 3",
        "Of these, 2 would be made now.",
        "1 would not: skipped: when is false",
    ]
    made = late.run(*words, "--yes", "--json").json
    assert (made["found"], made["made"]) == (3, 2)
    rows = late.run("deliveries", "list", "--replay", made["replay"], "--json").json
    made_of = sorted((row["mapping"], row["touchpoint"], row["key"], row["replay_of"]) for row in rows)
    assert made_of == [("review", "eager", "1", None), ("review", "eager", "3", None)]
    assert late.run("audit").status == 0
    assert late.run("replays", "show", made["replay"], "--json").json["kind"] == "backfill"


def test_a_backfill_is_made_once(late: Console) -> None:
    words = ("replay", "--mapping", "till/review", "--backfill", "--yes", "--json")
    assert late.run(*words).json["made"] == 2
    again = late.run(*words).json
    assert (again["found"], again["made"]) == (1, 0)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--backfill --since 1d", "Say which mapping is new: --backfill --mapping SOURCE/NAME."),
        ("--backfill --mapping review", "Say which mapping is new: --backfill --mapping SOURCE/NAME."),
        ("--backfill --mapping till/none", "There is no mapping till/none in force"),
        ("--backfill --mapping till/review --state dead", "choose past events by --since, --until and --topic only"),
        ("--backfill --mapping till/review evt_1", "choose past events by --since, --until and --topic only"),
    ],
)
def test_a_backfill_is_of_one_mapping_and_its_past(late: Console, words: str, said: str) -> None:
    result = late.run("replay", *words.split(), "--yes")
    assert result.status == 2
    assert said in result.err
