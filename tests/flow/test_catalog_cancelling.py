"""`cancel_on` and `suppress_on` in a folder: who listens to whom, what examples expect, and paths that are slips."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from bridge.catalog.examples import check_examples, run_examples
from bridge.catalog.lint import lint, seen_in
from bridge.catalog.loading import load_catalog
from bridge.catalog.restating import restated
from bridge.core.configuration import Unsubscribing
from bridge.core.contact import digest
from bridge.core.model import Inbound, Proposal, Unsubscribe
from bridge.core.presets import PRESETS
from bridge.intake import Rules, take_in
from tests.support.folders import files, load, write_folder

TILL = """\
source: till
verify: {kind: token, token: {from: header, name: X-Till}, secrets: "${secret:till}"}
event: {topic: type, id: id}
mappings:
  - name: visit
    on: [closed]
    key: id
    cancel_on:
      - {on: [voided, refunded], key: of}
      - {source: shop, on: order.gone, when: final, key: "receipts[].number"}
      - {on: closed, when: wrong, key: before}
    touchpoint: elsewhere
    body: {order: id}
  - name: plain
    on: [closed]
    touchpoint: elsewhere
    body: {order: id}
"""
SHOP = """\
source: shop
verify: {kind: token, token: {from: header, name: X-Shop}, secrets: "${secret:shop}"}
event: {topic: type, id: id}
suppress_on: {on: left, contact: person.mail, when: "!kept"}
mappings:
  - name: order
    key: id
    on: [order.done]
    cancel_on: {on: order.gone, key: id}
    touchpoint: elsewhere
    body: {order: id}
