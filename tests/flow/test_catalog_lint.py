"""Paths that no payload ever had, and attributes of two types or spellings, are found before the target sees them."""

import json
from pathlib import Path
from typing import Any

import pytest

from bridge.catalog.examples import run_examples
from bridge.catalog.lint import lint, meant_path, seen_in
from bridge.catalog.loading import load_catalog
from tests.support.folders import files, problems_of, write_folder

TILL = """\
source: till
verify: {kind: token, token: {from: header, name: X-Till}, secrets: "${secret:till}"}
event: {topic: type, id: id}
mappings:
  - name: visit
    on: [closed]
    key: id
    touchpoint: post-purchase
    body:
      email: customer.email || guest.email
      orderId: text(id)
  - name: items
    on: [closed]
    for_each: lines
    touchpoint: elsewhere
    body: {sku: sku, name: {expr: label, default: none}}
"""
PAYLOAD = {
    "type": "closed",
    "id": 7,
    "customer": {"email": "anna@example.com", "first_name": "Anna"},
    "lines": [{"sku": "a", "label": None}],
}


def _warnings(tmp_path: Path, *changes: tuple[str, str], payload: Any = PAYLOAD, **others: str) -> list[str]:
    source = TILL
    for old, new in changes:
        assert source.count(old) == 1
        source = source.replace(old, new)
    examples = {
        "examples/till/one.json": json.dumps(payload),
        "examples/till/one.expect.yaml": f"topic: {payload['type']}\nmappings: {{}}\n",
    }
    folder = write_folder(tmp_path, {**files(till=source, **others), **examples})
    loaded = load_catalog(folder, {})
    found = lint(loaded.files, loaded.catalog, seen_in(run_examples(folder, loaded.catalog)[1]), folder=folder)
    return [str(problem).removeprefix(f"{folder}/") for problem in found]


def test_paths_that_an_example_has_are_fine_also_where_they_are_null_or_one_of_several(tmp_path: Path) -> None:
    assert _warnings(tmp_path) == []


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("customer.email |", "custmer.email |", "10:14: … ever had custmer.email (did you mean customer.email?)"),
        ("guest.email", "customer.emial", ""),
        (
            "guest.email",
            "customer.frist_name",
            "10:32: … ever had customer.frist_name (did you mean customer.first_name?)",
        ),
        ("key: id", "key: number", "7:10: … ever had number (correct it, or add an example that has it)"),
        ("for_each: lines", "for_each: lnies", "14:15: … ever had lnies (did you mean lines?)"),
        ("{sku: sku", "{sku: code", "16:17: … ever had code (correct it, or add an example that has it)"),
        ("expr: label", "expr: lable", "16:35: … ever had lable (did you mean label?)"),
    ],
)
def test_a_path_that_no_example_has_is_named_at_its_place(tmp_path: Path, old: str, new: str, expected: str) -> None:
    said = expected.replace("… ", "warning: no payload of these topics ")
    assert _warnings(tmp_path, (old, new)) == ([f"till.yaml:{said}"] if said else [])


def test_a_condition_may_be_about_what_few_payloads_have(tmp_path: Path) -> None:
    assert _warnings(tmp_path, ("    key: id\n", "    key: id\n    when: '!test'\n")) == []


def test_a_path_of_send_is_compared_too(tmp_path: Path) -> None:
    send = "    send: {from: closed_at, between: 09:00-19:00, zone: {expr: customer.timezne, default: Europe/Berlin}}\n"
    payload = {**PAYLOAD, "closed_at": "2026-05-05", "customer": {"email": "anna@example.com", "timezone": None}}
    found = _warnings(tmp_path, ("    key: id\n", f"    key: id\n{send}"), payload=payload)
    said = "no payload of these topics ever had"
    assert found == [f"till.yaml:8:64: warning: {said} customer.timezne (did you mean customer.timezone?)"]
    send = "    send: {from: clsed_at, zone: Europe/Berlin}\n"
    found = _warnings(tmp_path, ("    key: id\n", f"    key: id\n{send}"), payload=payload)
    assert found == [f"till.yaml:8:18: warning: {said} clsed_at (did you mean closed_at?)"]


def test_nothing_is_said_of_topics_without_an_example(tmp_path: Path) -> None:
    assert _warnings(tmp_path, ("key: id", "key: number"), payload={**PAYLOAD, "type": "opened"}) == []


@pytest.mark.parametrize(
    ("path", "meant"),
    [
        ("custmer.email", "customer.email"),
        ("customer.emial", "customer.email"),
        ("Customer.email", "customer.email"),
        ("customer.address2", ""),  # another field, not a slip
        ("customer.last_name", ""),
        ("customer.phone", ""),
        ("order", ""),
    ],
)
def test_only_a_slip_is_taken_for_another_path(path: str, meant: str) -> None:
    known = ["customer", "customer.email", "customer.first_name", "customer.address1", "customer.name"]
    assert meant_path(path, known) == meant


def test_an_attribute_that_comes_in_two_types_is_named(tmp_path: Path) -> None:
    other = TILL.replace("source: till", "source: shop").replace("text(id)", "id")
    folder = write_folder(
        tmp_path,
        {
            **files(shop=other, till=TILL),
            **{f"examples/{name}/one.json": json.dumps(PAYLOAD) for name in ("shop", "till")},
            **{f"examples/{name}/one.expect.yaml": "topic: closed\nmappings: {}\n" for name in ("shop", "till")},
        },
    )
    loaded = load_catalog(folder, {})
    found = lint(loaded.files, loaded.catalog, seen_in(run_examples(folder, loaded.catalog)[1]), folder=folder)
    assert [str(problem).removeprefix(f"{folder}/") for problem in found] == [
        (
            "till.yaml:11:7: warning: the attribute 'orderId' is a text here, but a number in shop.yaml, visit "
            "(text(…) makes a number a text)"
        )
    ]


@pytest.mark.parametrize(
    ("spelling", "is_error"),
    [("orderid", True), ("\u043erderId", True), ("order_id", False), ("orderIds", False), ("order-ID", False)],
)
def test_a_spelling_that_differs_in_little_is_found(spelling: str, *, is_error: bool) -> None:
    second = (
        "  - name: again\n    on: [left]\n    touchpoint: post-purchase\n"
        f"    body: {{email: customer.email, {spelling}: id}}\n"
    )
    [said] = problems_of(files(till=TILL + second))
    assert said.startswith("till.yaml:20:35: ")
    assert ("warning: " in said) is not is_error
    assert "is spelled 'orderId' at till.yaml:11:7" in said
