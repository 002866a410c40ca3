"""An example may say when its requests are sent: `sent:` beside `mappings:`. Every example comes on 1 January 2026."""

import json
from pathlib import Path
from typing import Any

import pytest

from bridge.catalog import check_examples, load_catalog
from bridge.catalog.examples import run_examples
from bridge.catalog.restating import restated
from tests.support.folders import files, write_folder

TILL = """\
source: till
verify: {kind: token, token: {from: header, name: X-Till}, secrets: "${secret:till}"}
event: {topic: type, id: id}
mappings:
  - name: visit
    touchpoint: elsewhere
    send: {after: 1d, between: 09:00-19:00, zone: Europe/Berlin, expires: 7d}
    body: {orderId: text(id)}
  - name: items
    for_each: lines
    when: sku
    touchpoint: elsewhere
    send: {from: at, between: 09:00-19:00, zone: {expr: zone, default: UTC}}
    body: {sku: sku}
"""
LINES = [{"sku": "a", "at": "2026-03-28T21:00:00Z", "zone": "Europe/Vienna"}, {}, {"sku": "b", "at": "2025-12-31"}]
PAYLOAD = {"type": "closed", "id": 7, "lines": LINES}
EXPECT = """\
topic: closed
mappings:
  visit: {orderId: "7"}
  items: [{sku: a}, skipped, {sku: b}]
sent:
  visit: Fri 2 Jan 2026 09:00 Europe/Berlin  # the day after
  items: ["Sun 29 Mar 2026 09:00 Europe/Vienna", never, "Thu 1 Jan 2026 09:00 UTC"]
"""
FIRST, LAST = "Sun 29 Mar 2026 09:00 Europe/Vienna", "Thu 1 Jan 2026 09:00 UTC"


def folder_with(tmp_path: Path, expect: str, payload: Any = PAYLOAD) -> Path:
    examples = {"examples/till/one.json": json.dumps(payload), "examples/till/one.expect.yaml": expect}
    return write_folder(tmp_path, {**files(till=TILL), **examples})


def differences(folder: Path) -> list[str]:
    problems = check_examples(folder, load_catalog(folder, {}).catalog)
    return [str(problem).removeprefix(f"{folder}/examples/till/one.expect.yaml:") for problem in problems]


def test_times_that_come_out_as_expected_are_fine(tmp_path: Path) -> None:
    assert differences(folder_with(tmp_path, EXPECT)) == []


def test_only_times_that_are_named_are_compared(tmp_path: Path) -> None:
    assert differences(folder_with(tmp_path, EXPECT.partition("sent:")[0])) == []
    assert differences(folder_with(tmp_path, EXPECT.partition('  items: ["')[0])) == []


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "Fri 2 Jan 2026 09:00",
            "Thu 1 Jan 2026 09:00",
            "6:10: visit is to be sent Fri 2 Jan 2026 09:00 Europe/Berlin; expected Thu 1 Jan 2026 09:00 Europe/Berlin",
        ),
        (
            "never, ",
            "",
            f"7:10: items is to be sent {FIRST}, never, {LAST}; expected {FIRST}, {LAST}",
        ),
        ("  visit: Fri", "  vist: Fri", "6:3: sent: 'vist' does not take this event (did you mean 'visit'?)"),
        ("  visit: Fri", "  other: Fri", "6:3: sent: 'other' does not take this event (remove it)"),
    ],
)
def test_another_time_is_named_at_its_place(tmp_path: Path, old: str, new: str, expected: str) -> None:
    assert differences(folder_with(tmp_path, EXPECT.replace(old, new))) == [expected]


def test_sent_must_be_a_table(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, EXPECT.partition("sent:")[0] + "sent: at once\n")
    [said] = differences(folder)
    assert said.startswith("5:7: sent must be a table of mappings and times, not 'at once' (write sent: {name: ")


def test_what_has_no_wait_is_sent_at_once(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, "topic: closed\nmappings: {quick: {a: '7'}}\nsent: {quick: at once}\n")
    source = TILL.partition("  - name: visit")[0] + "  - {name: quick, touchpoint: elsewhere, body: {a: text(id)}}\n"
    (folder / "till.yaml").write_text(source)
    assert differences(folder) == []


def test_times_are_written_down_when_they_are_accepted(tmp_path: Path) -> None:
    wrong = EXPECT.replace("Fri 2 Jan", "Sat 3 Jan").replace("never", "at once")
    folder = folder_with(tmp_path, wrong + "  gone: at once\n")
    [ran] = run_examples(folder, load_catalog(folder, {}).catalog)[1]
    written = restated(ran.expect.read_text(), ran)
    assert '  visit: "Fri 2 Jan 2026 09:00 Europe/Berlin" # the day after\n' in written
    assert "gone" not in written
    ran.expect.write_text(written)
    assert differences(folder) == []


def test_each_event_of_a_batch_has_its_own_times(tmp_path: Path) -> None:
    batch = [{**PAYLOAD, "lines": []}, {**PAYLOAD, "id": 8, "lines": []}]
    expect = "events:\n" + "".join(
        f"  - {{mappings: {{visit: {{orderId: '{number}'}}, items: skipped}}, sent: {{visit: {time}}}}}\n"
        for number, time in ((7, "Fri 2 Jan 2026 09:00 Europe/Berlin"), (8, "at once"))
    )
    folder = folder_with(tmp_path, expect, batch)
    (folder / "till.yaml").write_text(TILL.replace("id: id}", "id: id, each: ['@']}"))
    said = "visit is to be sent Fri 2 Jan 2026 09:00 Europe/Berlin; expected at once"
    assert [line.partition(": ")[2] for line in differences(folder)] == [said]
    (folder / "examples/till/one.expect.yaml").write_text(f"{expect}sent: {{visit: at once}}\n")
    assert "4:7: sent does not go with events (write it within each event)" in differences(folder)
