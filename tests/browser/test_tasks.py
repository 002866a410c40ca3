"""The tasks of an operator's day, done in the browser from where they begin, and how many steps each takes."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from bridge.sandbox import Fault
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


def failing(home: House, *orders: str) -> None:
    """Let the target refuse the requests of these orders for good."""
    home.sandbox.fail(Fault(status=422, times=len(orders), message="unknown attribute"))
    home.receive(*orders, state="dead")


def test_the_morning_check_is_one_line(operator: Operator, home: House) -> None:
    home.receive("1001")
    operator.open("/")
    assert operator.title == "Nothing needs you. Balanced; 2 touchpoints open."
    assert operator.steps == 0


def test_why_somebody_got_no_mail_takes_one_step(operator: Operator, home: House) -> None:
    failing(home, "1001")
    operator.open("/")
    operator.search("1001@example.com")
    operator.sees("unknown attribute")
    assert operator.steps == 1


def test_what_failed_in_the_night_is_sent_again_in_two_steps(operator: Operator, home: House) -> None:
    failing(home, "1001", "1002", "1003")
    operator.open("/deliveries?state=dead&since=12h")
    operator.press("Replay 3…")
    operator.press("Replay 3", within="[data-confirm]")
    eventually(lambda: len(home.sandbox.received) == 3, "the sandbox got all three")
    assert operator.steps == 2


def test_the_same_without_script(plain: Operator, home: House) -> None:
    failing(home, "1001", "1002")
    plain.open("/deliveries?state=dead&all=true")
    plain.press("Replay")
    plain.press("Replay 2", within="[data-confirm]")
    eventually(lambda: len(home.sandbox.received) == 2, "the sandbox got both")
    assert plain.steps == 2


def test_a_refused_token_is_mended_in_two_steps_and_proven_by_the_next_delivery(
    operator: Operator, home: House
) -> None:
    home.sandbox.fail(Fault(status=401, times=1))
    home.receive("1001", state="pending")
    home.serving.wait_line("delivery.attempted", status=401)
    operator.open("/")
    operator.sees("token refused")
    operator.press("Store a new token")
    operator.write("New value", "token-steady")
    operator.press("Store and resume")
    home.bridge.until_state("1001", "delivered")
    assert operator.steps == 2


def test_requests_refused_under_a_wrong_secret_are_taken_in_after_all_in_three_steps(
    operator: Operator, home: House
) -> None:
    for order in ("1001", "1002"):
        assert home.serving.post(receipt(order), secret="the new one").status == 401
    refused = ("refused", "list", "--json")
    eventually(lambda: len(json.loads(home.bridge.command(*refused))) == 2, "both are kept, which takes half a second")
    operator.open("/secrets")
    operator.write("New value for till", "the new one")
    operator.press("Replace", within="tr:has([value=till])")
    operator.open_on("/refused")
    operator.sees("All of them can be proven and taken in now.")
    operator.press("Retry 2 with today's secret")
    home.bridge.until_state("1002", "delivered")
    assert operator.steps == 3


def test_a_touchpoint_is_paused_in_one_step_and_the_notice_takes_it_back(operator: Operator, home: House) -> None:
    operator.open("/touchpoints")
    operator.press("Pause steady")
    operator.sees("is paused. Nothing is lost")
    assert operator.steps == 1
    operator.press("Undo", within=".toast")
    home.receive("1001")


def test_a_campaign_is_stopped_in_one_step(operator: Operator, home: House) -> None:
    operator.open("/sources/till")
    operator.press("Pause till/steady")
    operator.sees("is paused. Nothing is lost")
    assert operator.steps == 1


def test_a_mapping_is_edited_planned_over_real_events_and_applied(operator: Operator, home: House) -> None:
    home.receive("1001", "1002")
    operator.open("/mappings/till.yaml/edit")
    text = (home.bridge.mappings / "till.yaml").read_text()
    operator.page.locator("textarea").first.fill(text.replace("orderId: order", "orderId: upper(order)"))
    operator.press("Plan")
    operator.sees("orderId")
    operator.press("Apply")
    eventually(lambda: "upper(order)" in (home.bridge.mappings / "till.yaml").read_text(), "the file is written")
    assert operator.steps <= 3


def test_a_mapping_that_is_wrong_says_where_as_it_is_typed(operator: Operator) -> None:
    operator.open("/mappings/till.yaml/edit")
    field = operator.page.locator("textarea").first
    field.fill(field.input_value().replace("orderId: order", "orderId: uper(order)"))
    operator.sees("uper")
    operator.sees("upper")
    assert operator.steps == 0


def test_the_first_admin_comes_in_by_the_link_that_the_start_prints(browser: Browser, home: House) -> None:
    invited = home.bridge.command("users", "add", "anna", "--role", "admin", "--invite")
    link = re.search(r"http\S+/join/(\S+)", invited)
    assert link, invited
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{home.serving.admin}/join/{link[1]}")
    for field in page.locator("input[type=password]").all():
        field.fill("correct horse battery staple")
    page.locator("main button").first.click()
    page.goto(home.serving.admin + "/people")
    assert "anna" in page.locator("main").inner_text()
    context.close()
