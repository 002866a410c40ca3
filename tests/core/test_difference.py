"""What two configurations make of one event, compared; and the sum of many comparisons."""

from dataclasses import replace

import pytest

from bridge.core.comparison import MOST_GROUPS, OTHERS, Comparison, Example, Group
from bridge.core.difference import Change, Difference, compare, is_unmatched
from bridge.core.model import Cancel, Cap, Failed, Plan, Proposal, Scalar, Skipped, Unmatched, Unsubscribe
from bridge.core.schedule import Hours

PLAN = Plan("dlv_1", "steady", {"email": "anna@example.com", "orderId": "1001"}, b"\x01", "1001", "once")
NO_MAPPING = [Proposal("", 0, Unmatched("no mapping takes the topic closed"))]
SKIPPED, FAILED = Skipped("when is false"), Failed("email is required, but is missing, null or empty")
NOBODY = "not taken by a mapping of this name"


def one(outcome: Plan | Skipped | Failed) -> list[Proposal]:
    return [Proposal("visit", 0, outcome)]


def changes(new: Plan) -> list[tuple[str, str, str]]:
    [difference] = compare(one(PLAN), one(new))
    assert difference.kind == "changed"
    return [(each.field, each.before, each.after) for each in difference.changes]


def test_the_same_request_under_another_id_is_unchanged() -> None:
    assert compare(one(PLAN), one(replace(PLAN, delivery_id="dlv_2"))) == [Difference("visit", 0, "unchanged")]


def test_a_changed_body_is_told_field_by_field_and_masked() -> None:
    body: dict[str, Scalar] = {"email": "ben@example.com", "orderId": 1001, "branch": "Vienna"}
    assert changes(replace(PLAN, body=body)) == [
        ("email", "a…@example.com", "b…@example.com"),
        ("orderId", "1001 (a text)", "1001 (a number)"),
        ("branch", "nothing", "V…"),
    ]
    assert changes(replace(PLAN, body={"email": "anna@example.com"})) == [("orderId", "1001", "nothing")]


def test_a_value_of_another_type_that_python_takes_for_equal_is_a_change() -> None:
    [difference] = compare(one(replace(PLAN, body={"n": 1})), one(replace(PLAN, body={"n": True})))
    assert difference.changes == (Change("n", "1", "true"),)


def test_where_and_how_often_is_a_change_too() -> None:
    capped = Cap(1, 30 * 86_400_000, "touchpoint")
    assert changes(replace(PLAN, touchpoint="eager", key=None, repeat="send", cap=capped)) == [
        ("<touchpoint>", "steady", "eager"),
        ("<key>", "1001", "nothing"),
        ("<repeat>", "once", "send"),
        ("<contact>", "no limit", "1 per 30d, across touchpoint"),
    ]


def test_when_it_is_sent_is_told_by_the_clock_of_the_contact() -> None:
    berlin = Hours("Europe/Berlin", 540, 1140, (0, 1, 2, 3, 4))
    later = replace(PLAN, due_at=1_777_878_000_000, expires_at=1_779_087_600_000, hours=berlin)
    times = "on Mon 4 May 2026 09:00 Europe/Berlin, not after Mon 18 May 2026 09:00 Europe/Berlin"
    assert changes(later) == [("<send>", "at once", f"{times}, 09:00-19:00 mon, tue, wed, thu, fri Europe/Berlin")]
    assert changes(replace(PLAN, hours=Hours("Europe/Berlin"))) == [
        ("<send>", "at once", "at once, at any time Europe/Berlin")
    ]
    assert compare(one(later), one(replace(later, delivery_id="dlv_2"))) == [Difference("visit", 0, "unchanged")]


SENT = "to steady: email=a…@example.com, orderId=1001"


@pytest.mark.parametrize(
    ("old", "new", "kind", "reason", "texts"),
    [
        (one(SKIPPED), one(PLAN), "newly_sent", "skipped: when is false", ("skipped: when is false", SENT)),
        (NO_MAPPING, one(PLAN), "newly_sent", NOBODY, (NOBODY, SENT)),
        (one(PLAN), one(SKIPPED), "no_longer_sent", "skipped: when is false", (SENT, "skipped: when is false")),
        (one(PLAN), NO_MAPPING, "no_longer_sent", NOBODY, (SENT, NOBODY)),
        (one(PLAN), [], "no_longer_sent", NOBODY, (SENT, NOBODY)),
        (one(PLAN), one(FAILED), "newly_failing", f"failed: {FAILED.reason}", (SENT, f"failed: {FAILED.reason}")),
        (
            one(FAILED),
            one(SKIPPED),
            "no_longer_failing",
            f"failed: {FAILED.reason}",
            (f"failed: {FAILED.reason}", None),
        ),
        (one(FAILED), one(PLAN), "newly_sent", f"failed: {FAILED.reason}", (None, SENT)),
        (one(SKIPPED), NO_MAPPING, "still_not_sent", "", (None, None)),
        (one(SKIPPED), one(Skipped("when is null")), "unchanged", "", (None, None)),
        (one(FAILED), one(Failed("key: it is null")), "unchanged", "", (None, None)),
    ],
)
def test_every_other_pair_of_outcomes_has_its_kind(
    old: list[Proposal], new: list[Proposal], kind: str, reason: str, texts: tuple[str | None, str | None]
) -> None:
    [difference] = compare(old, new)
    assert (difference.kind, difference.reason) == (kind, reason)
    for change in difference.changes:
        assert texts[0] in (None, change.before)
        assert texts[1] in (None, change.after)
    assert bool(difference.changes) == (kind not in {"unchanged", "still_not_sent"})


