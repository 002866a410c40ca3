"""Events that cancel and unsubscribe, in `try`, `plan`, `coverage`, `example` and `check`."""

import pytest

from tests.support.console import Console

CANCEL = "    key: order\n    cancel_on: {on: voided, when: sure != `false`, key: of}\n"
SUPPRESS = "suppress_on: {on: left, contact: guest}\nmappings:"


@pytest.fixture
def till(console: Console) -> Console:
    """A console whose till cancels and unsubscribes, in force."""
    assert console.run("apply").status == 0
    console.change("till.yaml", "    key: order\n", CANCEL)
    console.change("till.yaml", "mappings:", SUPPRESS)
    return console


def payload(console: Console, text: str) -> str:
    path = console.folder / "payload.json"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_try_says_what_would_be_cancelled_and_who_not_asked_again(till: Console) -> None:
    said = till.run("try", "till", payload(till, '{"type": "voided", "id": 1, "of": ["1001", "1002"]}'))
    assert said.status == 0
    assert said.lines[1:] == [
        "visit cancelling: cancels visit about 1001",
        "visit cancelling: cancels visit about 1002",
    ]
    said = till.run("try", "till", payload(till, '{"type": "left", "id": 1, "guest": "anna@example.com"}'))
    assert said.lines[1:] == ["(no mapping) cancelling: a…@example.com is not asked again"]
    said = till.run("try", "till", payload(till, '{"type": "voided", "id": 1, "of": null}'))
    assert said.status == 1
    assert said.lines[1:] == ["visit failed: cancel_on: key: it is null, so nothing says what is cancelled"]


def test_try_names_the_key_in_json(till: Console) -> None:
    [event] = till.run("try", "till", payload(till, '{"type": "voided", "id": 1, "of": 7}'), "--json").json["events"]
    [decision] = event["decisions"]
    assert {name: decision[name] for name in ("mapping", "element", "verdict", "reason", "key", "body")} == {
        "mapping": "visit",
        "element": 0,
        "verdict": "cancelling",
        "reason": "cancels visit about 7",
        "key": "7",
        "body": None,
    }


def test_plan_counts_what_would_newly_be_cancelled(till: Console) -> None:
    [voided] = till.receive("1001", type="voided", of="1000")
    [left] = till.receive("1002", type="left")
    said = till.run("plan")
    assert said.status == 0
    assert said.lines[2:] == [
        "0 unchanged",
        "2 newly cancelling",
        "2 events newly matched: a mapping takes what none took",
        "",
        "Newly cancelling",
        "1 till/suppress_on",
        f"{left} nothing → never ask 1…@example.com",
        "1 till/visit",
        f"{voided} nothing → cancel 1000",
    ]
    till.run("apply")
    assert till.run("plan", "--json").json["decisions"]["unchanged"] == 2


def test_plan_counts_what_would_not_be_cancelled_any_more(till: Console) -> None:
    till.run("apply")
    [voided] = till.receive("1001", type="voided", of="1000")
    till.change("till.yaml", "key: of}", "key: order}")
    decisions = till.run("plan", "--json").json["decisions"]
    assert (decisions["newly_cancelling"], decisions["no_longer_cancelling"]) == (1, 1)
    till.change("till.yaml", "on: voided", "on: void")
    said = till.run("plan")
    assert said.lines[-3:] == ["No longer cancelling", "1 till/visit", f"{voided} cancel 1000 → nothing"]


def test_coverage_tells_which_entries_cancelled_something_and_which_never(till: Console) -> None:
    till.receive("1001")
    till.receive("1002", type="voided", of="1001")
    till.receive("1003", type="voided", of="1001", sure=False)
    report = till.run("coverage", "--json").json
    assert report["stops"] == {"till/visit cancel_on voided": 2, "till suppress_on left": 0}
    assert report["unmatched"] == []
    [use] = report["mappings"]
    assert (use["events"], use["verdicts"]) == (1, {"planned": 1, "cancelling": 1, "skipped": 1})
    assert use["fields"]["email"] == {"null": 0, "of": 1}
    lines = till.run("coverage").lines
    assert "Never used: till suppress_on left." in lines
    assert "till/visit cancel_on voided 2" in lines


def test_coverage_counts_cancellations_of_another_sources_mapping(till: Console) -> None:
    till.change("till.yaml", "cancel_on: {on: voided, when: sure != `false`, key: of}", "repeat: once")
    till.write(
        "shop.yaml",
        "source: shop\nverify: {kind: token, token: {from: header, name: X-Shop}, secrets: '${secret:shop}'}\n"
        "event: {topic: type, id: id}\nmappings:\n  - name: order\n    on: [done]\n    touchpoint: steady\n"
        "    key: id\n    cancel_on: {source: till, on: voided, key: of}\n    body: {email: mail}\n",
    )
    till.receive("1001", type="voided", of="1001")
    report = till.run("coverage", "--json").json
    assert report["stops"] == {"shop/order cancel_on voided of till": 1, "till suppress_on left": 0}
    assert {use["mapping"]: use["verdicts"] for use in report["mappings"]} == {"order": {"cancelling": 1}, "visit": {}}


