"""What `send:` makes of a plan: when it is due and expires, in whose hours, and who is in the sample."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, strategies as st

from bridge.core.configuration import Field, Sending
from bridge.core.language.expression import compile_expression
from bridge.core.model import Failed, Plan, Skipped
from bridge.core.schedule import EVERY_DAY, Hours, Span
from bridge.core.sending import is_sampled, spoken_timing
from tests.support.events import ANNA, a_mapping, outcome, proposals

RECEIVED = 1_777_975_200_000  # Tuesday 5 May 2026, 10:00 UTC: 12:00 in Berlin
BERLIN = Field("zone", constant="Europe/Berlin")
FROM_PAYLOAD = Field("zone", compile_expression("zone"))
WITH_DEFAULT = replace(FROM_PAYLOAD, default="Europe/Berlin")
WORKING = Sending(between=(540, 1140), days=(0, 1, 2, 3, 4), zone=BERLIN)


def at(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def plan_of(sending: Sending, payload: Any = None, *, received: str | int = RECEIVED) -> Plan:
    received_at = at(received) if isinstance(received, str) else received
    found = outcome(a_mapping(sending=sending), payload, received_at=received_at)
    assert isinstance(found, Plan), found
    return found


def sending_of(origin: str | None = None, **knobs: Any) -> Sending:
    return Sending(origin=None if origin is None else compile_expression(origin), **knobs)


def why(sending: Sending, payload: Any) -> str:
    found = outcome(a_mapping(sending=sending), payload, received_at=RECEIVED)
    assert isinstance(found, Failed), found
    return found.reason


# -- when -----------------------------------------------------------------------------------------------------


def test_without_send_a_plan_is_due_at_once_for_ever_and_at_any_hour() -> None:
    found = outcome(a_mapping(), {}, received_at=RECEIVED)
    assert (found.due_at, found.expires_at, found.hours) == (None, None, None)


def test_a_wait_counts_from_receipt_in_days_of_the_contacts_zone() -> None:
    plan = plan_of(Sending(after=Span(days=1), zone=BERLIN), received="2026-03-28T20:00:00+01:00")
    assert plan.due_at == at("2026-03-29T20:00:00+02:00")
    assert plan.hours == Hours("Europe/Berlin")
    plan = plan_of(Sending(after=Span(days=1)), received="2026-03-28T20:00:00+01:00")
    assert (plan.due_at, plan.hours) == (at("2026-03-29T20:00:00+01:00"), None)


def test_a_wait_counts_from_a_time_in_the_payload() -> None:
    sending = sending_of("fulfillments[-1].created_at", after=Span(days=3), zone=BERLIN)
    payload = {"fulfillments": [{"created_at": "2026-05-01T00:00:00Z"}, {"created_at": "2026-05-04T09:30:15+02:00"}]}
    assert plan_of(sending, payload).due_at == at("2026-05-07T09:30:15+02:00")


@pytest.mark.parametrize(
    ("value", "due"),
    [
        ("2026-05-07", "2026-05-07T00:00:00+02:00"),  # a date is a day of the contact
        ("2026-05-07T08:00:00", "2026-05-07T08:00:00+00:00"),
        (1_778_140_800, "2026-05-07T08:00:00+00:00"),
        ("1778140800123", "2026-05-07T08:00:00.123+00:00"),
    ],
)
def test_the_time_in_the_payload_may_be_written_in_every_form(value: Any, due: str) -> None:
    assert plan_of(sending_of("at", zone=BERLIN), {"at": value}).due_at == at(due)


def test_each_element_waits_from_its_own_time() -> None:
    sending = sending_of("at", after=Span(ms=60_000))
    mapping = a_mapping(sending=sending, for_each="items")
    payload = {"items": [{"at": "2026-05-06T10:00:00Z"}, {"at": "2026-05-07T10:00:00Z"}]}
    found = [proposal.outcome for proposal in proposals(mapping, payload, received_at=RECEIVED)]
    dues = [each.due_at for each in found if isinstance(each, Plan)]
    assert dues == [at("2026-05-06T10:01:00Z"), at("2026-05-07T10:01:00Z")]


def test_what_is_due_outside_the_hours_waits_for_the_next() -> None:
    assert plan_of(WORKING).due_at is None
    assert plan_of(WORKING, received="2026-05-08T19:00:00+02:00").due_at == at("2026-05-11T09:00:00+02:00")
    assert plan_of(replace(WORKING, after=Span(days=4))).due_at == at("2026-05-11T09:00:00+02:00")
    assert plan_of(WORKING).hours == Hours("Europe/Berlin", 540, 1140, (0, 1, 2, 3, 4))


def test_what_expires_counts_from_when_it_is_due() -> None:
    sending = replace(WORKING, after=Span(days=4), expires=Span(days=14))
    assert plan_of(sending).expires_at == at("2026-05-25T09:00:00+02:00")
    assert plan_of(Sending(expires=Span(ms=90_000))).expires_at == RECEIVED + 90_000


def test_what_should_have_been_sent_long_ago_is_due_at_once_and_may_be_too_late() -> None:
    sending = sending_of("at", after=Span(days=1), zone=BERLIN, expires=Span(days=2))
    plan = plan_of(sending, {"at": "2026-04-01T10:00:00Z"})
    assert (plan.due_at, plan.expires_at) == (None, at("2026-04-04T10:00:00Z"))
    plan = plan_of(replace(sending, between=(1200, 1260)), {"at": "2026-04-01T10:00:00Z"})
    assert (plan.due_at, plan.expires_at) == (at("2026-05-05T20:00:00+02:00"), at("2026-04-04T20:00:00+02:00"))


@pytest.mark.parametrize("value", ["0001-01-01T00:00:00Z", "0001-01-01", "9999-12-31", "9999-12-31T23:59:59-14:00"])
def test_a_time_at_the_end_of_the_calendar_is_a_time(value: str) -> None:
    sending = sending_of("at", after=Span(days=400), between=(540, 1140), zone=BERLIN, expires=Span(days=400))
    due = plan_of(sending, {"at": value}).due_at
    assert due is None or due > RECEIVED


# -- what cannot be worked out ----------------------------------------------------------------------------------

NO_TIME = "it is no time; ISO 8601 text, a date or a number of seconds since 1970 is one"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, "it is null or empty"),
        ("", "it is null or empty"),
        ("canary", NO_TIME),
        (True, NO_TIME),
        ({"canary": 1}, NO_TIME),
        ("2026-02-30", "it is no time that exists"),
        (1e300, "it is outside the years 1 to 9999"),
    ],
)
def test_a_time_that_is_none_fails_by_name(value: Any, said: str) -> None:
    assert why(sending_of("at"), {"at": value}) == f"send.from: {said}"


def test_an_expression_that_goes_wrong_fails_by_name() -> None:
    assert why(sending_of("date_add(at, '3d')"), {"at": "canary"}).startswith("send.from: date_add was given what")
    zone = Field("zone", compile_expression("upper(zone)"), default="UTC")
    assert why(Sending(zone=zone), {"zone": [1]}).startswith("send.zone: upper")


def test_the_zone_of_the_payload_decides() -> None:
    sending = Sending(after=Span(days=1), zone=FROM_PAYLOAD)
    plan = plan_of(sending, {"zone": " America/New_York "}, received="2026-03-07T15:00:00Z")
    assert (plan.due_at, plan.hours) == (at("2026-03-08T14:00:00Z"), Hours("America/New_York"))


@pytest.mark.parametrize("zone", [None, "", "Mars/Canary", 3, "posixrules", "../etc", "a" * 300])
def test_an_unknown_zone_is_the_default(zone: Any) -> None:
    assert plan_of(Sending(zone=WITH_DEFAULT), {"zone": zone}).hours == Hours("Europe/Berlin")


@pytest.mark.parametrize(
    ("zone", "said"),
    [
        (None, "it is null or empty"),
        ("Mars/Canary", "it is the name of no time zone"),
        (3, "it is a number, not a text"),
    ],
)
def test_without_a_default_an_unknown_zone_fails_by_name(zone: Any, said: str) -> None:
    assert why(Sending(zone=FROM_PAYLOAD), {"zone": zone}) == f"send.zone: {said}, and there is no default"


# -- who ----------------------------------------------------------------------------------------------------------


def asks(sample: float, address: str, *, name: str = "ask") -> bool:
    mapping = a_mapping({"email": "email"}, name=name, sending=Sending(sample=sample))
    return isinstance(outcome(mapping, {"email": address}), Plan)


def test_who_is_not_in_the_sample_is_skipped_with_the_share() -> None:
    people = [f"{number}@example.com" for number in range(200)]
    out = next(address for address in people if not asks(0.5, address))
    mapping = a_mapping({"email": "email"}, sending=Sending(sample=0.5))
    assert outcome(mapping, {"email": out}) == Skipped("not in the sample of 50 %")
    assert outcome(mapping, {"email": out.upper()}) == Skipped("not in the sample of 50 %")
    third = a_mapping({"email": "email"}, sending=Sending(sample=0.001))
    assert outcome(third, {"email": ANNA}) == Skipped("not in the sample of 0.1 %")


def test_a_share_of_the_contacts_is_asked_and_another_one_by_another_mapping() -> None:
    people = [f"{number}@example.com" for number in range(2_000)]
    asked = {address for address in people if asks(0.3, address)}
    others = {address for address in people if asks(0.3, address, name="other")}
    assert 520 < len(asked) < 680
    assert 520 < len(others) < 680
    assert 120 < len(asked & others) < 240  # as chance has it: 9 %


def test_whole_samples_ask_everyone() -> None:
    assert all(asks(1.0, f"{number}@example.com") for number in range(50))


def test_without_a_contact_the_key_is_drawn_and_without_a_key_the_event() -> None:
    mapping = a_mapping({"note": "'x'"}, channel="http", key="id", sending=Sending(sample=0.5))
    drawn = [type(outcome(mapping, {"id": number}, event_id="e")) for number in range(40)]
    assert {*drawn} == {Plan, Skipped}
    keyless = a_mapping({"note": "'x'"}, channel="http", sending=Sending(sample=0.5))
    drawn = [type(outcome(keyless, {}, event_id=f"e\ud800{number}")) for number in range(40)]
    assert {*drawn} == {Plan, Skipped}


@given(person=st.binary(max_size=32), shares=st.tuples(st.floats(0, 1), st.floats(0, 1)).map(sorted))
def test_who_is_in_a_small_share_is_in_a_larger_one(person: bytes, shares: list[float]) -> None:
    small, large = (is_sampled(share, "ask", person) for share in shares)
    assert small <= large
    assert is_sampled(1, "ask", person)


# -- never raises -------------------------------------------------------------------------------------------------

JSON = st.recursive(st.none() | st.booleans() | st.floats() | st.integers() | st.text(), st.lists, max_leaves=3)


@given(
    when=JSON | st.datetimes().map(str) | st.dates().map(str),
    zone=JSON | st.sampled_from(["Europe/Berlin", "Pacific/Apia"]),
    received=st.integers(-(10**16), 10**16),
    sending=st.builds(
        Sending,
        after=st.builds(Span, st.integers(0, 400), st.integers(0, 10**12)),
        between=st.sampled_from([(0, 1440), (540, 1140), (1320, 360)]),
        days=st.sampled_from([EVERY_DAY, (6,)]),
        expires=st.none() | st.builds(Span, st.integers(0, 400)),
        sample=st.floats(0, 1),
    ),
)
def test_whatever_is_in_the_payload_it_is_planned_skipped_or_failed(
    when: Any, zone: Any, received: int, sending: Sending
) -> None:
    whole = replace(sending, origin=compile_expression("at"), zone=FROM_PAYLOAD)
    found = outcome(a_mapping(sending=whole), {"at": when, "zone": zone}, received_at=received)
    assert isinstance(found, Plan | Skipped | Failed)
    if isinstance(found, Plan):
        assert found.due_at is None or found.due_at > received
        assert spoken_timing(found)


# -- in words -------------------------------------------------------------------------------------------------------


def test_when_a_request_is_sent_is_said_in_the_contacts_zone() -> None:
    assert spoken_timing(plan_of(Sending())) == "at once"
    plan = plan_of(replace(WORKING, after=Span(days=4), expires=Span(days=14)))
    assert spoken_timing(plan) == (
        "on Mon 11 May 2026 09:00 Europe/Berlin, not after Mon 25 May 2026 09:00 Europe/Berlin"
    )
    assert spoken_timing(plan_of(Sending(after=Span(days=1)))) == "on Wed 6 May 2026 10:00 UTC"