"""
MAILCHIMP = 'source: list\nverify: {preset: mailchimp, secrets: ["${secret:list}"]}\nmappings: []\n'


# -- who listens ------------------------------------------------------------------------------------------


def test_each_source_has_all_that_listen_to_its_events_in_the_order_of_files_and_lines() -> None:
    sources = load(files(till=TILL, shop=SHOP)).catalog.sources
    said = {
        name: [(each.source, each.mapping, each.topics, each.key.text, each.line) for each in source.cancellers]
        for name, source in sources.items()
    }
    assert said == {
        "shop": [
            ("shop", "order", ("order.gone",), "id", 9),
            ("till", "visit", ("order.gone",), "receipts[].number", 10),
        ],
        "till": [
            ("till", "visit", ("voided", "refunded"), "of", 9),
            ("till", "visit", ("closed",), "before", 11),
        ],
    }
    assert [each.when and each.when.text for each in sources["till"].cancellers] == [None, "wrong"]
    assert [(rule.name, rule.is_cancelled) for rule in sources["till"].mappings] == [("visit", True), ("plain", False)]
    assert sources["shop"].unsubscribing[0].line == 4


def test_where_a_preset_knows_what_unsubscribes_nothing_need_be_written() -> None:
    post = MAILCHIMP.replace("list", "post").replace("mailchimp", "sendgrid")
    mandrill = MAILCHIMP.replace("list", "mandrill").replace("mailchimp", "mandrill")
    sources = load(files(list=MAILCHIMP, post=post, mandrill=mandrill, till=TILL, shop=SHOP)).catalog.sources
    assert {name: [each.topics for each in source.unsubscribing] for name, source in sources.items()} == {
        "list": [("unsubscribe",)],
        "mandrill": [("unsub",)],
        "post": [("unsubscribe",)],
        "shop": [("left",)],
        "till": [],
    }


def test_what_presets_know_of_unsubscribing_are_usual_topics_with_a_contact() -> None:
    knowing = {name: preset for name, preset in PRESETS.items() if preset.unsubscribes}
    assert sorted(knowing) == ["mailchimp", "mandrill", "sendgrid"]
    assert all(set(preset.unsubscribes) <= set(preset.topics) and preset.contact for preset in knowing.values())


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("suppress_on: []\n", ()),
        ("suppress_on: {on: cleaned}\n", (Unsubscribing(("cleaned",), line=3),)),
        ("event: {topic: kind}\n", ()),
    ],
)
def test_the_file_knows_better_than_the_preset(said: str, expected: Any) -> None:
    text = MAILCHIMP.replace("mappings:", f"{said}mappings:")
    assert load(files(list=text)).catalog.sources["list"].unsubscribing == expected


FORM = "application/x-www-form-urlencoded"
MANDRILL = '[{"event": "unsub", "ts": 1, "msg": {"email": "anna@example.com"}}]'


@pytest.mark.parametrize(
    ("preset", "kind", "body"),
    [
        ("sendgrid", "application/json", '[{"event": "unsubscribe", "email": "anna@example.com", "sg_event_id": "1"}]'),
        ("mailchimp", FORM, urlencode({"type": "unsubscribe", "data[email]": "anna@example.com", "data[id]": "8a25"})),
        ("mandrill", FORM, urlencode({"mandrill_events": MANDRILL})),
    ],
)
def test_what_such_a_system_sends_unsubscribes(preset: str, kind: str, body: str) -> None:
    source = load(files(list=MAILCHIMP.replace("mailchimp", preset))).catalog.sources["list"]
    inbound = Inbound("list", "POST", "", {"content-type": kind}, body.encode())
    [entry] = take_in(inbound, source, new_id=lambda kind: f"{kind}_1", rules=Rules(bytes(32))).entries
    expected = Unsubscribe(digest(bytes(32), "anna@example.com"), "a…@example.com")
    assert entry.proposals == (Proposal("", 0, expected),)


# -- examples ---------------------------------------------------------------------------------------------


def folder_with(tmp_path: Path, source: str, payload: Any, expect: str) -> Path:
    examples = {f"examples/{source}/one.json": json.dumps(payload), f"examples/{source}/one.expect.yaml": expect}
    return write_folder(tmp_path, {**files(till=TILL, shop=SHOP), **examples})


def differences(folder: Path) -> list[str]:
    problems = check_examples(folder, load_catalog(folder, {}).catalog)
    return [str(problem).partition("one.expect.yaml:")[2] for problem in problems]


def accepted(folder: Path) -> str:
    """Write down what the example becomes, and give that; it differs no more."""
    [ran] = run_examples(folder, load_catalog(folder, {}).catalog)[1]
    ran.expect.write_text(restated(ran.expect.read_text(), ran))
    assert differences(folder) == []
    return ran.expect.read_text()


VOIDED = {"type": "voided", "id": 1, "of": 7}
GONE = {"type": "order.gone", "id": 5, "final": True, "receipts": [{"number": "a"}, {"number": "b"}]}
LEFT = {"type": "left", "id": 1, "person": {"mail": "anna@example.com"}}


@pytest.mark.parametrize(
    ("source", "payload", "expect"),
    [
        ("till", VOIDED, "mappings: {visit: cancelling}\n"),
        ("till", VOIDED, "mappings: {visit: cancelling 7}\n"),
        ("till", VOIDED | {"of": None}, "mappings: {visit: failed}\n"),
        ("till", VOIDED | {"of": [7, 8]}, "mappings: {visit: [cancelling 7, cancelling 8]}\n"),
        ("till", VOIDED | {"type": "closed"}, "mappings: {visit: [{order: 1}, skipped], plain: {order: 1}}\n"),
        ("shop", GONE, "mappings: {order: cancelling 5, till/visit: [cancelling a, cancelling b]}\n"),
        ("shop", GONE | {"final": False}, "mappings: {order: cancelling 5, till/visit: skipped}\n"),
        ("shop", LEFT, "mappings: {}\nunsubscribes: anna@example.com\n"),
        ("shop", LEFT, "mappings: {}\nunsubscribes: [a…@example.com]\n"),
        ("shop", LEFT | {"kept": 1}, "mappings: {}\nunsubscribes: skipped\n"),
        ("shop", LEFT | {"person": None}, "mappings: {}\nunsubscribes: failed\n"),
        ("shop", {"type": "other", "id": 1}, "mappings: {}\nunsubscribes: []\n"),
    ],
)
def test_an_example_expects_what_an_event_stops(tmp_path: Path, source: str, payload: Any, expect: str) -> None:
    assert differences(folder_with(tmp_path, source, payload, expect)) == []


@pytest.mark.parametrize(
    ("source", "payload", "expect", "said", "written"),
    [
        (
            "till",
            VOIDED,
            "mappings: {}\n",
            ["1:11: this event cancels visit (add visit: cancelling 7)"],
            "mappings:\n  visit: cancelling 7\n",
        ),
        (
            "till",
            VOIDED,
            "mappings: {visit: cancelling 8}\n",
            ["1:19: visit: expected cancelling 8, got cancelling 7"],
            "mappings: {visit: cancelling 7}\n",
        ),
        (
            "till",
            VOIDED | {"type": "closed"},
            "mappings: {visit: [cancelling, skipped], plain: {order: 1}}\n",
            ['1:20: visit[0]: expected cancelling, got the body {"order": 1}'],
            None,
        ),
        (
            "shop",
            GONE,
            "mappings:\n  order: cancelling\n  till/visits: [cancelling, cancelling]\n",
            [
                "2:3: this event cancels till/visit (add till/visit: [cancelling a, cancelling b])",
                "3:3: shop.yaml has no mapping 'till/visits' (did you mean 'till/visit'?)",
            ],
            None,
        ),
        (
            "shop",
            LEFT,
            "mappings: {}\n",
            ["1:1: unsubscribes: expected nobody, got a…@example.com (write unsubscribes: a…@example.com)"],
            'mappings: {}\nunsubscribes: "a…@example.com"\n',
        ),
        (
            "shop",
            LEFT,
            "mappings: {}\nunsubscribes: ben@example.com\n",
            ["2:15: unsubscribes: expected 'ben@example.com', got a…@example.com (write unsubscribes: a…@example.com)"],
            'mappings: {}\nunsubscribes: "a…@example.com"\n',
        ),
        (
            "shop",
            GONE | {"type": "other"},
            "mappings: {}\nunsubscribes: anna@example.com\n",
            ["2:15: unsubscribes: expected 'anna@example.com', got nobody (remove it)"],
            "mappings: {}\n",
        ),
    ],
)
def test_a_difference_is_named_and_can_be_written_down(
    tmp_path: Path, source: str, payload: Any, *, expect: str, said: list[str], written: str | None
) -> None:
    folder = folder_with(tmp_path, source, payload, expect)
    assert differences(folder) == said
    text = accepted(folder)
    assert written is None or text == written


def test_what_is_expected_already_stays_as_it_is_written(tmp_path: Path) -> None:
    expect = "# Anna left.\nmappings: {}\nunsubscribes: anna@example.com\n"
    assert accepted(folder_with(tmp_path, "shop", LEFT, expect)) == expect


# -- slips ------------------------------------------------------------------------------------------------


def slips(tmp_path: Path, payloads: dict[str, Any], **changes: tuple[str, str]) -> list[str]:
    texts = {"till": TILL, "shop": SHOP}
    for name, (old, new) in changes.items():
        assert texts[name].count(old) == 1
        texts[name] = texts[name].replace(old, new)
    examples = {}
    for source, payload in payloads.items():
        examples[f"examples/{source}/one.json"] = json.dumps(payload)
        examples[f"examples/{source}/one.expect.yaml"] = f"topic: {payload['type']}\nmappings: {{}}\n"
    folder = write_folder(tmp_path, {**files(**texts), **examples})
    loaded = load_catalog(folder, {})
    found = lint(loaded.files, loaded.catalog, seen_in(run_examples(folder, loaded.catalog)[1]), folder=folder)
    return [str(problem).removeprefix(f"{folder}/") for problem in found]


def test_the_paths_of_what_stops_requests_are_those_of_the_listening_source(tmp_path: Path) -> None:
    assert slips(tmp_path, {"till": VOIDED, "shop": GONE}) == []
    assert slips(tmp_path / "left", {"shop": LEFT}) == []


def test_slips_in_them_are_found(tmp_path: Path) -> None:
    found = slips(
        tmp_path,
        {"till": VOIDED | {"order_id": 1}, "shop": GONE},
        till=('"receipts[].number"}', '"reciepts[].number"}'),
        shop=("key: id}", "key: idd}"),
    )
    assert found == [
        "shop.yaml:9:38: warning: no payload of these topics ever had idd (correct it, or add an example that has it)",
        "till.yaml:10:59: warning: no payload of these topics ever had reciepts.number (did you mean receipts.number?)",
    ]
    found = slips(tmp_path / "own", {"till": VOIDED | {"order_id": 1}}, till=("key: of}", "key: ordre_id}"))
    assert found == ["till.yaml:9:39: warning: no payload of these topics ever had ordre_id (did you mean order_id?)"]
    found = slips(tmp_path / "left", {"shop": LEFT}, shop=("person.mail", "person.mial"))
    assert found == [
        "shop.yaml:4:34: warning: no payload of these topics ever had person.mial (did you mean person.mail?)"
    ]
