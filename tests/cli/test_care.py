"""Looking after the installation: `audit`, `doctor`, `migrate`, `prune`."""

import pytest

from bridge.outbox.driver import sqlite3
from bridge.outbox.terms import Circuit, Paused
from tests.support.console import Console


def on_the_database(console: Console, statement: str) -> None:
    connection = sqlite3.connect(console.database)
    with connection:
        connection.execute(statement)
    connection.close()


# -- audit ----------------------------------------------------------------------------------------------------


def test_balanced_books_are_said_to_be_so(console: Console) -> None:
    console.receive("1", "2")
    console.send("delivered")
    said = console.run("audit")
    assert (said.status, said.err) == (0, "")
    assert said.out == "Balanced: 2 events, 2 deliveries planned and 0 replayed, 1 delivered.\n"
    shown = console.run("audit", "--json").json
    assert (shown["balanced"], shown["imbalances"]) == (True, [])
    assert shown["counters"]["events.accepted"] == 2
    assert shown["counters"]["deliveries.pending"] == 1


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM deliveries WHERE id = (SELECT min(id) FROM deliveries)",
        "UPDATE deliveries SET state = 'delivered' WHERE state = 'pending'",
        "DELETE FROM decisions",
        "DELETE FROM events",
        "UPDATE counters SET value = value + 1 WHERE name = 'events.accepted'",
    ],
)
def test_a_row_that_was_tampered_with_is_found(console: Console, statement: str) -> None:
    console.receive("1", "2")
    on_the_database(console, statement)
    said = console.run("audit")
    assert said.status == 1
    assert " against " in said.out
    shown = console.run("audit", "--json")
    assert (shown.status, shown.json["balanced"]) == (1, False)
    assert len(shown.json["imbalances"]) == len(said.lines)
    assert all(each["left"] != each["right"] or each["rows"] for each in shown.json["imbalances"])
    assert findings(console)["books"] == ("PROBLEM", "run `bridge audit`")


# -- doctor ---------------------------------------------------------------------------------------------------


def findings(console: Console) -> dict[str, tuple[str, str]]:
    return {row["what"]: (row["state"], row["seen"]) for row in console.run("doctor", "--json").json}


def test_a_healthy_installation_is_said_to_be_so(console: Console) -> None:
    console.keep_secrets()
    said = console.run("doctor")
    assert said.status == 0
    assert said.lines[0] == "what state seen"
    assert "PROBLEM" not in said.out
    found = findings(console)
    assert found["master key"] == ("ok", "opens every stored secret (4)")
    assert found["source till"] == ("ok", "open")
    assert found["touchpoint eager"] == ("ok", "open")
    assert found["mapping files"] == ("ok", "1 sources, 2 touchpoints, all in force")
    assert found["books"] == ("ok", "balanced")


def test_a_sick_installation_is_answered_with_1(console: Console) -> None:
    console.run("apply")
    console.keep_secrets()
    console.run("secrets", "remove", "eager")
    console.change("till.yaml", "touchpoint: steady", "touchpoint: stedy")
    with console.store() as store:
        store.controls.pause(Paused("touchpoint", "steady", "the target answered 401", 1, "target"))
    assert console.run("doctor").status == 1
    found = findings(console)
    assert found["mapping files"][0] == "PROBLEM"
    assert found["mapping files"][1].startswith("not in force: mappings/till.yaml:")
    assert found["touchpoint eager"] == ("ok", "waits for eager")
    assert found["pause of touchpoint steady"] == ("PROBLEM", "the target answered 401")


def test_a_failing_target_is_a_problem(console: Console) -> None:
    console.keep_secrets()
    with console.store() as store:
        store.outbox.note_circuit("steady", Circuit("steady", "it still fails: the target answered 503", 1_000, 2_000))
    assert console.run("doctor").status == 1
    assert findings(console)["target of steady"] == (
        "PROBLEM",
        "the next request tries; failing since 1970-01-01 00:00:01Z: it still fails: the target answered 503",
    )


def test_what_cannot_be_examined_is_a_finding_and_the_others_follow(console: Console) -> None:
    console.keep_secrets()
    (console.folder / "data" / "bridge.key").write_text("A" * 43 + "=\n")
    (console.folder / "mappings" / "till.yaml").write_text("source: [")
    assert console.run("doctor").status == 1
    states = {what: state for what, (state, _) in findings(console).items()}
    assert states["secrets"] == states["mapping files"] == "PROBLEM"
    assert states["books"] == "ok"


def test_a_full_disk_is_a_problem(console: Console) -> None:
    console.keep_secrets()
    said = console.run("doctor", "--min-free-disk", "999999GiB")
    assert said.status == 1


# -- migrate and prune ----------------------------------------------------------------------------------------


def test_migrating_makes_the_database_and_may_be_repeated(console: Console) -> None:
    for _ in range(2):
        said = console.run("migrate")
        assert (said.status, said.out) == (0, "data/bridge.db has this version's schema.\n")
    assert console.run("events", "list").status == 0


def test_a_newer_database_is_left_alone(console: Console) -> None:
    console.run("migrate")
    on_the_database(
        console,
        "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) "
        "VALUES ('bridge', '9999_later', '2030-01-01')",
    )
    for words in (["migrate"], ["events", "list"]):
        said = console.run(*words)
        assert (said.status, said.out) == (2, "")
        assert "was changed by a newer version of the bridge (9999_later)" in said.err


def test_pruning_lets_go_of_what_is_over_its_time_and_keeps_what_waits(console: Console) -> None:
    settled, waiting = console.receive("1", "2")
    console.send("delivered")
    console.refuse("the signature does not match")
    assert console.run("prune").out == "Let go of 0 rows.\n"
    said = console.run("prune", "--keep-payloads", "0ms")
    assert said.status == 0
    assert said.out == "Let go of 2 rows (payloads: 1, refused requests: 1).\n"
    assert console.run("refused", "list", "--json").json == []
    assert console.run("events", "show", settled, "--json").json["body"] is None
    assert console.run("events", "show", waiting, "--json").json["body"] is not None
    flags = ("--keep-payloads", "0ms", "--keep-history", "0ms")
    assert console.run("prune", *flags, "--dry-run").out == "Would let go of 1 rows (events with their history: 1).\n"
    expected = {"dry_run": True, "rows": 1, "counts": {"events": 1}}
    assert console.run("prune", *flags, "--dry-run", "--json").json == expected
    assert console.run("prune", *flags, "--json").json == expected | {"dry_run": False}
    assert [row["id"] for row in console.run("events", "list", "--json").json] == [waiting]
    assert console.run("audit").status == 0
