"""From a verified request to events: what is read, kept and left out, and that a stored event answers the same."""

import hashlib
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings, strategies as st

from bridge.core.batches import MOST_EVENTS
from bridge.core.contact import digest
from bridge.core.errors import Unreadable
from bridge.core.model import Entry, Event, Failed, Inbound, Mark, Plan, Skipped, Unmatched
from bridge.intake import DAY, propose_again, take_in
from tests.support.events import ANNA, INDEX_KEY, NOW, RULES, a_mapping, a_reading, a_source, an_inbound, counting_ids

FULL = a_reading(
    topic="header('x-topic') || type",
    id="id",
    tenant="shop.domain",
    time="at",
    contact="customer.email",
    refs=(("order", "order"), ("order", "name"), ("customer", "customer.id")),
)


def entries(inbound: Inbound, *mappings: Any, reading: Any = None, **knobs: Any) -> tuple[Entry, ...]:
    source = a_source(*mappings, reading=reading, **knobs)
    return take_in(inbound, source, new_id=counting_ids(), rules=RULES).entries


def event_of(payload: Any, reading: Any = FULL, **changes: Any) -> Event:
    (entry,) = entries(an_inbound(payload, **changes), reading=reading)
    return entry.event


# -- what is read -----------------------------------------------------------------------------------------


def test_an_event_holds_what_its_source_says_of_it() -> None:
    payload = {
        "type": "orders/paid",
        "id": 12345678901234567890123,
        "shop": {"domain": "a.example.com"},
        "at": "2026-11-22T10:00:00+01:00",
        "order": 1001,
        "name": "#A1001",
        "customer": {"email": ANNA, "id": 7.0},
    }
    event = event_of(payload)
    assert (event.id, event.source, event.topic, event.tenant) == ("evt_1", "shop", "orders/paid", "a.example.com")
    assert event.source_event_id == "12345678901234567890123"
    assert (event.received_at, event.dedupe_until) == (NOW, NOW + 35 * DAY)
    assert event.occurred_at == 1_795_338_000_000
    assert event.config == "c0ffee"
    assert event.body == msgspec.json.encode(payload)
    assert event.marks == (
        Mark("contact", digest(INDEX_KEY, ANNA)),
        Mark("order", digest(INDEX_KEY, "1001")),
        Mark("order", digest(INDEX_KEY, "#A1001")),
        Mark("customer", digest(INDEX_KEY, "7")),
    )


def test_the_deduplication_window_is_a_rule() -> None:
    rules = replace(RULES, dedupe_window=DAY * 2)
    (entry,) = take_in(an_inbound({"id": 1}), a_source(), new_id=counting_ids(), rules=rules).entries
    assert entry.event.dedupe_until == NOW + 2 * DAY


@pytest.mark.parametrize("own", [None, "", False, True, [], {}, [1], {"a": 1}])
def test_without_an_id_the_digest_of_topic_and_body_serves_for_a_day(own: Any) -> None:
    event = event_of({"type": "t", "id": own})
    assert event.source_event_id == "sha256:" + hashlib.sha256(b"t\0" + event.body).hexdigest()
    assert event.dedupe_until == NOW + DAY


def test_the_digest_tells_topics_and_bodies_apart_and_nothing_else() -> None:
    reading = a_reading(topic="header('x-topic')")
    ids = [
        event_of(payload, reading, headers={"x-topic": topic}, received_at=at).source_event_id
        for payload, topic, at in [({"a": 1}, "x", 1), ({"a": 1}, "x", 2), ({"a": 1}, "y", 1), ({"a": 2}, "x", 1)]
    ]
    assert ids[0] == ids[1]
    assert len(set(ids)) == 3


def test_zero_is_an_id() -> None:
    assert event_of({"id": 0}).source_event_id == "0"


def test_two_long_ids_or_tenants_with_one_beginning_stay_two() -> None:
    long = "x" * 600
    first, second = (event_of({"id": long + end, "shop": {"domain": long + end}}) for end in "ab")
    assert first.source_event_id == "sha256:" + hashlib.sha256((long + "a").encode()).hexdigest()
    assert first.source_event_id != second.source_event_id
    assert first.tenant != second.tenant
    assert len(first.tenant) == 71
    assert first.dedupe_until == NOW + 35 * DAY


