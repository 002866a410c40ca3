"""`plan`: what a changed folder would do to stored events, and what it ends with."""

from pathlib import Path

import pytest

from bridge.app.clock import now
from bridge.core.inquiry import Finished
from tests.support.console import Console


@pytest.fixture
def ready(console: Console) -> Console:
    """A console whose folder is in force."""
    assert console.run("apply").status == 0
    return console


def test_a_folder_that_is_in_force_changes_nothing(ready: Console) -> None:
    ready.receive("1001", "1002")
    said = ready.run("plan")
    assert (said.status, said.err) == (0, "")
    assert said.lines[0].endswith("2 events compared, 2 decisions.")
    assert said.lines[1:] == ["The folder is what is in force.", "2 unchanged"]


def test_changed_fields_are_shown_by_mapping_and_field_with_masked_examples(ready: Console) -> None:
    ids = ready.receive("1001", "1002", "1003", "1004", "1005")
    ready.change("till.yaml", "orderId: order", "orderId: \"concat(['#', order])\"")
    said = ready.run("plan")
    assert said.status == 0
    assert said.lines[1:] == [
        "Files that differ: till.yaml.",
        "0 unchanged",
        "5 changed",
        "",
        "Changed",
        "5 till/visit orderId",
        f"{ids[4]} 1005 → #1005",
        f"{ids[3]} 1004 → #1004",
        f"{ids[2]} 1003 → #1003",
    ]


def test_what_is_newly_and_no_longer_sent_is_told_with_the_reason(ready: Console) -> None:
    [refused] = ready.receive("1001", consent=False)
    [sent] = ready.receive("1002")
    ready.change("till.yaml", "when: consent != `false`", "when: consent == `false`")
    said = ready.run("plan")
    assert said.status == 0
    assert said.lines[2:] == [
        "0 unchanged",
        "1 newly sent",
        "1 no longer sent",
        "",
        "Newly sent",
        "1 till/visit: skipped: when is false",
        f"{refused} skipped: when is false → to steady: email=1…@example.com, orderId=1001",
        "",
        "No longer sent",
        "1 till/visit: skipped: when is false",
        f"{sent} to steady: email=1…@example.com, orderId=1002 → skipped: when is false",
    ]
    assert ready.run("plan", "--fail-on", "changed").status == 0
    assert ready.run("plan", "--fail-on", "removed").status == 1


def test_what_newly_fails_is_answered_with_1(ready: Console) -> None:
    ready.receive("1001")
    ready.change("till.yaml", "email: guest", "email: mail")
    said = ready.run("plan", "--json")
    assert said.status == 1
    assert said.json["decisions"]["newly_failing"] == 1
    [group] = said.json["groups"]
    assert (group["kind"], group["mapping"], group["count"]) == ("newly_failing", "visit", 1)
    assert group["reason"] == "failed: email is required, but is missing, null or empty"


def test_changes_fail_only_where_that_is_asked_for(ready: Console) -> None:
    ready.receive("1001")
    ready.change("till.yaml", "orderId: order", "orderId: id")
    assert ready.run("plan").status == 0
    assert ready.run("plan", "--fail-on", "removed").status == 0
    assert ready.run("plan", "--fail-on", "removed", "--fail-on", "changed").status == 1


def test_topics_that_are_newly_taken_or_not_any_more_are_counted(ready: Console) -> None:
    ready.receive("1001")
    ready.receive("1002", "1003", type="opened")
    ready.receive("1004", type="deleted")
    ready.change("till.yaml", "on: [closed]", "on: [opened]")
    said = ready.run("plan", "--json")
    assert said.json["events"] == {
        "compared": 4,
        "newly_matched": 2,
        "newly_unmatched": 1,
        "unmatched": 1,
        "read_differently": 0,
        "newly_duplicate": 0,
        "split_differently": 0,
        "unreadable": 0,
        "not_looked_up": 0,
    }
    assert (said.json["decisions"]["newly_sent"], said.json["decisions"]["no_longer_sent"]) == (2, 1)
    assert "1 events newly unmatched: no mapping takes them any more" in ready.run("plan").lines


