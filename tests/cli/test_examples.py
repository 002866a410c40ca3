"""`example` and `check --accept`: stored events become masked examples that check, and stay right when rules change."""

import json

import pytest

from tests.support.console import Console

BATCH = """\
source: till
verify: {kind: none}
event: {topic: type, id: id, each: [data.visits]}
mappings:
  - name: visit
    on: [closed]
    when: consent != `false`
    touchpoint: steady
    body: {email: guest, orderId: order, shop: envelope().shop, kind: header('x-kind')}
"""


def test_a_stored_event_becomes_a_masked_example_that_checks(console: Console) -> None:
    [event] = console.receive("9001", guest="Maria.Huber@firma.at", name="Maria Huber", phone="+436641234567")
    said = console.run("example", event)
    assert (said.status, said.err) == (0, "")
    assert said.out == "mappings/examples/till/closed.json\nmappings/examples/till/closed.expect.yaml\n"
    text = (console.folder / "mappings/examples/till/closed.json").read_text(encoding="utf-8")
    for original in ("Maria", "maria", "Huber", "huber", "firma", "6641234567", "9001"):
        assert original not in text
    payload = json.loads(text)
    assert (payload["type"], payload["guest"].partition("@")[2]) == ("closed", "example.com")
    expect = (console.folder / "mappings/examples/till/closed.expect.yaml").read_text(encoding="utf-8")
    assert expect == (
        f'topic: closed\nmappings:\n  visit:\n    email: {payload["guest"]}\n    orderId: "{payload["order"]}"\n'
    )
    assert console.run("check").status == 0


def test_a_second_example_of_a_topic_gets_a_number_and_none_is_overwritten(console: Console) -> None:
    first, second = console.receive("9001", "9002")
    console.run("example", first)
    assert console.run("example", second, "--json").json["payload"] == "mappings/examples/till/closed-2.json"
    again = console.run("example", second, "--name", "closed")
    assert again.status == 2
    assert "an example closed is there already" in again.err


def test_what_fails_and_what_is_skipped_stay_so_with_stand_ins(console: Console) -> None:
    [failing] = console.receive("9001", guest="anna at home")
    [skipped] = console.receive("9002", consent=False)
    assert console.run("example", failing, "--name", "bad").err == ""
    assert console.run("example", skipped, "--name", "no").err == ""
    folder = console.folder / "mappings/examples/till"
    assert (folder / "bad.expect.yaml").read_text() == "topic: closed\nmappings:\n  visit: failed\n"
    assert (folder / "no.expect.yaml").read_text() == "topic: closed\nmappings:\n  visit: skipped\n"
    assert "anna" not in (folder / "bad.json").read_text()
    assert console.run("check").status == 0


def test_an_event_of_a_batch_is_wrapped_as_it_came(console: Console) -> None:
    console.write("till.yaml", BATCH)
    visit = {"type": "closed", "id": "v-8817", "order": "A-5521", "guest": "maria@firma.at"}
    [event] = console.receive("0", data={"visits": [visit]}, shop="Wien Mitte", type=None, guest=None)
    said = console.run("example", event)
    assert said.status == 0
    payload = json.loads((console.folder / "mappings/examples/till/closed.json").read_text())
    assert list(payload["data"]["visits"][0]) == ["type", "id", "order", "guest"]
    assert "firma" not in json.dumps(payload)
    assert console.run("check").status == 0


@pytest.mark.parametrize("name", ["Closed", "../x", ""])
def test_a_name_that_is_no_files_is_refused(console: Console, name: str) -> None:
    [event] = console.receive("9001")
    assert console.run("example", event, "--name", name).status == 2


def test_an_event_that_is_not_there_is_said(console: Console) -> None:
    console.receive("9001")
    said = console.run("example", "evt_none")
    assert (said.status, said.err) == (1, "There is no event evt_none.\n")


def test_a_difference_is_shown_as_a_diff_and_accepted_with_comments_kept(console: Console) -> None:
    [event] = console.receive("9001", guest="Maria.Huber@firma.at", consent=True)
    console.run("example", event)
    path = console.folder / "mappings/examples/till/closed.expect.yaml"
    email = json.loads((console.folder / "mappings/examples/till/closed.json").read_text())["guest"]
    path.write_text(
        "# seen in May\ntopic: closed\nmappings:\n  visit:\n"
        f"    orderId: '7'  # the order\n    email: {email}\n    gone: x\n"
    )
    order = json.loads((console.folder / "mappings/examples/till/closed.json").read_text())["order"]
    shown = console.run("check")
    assert shown.status == 1
    assert "-    orderId: '7'  # the order" in shown.out
    assert f'+    orderId: "{order}" # the order' in shown.out
    assert path.read_text().startswith("# seen in May\ntopic: closed\nmappings:\n  visit:\n    orderId: '7'")
    accepted = console.run("check", "--accept")
    assert accepted.status == 0
    assert "mappings/examples/till/closed.expect.yaml is rewritten." in accepted.out
    assert path.read_text() == (
        f'# seen in May\ntopic: closed\nmappings:\n  visit:\n    orderId: "{order}" # the order\n    email: {email}\n'
    )
    assert console.run("check", "--accept").out == "mappings is fine: 1 sources, 2 touchpoints.\n"


def test_accepting_takes_a_mapping_that_is_gone_or_new(console: Console) -> None:
    [event] = console.receive("9001", consent=True)
    console.run("example", event)
    console.change("till.yaml", "name: visit", "name: stay")
    assert console.run("check").status == 1
    assert console.run("check", "--accept", "--json").json == {"ok": True, "problems": []}
    assert "  stay:\n" in (console.folder / "mappings/examples/till/closed.expect.yaml").read_text()


def test_parameters_of_the_address_that_mappings_use_are_part_of_the_example(console: Console) -> None:
    console.change("till.yaml", "orderId: order}", "orderId: order, table: query('table'), waiter: query('name')}")
    [event] = console.receive("9001", query="table=7&name=Maria+Huber&other=Maria&token=t-1")
    assert console.run("example", event).status == 0
    expect = (console.folder / "mappings/examples/till/closed.expect.yaml").read_text(encoding="utf-8")
    assert 'query:\n  table: "7"\n  name: ' in expect
    assert "Maria" not in expect
    assert "other" not in expect
    assert console.run("check").status == 0