def test_a_long_topic_is_cut() -> None:
    assert len(event_of({"type": "t" * 600}).topic) == 512


@pytest.mark.parametrize(
    ("at", "time"),
    [
        (1_795_338_000, 1_795_338_000_000),
        (1_795_338_000_123, 1_795_338_000_123),
        ("2026-11-22", 1_795_305_600_000),
        ("0001-01-01T00:00:00+14:00", -62_135_647_200_000),
        (None, None),
        ("yesterday", None),
        (True, None),
        ([1], None),
        (10**300, None),
        (-(10**300), None),
        (1e300, None),
    ],
)
def test_the_time_of_an_event_is_read_or_unknown(at: Any, time: int | None) -> None:
    assert event_of({"at": at}).occurred_at == time


@pytest.mark.parametrize(
    "broken", [{"order": [1]}, {"order": {"a": 1}}, {"order": True}, {"order": " # "}, {"order": ""}, {"order": " "}]
)
def test_what_is_no_reference_gives_no_mark(broken: dict[str, Any]) -> None:
    assert event_of(broken).marks == ()


def test_an_expression_that_goes_wrong_leaves_its_place_empty() -> None:
    wrong = "abs('x')"
    reading = a_reading(topic=wrong, id=wrong, tenant=wrong, time=wrong, contact=wrong, refs=(("order", wrong),))
    event = event_of({"a": 1}, reading)
    assert (event.topic, event.tenant, event.occurred_at, event.marks) == ("", "", None, ())
    assert event.source_event_id.startswith("sha256:")


def test_an_event_is_found_by_whom_it_asks_where_its_source_does_not_say() -> None:
    (entry,) = entries(an_inbound({"id": 1, "to": "Anna@Example.com"}), a_mapping({"email": "to"}))
    assert entry.event.marks == (Mark("contact", digest(INDEX_KEY, ANNA)),)
    (known,) = entries(
        an_inbound({"id": 1, "to": ANNA}), a_mapping({"email": "to"}), reading=a_reading(id="id", contact="to")
    )
    assert known.event.marks == (Mark("contact", digest(INDEX_KEY, ANNA)),)


def test_marks_are_taken_of_a_skipped_event_too() -> None:
    (entry,) = entries(an_inbound({"id": 1, "order": "A-7"}), a_mapping(when="`false`"), reading=FULL)
    assert entry.event.marks == (Mark("order", digest(INDEX_KEY, "A-7")),)
    assert entry.proposals[0].outcome == Skipped("when is false")


# -- which mappings ---------------------------------------------------------------------------------------


def test_each_mapping_of_the_topic_proposes_in_the_order_of_the_file() -> None:
    mappings = (
        a_mapping(name="all"),
        a_mapping(name="other", topics=("orders/paid",)),
        a_mapping(name="prefix", topics=("orders/*",)),
        a_mapping({}, name="broken", topics=("refunds/create", "orders/fulfilled")),
    )
    (entry,) = entries(an_inbound({"topic": "orders/fulfilled", "id": 1}), *mappings)
    assert [p.mapping for p in entry.proposals] == ["all", "prefix", "broken"]
    assert [type(p.outcome) for p in entry.proposals] == [Plan, Plan, Failed]


def test_a_topic_that_no_mapping_takes_is_unmatched() -> None:
    (entry,) = entries(an_inbound({"topic": "orders/paid"}), a_mapping(topics=("orders/fulfilled", "order*s")))
    assert [p.outcome for p in entry.proposals] == [Unmatched("no mapping takes the topic orders/paid")]
    (entry,) = entries(an_inbound({}), a_mapping(topics=("x",)))
    assert [p.outcome for p in entry.proposals] == [Unmatched("no mapping takes the topic (none)")]


