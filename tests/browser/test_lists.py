"""What the lists and the page of one event do better with script: news, ticks, filters, search in a payload."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.support.browser import House, Operator, at_console


@pytest.fixture
def operator(browser: Browser, home: House) -> Iterator[Operator]:
    with at_console(browser, home, "operator") as opened:
        yield opened


def test_what_came_is_announced_and_no_row_moves(operator: Operator, home: House) -> None:
    home.receive("1001")
    operator.open("/deliveries")
    before = operator.page.locator("tbody tr").count()
    home.receive("1002")
    expect(operator.page.locator("[data-news]")).to_contain_text("1 new delivery, show", timeout=15_000)
    assert operator.page.locator("tbody tr").count() == before
    operator.press("1 new delivery, show")
    expect(operator.page.locator("tbody tr")).to_have_count(before + 1)


def test_ticked_rows_are_counted_where_they_are_acted_on(operator: Operator, home: House) -> None:
    home.receive("1003", "1004")
    operator.open("/deliveries")
    bulk = operator.page.locator("[data-bulk]")
    expect(bulk).to_be_hidden()
    for row in (0, 1):
        operator.page.locator('input[name="id"]').nth(row).check()
    expect(bulk).to_contain_text("2 selected")
    expect(bulk).to_contain_text("Replay 2…")
    operator.press("Cancel…")
    operator.sees("None of these can be cancelled")


def test_a_filter_works_as_it_is_chosen_and_stands_in_the_address(operator: Operator, home: House) -> None:
    home.receive("1005")
    operator.open("/deliveries?source=till")
    operator.page.locator('.pick:has(input[value="dead"])').click()
    expect(operator.page).to_have_url(re.compile(r"/deliveries\?source=till&state=dead$"))
    operator.sees("No dead delivery")
    operator.page.go_back()
    expect(operator.page).to_have_url(re.compile(r"/deliveries\?source=till$"))


def test_a_search_in_the_payload_opens_what_it_finds(operator: Operator, home: House) -> None:
    [event] = home.receive("1006", note="deep")
    operator.open(f"/events/{event}")
    operator.page.get_by_label("Search in the payload").fill("DEEP")
    expect(operator.page.locator(".tree .found")).to_have_count(1)
    expect(operator.page.locator(".tree .found")).to_be_visible()
