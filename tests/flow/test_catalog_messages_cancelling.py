"""Every mistake in `cancel_on`, `suppress_on` and `repeat: replace` has its own words, at its exact place."""

# ruff: noqa: E501 - messages stand here as they are printed

import pytest

from tests.support.folders import SHOPIFY, TILL, files, problems_of

# The mapping's `key: id` is line 10 of shopify.yaml; an entry of cancel_on begins on line 12.
ENTRY = "- {on: orders/cancelled, key: id}"
CANCELLED = SHOPIFY.replace("key: id\n", f"key: id\n    cancel_on:\n      {ENTRY}\n")
TILL_READS = """\
source: till
verify:
  kind: token
  token: {from: header, name: X-Token}
  secrets: ["${secret:till}"]
event: {topic: type, id: id}
tables:
  orders: {a: b}
mappings: []
"""
SILENT = TILL_READS.replace("event: {topic: type, id: id}\n", "")
NO_ID = "warning: no event id is known, so that only the same topic and body within 24 h count as sent twice (write event: {id: …} if there is one)"

Mistake = tuple[str, str, list[str]]

CANCEL_ON: list[Mistake] = [
    (ENTRY, "- {on: [orders/cancelled, refunds/create], key: order_id}", []),
    (ENTRY, "- {on: orders/cancelled, key: id, source: shopify}", []),
    (f"\n      {ENTRY}", " {on: orders/cancelled, key: id}", []),
    (ENTRY, "- {on: orders/fulfilled, when: cancelled_at, key: id}", []),
    (ENTRY, "- {key: id}", ["12:9: on is missing (the topics whose events cancel)"]),
    (
        ENTRY,
        "- {on: orders/cancelled}",
        ["12:9: key is missing (the key that is cancelled, or a list of keys)"],
    ),
    (ENTRY, "[]", ["12:7: cancel_on is an empty list (add an entry, or leave the key out)"]),
    (
        ENTRY,
        "- orders/cancelled",
        ["12:9: an entry of cancel_on must be a table of keys and values, not 'orders/cancelled'"],
    ),
    (
        f"\n      {ENTRY}",
        " orders/cancelled",
        ["11:16: cancel_on must be a list, not 'orders/cancelled'"],
    ),
    (ENTRY, "- {on: [], key: id}", ["12:14: on is an empty list (add an entry, or leave the key out)"]),
    (
        ENTRY,
        "- {on: orders/cancelled, key: id, tenant: a}",
        ["12:41: 'tenant' is not a key of an entry of cancel_on (possible: on, key, source, when)"],
    ),
    (
        ENTRY,
        "- {on: orders/cancelled, kee: id}",
        ["12:32: 'kee' is not a key of an entry of cancel_on (did you mean 'key'?)"],
    ),
    (
        ENTRY,
        "- {on: orders/cancelld, key: id}",
        [
            "12:14: warning: 'orders/cancelld' is not one of the usual topics of shopify (did you mean 'orders/cancelled'?)"
        ],
    ),
    (
        ENTRY,
        '- {on: "orders/*/now", key: id}',
        ["12:14: on: a * can stand only at the end, not as in 'orders/*/now' (write one entry per topic)"],
    ),
    (
        ENTRY,
        "- {on: orders/fulfilled, key: id}",
        [
            "12:14: the mapping takes 'orders/fulfilled' too, and would cancel itself (write when: to say which of these events cancel, or remove the topic here or there)"
        ],
    ),
    (
        ENTRY,
        '- {on: [orders/cancelled, "orders/*"], key: id}',
        [
            "12:14: the mapping takes 'orders/*' too, and would cancel itself (write when: to say which of these events cancel, or remove the topic here or there)"
        ],
    ),
    (
        "    on: [orders/fulfilled]\n",
        "",
        [
            "11:14: the mapping takes 'orders/cancelled' too, and would cancel itself (write when: to say which of these events cancel, or remove the topic here or there)"
        ],
    ),
    ("on: [orders/fulfilled]", "on: 404", ["7:9: on must be a text, not the number 404 (put it in quotes)"]),
    (
        "    key: id\n",
        "",
        ["11:7: cancel_on needs a key (write key: and what it is about, such as key: id)"],
    ),
    (
        ENTRY,
        "- {on: orders/cancelled, key: id, source: tll}",
        ["12:49: no source is called 'tll' (did you mean 'till'?)"],
    ),
    (
        ENTRY,
        "- {on: orders/cancelled, key: id, source: elsewhere}",
        ["12:49: no source is called 'elsewhere' (possible: shopify, till)"],
    ),
    (
        ENTRY,
        "- {on: orders/cancelled, key: id, source: 4}",
        ["12:49: source must be a text, not the number 4 (put it in quotes)"],
    ),
    (
        ENTRY,
        '- {on: orders/cancelled, key: "idd(id)"}',
        ["12:38: key: there is no function idd (did you mean add?)"],
    ),
    (
        ENTRY,
        "- {on: orders/cancelled, key: \"lookup('orders', id)\"}",
        ["12:45: the table 'orders' is not in this file (add it under tables:)"],
    ),
    (ENTRY, "- {on: closed, source: till, key: \"lookup('orders', id)\"}", []),
    (
        ENTRY,
        "- {on: closed, source: till, key: \"lookup('order', id)\"}",
        ["12:49: the table 'order' is not in till.yaml (did you mean 'orders'?)"],
    ),
    (
        ENTRY,
        "- {on: orders/cancelled, key: looked_up().id}",
        ["12:37: looked_up() has nothing to give: this file has no lookup (write lookup: with base_url and get)"],
    ),
    (
        ENTRY,
        "- {on: closed, source: till, key: looked_up().id}",
        ["12:41: looked_up() has nothing to give: till.yaml has no lookup (write lookup: with base_url and get)"],
    ),
]