def test_a_mapping_sees_the_event_around_its_payload() -> None:
    text = "concat([header('X-A'), query('b'), topic(), tenant(), event_id(), received_at(), lookup('t', 'k')])"
    reading = a_reading(topic="'T'", tenant="'N'", id="'I'")
    mapping = a_mapping(fields=(), body={"email": f"'{ANNA}'", "v": text})
    inbound = an_inbound({}, headers={"x-a": "A"}, url="https://h/x?b=B")
    (entry,) = entries(inbound, mapping, reading=reading, tables={"t": {"k": "K"}})
    plan = entry.proposals[0].outcome
    assert isinstance(plan, Plan)
    assert plan.body["v"] == "ABTNI2027-01-15T08:00:00ZK"


# -- credentials ------------------------------------------------------------------------------------------


def test_credentials_are_gone_from_what_is_kept_and_from_what_mappings_see() -> None:
    inbound = an_inbound(
        {"id": 1},
        headers={"authorization": "Bearer c4nary", "x-api-key": "c4nary", "cookie": "a=c4nary", "x-sig": "kept"},
        url="https://h/x?token=c4nary&a=1&API%5FKey=c4nary",
    )
    mapping = a_mapping(fields=(), body={"email": f"'{ANNA}'", "a": "header('authorization')", "q": "query('token')"})
    (entry,) = entries(inbound, mapping)
    assert entry.event.headers == {"x-sig": "kept"}
    assert entry.event.query == "token=***&a=1&API%5FKey=***"
    plan = entry.proposals[0].outcome
    assert isinstance(plan, Plan)
    assert plan.body == {"email": ANNA, "q": "***"}
    assert "c4nary" not in repr(entry)


# -- batches ----------------------------------------------------------------------------------------------

NESTED = a_reading(topic="field", id="id", tenant="envelope().page", each=("entry", "data.changes"))
BATCH = {
    "object": "shop",
    "entry": [
        {"page": 1, "data": {"v": 2, "changes": [{"id": 1, "field": "a"}, {"id": 2, "field": "b"}]}},
        {"page": 2, "data": {"changes": {"id": 3, "field": "c"}}},
        {"page": 3, "data": None},
    ],
}


def test_a_batch_is_split_by_its_nested_paths() -> None:
    events = [entry.event for entry in entries(an_inbound(BATCH), reading=NESTED)]
    assert [(e.id, e.source_event_id, e.topic, e.tenant) for e in events] == [
        ("evt_1", "1", "a", "1"),
        ("evt_2", "2", "b", "1"),
        ("evt_3", "3", "c", "2"),
    ]
    assert [e.body for e in events] == [
        b'{"id":1,"field":"a"}',
        b'{"id":2,"field":"b"}',
        b'{"id":3,"field":"c"}',
    ]
    assert {e.headers["content-type"] for e in events} == {"application/json"}


def test_a_mapping_sees_what_is_around_the_element_now_and_when_it_is_replayed() -> None:
    texts = {
        "in": "envelope().page",
        "deep": "envelope().data.v",
        "out": "envelope(`1`).object",
        "far": "envelope(`2`)",
    }
    texts["lists"] = "text(length(keys(envelope(`1`))))"
    source = a_source(a_mapping({"email": f"'{ANNA}'"} | texts), reading=NESTED)
    intake = take_in(an_inbound(BATCH), source, new_id=counting_ids(), rules=RULES)
    first = intake.entries[0].proposals[0].outcome
    assert isinstance(first, Plan)
    assert first.body == {"email": ANNA, "in": 1, "deep": 2, "out": "shop", "lists": "1"}
    assert [bodies(propose_again(e.event, source, new_id=counting_ids(), rules=RULES)) for e in intake.entries] == [
        bodies(e.proposals) for e in intake.entries
    ]


def test_the_request_itself_may_be_the_list_or_a_single_event() -> None:
    reading = a_reading(id="id", each=("@",))
    many = entries(an_inbound([{"id": 1}, {"id": 12345678901234567890123}]), reading=reading)
    assert [e.event.source_event_id for e in many] == ["1", "12345678901234567890123"]
    assert many[1].event.body == b'{"id":12345678901234567890123}'
    assert [e.event.source_event_id for e in entries(an_inbound({"id": 3}), reading=reading)] == ["3"]


