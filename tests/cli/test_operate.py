"""What an operator stops and lets go: `cancel`, `hold`, `release`, `pause`, `resume`."""

import pytest

from bridge.outbox.terms import Circuit, Paused
from tests.support.console import Console


def states(console: Console) -> list[str]:
    """Give the states of the deliveries, oldest first, and prove that the books balance."""
    assert console.run("audit").status == 0
    rows = console.run("deliveries", "list", "--json").json
    return [row["state"] for row in reversed(rows)]


def reasons(console: Console) -> list[str]:
    return [row["reason"] for row in reversed(console.run("deliveries", "list", "--json").json)]


def test_a_delivery_is_held_released_and_cancelled_by_its_id(console: Console) -> None:
    console.receive("1", "2")
    _, delivery = sorted(row["id"] for row in console.run("deliveries", "list", "--json").json)
    said = console.run("hold", delivery, "--reason", "check the address")
    assert (said.status, said.out, said.err) == (0, "Held 1 delivery.\n", "")
    assert states(console) == ["pending", "held"]
    assert reasons(console)[1] == "check the address"
    assert console.run("release", delivery).out == "Released 1 delivery.\n"
    assert states(console) == ["pending", "pending"]
    assert console.run("cancel", delivery, "--reason", "asked by phone").out == "Cancelled 1 delivery.\n"
    assert states(console) == ["pending", "cancelled"]
    assert reasons(console)[1] == "asked by phone"


def test_deliveries_are_chosen_by_filters_and_by_their_events(console: Console) -> None:
    first, *_ = console.receive("1", "2", "3")
    assert console.run("hold", first).status == 0
    assert states(console) == ["held", "pending", "pending"]
    assert console.run("hold", "--touchpoint", "steady", "--since", "1h").out == "Held 2 deliveries.\n"
    assert console.run("release", "--contact", "2@example.com").out == "Released 1 delivery.\n"
    assert states(console) == ["held", "pending", "held"]
    assert console.run("cancel", "--state", "held").out == "Cancelled 2 deliveries.\n"
    assert states(console) == ["cancelled", "pending", "cancelled"]


@pytest.mark.parametrize("verb", ["cancel", "hold", "release"])
def test_without_a_choice_nothing_is_changed(console: Console, verb: str) -> None:
    console.receive("1")
    said = console.run(verb)
    assert (said.status, said.out) == (2, "")
    assert f"Say which deliveries to {verb}: ids, or filters such as --touchpoint NAME." in said.err
    assert states(console) == ["pending"]


def test_what_was_sent_is_not_called_back(console: Console) -> None:
    console.receive("1", "2")
    delivered, _ = console.send("delivered", "dead")
    for verb, sentence in (("cancel", "Cancelled"), ("hold", "Held"), ("release", "Released")):
        said = console.run(verb, delivered)
        assert (said.status, said.out) == (1, f"{sentence} 0 deliveries.\n")
    assert states(console) == ["delivered", "dead"]


def test_a_held_delivery_whose_fate_is_unknown_is_released(console: Console) -> None:
    console.receive("1")
    [delivery] = console.send("held")
    assert console.run("release", delivery).status == 0
    assert console.send("delivered") == [delivery]


def test_those_whose_fate_is_unknown_are_listed_released_and_cancelled_by_themselves(console: Console) -> None:
    console.receive("1", "2", "3", "4")
    first, second, third, _ = console.send("held", "held", "held", "dead")
    console.receive("5")
    [fifth] = [row["id"] for row in console.run("deliveries", "list", "--state", "pending", "--json").json]
    console.run("hold", fifth, "--reason", "check the address")
    rows = console.run("deliveries", "list", "--unknown", "--json").json
    assert [row["id"] for row in rows] == [third, second, first]
    assert all(row["asked_at"] for row in rows)
    heading, line, *_ = console.run("deliveries", "list", "--unknown").lines
    assert heading == "id event id mapping touchpoint key asked reason"
    assert line.endswith("Z the request was sent, but no answer was seen")
    assert console.run("cancel", "--unknown", third, "--reason", "it arrived").out == "Cancelled 1 delivery.\n"
    assert console.run("release", "--unknown", "--contact", "2@example.com").out == "Released 1 delivery.\n"
    assert console.run("release", "--unknown").out == "Released 1 delivery.\n"
    assert console.run("release", "--unknown").status == 1
    assert states(console) == ["pending", "pending", "cancelled", "dead", "held"]