def test_a_cancelling_event_becomes_a_masked_example_that_checks(till: Console) -> None:
    [voided] = till.receive("9001", type="voided", of="9000")
    [left] = till.receive("9002", type="left", guest="maria.huber@firma.at")
    assert (till.run("example", voided).status, till.run("example", left).status) == (0, 0)
    folder = till.folder / "mappings/examples/till"
    assert (folder / "voided.expect.yaml").read_text().startswith("topic: voided\nmappings:\n  visit: cancelling ")
    expect = (folder / "left.expect.yaml").read_text()
    assert expect.startswith("topic: left\nmappings: {}\nunsubscribes: ")
    assert "huber" not in expect
    assert till.run("check").status == 0


def test_what_cancel_on_compares_with_is_no_secret_of_an_example(till: Console) -> None:
    till.change("till.yaml", "sure != `false`", "note == 'Sent Back by Post'")
    [voided] = till.receive("9001", type="voided", of="9000", note="Sent Back by Post")
    said = till.run("example", voided)
    assert (said.status, said.err) == (0, "")
    expect = (till.folder / "mappings/examples/till/voided.expect.yaml").read_text()
    assert expect.startswith("topic: voided\nmappings:\n  visit: cancelling ")


def test_check_shows_what_an_example_cancels_as_a_difference(till: Console) -> None:
    till.write("examples/till/void.json", '{"type": "voided", "id": 1, "of": "1001"}')
    till.write("examples/till/void.expect.yaml", "topic: voided\nmappings:\n  visit: skipped\n")
    said = till.run("check")
    assert said.status == 1
    assert "void.expect.yaml:3:10: visit: expected skipped, got cancelling 1001" in said.out
    assert till.run("check", "--accept").status == 0
    assert (till.folder / "mappings/examples/till/void.expect.yaml").read_text().endswith("  visit: cancelling 1001\n")


def states(console: Console) -> list[str]:
    return [row["state"] for row in console.run("deliveries", "list", "--json").json]


def test_what_waits_is_cancelled_and_what_comes_late_is_not_planned(till: Console) -> None:
    till.receive("1001", "1002")
    [voided] = till.receive("1003", type="voided", of=["1001", "1004"])
    late, other = till.receive("1004", "1005")
    assert states(till) == ["pending", "pending", "cancelled"]  # 1005, 1002 and 1001
    verdicts = {
        event: [each["verdict"] for each in till.run("events", "show", event, "--json").json["decisions"]]
        for event in (voided, late, other)
    }
    assert verdicts == {voided: ["cancelling", "cancelling"], late: ["suppressed"], other: ["planned"]}
    assert till.run("audit").status == 0


def test_who_left_is_not_asked_again(till: Console) -> None:
    till.receive("1001", guest="anna@example.com")
    till.receive("1002", type="left", guest="Anna@example.com")
    [late] = till.receive("1003", guest="anna@example.com")
    assert states(till) == ["cancelled"]
    [decision] = till.run("events", "show", late, "--json").json["decisions"]
    assert decision["verdict"] == "suppressed"
    assert till.run("audit").status == 0


def test_an_event_is_found_by_the_key_that_it_cancels(till: Console) -> None:
    [planned] = till.receive("1001")
    [voided] = till.receive("1003", type="voided", of="1001")
    found = till.run("events", "list", "--contact", "1001", "--json").json
    assert {row["id"] for row in found} == {planned, voided}


def test_replaying_a_failed_unsubscription_unsubscribes_and_asks_nobody_again(till: Console) -> None:
    till.change("till.yaml", "{on: left, contact: guest}", "{on: closed, contact: phone}")
    till.change("till.yaml", CANCEL, "    key: order\n    repeat: send\n")
    till.receive("1001", phone="0664")
    assert states(till) == ["pending"]
    till.change("till.yaml", "contact: phone", "contact: mail")
    till.run("replay", "--source", "till", "--yes")
    assert states(till) == ["pending"]
    till.change("till.yaml", "contact: mail", "contact: guest")
    till.run("replay", "--source", "till", "--yes")
    assert states(till) == ["cancelled"]
    assert till.run("audit").status == 0


def test_replaying_a_failed_cancellation_cancels(till: Console) -> None:
    till.receive("1001", type="voided", of=None)
    till.receive("1002")
    till.change("till.yaml", "key: of}", 'key: "`1002`"}')
    till.run("replay", "--source", "till", "--yes")
    assert states(till) == ["cancelled"]
    assert till.run("audit").status == 0
