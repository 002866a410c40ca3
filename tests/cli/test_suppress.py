"""`bridge suppress`: who is never asked again."""

import getpass

import pytest

from tests.support.console import Console


@pytest.fixture
def asked(console: Console) -> Console:
    """A console where two requests to Anna and one to Ben wait."""
    console.receive("1", "2", guest="anna@example.com")
    console.receive("3", guest="ben@example.com")
    return console


def test_whoever_is_added_is_not_asked_again_and_what_waits_is_cancelled(asked: Console) -> None:
    said = asked.run("suppress", "add", "Anna@Example.com", "--reason", "asked us to stop")
    assert (said.status, said.lines) == (
        0,
        ["Anna@Example.com is not asked again; cancelled 2 deliveries that waited."],
    )
    rows = asked.run("deliveries", "list", "--json").json
    assert [(row["state"], row["reason"]) for row in rows] == [
        ("pending", ""),
        ("cancelled", "not to be asked: asked us to stop"),
        ("cancelled", "not to be asked: asked us to stop"),
    ]
    [event] = asked.receive("4", guest="anna@example.com")
    [decision] = asked.run("events", "show", event, "--json").json["decisions"]
    assert decision["verdict"] == "suppressed"


def test_one_delivery_or_none_is_told_so(asked: Console) -> None:
    said = asked.run("suppress", "add", "ben@example.com")
    assert said.lines == ["ben@example.com is not asked again; cancelled 1 delivery that waited."]
    said = asked.run("suppress", "add", "+43 1 58801")
    assert said.lines == ["+43 1 58801 is not asked again; nothing waited."]


def test_the_list_is_masked_and_says_who_added_whom_and_why(asked: Console) -> None:
    assert asked.run("suppress", "list").lines == ["Nobody is on the list."]
    asked.run("suppress", "add", "anna@example.com", "--reason", "asked us to stop")
    asked.run("suppress", "add", "+43 1 58801")
    rows = asked.run("suppress", "list", "--json").json
    assert sorted((row["contact"], row["reason"], row["added_by"]) for row in rows) == [
        ("+43…01", "no reason given", f"cli:{getpass.getuser()}"),
        ("a…@example.com", "asked us to stop", f"cli:{getpass.getuser()}"),
    ]
    assert "anna" not in asked.run("suppress", "list").out
    assert len(asked.run("suppress", "list", "--limit", "1", "--json").json) == 1
    oldest = min(row["since"] for row in rows)
    assert asked.run("suppress", "list", "--before", str(oldest), "--json").json == []
    assert len(asked.run("suppress", "list", "--before", str(oldest + 1), "--json").json) >= 1


def test_the_first_reason_stays(asked: Console) -> None:
    asked.run("suppress", "add", "anna@example.com", "--reason", "first")
    said = asked.run("suppress", "add", "anna@example.com", "--reason", "second")
    assert (said.status, said.lines) == (0, ["anna@example.com was not to be asked already; the first reason stays."])
    assert [row["reason"] for row in asked.run("suppress", "list", "--json").json] == ["first"]


def test_whoever_is_removed_is_asked_again_by_later_events(asked: Console) -> None:
    asked.run("suppress", "add", "anna@example.com")
    said = asked.run("suppress", "remove", "ANNA@example.com")
    assert (said.status, said.lines) == (0, ["ANNA@example.com may be asked again, by events that come from now on."])
    said = asked.run("suppress", "remove", "anna@example.com")
    assert (said.status, said.out, said.err) == (1, "", "anna@example.com is not on the list.\n")
    [event] = asked.receive("4", guest="anna@example.com")
    [decision] = asked.run("events", "show", event, "--json").json["decisions"]
    assert decision["verdict"] == "planned"


@pytest.mark.parametrize("contact", ["bob", "0660 1234567", "anna@", "+43", ""])
def test_what_is_neither_an_address_nor_a_number_is_refused(asked: Console, contact: str) -> None:
    for verb in ("add", "remove"):
        said = asked.run("suppress", verb, contact)
        assert (said.status, said.out) == (2, "")
        assert "write an address, or a number in international form" in said.err