def test_pausing_everything_is_said_in_words(console: Console) -> None:
    with console.store() as store:
        for verb in ("pause", "resume"):
            said = console.run(verb)
            assert (said.status, said.out) == (2, "")
            assert "Missing argument" in said.err
        assert store.ledger.pauses() == []


@pytest.mark.parametrize(
    "what", [["all"], ["touchpoint", "steady"], ["source", "till"], ["mapping", "till/visit"]], ids=" ".join
)
def test_pausing_stops_sending_and_resuming_goes_on(console: Console, what: list[str]) -> None:
    console.receive("1")
    said = console.run("pause", *what, "--reason", "new texts")
    assert (said.status, said.out) == (0, f"Paused {' '.join(what)}.\n")
    said = console.run("pause", *what)
    assert (said.status, said.out) == (0, f"It was paused already: {' '.join(what)}.\n")
    assert console.send() == []
    with console.store() as store:
        assert store.outbox.claim(now=1 << 42, lease_until=1 << 43, free={"steady": 9}, caps={}).deliveries == ()
        [pause] = store.ledger.pauses()
    assert (pause.reason, pause.by) == ("new texts", "operator")
    assert console.run("resume", *what).out == f"Resumed {' '.join(what)}.\n"
    said = console.run("resume", *what)
    assert (said.status, said.out) == (1, f"It was not paused: {' '.join(what)}.\n")
    assert len(console.send("delivered")) == 1


def test_resuming_a_touchpoint_that_fails_has_it_tried_at_once(console: Console) -> None:
    console.keep_secrets()
    with console.store() as store:
        store.outbox.note_circuit("steady", Circuit("steady", "it answered 503", 1_000, 4_000_000_000_000))
    said = console.run("resume", "touchpoint", "steady")
    assert (said.status, said.out) == (0, "It was not paused but failing: one request tries touchpoint steady now.\n")
    [_, row] = console.run("touchpoints", "--json").json
    assert (row["state"], row["until"]) == ("failing", 0)
    assert row["why"].startswith("the next request tries; failing since 1970-01-01 00:00:01Z: it answered 503")
    assert console.run("resume", "touchpoint", "eager").status == 1


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["touchpoint"], "Write `all`, or a scope with a name"),
        (["all", "steady"], "Write `all`, or a scope with a name"),
        (["mapping", "visit"], "A mapping is named SOURCE/NAME, such as shopify/post-purchase."),
    ],
)
def test_a_pause_names_what_it_stops(console: Console, words: list[str], hint: str) -> None:
    with console.store():
        pass
    for verb in ("pause", "resume"):
        said = console.run(verb, *words)
        assert (said.status, said.out) == (2, "")
        assert hint in said.err


@pytest.mark.parametrize(
    ("words", "warning"),
    [
        (
            ["touchpoint", "stedy"],
            "No touchpoint in force has the name stedy, so this stops nothing now: did you mean steady?",
        ),
        (["source", "shop"], "No source in force has the name shop, so this stops nothing now: there is till."),
        (["mapping", "till/visits"], "so this stops nothing now: did you mean till/visit?"),
        (["mapping", "till/visit"], ""),
        (["all"], ""),
    ],
)
def test_a_pause_that_stops_nothing_is_said_to_be_so(console: Console, words: list[str], warning: str) -> None:
    console.run("apply")
    said = console.run("pause", *words)
    assert (said.status, said.out) == (0, f"Paused {' '.join(words)}.\n")
    assert warning in said.err
    assert bool(warning) == bool(said.err)


def test_a_touchpoint_that_its_target_refused_is_resumed(console: Console) -> None:
    console.keep_secrets()
    with console.store() as store:
        store.controls.pause(Paused("touchpoint", "steady", "the target answered 401: unknown token", 1, "target"))
    rows = {row["touchpoint"]: row for row in console.run("touchpoints", "--json").json}
    assert rows["steady"]["state"] == "paused"
    assert rows["steady"]["why"].startswith("the target answered 401: unknown token (by target, since 1970-01-01")
    assert console.run("resume", "touchpoint", "steady").status == 0
    assert {row["state"] for row in console.run("touchpoints", "--json").json} == {"open"}