@pytest.mark.parametrize(("old", "new", "expected"), CANCEL_ON)
def test_a_mistake_in_cancel_on_is_named_at_its_place(old: str, new: str, expected: list[str]) -> None:
    assert old in CANCELLED
    found = problems_of(files(shopify=CANCELLED.replace(old, new, 1), till=TILL_READS))
    assert found == [f"shopify.yaml:{line}" for line in expected]


def test_topics_of_another_source_are_those_of_its_preset() -> None:
    entry = '- {source: post, on: [unsubscrib], key: "`1`"}'
    post = 'source: post\nverify: {preset: sendgrid, secrets: ["${secret:post}"]}\nmappings: []\n'
    assert problems_of(files(shopify=CANCELLED.replace(ENTRY, entry), post=post)) == [
        "shopify.yaml:12:29: warning: 'unsubscrib' is not one of the usual topics of sendgrid (did you mean 'unsubscribe'?)"
    ]


def test_a_source_whose_topics_nobody_knows_cancels_nothing() -> None:
    entry = "- {source: till, on: closed, key: id}"
    assert problems_of(files(shopify=CANCELLED.replace(ENTRY, entry), till=SILENT)) == [
        "shopify.yaml:12:28: on never fits: nothing says what the topic of till is (write event: {topic: …} there)",
        f"till.yaml:3:3: {NO_ID}",
    ]


def test_nothing_misleading_is_said_about_a_source_whose_file_cannot_be_read() -> None:
    entry = "- {source: till, on: closed, key: id}"
    broken = {"till": TILL.replace("mappings: []", "mappings: ["), "shopify": CANCELLED.replace(ENTRY, entry)}
    assert [line.partition(":")[0] for line in problems_of(files(**broken))] == ["till.yaml"]


def test_nor_about_the_topics_of_a_source_whose_event_is_wrong() -> None:
    entry = "- {source: till, on: closed, key: id}"
    for old, new in (
        ("{topic: type, id: id}", "{topic: '', id: id}"),
        ("event:", "evnt:"),
        ("kind: token", "preset: a"),
    ):
        broken = {"till": TILL_READS.replace(old, new), "shopify": CANCELLED.replace(ENTRY, entry)}
        assert {line.partition(":")[0] for line in problems_of(files(**broken))} == {"till.yaml"}


# -- suppress_on ------------------------------------------------------------------------------------------

# suppress_on is line 9 of till.yaml, before `mappings: []`.
SUPPRESS_ON: list[tuple[str, list[str]]] = [
    ("{on: left, contact: guest}", []),
    ("[{on: [left, gone], when: final, contact: guest}, {on: never, contact: mail}]", []),
    ("[]", []),
    ("{contact: guest}", ["9:14: on is missing (the topics that mean: never again)"]),
    (
        "{on: left, contat: guest}",
        ["9:25: 'contat' is not a key of an entry of suppress_on (did you mean 'contact'?)"],
    ),
    ("left", ["9:14: suppress_on must be a list, not 'left'"]),
    ("{on: left, contact: }", ["9:25: contact is empty (write an expression, or leave the key out)"]),
    (
        "{on: left, contact: \"lookup('order', id)\"}",
        ["9:42: the table 'order' is not in this file (did you mean 'orders'?)"],
    ),
    (
        "{on: left, contact: looked_up().mail}",
        ["9:34: looked_up() has nothing to give: this file has no lookup (write lookup: with base_url and get)"],
    ),
    (
        '{on: "*left", contact: guest}',
        ["9:19: on: a * can stand only at the end, not as in '*left' (write one entry per topic)"],
    ),
    (
        "{on: left}",
        [
            "9:14: suppress_on needs a contact: nothing says whom these events are about (write contact: and where the address or number is)"
        ],
    ),
]


REPLACE: list[Mistake] = [
    ("key: id", "key: id\n    repeat: replace", []),
    (
        "key: id",
        "repeat: replace",
        ["10:13: repeat: replace needs a key (write key: and what it is about, such as key: id)"],
    ),
    (
        "key: id",
        "key: id\n    repeat: replaced",
        ["11:13: repeat must be once, replace or send, not 'replaced' (did you mean 'replace'?)"],
    ),
]


@pytest.mark.parametrize(("old", "new", "expected"), REPLACE)
def test_a_mistake_in_repeat_is_named_at_its_place(old: str, new: str, expected: list[str]) -> None:
    assert problems_of(files(shopify=SHOPIFY.replace(old, new, 1))) == [f"shopify.yaml:{line}" for line in expected]


@pytest.mark.parametrize(("value", "expected"), SUPPRESS_ON)
def test_a_mistake_in_suppress_on_is_named_at_its_place(value: str, expected: list[str]) -> None:
    text = TILL_READS.replace("mappings: []", f"suppress_on: {value}\nmappings: []")
    assert problems_of(files(till=text)) == [f"till.yaml:{line}" for line in expected]


def test_the_contact_that_the_event_has_needs_none_in_suppress_on() -> None:
    text = TILL_READS.replace("{topic: type, id: id}", "{topic: type, id: id, contact: guest}")
    assert problems_of(files(till=text.replace("mappings", "suppress_on: {on: left}\nmappings"))) == []


def test_topics_in_suppress_on_are_those_of_the_preset() -> None:
    post = (
        'source: post\nverify: {preset: mailchimp, secrets: ["${secret:post}"]}\n'
        "suppress_on: {on: [unsubscribe, cleand]}\nmappings: []\n"
    )
    found = problems_of(files(post=post))
    assert (
        "post.yaml:3:33: warning: 'cleand' is not one of the usual topics of mailchimp (did you mean 'cleaned'?)"
        in found
    )
