"""Examples beside the mapping files run through the real intake, and say key by key what differs."""

import json
from pathlib import Path
from typing import Any

import pytest

from bridge.catalog import check_examples, count_examples, load_catalog
from tests.support.folders import SHOPIFY, files, write_folder

TILL = """\
source: till
verify: {kind: token, token: {from: header, name: X-Till}, secrets: "${secret:till}"}
event: {topic: type || header('x-topic'), id: id}
mappings:
  - name: visit
    on: [closed]
    when: consent
    touchpoint: elsewhere
    body:
      orderId: text(id)
      count: n
      shop: header('x-shop')
  - name: items
    on: [closed, batch]
    for_each: lines
    when: asked != `false`
    touchpoint: elsewhere
    body:
      sku: {expr: sku, required: true}
"""
PAYLOAD = {"type": "closed", "id": 7, "consent": True, "n": 2, "lines": [{"sku": "a"}]}
EXPECT = """\
topic: closed
headers: {X-Shop: Graz}
mappings:
  visit: {orderId: "7", count: 2, shop: Graz}
  items: {sku: a}
"""


def _folder(tmp_path: Path, expect: str, payload: Any = PAYLOAD, source: str = TILL) -> Path:
    text = payload if isinstance(payload, str) else json.dumps(payload)
    examples = {"examples/till/one.json": text, "examples/till/one.expect.yaml": expect}
    return write_folder(tmp_path, {**files(till=source), **examples})


def _differences(folder: Path) -> list[str]:
    problems = check_examples(folder, load_catalog(folder, {}).catalog)
    return [str(problem).removeprefix(f"{folder}/examples/till/") for problem in problems]


def test_an_example_that_becomes_what_is_expected_is_fine(tmp_path: Path) -> None:
    folder = _folder(tmp_path, EXPECT)
    assert _differences(folder) == []
    assert count_examples(folder) == 1


def test_a_folder_without_examples_has_none(tmp_path: Path) -> None:
    folder = write_folder(tmp_path, files(till=TILL))
    assert (_differences(folder), count_examples(folder)) == ([], 0)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('"7"', '"8"', ['4:20: visit.orderId: expected "8", got "7"']),
        ('"7"', "7", ['4:20: visit.orderId: expected 7, got "7"']),
        ("count: 2", "count: '2'", ['4:32: visit.count: expected "2", got 2']),
        ("count: 2", "count: 2.0", ["4:32: visit.count: expected 2.0, got 2"]),
        (", shop: Graz}", "}", ['4:10: visit.shop: expected nothing, got "Graz"']),
        ("{sku: a}", "{sku: a, name: b}", ['5:19: items.name: expected "b", got nothing']),
        ("{sku: a}", "skipped", ['5:10: items: expected skipped, got the body {"sku": "a"}']),
        ("{sku: a}", "failed", ['5:10: items: expected failed, got the body {"sku": "a"}']),
        ("{sku: a}", "nothing", ["5:10: items must be a body, skipped, failed or cancelling, not 'nothing'"]),
        ("{sku: a}", "[{sku: a}, skipped]", ['5:10: items: expected 2 decisions, got 1 (write items: {"sku": "a"})']),
        ("{sku: a}", "{sku: [a]}", ["5:16: items.sku must be a text, a number, true or false, not a list"]),
        (
            "{sku: a}",
            "{sku: 1.10}",
            ["5:16: items.sku would not be sent as the number that is written here; put it in quotes"],
        ),
        ("  items: {sku: a}\n", "", ['4:3: items takes this event too (add items: {"sku": "a"})']),
        ("  visit:", "  vist: skipped\n  visit:", ["4:3: till.yaml has no mapping 'vist' (did you mean 'visit'?)"]),
        ("topic: closed", "topic: opened", ["1:8: topic: expected 'opened', got 'closed'"]),
        ("mappings:", "mapings:", ["3:1: 'mapings' is not a key of an expected outcome (did you mean 'mappings'?)"]),
        (
            EXPECT,
            "topic: closed\n",
            ["1:1: mappings is missing (for each mapping its body, skipped, failed or cancelling)"],
        ),
        (EXPECT, "", ["1:1: the file is empty"]),
    ],
)
def test_a_difference_is_named_at_its_place(tmp_path: Path, old: str, new: str, expected: list[str]) -> None:
    said = [f"one.expect.yaml:{line}" for line in expected]
    assert _differences(_folder(tmp_path, EXPECT.replace(old, new, 1))) == said


def test_skipped_and_failed_are_expected_outcomes_too(tmp_path: Path) -> None:
    expect = "mappings: {visit: skipped, items: [{sku: a}, failed, skipped]}\n"
    payload = {**PAYLOAD, "consent": False, "lines": [{"sku": "a"}, {}, {"asked": False}]}
    assert _differences(_folder(tmp_path, expect, payload)) == []


def test_what_failed_or_was_skipped_instead_says_why(tmp_path: Path) -> None:
    payload = {**PAYLOAD, "consent": False, "lines": [{}]}
    assert _differences(_folder(tmp_path, EXPECT, payload)) == [
        "one.expect.yaml:4:10: visit: expected a body, got skipped: when is false",
        ("one.expect.yaml:5:10: items: expected a body, got failed: sku is required, but is missing, null or empty"),
    ]


