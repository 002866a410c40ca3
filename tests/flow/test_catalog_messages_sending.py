"""Every mistake that an operator can make in `send:` has its own words, at its place: `line:column: message`."""

# ruff: noqa: E501, RUF001 - messages stand here as they are printed, and what people write as they write it

import pytest

from bridge.core.configuration import Field, Sending
from bridge.core.schedule import Span
from tests.support.folders import SHOPIFY, files, load, problems_of

Mistake = tuple[str, list[str]]  # the lines below `send:`, of which the first is line 12, and what is said of them

MISTAKES: list[Mistake] = [
    ("after: 3", ["12:14: after must be a duration such as 30m, 36h or 3d, not '3' (write 3d for days, 3h for hours)"]),
    ("after: 3 days", ["12:14: after must be a duration such as 30m, 36h or 3d, not '3 days' (did you mean 3d?)"]),
    ("after: 2 weeks", ["12:14: after must be a duration such as 30m, 36h or 3d, not '2 weeks' (did you mean 14d?)"]),
    ("after: 90 min", ["12:14: after must be a duration such as 30m, 36h or 3d, not '90 min' (did you mean 90m?)"]),
    ("after: 1 month", ["12:14: after must be a duration such as 30m, 36h or 3d, not '1 month'"]),
    ("after: -3d", ["12:14: after must be a duration such as 30m, 36h or 3d, not '-3d'"]),
    ("after: 1.5h", ["12:14: after must be a duration such as 30m, 36h or 3d, not '1.5h'"]),
    ("after: [3d]", ["12:14: after must be a duration such as 30m, 36h or 3d, not a list"]),
    ("after: 401d", ["12:14: after must be from 0s to 400d, not '401d'"]),
    ("after:", ["12:7: after is empty (write a value, or leave the key out)"]),
    ("expires: 0s", ["12:16: expires must be from 1m to 400d, not '0s'"]),
    ("expires: 30s", ["12:16: expires must be from 1m to 400d, not '30s'"]),
    ("expires: never", ["12:16: expires must be a duration such as 30m, 36h or 3d, not 'never'"]),
    (
        "between: 9-17",
        ['12:16: between must be two times of day such as "09:00-19:00", not \'9-17\' (write "09:00-17:00")'],
    ),
    (
        "between: [9:00, 19:00]",
        ['12:16: between must be two times of day such as "09:00-19:00", not a list (write "09:00-19:00")'],
    ),
    ("between: 9:00", ["12:16: between must be two times of day such as \"09:00-19:00\", not '9:00'"]),
    (
        "between: 09:00 – 19:00",
        ['12:16: between must be two times of day such as "09:00-19:00", not \'09:00 – 19:00\' (write "09:00-19:00")'],
    ),
    (
        "between: 9.30 until 17.00",
        [
            '12:16: between must be two times of day such as "09:00-19:00", not \'9.30 until 17.00\' (write "09:30-17:00")'
        ],
    ),
    ("between: 25:00-26:00", ["12:16: between must be two times of day such as \"09:00-19:00\", not '25:00-26:00'"]),
    ("between: 18:00-24:30", ["12:16: between must be two times of day such as \"09:00-19:00\", not '18:00-24:30'"]),
    ("between: 9am-5pm", ["12:16: between must be two times of day such as \"09:00-19:00\", not '9am-5pm'"]),
    ("between: 1140", ["12:16: between must be two times of day such as \"09:00-19:00\", not '1140'"]),
    ("between: 09:00-09:00", ['12:16: between ends when it begins (write "00:00-24:00" for the whole day)']),
    (
        "between: 09:00-19:00",
        [
            "12:16: warning: between is by the clock of UTC (write zone: and the contact's, such as Europe/Berlin, or UTC)"
        ],
    ),
    (
        "days: mon",
        ["12:13: warning: days is by the clock of UTC (write zone: and the contact's, such as Europe/Berlin, or UTC)"],
    ),
    (
        "days: [mon]\nbetween: 09:00-19:00",
        [
            "13:16: warning: between is by the clock of UTC (write zone: and the contact's, such as Europe/Berlin, or UTC)"
        ],
    ),
    (
        "days: [monday, Tue]",
        [
            "12:14: days must be mon, tue, wed, thu, fri, sat or sun, not 'monday' (did you mean 'mon'?)",
            "12:22: days must be mon, tue, wed, thu, fri, sat or sun, not 'Tue' (did you mean 'tue'?)",
        ],
    ),
    (
        "days: mon-fri",
        [
            "12:13: days must be mon, tue, wed, thu, fri, sat or sun, not 'mon-fri' (write days: [mon, tue, wed, thu, fri])"
        ],
    ),
    (
        "days: sat-mon",
        ["12:13: days must be mon, tue, wed, thu, fri, sat or sun, not 'sat-mon' (write days: [sat, sun, mon])"],
    ),
    (
        "days: sat, sun",
        ["12:13: days must be mon, tue, wed, thu, fri, sat or sun, not 'sat, sun' (write days: [sat, sun])"],
    ),
    ("days: [1]", ["12:14: days must be mon, tue, wed, thu, fri, sat or sun, not '1'"]),
    ("days: []", ["12:13: days is an empty list (add a day, or leave the key out)"]),
    ("days: [mo]", ["12:14: days must be mon, tue, wed, thu, fri, sat or sun, not 'mo'"]),
    ("days: {mon: 1}", ["12:13: days must be mon, tue, wed, thu, fri, sat or sun, not a table of keys and values"]),
    ("days:", ["12:7: days is empty (write a value, or leave the key out)"]),
    ("zone: CEST", ["12:13: zone: there is no time zone 'CEST' (write the zone of a place, such as Europe/Berlin)"]),
    ("zone: UTC+2", ["12:13: zone: there is no time zone 'UTC+2' (write the zone of a place, such as Europe/Berlin)"]),
    (
        "zone: +02:00",
        ["12:13: zone: there is no time zone '+02:00' (write the zone of a place, such as Europe/Berlin)"],
    ),
    ("zone: Berlin", ["12:13: zone: there is no time zone 'Berlin' (did you mean 'Europe/Berlin'?)"]),
    ("zone: new york", ["12:13: zone: there is no time zone 'new york' (did you mean 'America/New_York'?)"]),
    ("zone: Europe/Berln", ["12:13: zone: there is no time zone 'Europe/Berln' (did you mean 'Europe/Berlin'?)"]),
    (
        "zone: Germany",
        ["12:13: zone: there is no time zone 'Germany' (write the zone of a place, such as Europe/Berlin)"],
    ),
    (
        "zone: EST",
        ["12:13: warning: zone: EST has no summer time (write the zone of a place, such as America/New_York)"],
    ),
    ("zone: 5", ["12:13: zone must be a text, not the number 5 (put it in quotes)"]),
    ("zone:", ["12:7: zone is empty (write a value, or leave the key out)"]),
    (
        "zone: shipping_address.timezone",
        [
            "12:13: zone: there is no time zone 'shipping_address.timezone' (an expression is written zone: {expr: …, default: …})"
        ],
    ),
    ("zone: [UTC]", ["12:13: zone must be a table of keys and values, not a list"]),
    (
        "zone: posixrules",
        ["12:13: zone: there is no time zone 'posixrules' (write the zone of a place, such as Europe/Berlin)"],
    ),
    (
        "zone: {expr: billing.zone}",
        [
            "12:20: warning: zone: without default, events fail whose zone is null or unknown (write default: and the zone of most of your contacts)"
        ],
    ),
    (
        "zone: {default: UTC}",
        ["12:13: zone has neither expr nor value (write zone: Europe/Berlin, or expr: and default:)"],
    ),
    (
        "zone: {expr: billing.zone, default: Europe/Vieena}",
        ["12:43: zone: there is no time zone 'Europe/Vieena' (did you mean 'Europe/Vienna'?)"],
    ),
    ("zone: {value: UTC, default: UTC}", ["12:21: zone: value is a constant and stands alone (remove the other keys)"]),
    ("zone: {exp: billing.zone}", ["12:14: 'exp' is not a key of zone (did you mean 'expr'?)"]),
    (
        "zone: {expr: 5, default: UTC}",
        ["12:20: expr must be an expression, not the number 5 (a constant is written {value: 5})"],
    ),
    (
        "zone: {expr: \"lookup('zones', country)\", default: UTC}",
        ["12:28: the table 'zones' is not in this file (add it under tables:)"],
    ),
    ("sample: 50%", ["12:15: sample must be a number above 0 and at most 1, not '50%' (write 0.5)"]),
    ("sample: 50", ["12:15: sample must be a number above 0 and at most 1, not '50' (write 0.5)"]),
    ("sample: 0", ["12:15: sample must be a number above 0 and at most 1, not '0'"]),
    ("sample: 1.5", ["12:15: sample must be a number above 0 and at most 1, not '1.5'"]),
    ("sample: '0.5'", ["12:15: sample must be a number above 0 and at most 1, not '0.5' (remove the quotes)"]),
    ("sample: 0,5", ["12:15: sample must be a number above 0 and at most 1, not '0,5' (write 0.5)"]),
    ("sample: .5", ["12:15: sample must be a number above 0 and at most 1, not '.5' (write 0.5)"]),
    ("sample: half", ["12:15: sample must be a number above 0 and at most 1, not 'half'"]),
    ("sample: {a: 1}", ["12:15: sample must be a number above 0 and at most 1, not a table of keys and values"]),
    ("from: 3", ['12:13: from must be an expression, not the number 3 (a constant is written "`3`")']),
    ("from: created at", ["12:21: from: at is not possible here"]),
    ('from: "latest(created_at)"', ["12:14: from: there is no function latest (did you mean last?)"]),
    (
        "from: looked_up().at",
        ["12:13: looked_up() has nothing to give: this file has no lookup (write lookup: with base_url and get)"],
    ),
    ("Form: x", ["12:7: 'Form' is not a key of send (did you mean 'from'?)"]),
    ("afte: 3d", ["12:7: 'afte' is not a key of send (did you mean 'after'?)"]),
    ("between: 09:00-19:00\nzome: UTC", ["13:7: 'zome' is not a key of send (did you mean 'zone'?)"]),
]

