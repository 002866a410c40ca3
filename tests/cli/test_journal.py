"""Every command that changes something puts on record who did what, and to nobody's name."""

import getpass
import os

import pytest

from tests.support.console import Console

ME = f"cli:{getpass.getuser()}"


def journal(console: Console) -> list[tuple[str, str, str]]:
    """Give what was put on record, the latest first; all by this account."""
    rows = console.run("journal", "--json").json
    assert {row["who"] for row in rows} <= {ME}
    return [(row["verb"], row["about"], row["detail"]) for row in rows]


@pytest.fixture
def busy(console: Console) -> Console:
    """A console where three requests wait."""
    console.keep_secrets()
    console.receive("1", "2", "3")
    return console


def test_nothing_is_on_record_before_anything_was_changed(busy: Console) -> None:
    busy.run("deliveries", "list")
    busy.run("replay", "--state", "dead", "--dry-run")
    assert busy.run("journal").lines == ["Nobody has changed anything yet."]


def test_stopping_and_going_on(busy: Console) -> None:
    busy.run("pause", "touchpoint", "steady", "--reason", "new texts")
    busy.run("pause", "touchpoint", "steady")
    busy.run("resume", "touchpoint", "steady")
    busy.run("resume", "touchpoint", "steady")
    assert journal(busy) == [("resume", "touchpoint steady", ""), ("pause", "touchpoint steady", "new texts")]


def test_what_is_done_with_deliveries_says_which_and_how_many_and_masks_people(busy: Console) -> None:
    busy.run("hold", "--contact", "1@example.com", "--reason", "asked by anna@example.com")
    busy.run("release", "--touchpoint", "steady")
    [delivery, *_] = [row["id"] for row in busy.run("deliveries", "list", "--json").json]
    busy.run("cancel", delivery)
    busy.run("cancel", delivery)
    assert journal(busy) == [
        ("cancel", delivery, "1 changed: no reason given"),
        ("release", "--touchpoint steady", "1 changed"),
        ("hold", "--contact ***", "1 changed: asked by a…@example.com"),
    ]


def test_who_is_not_to_be_asked(busy: Console) -> None:
    busy.run("suppress", "add", "anna@example.com", "--reason", "asked us to stop")
    busy.run("suppress", "add", "anna@example.com")
    busy.run("suppress", "remove", "anna@example.com")
    busy.run("suppress", "remove", "anna@example.com")
    assert journal(busy) == [("unsuppress", "a…@example.com", ""), ("suppress", "a…@example.com", "asked us to stop")]


def test_secrets_by_name_only(busy: Console) -> None:
    busy.run("secrets", "set", "till", given=b"t0p-s3cret")
    busy.run("secrets", "remove", "till")
    busy.run("secrets", "remove", "till")
    busy.run("secrets", "rotate-key")
    rotated, *others = journal(busy)
    assert rotated[:2] == ("secret", "master key")
    assert others == [("secret", "till", "removed"), ("secret", "till", "stored")]
    assert "t0p-s3cret" not in busy.run("journal").out


def test_an_erasure_by_its_number_and_never_whose(busy: Console) -> None:
    busy.run("erase", "1@example.com", "--yes")
    [(verb, about, detail)] = journal(busy)
    assert (verb, about) == ("erase", "erasure 1")
    assert "events: 1" in detail
    assert "example.com" not in detail


def test_files_put_in_force_and_back(busy: Console) -> None:
    busy.set("BRIDGE_APPLY", "manual")
    first = busy.run("apply", "--json").json["configuration"]
    busy.change("till.yaml", "name: visit", "name: visits")
    second = busy.run("apply", "--json").json["configuration"]
    busy.run("apply")
    busy.run("mappings", "restore", first)
    assert journal(busy) == [
        ("restore", f"mappings {first}", "till.yaml"),
        ("apply", f"mappings {second}", "mappings"),
        ("apply", f"mappings {first}", "mappings"),
    ]


def test_replays_and_what_is_done_with_them(busy: Console) -> None:
    busy.send("dead", "dead", "delivered")
    began = busy.run("replay", "--state", "dead", "--reason", "it was away", "--detach", "--yes", "--json").json
    replay = began["replay"]
    busy.run("replays", "pause", replay)
    busy.run("replays", "pause", replay)
    busy.run("replays", "resume", replay)
    busy.run("replays", "undo", replay)
    assert journal(busy) == [
        ("undo", replay, "the replay was undone"),
        ("resume", replay, ""),
        ("pause", replay, ""),
        ("replay", replay, "2 found; --state dead; stored-body: it was away"),
    ]


def test_refused_requests_that_are_tried_again(busy: Console) -> None:
    one, two = busy.refuse("the signature does not match", "the signature does not match")
    busy.run("replay", one, "--dry-run")
    assert journal(busy) == []
    busy.run("replay", one)
    busy.run("replay", one, two)
    assert journal(busy) == [("retry", "2 refused requests", ""), ("retry", one, "")]


def test_the_journal_is_read_in_pages(busy: Console) -> None:
    for _ in range(2):
        busy.run("pause", "all")
        busy.run("resume", "all")
    rows = busy.run("journal", "--limit", "3", "--json").json
    assert [row["number"] for row in rows] == [4, 3, 2]
    assert [row["number"] for row in busy.run("journal", "--before", "2", "--json").json] == [1]
    line = busy.run("journal", "--limit", "1").lines[1]
    assert line.startswith("4 20")
    assert line.endswith(f"{ME} resume all")


def test_a_change_that_fails_leaves_nothing_on_record(busy: Console) -> None:
    assert busy.run("secrets", "set", "till", given=b"").status != 0
    assert journal(busy) == []
    assert os.environ.get("BRIDGE_APPLY") is None