def test_elements_are_compared_with_the_elements_of_their_number() -> None:
    old = [Proposal("item", 0, PLAN), Proposal("item", 1, PLAN)]
    new = [Proposal("item", 0, PLAN), Proposal("other", 0, PLAN)]
    assert [(each.mapping, each.element, each.kind) for each in compare(old, new)] == [
        ("item", 0, "unchanged"),
        ("item", 1, "no_longer_sent"),
        ("other", 0, "newly_sent"),
    ]
    assert compare(NO_MAPPING, NO_MAPPING) == []


def test_cancellations_are_compared_by_what_they_cancel_whatever_their_numbers() -> None:
    old = [Proposal("visit", 0, Cancel("till", "visit", "1")), Proposal("visit", 1, Cancel("till", "visit", "2"))]
    new = [
        Proposal("visit", 0, PLAN),
        Proposal("visit", 1, Cancel("till", "visit", "2")),
        Proposal("visit", 2, Cancel("till", "visit", "3")),
        Proposal("", 0, Unsubscribe(b"a", "a…@example.com")),
    ]
    assert [(each.mapping, each.kind, each.changes) for each in compare(old, new)[1:]] == [
        ("visit", "no_longer_cancelling", (Change("", "cancel 1", "nothing"),)),
        ("visit", "unchanged", ()),
        ("visit", "newly_cancelling", (Change("", "nothing", "cancel 3"),)),
        ("", "newly_cancelling", (Change("", "nothing", "never ask a…@example.com"),)),
    ]
    assert compare(old, new)[0].kind == "newly_sent"


def test_an_event_that_only_cancels_is_matched() -> None:
    assert is_unmatched(NO_MAPPING)
    assert not is_unmatched([Proposal("visit", 0, Cancel("till", "visit", "1"))])


def test_many_comparisons_are_counted_and_grouped_with_three_examples() -> None:
    comparison = Comparison()
    for number in range(5):
        changed = replace(PLAN, body={**PLAN.body, "orderId": f"#{number}"})
        comparison.take(f"evt_{number}", "till", one(PLAN), one(changed))
    comparison.take("evt_5", "till", one(PLAN), one(FAILED))
    comparison.take("evt_6", "till", NO_MAPPING, one(PLAN))
    comparison.take("evt_7", "till", one(SKIPPED), NO_MAPPING)
    comparison.take("evt_8", "till", NO_MAPPING, NO_MAPPING)
    comparison.skip("unreadable")
    assert comparison.kinds == {"changed": 5, "newly_failing": 1, "newly_sent": 1, "still_not_sent": 1}
    assert comparison.events == {
        "compared": 9,
        "newly_matched": 1,
        "newly_unmatched": 1,
        "unmatched": 1,
        "unreadable": 1,
    }
    changed_group, sent, failing = comparison.groups()
    assert changed_group == Group(
        "changed",
        "till",
        "visit",
        "orderId",
        "",
        5,
        [Example(f"evt_{number}", "1001", f"#{number}") for number in range(3)],
    )
    assert (sent.kind, sent.reason, sent.count) == ("newly_sent", NOBODY, 1)
    assert (failing.kind, failing.reason) == ("newly_failing", f"failed: {FAILED.reason}")


def test_the_largest_group_of_a_kind_comes_first_and_the_order_is_always_the_same() -> None:
    comparison = Comparison()
    for number, attributes in enumerate((["b"], ["a", "b"], ["c"])):
        body = {**PLAN.body, **dict.fromkeys(attributes, "x1")}
        comparison.take(f"evt_{number}", "till", one(PLAN), one(replace(PLAN, body=body)))
    assert [(each.field, each.count) for each in comparison.groups()] == [("b", 2), ("a", 1), ("c", 1)]


def test_groups_stay_few_whatever_the_reasons_say() -> None:
    comparison = Comparison()
    for number in range(MOST_GROUPS + 20):
        comparison.take(f"evt_{number}", "till", one(PLAN), one(Failed(f"the list has {number} elements")))
    groups = comparison.groups()
    assert len(groups) == MOST_GROUPS + 1
    assert (groups[0].reason, groups[0].count) == (OTHERS, 20)
    assert sum(group.count for group in groups) == comparison.kinds["newly_failing"] == MOST_GROUPS + 20