FINE = [
    "after: 3d\nfrom: fulfillments[-1].created_at\nbetween: 09:00-19:00\ndays: [mon, tue, wed, thu, fri]\nzone:\n  expr: shipping_address.zone\n  default: Europe/Berlin\nsample: 0.5\nexpires: 14d",
    'between: "22:00-06:00"\nzone: CET',
    "between: 9:00-24:00\nzone: UTC\ndays: sun",
    "between: 00:00-24:00\nzone: {value: Asia/Kolkata}",
    "from: created_at",
    "after: 0s",
    "sample: 1",
    "zone: UTC",
    "after: 36h\nexpires: 90m",
]


def with_send(text: str) -> dict[str, str]:
    lines = "".join(f"      {line}\n" for line in text.split("\n"))
    return files(shopify=SHOPIFY.replace("    key: id\n", f"    key: id\n    send:\n{lines}"))


@pytest.mark.parametrize(("text", "expected"), MISTAKES)
def test_a_mistake_in_send_is_named_at_its_place(text: str, expected: list[str]) -> None:
    assert problems_of(with_send(text)) == [f"shopify.yaml:{line}" for line in expected]


@pytest.mark.parametrize("text", FINE)
def test_what_is_right_is_said_nothing_about(text: str) -> None:
    assert problems_of(with_send(text)) == []


