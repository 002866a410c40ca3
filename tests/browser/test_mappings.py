"""Mapping files in the browser: written, tried as one types, planned, applied, rolled back; with script and without."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.support.browser import House, Operator, at_console, house
from tests.support.processes import eventually, receipt


@pytest.fixture
def home(tmp_path: Path) -> Iterator[House]:
    with house(tmp_path) as opened:
        yield opened


@pytest.fixture
def operator(browser: Browser, home: House) -> Iterator[Operator]:
    with at_console(browser, home, "operator") as somebody:
        yield somebody


@pytest.fixture
def plain(browser: Browser, home: House) -> Iterator[Operator]:
    """Somebody whose browser runs no script."""
    with at_console(browser, home, "operator", script=False) as somebody:
        yield somebody


def text_of(home: House) -> str:
    return (home.bridge.mappings / "till.yaml").read_text()


def changed(home: House) -> str:
    return text_of(home).replace("orderId: order", "orderId: upper(order)")


def test_a_mapping_is_edited_over_many_events_in_two_steps_and_rolled_back_in_one(
    operator: Operator, home: House
) -> None:
    before = text_of(home)
    home.receive("a1", "a2")
    operator.open("/mappings/till.yaml/edit")
    operator.page.locator("#text").fill(changed(home))
    operator.press("Plan")
    operator.sees("2 sent with other values over 2 events")
    operator.press("Apply")
    operator.sees("till.yaml is in force: version")
    assert operator.steps == 2
    home.serving.post(receipt("b1"))
    eventually(lambda: home.sandbox.received[-1].body["orderId"] == "B1", "the new mapping is at work")
    operator.press("Undo", within=".toast")
    operator.sees("is in force: till.yaml written")
    assert (operator.steps, text_of(home)) == (3, before)


def test_an_earlier_version_is_restored_by_one_button_and_its_question(operator: Operator, home: House) -> None:
    before = text_of(home)
    home.bridge.write("till.yaml", changed(home))
    eventually(
        lambda: len(json.loads(home.bridge.command("mappings", "history", "--json"))) == 2, "the change is in force"
    )
    operator.open("/mappings/history")
    operator.press("Restore")
    operator.page.locator("dialog [data-confirm] button").click()
    operator.sees("is in force: till.yaml written")
    assert (operator.steps, text_of(home)) == (1, before)


def test_without_script_everything_is_done_by_forms(plain: Operator, home: House) -> None:
    home.receive("a1")
    before = text_of(home)
    plain.open("/mappings/till.yaml/edit")
    plain.page.locator("#text").fill(before.replace("orderId: order", "orderId: uper(order)"))
    plain.press("Check")
    plain.sees("did you mean upper?")
    plain.page.locator("#text").fill(changed(home))
    plain.press("Try it on an event")
    plain.sees("A1")
    plain.press("Plan")
    plain.sees("1 sent with other values over 1 event")
    plain.press("Apply")
    plain.sees("till.yaml is in force: version")
    plain.page.goto(plain.base + "/mappings/history")
    plain.press("Restore")
    plain.press("Restore")
    plain.sees("is in force: till.yaml written")
    assert text_of(home) == before


def test_what_is_typed_is_tried_at_once_and_still_there_after_a_reload(operator: Operator, home: House) -> None:
    home.receive("a1")
    operator.open("/mappings/till.yaml/try")
    operator.page.locator("#text").fill(changed(home))
    operator.sees("A1")
    operator.page.locator("textarea[name=payload]").fill('{"type": "closed", "order": "zz", "guest": "z@example.com"}')
    operator.sees("ZZ")
    operator.page.goto(operator.base + "/mappings/till.yaml/edit")
    operator.sees("What you had typed is back")
    assert "upper(order)" in operator.page.locator("#text").input_value()
    assert operator.steps == 0


def test_a_problem_leads_to_its_place_and_a_path_is_put_where_one_writes(operator: Operator, home: House) -> None:
    home.receive("a1")
    operator.open("/mappings/till.yaml/edit")
    operator.page.locator("#text").fill(text_of(home).replace("orderId: order", "orderId: uper(order)"))
    operator.sees("did you mean upper?")
    operator.page.locator("#findings a[data-line]").click()
    chosen = "t => t.value.slice(t.selectionStart, t.selectionEnd)"
    assert operator.page.locator("#text").evaluate(chosen) == "uper"
    operator.press("Discard")
    operator.page.goto(operator.base + "/mappings/till.yaml/try")
    operator.page.locator("#outcome details.paths summary").click()
    operator.page.locator("#text").evaluate("t => t.setSelectionRange(0, 0)")
    operator.page.get_by_role("button", name="guest").click()
    assert operator.page.locator("#text").input_value().startswith("guestsource: till")