def test_another_folder_can_be_planned_and_the_newest_events_are_taken(ready: Console, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    for path in (ready.folder / "mappings").iterdir():
        text = path.read_text(encoding="utf-8")
        (other / path.name).write_text(text.replace("orderId: order", "orderId: shop"), encoding="utf-8")
    ids = ready.receive("1001", "1002", "1003")
    assert ready.run("plan", "--json").json["decisions"]["changed"] == 0
    said = ready.run("plan", "--mappings", str(other), "--last", "2", "--json")
    assert (said.json["events"]["compared"], said.json["files"]) == (2, ["till.yaml"])
    [group] = said.json["groups"]
    assert [each["event"] for each in group["examples"]] == [ids[2], ids[1]]
    assert ready.run("plan", "--mappings", str(other), "--since", "1h", "--json").json["events"]["compared"] == 3
    assert ready.run("plan", "--mappings", str(other), "--since", "2031-01-01", "--json").json["groups"] == []


def test_touchpoints_that_would_go_are_told_with_what_waits_for_them(ready: Console) -> None:
    ready.receive("1001", "1002")
    ready.write("till.yaml", (ready.folder / "mappings/till.yaml").read_text().replace("steady", "eager"))
    text = (ready.folder / "mappings/touchpoints.yaml").read_text()
    ready.write("touchpoints.yaml", "touchpoints:\n" + text[text.index("  eager:") :] + "    timeout: 5s\n")
    said = ready.run("plan")
    assert said.lines[1:5] == [
        "Files that differ: till.yaml, touchpoints.yaml.",
        "Touchpoints removed: steady.",
        "Touchpoints changed: eager.",
        "2 deliveries for steady would wait, held, until it is back.",
    ]
    assert "2 till/visit <touchpoint>" in said.lines


def test_a_removed_source_sends_nothing_any_more(ready: Console) -> None:
    ready.receive("1001")
    (ready.folder / "mappings/till.yaml").unlink()
    said = ready.run("plan", "--json")
    assert said.json["sources_removed"] == ["till"]
    assert (said.json["decisions"]["no_longer_sent"], said.json["events"]["newly_unmatched"]) == (1, 1)


def test_planning_changes_nothing_and_says_the_same_each_time(ready: Console) -> None:
    ready.receive("1001", "1002")
    ready.change("till.yaml", "orderId: order", "orderId: id, n: {value: 7}")
    before = ready.run("events", "list", "--json").out + ready.run("deliveries", "list", "--json").out
    first, again = ready.run("plan", "--json"), ready.run("plan", "--json")
    assert first.out == again.out
    assert ready.run("events", "list", "--json").out + ready.run("deliveries", "list", "--json").out == before
    assert ready.run("mappings", "history", "--json").json[0]["how"] == "apply"


def test_nobody_is_named_in_what_it_says(ready: Console) -> None:
    ready.receive("1001", guest="anna.gruber@example.com")
    ready.change("till.yaml", "email: guest", "email: guest, name: guest, phone: {value: '+436641234567'}")
    for said in (ready.run("plan"), ready.run("plan", "--json")):
        assert "changed" in said.out
        assert "anna" not in said.out
        assert "4366412345" not in said.out


def test_a_folder_that_does_not_check_clean_is_refused_with_every_problem(ready: Console) -> None:
    ready.change("till.yaml", "touchpoint: steady", "touchpoint: stedy")
    ready.change("touchpoints.yaml", "channel: mail  # as well", "channel: male")
    said = ready.run("plan")
    assert (said.status, said.out) == (2, "")
    assert [line.partition(":")[0] for line in said.err.splitlines()] == [
        "mappings/till.yaml",
        "mappings/touchpoints.yaml",
    ]


def test_without_anything_in_force_there_is_nothing_to_compare_with(console: Console) -> None:
    with console.store():
        pass
    said = console.run("plan")
    assert said.status == 2
    assert said.err == "nothing was ever in force here (start the bridge, or run `bridge apply`)\n"


@pytest.mark.parametrize(
    "arguments", [["--last", "0"], ["--last", "5", "--since", "1h"], ["--since", "soon"], ["--fail-on", "x"]]
)
def test_a_wrong_call_is_answered_with_2(ready: Console, arguments: list[str]) -> None:
    said = ready.run("plan", *arguments)
    assert (said.status, said.out) == (2, "")


# -- lookups ------------------------------------------------------------------------------------------------------

LOOKUP = """\
lookup:
  on: [closed]
  base_url: https://till.example.com
  get: concat(['/guests/', order])
mappings:"""


def answer(console: Console, branch: str) -> None:
    """Finish the lookup that waits, as the bridge does when the system has answered."""
    with console.store() as store:
        [inquiry] = store.outbox.claim_lookups(now=now(), lease_until=now() + 1_000, free={"till": 1})
        store.outbox.finish_lookups([Finished(inquiry, inquiry.event, (), {"": {"branch": branch}})], now=now())


def test_an_event_whose_lookup_was_never_made_is_not_compared(ready: Console) -> None:
    ready.receive("1001")
    ready.receive("1002", type="opened")
    ready.change("till.yaml", "mappings:", LOOKUP)
    said = ready.run("plan", "--json")
    assert said.status == 0
    assert (said.json["events"]["compared"], said.json["events"]["not_looked_up"]) == (1, 1)
    assert "1 events not compared: they need a lookup that was not made" in ready.run("plan").lines


def test_what_was_looked_up_is_used_again(console: Console) -> None:
    console.change("till.yaml", "mappings:", LOOKUP)
    console.change("till.yaml", "orderId: order", "orderId: order, branch: looked_up().branch")
    console.run("apply")
    console.receive("1001")
    answer(console, "vie-01")
    console.change("till.yaml", "branch: looked_up().branch", 'branch: "concat([looked_up().branch, shop])"')
    said = console.run("plan", "--json")
    [group] = said.json["groups"]
    assert (group["field"], group["examples"][0]["before"], group["examples"][0]["after"]) == (
        "branch",
        "vie-01",
        "vie-01vie",
    )


def test_a_changed_reading_is_shown_and_its_events_are_mapped_by_their_new_topics(ready: Console) -> None:
    ids = ready.receive("1001", "1002", kind="opened")
    ready.receive("1003", kind="closed")
    ready.change("till.yaml", "event: {topic: type,", "event: {topic: kind,")
    said = ready.run("plan")
    assert said.status == 0
    assert said.lines[2:] == [
        "1 unchanged",
        "2 no longer sent",
        "2 events read differently: topic, id, tenant, time or what they are found by",
        "2 events newly unmatched: no mapping takes them any more",
        "",
        "Read differently",
        "2 till <topic>",
        f"{ids[1]} closed → opened",
        f"{ids[0]} closed → opened",
        "",
        "No longer sent",
        "2 till/visit: not taken by a mapping of this name",
        f"{ids[1]} to steady: email=1…@example.com, orderId=1002 → not taken by a mapping of this name",
        f"{ids[0]} to steady: email=1…@example.com, orderId=1001 → not taken by a mapping of this name",
    ]


def test_ids_tenants_times_and_contacts_that_are_read_differently_are_named_without_showing_people(
    ready: Console,
) -> None:
    ready.receive("1001", at="2026-05-03T09:12:44Z", mail="maria@firma.at", shop_id="graz")
    new = "{topic: type, id: order, tenant: shop_id, contact: mail, time: at, refs: {order: order}}"
    ready.change("till.yaml", "{topic: type, id: id, tenant: shop, contact: guest}", new)
    said = ready.run("plan", "--json")
    assert said.json["events"]["read_differently"] == 1
    changes = {each["field"]: each["examples"][0] for each in said.json["groups"]}
    assert {field: (each["before"], each["after"]) for field, each in changes.items()} == {
        "<id>": ("id-1001", "1001"),
        "<tenant>": ("vie", "graz"),
        "<time>": ("nothing", "2026-05-03 09:12:44Z"),
        "<contact>": ("(not shown)", "(another)"),
        "<order>": ("nothing", "found by it"),
    }
    assert {each["kind"] for each in said.json["groups"]} == {"read_differently"}
    assert "maria" not in said.out


def test_an_id_that_makes_several_events_one_is_told(ready: Console) -> None:
    ready.receive("1001", "1002", "1003")
    ready.change("till.yaml", "id: id,", "id: type,")
    said = ready.run("plan")
    assert "2 events taken for another one of these, since its id is the same now" in said.lines


def test_events_that_would_be_split_differently_are_not_compared(ready: Console) -> None:
    ready.receive("1001")
    ready.change("till.yaml", "event: {", "event: {each: [visits], ")
    said = ready.run("plan", "--json")
    assert (said.json["events"]["compared"], said.json["events"]["split_differently"]) == (0, 1)
    assert "1 events not compared: event.each splits requests differently" in ready.run("plan").lines