def test_send_must_be_a_table_with_something_in_it() -> None:
    for text, said in (
        ("3d", "11:11: send must be a table of keys and values, not '3d'"),
        ("{}", "11:11: send is empty (write after: 3d, or leave the key out)"),
    ):
        source = SHOPIFY.replace("    key: id\n", f"    key: id\n    send: {text}\n")
        assert problems_of(files(shopify=source)) == [f"shopify.yaml:{said}"]


def test_what_was_read_is_what_was_written() -> None:
    [mapping] = load(with_send(FINE[0])).catalog.sources["shopify"].mappings
    sending = mapping.sending
    assert sending is not None
    assert (sending.after, sending.between, sending.days) == (Span(days=3), (540, 1140), (0, 1, 2, 3, 4))
    assert (sending.sample, sending.expires) == (0.5, Span(days=14))
    texts = {key: expression.text for key, expression in sending.expressions.items()}
    assert texts == {"from": "fulfillments[-1].created_at", "zone": "shipping_address.zone"}
    assert sending.zone is not None
    assert (sending.zone.default, sending.zone.constant) == ("Europe/Berlin", None)
    [mapping] = load(with_send(FINE[-1])).catalog.sources["shopify"].mappings
    assert mapping.sending == Sending(after=Span(ms=129_600_000), expires=Span(ms=5_400_000))
    [mapping] = load(with_send(FINE[1])).catalog.sources["shopify"].mappings
    assert mapping.sending == Sending(between=(1320, 360), zone=Field("zone", constant="CET"))
    [mapping] = load(with_send(FINE[2])).catalog.sources["shopify"].mappings
    assert mapping.sending == Sending(between=(540, 1440), days=(6,), zone=Field("zone", constant="UTC"))


def test_without_send_there_is_none() -> None:
    [mapping] = load(files(shopify=SHOPIFY)).catalog.sources["shopify"].mappings
    assert mapping.sending is None