@pytest.mark.parametrize(
    ("payload", "why"),
    [
        ([], "a batch of 1 to 1000 events was expected, this one has 0"),
        ([{}] * (MOST_EVENTS + 1), "a batch of 1 to 1000 events was expected, this one has 1001"),
        ([{}, 5], "an event of this batch is neither an object nor a list"),
        ([None], "an event of this batch is neither an object nor a list"),
    ],
)
def test_what_is_no_batch_of_events_is_unreadable(payload: Any, why: str) -> None:
    with pytest.raises(Unreadable, match=f"^{why}$"):
        entries(an_inbound(payload), reading=a_reading(each=("@",)))


def test_a_batch_under_another_name_is_unreadable() -> None:
    with pytest.raises(Unreadable, match=r"this one has 0$"):
        entries(an_inbound({"other": [{}]}), reading=a_reading(each=("entry",)))


def test_much_around_the_events_of_a_batch_is_unreadable() -> None:
    with pytest.raises(Unreadable, match=r"^what is around the events of this batch is larger than 8192 bytes$"):
        entries(an_inbound({"note": "x" * 9000, "entry": [{}]}), reading=a_reading(each=("entry",)))


def test_lists_beside_the_batch_are_not_kept_with_every_event() -> None:
    payload = {"included": ["x" * 9000], "meta": {"v": 1}, "data": [{"id": 1}]}
    (entry,) = entries(an_inbound(payload), reading=a_reading(id="id", each=("data",)))
    assert entry.event.headers[":envelopes"] == '[{"meta":{"v":1}}]'


# -- the same event again ---------------------------------------------------------------------------------


def bodies(proposals: Any) -> list[Any]:
    """Proposals without the ids of their deliveries, which are new each time."""
    return [
        replace(p, outcome=replace(p.outcome, delivery_id="")) if isinstance(p.outcome, Plan) else p for p in proposals
    ]


def again(source: Any, entry: Entry) -> list[Any]:
    return bodies(propose_again(entry.event, source, new_id=counting_ids(), rules=RULES))


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    # no lone surrogates: they are not in JSON
    | st.text(st.characters(codec="utf-8"), max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "type", "b", "c"]), inner),
    max_leaves=10,
)


@settings(max_examples=150, deadline=None)
@given(payload=st.dictionaries(st.sampled_from(["id", "type", "b", "items"]), values), split=st.booleans())
def test_a_stored_event_gives_the_same_proposals(payload: Any, *, split: bool) -> None:
    texts = {
        "email": f"'{ANNA}'",
        "v": "b",
        "w": "envelope().b",
        "id": "event_id()",
        "t": "concat([topic(), tenant()])",
    }
    reading = a_reading(topic="type", id="id", tenant="b", each=("items",) if split else ())
    source = a_source(a_mapping(texts), a_mapping(name="each", for_each="items", key="id"), reading=reading)
    try:
        intake = take_in(an_inbound(payload), source, new_id=counting_ids(), rules=RULES)
    except Unreadable:
        assert split
        return
    for entry in intake.entries:
        assert again(source, entry) == bodies(entry.proposals)


def test_a_stored_form_gives_the_same_proposals() -> None:
    headers = {f"x-{number}": "v" for number in range(200)} | {"content-type": "application/json"}
    form = {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}
    source = a_source(a_mapping({"email": "email", "v": "tags[1]"}))
    for inbound in (
        an_inbound(body=b"email=anna%40example.com&tags=a&tags=b", headers=form),
        an_inbound({"email": ANNA, "tags": [1, 2]}, headers=headers),
    ):
        (entry,) = take_in(inbound, source, new_id=counting_ids(), rules=RULES).entries
        assert isinstance(entry.proposals[0].outcome, Plan)
        assert again(source, entry) == bodies(entry.proposals)


def test_an_event_whose_payload_was_pruned_cannot_be_worked_out_again() -> None:
    event = replace(event_of({"id": 1}), body=b"")
    with pytest.raises(Unreadable):
        propose_again(event, a_source(), new_id=counting_ids(), rules=RULES)


def test_an_event_whose_envelopes_were_damaged_cannot_be_worked_out_again() -> None:
    event = replace(event_of({"id": 1}), headers={":envelopes": "{"})
    with pytest.raises(Unreadable, match="damaged in the store"):
        propose_again(event, a_source(), new_id=counting_ids(), rules=RULES)
