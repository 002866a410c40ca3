"""Attributes against what the targets ever accepted: what `check --against-events` and `plan` say of them."""

import pytest

from bridge.app.clock import now
from bridge.core.drift import day_text
from tests.support.console import Console


@pytest.fixture
def used(console: Console) -> Console:
    """A console whose target has accepted `email` and `orderId`, both texts."""
    assert console.run("apply").status == 0
    console.receive("1001", "1002")
    console.send("delivered", "delivered")
    return console


def today() -> str:
    return day_text(now())


def test_check_reports_a_spelling_that_differs_from_what_was_accepted_at_its_line(used: Console) -> None:
    used.change("till.yaml", "orderId: order", "orderID: order")
    assert used.run("check").status == 0
    said = used.run("check", "--against-events")
    assert said.status == 1
    assert said.out == (
        "mappings/till.yaml:16:26: the attribute 'orderID' is spelled 'orderId' so far: steady takes it since "
        f"{today()} (write orderId)\n"
        "        body: {email: guest, orderID: …\n"
        "                             ^\n"
        "1 problem in mappings; nothing of it is in force.\n"
    )


def test_separators_and_plurals_are_warnings(used: Console) -> None:
    used.change("till.yaml", "orderId: order", "order_ids: order")
    said = used.run("check", "--against-events", "--json")
    assert (said.status, said.json["ok"]) == (0, True)
    [problem] = said.json["problems"]
    assert (problem["line"], problem["column"], problem["severity"]) == (16, 26, "warning")
    assert problem["suggestion"] == "write orderId"


@pytest.mark.parametrize("field", ["to_number(order)", "{value: 12}"])
def test_check_reports_a_type_that_differs_from_what_was_accepted(used: Console, field: str) -> None:
    used.change("till.yaml", "orderId: order", f"orderId: {field}" if "{" in field else f'orderId: "{field}"')
    said = used.run("check", "--against-events", "--json")
    assert said.status == 0
    assert [(each["message"], each["suggestion"]) for each in said.json["problems"]] == [
        (
            f"the attribute 'orderId' is a number, but a text so far: steady takes it since {today()}",
            "text(…) makes a number a text",
        )
    ]


def test_what_is_as_it_was_accepted_is_fine(used: Console) -> None:
    assert used.run("check", "--against-events").out == "mappings is fine: 1 sources, 2 touchpoints.\n"


def test_plan_names_drift_with_the_spelling_to_use_and_how_often(used: Console) -> None:
    used.change("till.yaml", "orderId: order", "order_id: order")
    said = used.run("plan")
    assert said.status == 0
    assert said.lines[-2] == "Drift from what the targets accepted"
    assert said.lines[-1] == (
        "2 till/visit the attribute 'order_id' is spelled 'orderId' so far: steady takes it since "
        f"{today()} → write orderId"
    )
    [drift] = used.run("plan", "--json").json["drift"]
    since = drift.pop("accepted_since")
    assert day_text(since) == today()
    assert drift == {
        "source": "till",
        "mapping": "visit",
        "touchpoint": "steady",
        "attribute": "order_id",
        "problem": f"the attribute 'order_id' is spelled 'orderId' so far: steady takes it since {today()}",
        "suggestion": "write orderId",
        "accepted": "orderId",
        "count": 2,
    }


def test_where_drift_fails_plan_says_that_decisions_would(used: Console) -> None:
    used.set("BRIDGE_DRIFT", "fail")
    assert used.run("plan").status == 0
    used.change("till.yaml", "orderId: order", "order_id: order")
    said = used.run("plan", "--json")
    assert said.status == 1
    assert said.json["decisions"]["newly_failing"] == 2
    [group] = said.json["groups"]
    assert group["reason"].endswith("; write orderId")


def test_a_replay_by_the_mappings_of_today_fails_where_drift_does(used: Console) -> None:
    used.change("till.yaml", "orderId: order", "order_id: order")
    used.receive("1003")
    used.send("dead")
    used.set("BRIDGE_DRIFT", "fail")
    assert used.run("apply").status == 0
    said = used.run("replay", "--state", "dead", "--with", "current-mapping", "--yes")
    assert "write orderId" in said.out