def test_the_topic_stands_in_where_the_request_does_not_say_it(tmp_path: Path) -> None:
    payload = {"id": 7, "lines": [{"sku": "a"}]}
    folder = _folder(tmp_path, "topic: batch\nmappings: {items: {sku: a}}\n", payload)
    assert _differences(folder) == []
    write_folder(folder, {"examples/till/one.expect.yaml": "headers: {X-Topic: batch}\nmappings: {items: {sku: a}}\n"})
    assert _differences(folder) == []


def test_a_mapping_that_does_not_take_the_topic_must_not_be_expected(tmp_path: Path) -> None:
    payload = {"type": "batch", "lines": [{"sku": "a"}]}
    folder = _folder(tmp_path, "mappings: {visit: skipped, items: {sku: a}}\n", payload)
    assert _differences(folder) == [
        "one.expect.yaml:1:12: visit does not take the topic 'batch' (remove it, or change the topic)"
    ]


def test_an_event_that_no_mapping_takes_expects_nothing(tmp_path: Path) -> None:
    assert _differences(_folder(tmp_path, "topic: other\nmappings: {}\n", {"type": "other"})) == []


def test_a_batch_expects_each_of_its_events(tmp_path: Path) -> None:
    source = TILL.replace("id: id}", "id: id, each: events}")
    payload = {"events": [{"type": "batch", "lines": [{"sku": "a"}]}, {"type": "none"}]}
    expect = "events:\n  - {topic: batch, mappings: {items: {sku: a}}}\n  - {mappings: {}}\n"
    folder = _folder(tmp_path, expect, payload, source)
    assert _differences(folder) == []
    write_folder(folder, {"examples/till/one.expect.yaml": "mappings: {items: {sku: a}}\n"})
    assert _differences(folder) == [
        (
            "one.expect.yaml:1:1: the payload carries 2 events, but 1 are expected "
            "(write events: with one entry for each)"
        )
    ]


def test_events_and_the_keys_of_one_event_exclude_each_other(tmp_path: Path) -> None:
    expect = "topic: a\nevents: [{mappings: {}}, x]\n"
    assert _differences(_folder(tmp_path, expect)) == [
        "one.expect.yaml:1:8: topic does not go with events (write it within each event)",
        "one.expect.yaml:2:26: an event must be a table with topic and mappings, not 'x'",
    ]


def test_a_form_may_be_written_as_an_object_or_as_it_is_sent(tmp_path: Path) -> None:
    expect = (
        "headers: {content-type: application/x-www-form-urlencoded, X-Topic: closed}\n"
        "mappings: {visit: {orderId: a b}, items: skipped}\n"
    )
    folder = _folder(tmp_path, expect, {"id": "a b", "consent": "yes"})
    assert _differences(folder) == []
    write_folder(folder, {"examples/till/one.json": "id=a+b&consent=yes"})
    assert _differences(folder) == []


def test_a_payload_that_the_bridge_would_refuse_is_a_problem(tmp_path: Path) -> None:
    problems = _differences(_folder(tmp_path, EXPECT, "{"))
    assert len(problems) == 1
    assert problems[0].startswith("one.expect.yaml:1:1: the payload would be refused: the body is not valid JSON")


def test_examples_without_their_other_half_are_named(tmp_path: Path) -> None:
    lonely = {"examples/till/a.json": "{}", "examples/till/b.expect.yaml": "mappings: {}\n"}
    assert _differences(write_folder(tmp_path, {**files(till=TILL), **lonely})) == [
        "a.json: warning: nothing says what this must become (write a.expect.yaml)",
        "b.expect.yaml: the payload b.json is missing (add it beside this file)",
    ]


def test_examples_of_a_source_that_is_not_there_are_named(tmp_path: Path) -> None:
    folder = write_folder(tmp_path, {**files(shopify=SHOPIFY), "examples/shopfy/a.json": "{}"})
    assert _differences(folder) == [f"{folder}/examples/shopfy: no source is called 'shopfy' (did you mean 'shopify'?)"]


def test_the_shipped_mappings_check_clean_and_become_what_their_examples_expect() -> None:
    folder = Path(__file__).parents[2] / "mappings"
    loaded = load_catalog(folder, {})
    assert loaded.warnings == ()
    assert check_examples(folder, loaded.catalog) == []


def test_examples_that_there_is_no_time_for_are_left_out_with_a_warning(tmp_path: Path) -> None:
    folder = write_folder(_folder(tmp_path, EXPECT), {"examples/shopify/b.expect.yaml": "", "shopify.yaml": SHOPIFY})
    loaded = load_catalog(folder, {})
    [problem] = check_examples(folder, loaded.catalog, seconds=-1)
    assert str(problem) == (
        f"{folder / 'examples'}: warning: 2 examples were not run, for lack of time (run `bridge check`)"
    )


def test_an_example_says_the_parameters_of_the_address_that_matter(tmp_path: Path) -> None:
    source = TILL.replace("header('x-shop')", "query('shop')")
    expect = EXPECT.replace("headers: {X-Shop: Graz}", 'query: {shop: "Graz & Umgebung", table: "7"}')
    right = expect.replace("shop: Graz}", 'shop: "Graz & Umgebung"}')
    assert _differences(_folder(tmp_path, right, source=source)) == []
    [difference] = _differences(_folder(tmp_path, expect, source=source))
    assert difference == 'one.expect.yaml:4:41: visit.shop: expected "Graz", got "Graz & Umgebung"'
