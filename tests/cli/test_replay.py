"""`bridge replay`: what is taken, what is made of it, and what is refused."""

import sys
from typing import Any

import pytest

from tests.support.console import Console

NOTHING: dict[str, Any] = {"replay": None, "found": 0, "made": 0, "others": {}}


def states(console: Console) -> list[str]:
    """Give the states of the deliveries, oldest first, and prove that the books balance."""
    assert console.run("audit").status == 0
    return [row["state"] for row in reversed(console.run("deliveries", "list", "--json").json)]


def made(console: Console, *words: str) -> tuple[int, int]:
    """Replay; gives how many were found, and how many made."""
    said = console.run("replay", *words, "--yes", "--json")
    assert said.status == 0
    return said.json["found"], said.json["made"]


@pytest.fixture
def night(console: Console) -> Console:
    """A delivered, a dead and a held delivery, and an event whose mapping failed."""
    console.receive("1", "2", "3")
    console.send("delivered", "dead", "held")
    console.receive("4", guest="nobody")
    return console


def test_a_dry_run_counts_and_makes_nothing(night: Console) -> None:
    said = night.run("replay", "--since", "12h", "--dry-run")
    assert said.status == 0
    assert said.lines == [
        "Found 2; made nothing.",
        "kind source mapping touchpoint state number",
        "decision till visit failed 1",
        "delivery till visit steady dead 1",
        "Of these, 1 would be made now.",
        "1 would not: failed: email is not a valid email address",
    ]
    place = {"source": "till", "mapping": "visit", "number": 1}
    assert night.run("replay", "--since", "12h", "--dry-run", "--json").json == NOTHING | {
        "found": 2,
        "by": [
            {"kind": "decision", "touchpoint": "", "state": "failed"} | place,
            {"kind": "delivery", "touchpoint": "steady", "state": "dead"} | place,
        ],
        "tried": {"rows": 2, "made": 1, "others": {"failed: email is not a valid email address": 1}},
        "takes_ms": None,
    }
    assert states(night) == ["delivered", "dead", "held"]


def test_last_nights_failures_are_made_again_with_the_same_bodies(night: Console) -> None:
    said = night.run("replay", "--since", "12h", "--yes")
    assert said.status == 0
    first, *others = said.out.splitlines()
    assert first.startswith("Replay rpl_")
    assert first.endswith(": made 1 of 2.")
    assert others == ["  1 not made: failed: email is not a valid email address"]
    assert said.err.startswith("2 to replay.\n")
    assert states(night) == ["delivered", "dead", "held", "pending"]
    [new] = night.run("deliveries", "list", "--state", "pending", "--json").json
    body = night.run("deliveries", "show", new["id"], "--json").json["body"]
    assert body == '{"email":"2@example.com","orderId":"2"}'


@pytest.mark.parametrize("state", ["held", "cancelled"])
def test_what_somebody_holds_or_cancelled_is_replayed_only_when_it_is_named(night: Console, state: str) -> None:
    if state == "cancelled":
        night.run("cancel", "--state", "held")
    [old] = night.run("deliveries", "list", "--state", state, "--json").json
    assert made(night, "--touchpoint", "steady") == (1, 1)
    assert made(night, "--state", state) == (1, 1)
    assert states(night) == ["delivered", "dead", "cancelled", "pending", "pending"]
    assert made(night, old["id"]) == (0, 0)


def test_what_was_replayed_is_not_replayed_again(night: Console) -> None:
    assert made(night, "--since", "12h") == (2, 1)
    assert made(night, "--since", "12h") == (1, 0)


def test_a_new_delivery_is_linked_to_the_old(night: Console) -> None:
    [dead] = night.run("deliveries", "list", "--state", "dead", "--json").json
    result = night.run("replay", dead["id"], "--json").json
    assert (result["found"], result["made"]) == (1, 1)
    [new] = night.run("deliveries", "list", "--state", "pending", "--json").json
    shown = night.run("deliveries", "show", new["id"], "--json").json
    assert (shown["replay_of"], shown["replay_id"]) == (dead["id"], result["replay"])


def test_an_event_stands_for_its_deliveries(night: Console) -> None:
    [dead] = night.run("deliveries", "list", "--state", "dead", "--json").json
    assert made(night, dead["event_id"]) == (1, 1)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("--state dead", (1, 1)),
        ("--state held --touchpoint steady", (1, 1)),
        ("--contact 2@example.com", (1, 1)),
        ("--source shop", (0, 0)),
        ("--topic closed", (2, 1)),
        ("--mapping visit --until 2999-01-01", (2, 1)),
    ],
)
def test_filters_choose_what_is_replayed(night: Console, words: str, found: tuple[int, int]) -> None:
    assert made(night, *words.split()) == found


def test_the_stored_event_goes_through_the_mended_mapping(night: Console) -> None:
    night.change("till.yaml", "email: guest", "email: \"if(contains(guest, '@'), guest, 'desk@example.com')\"")
    said = night.run("replay", "--since", "12h", "--with", "current-mapping", "--yes", "--json").json
    assert (said["found"], said["made"], said["others"]) == (2, 2, {})
    assert states(night) == ["delivered", "dead", "held", "pending", "pending"]
    assert len(night.run("deliveries", "list", "--contact", "desk@example.com", "--json").json) == 1


def test_a_failed_decision_goes_through_the_mended_mapping_in_either_mode(night: Console) -> None:
    night.change("till.yaml", "email: guest", "email: \"'desk@example.com'\"")
    [event] = [row for row in night.run("events", "list", "--json").json if row["verdicts"] == {"failed": 1}]
    assert made(night, event["id"]) == (1, 1)
    [new] = night.run("deliveries", "list", "--state", "pending", "--json").json
    body = night.run("deliveries", "show", new["id"], "--json").json["body"]
    assert body == '{"email":"desk@example.com","orderId":"4"}'


def test_a_mapping_that_is_gone_makes_nothing(night: Console) -> None:
    night.change("till.yaml", "name: visit", "name: call")
    said = night.run("replay", "--state", "dead", "--with", "current-mapping", "--yes", "--json").json
    reason = "skipped: the mapping of this name does not take this event today"
    assert (said["found"], said["made"], said["others"]) == (1, 0, {reason: 1})


def test_what_was_delivered_is_replayed_only_when_it_is_asked_for(night: Console) -> None:
    assert made(night, "--state", "delivered") == (0, 0)
    [delivered] = night.run("deliveries", "list", "--state", "delivered", "--json").json
    assert made(night, delivered["id"]) == (0, 0)
    said = night.run("replay", "--state", "delivered", "--include-delivered", "--dry-run")
    assert said.lines[0] == "Found 1; made nothing."


def test_people_who_were_asked_are_asked_again_when_that_is_asked_for(night: Console) -> None:
    assert made(night, "--state", "delivered", "--include-delivered") == (1, 1)
    assert states(night) == ["delivered", "dead", "held", "pending"]


def test_what_another_event_did_meanwhile_is_not_done_twice(night: Console) -> None:
    night.receive("2", id="the same order again")
    night.send("delivered")
    said = night.run("replay", "--state", "dead", "--yes")
    assert said.out.splitlines()[0].endswith(": made 0 of 1.")
    assert said.out.splitlines()[1] == "  1 not made: suppressed: already asked about its key, by another"
    assert states(night) == ["delivered", "dead", "held", "delivered"]


def test_a_replay_keeps_to_its_rate_and_says_how_long_it_takes(night: Console) -> None:
    said = night.run("replay", "--state", "dead", "--rate", "100/s", "--yes")
    assert said.status == 0
    assert said.err.startswith("1 to replay, over about 1 s.\n")
    assert night.run("replay", "--state", "held", "--rate", "fast", "--yes").status == 2
    assert night.run("replay", "--state", "held", "--rate", "0/s", "--yes").status == 2


def test_without_ids_or_filters_nothing_is_replayed(night: Console) -> None:
    for words in ([], ["--yes"], ["--include-delivered", "--with", "current-mapping", "--yes"]):
        said = night.run("replay", *words)
        assert (said.status, said.out) == (2, "")
        assert "Say what to replay: ids, or filters such as --since 12h or --touchpoint NAME." in said.err
    assert states(night) == ["delivered", "dead", "held"]


def test_a_script_must_say_yes(night: Console) -> None:
    said = night.run("replay", "--since", "12h")
    assert (said.status, said.out) == (2, "")
    assert "Add --yes to go on without being asked, or --dry-run to see only how many." in said.err
    assert states(night) == ["delivered", "dead", "held"]


@pytest.mark.parametrize(("answer", "count"), [("y\n", 1), ("n\n", 0), ("\n", 0)])
def test_a_person_is_asked(night: Console, monkeypatch: pytest.MonkeyPatch, answer: str, count: int) -> None:
    monkeypatch.setattr(sys, "argv", ["bridge", "replay", "--since", "12h"])
    said = night.run("replay", "--since", "12h", given=answer.encode(), terminal=True)
    assert said.status == 0
    assert "2 to replay.\nGo on? [y/N]:" in said.err
    assert states(night).count("pending") == count


def test_unknown_ids_find_nothing(night: Console) -> None:
    assert night.run("replay", "dlv_0", "evt_0", "--json").json == NOTHING
