"""Every mistake an operator can make has its own words, at its exact place: `line:column: message (suggestion)`."""

# ruff: noqa: E501 - messages stand here as they are printed

import pytest

from tests.support.folders import SHOPIFY, TILL, files, problems_of

Mistake = tuple[str, str, list[str]]  # what is replaced in the valid file, by what, and what is said of it

MISTAKES: list[Mistake] = [
    (
        'when: "!test"',
        "when: !test && cancelled_at == `null`",
        ["8:11: a value that begins with ! is a tag in YAML (put the value in quotes)"],
    ),
    (
        'when: "!test"',
        "when: !(a || b)",
        ["8:11: a value that begins with ! is a tag in YAML (put the value in quotes)"],
    ),
    ('when: "!test"', "when: `true`", ["8:11: a value cannot begin with ` (put it in quotes)"]),
    ('when: "!test"', "when: @", ["8:11: a value cannot begin with @ (put it in quotes)"]),
    (
        '["${secret:shopify}"]',
        "[${secret:shopify}]",
        ["4:14: a { cannot be here (put ${…} in quotes inside [ ] and { })"],
    ),
    ("key: id", "key: a: b", ["10:11: a colon and a blank make a key, and none can be here (put the value in quotes)"]),
    ("    key: id", "\tkey: id", ["10:1: a tab stands where blanks must (indent with blanks)"]),
    (
        '"!test"',
        '"paid && !order.test"',
        [
            "8:20: when: this ! is applied to the beginning of the path alone, which makes it always null (write !(order.test))"
        ],
    ),
    (
        '"!test"',
        "yes",
        [
            "8:11: warning: when: yes is the name of a field here, which is neither true nor false (write `true` or `false` in backticks, or put the field's name in quotes)"
        ],
    ),
    (
        "orderId: name",
        "country: NO",
        [
            '13:16: warning: body.country: NO is the name of a field here, which is neither true nor false (write {value: "NO"}, or put the field\'s name in quotes)'
        ],
    ),
    (
        "orderId: name",
        "country: {value: NO}",
        [
            "13:24: warning: value is the text 'NO', which is neither true nor false (put it in quotes, or write true or false)"
        ],
    ),
    ('"!test"', '"!test', ["8:11: this quote is never closed (add the closing quote)"]),
    (
        "    key: id",
        "   key: id",
        [
            "10:4: this does not fit what stands before it (check the indentation, and put values with special characters in quotes)"
        ],
    ),
    ("key: id", "key: id\n    key: id2", ["11:5: the key 'key' stands twice; first on line 10"]),
    ("key: id", "<<: {a: b}", ["10:5: merge keys (<<) are not allowed (write the keys out)"]),
    ("source: shopify", "source: shopify\n--- ", ["3:1: a second YAML document begins here (remove the line ---)"]),
    ('"!test"', '"\\q"', ["8:13: \\q means nothing in double quotes (use single quotes, or write \\\\)"]),
    ("email: email", 'email: "\x07"', ["12:15: the character U+0007 is not allowed in YAML (remove it)"]),
    (
        "email: email",
        "? [a]\n      : b",
        [
            "12:7: body.email is missing, which every mail needs (write email: and an expression)",
            "12:9: a list or table stands where a key should (put the value in quotes)",
        ],
    ),
    (
        "on: [orders/fulfilled]",
        "on: [orders/fulfilled",
        ["8:9: a comma or the closing ] is missing (put values with special characters in quotes)"],
    ),
    ("source: shopify\n", "", ["1:1: source is missing (the file's name without .yaml)"]),
    ("source: shopify", "source: 42", ["1:9: source must be a text, not the number 42 (put it in quotes)"]),
    ("mappings:", "mapings:", ["5:1: 'mapings' is not a key of a source's file (did you mean 'mappings'?)"]),
    ("preset: shopify", "preset: shopfy", ["3:11: the preset 'shopfy' is not known (did you mean 'shopify'?)"]),
    (
        "preset: shopify",
        "preset: standard_webhooks",
        ["3:11: the preset 'standard_webhooks' is not known (did you mean 'standard-webhooks'?)"],
    ),
    (
        "preset: shopify",
        "preset: shopify\n  encoding: hex",
        ["4:13: encoding does not go with preset, which says it already (remove one of them)"],
    ),
    (
        "preset: shopify\n",
        "{}\n",
        [
            "4:3: this does not fit what stands before it (check the indentation, and put values with special characters in quotes)"
        ],
    ),
    (
        "  preset: shopify\n",
        "",
        ["3:3: verify has neither preset nor kind (write preset: and the system's name, or kind: token)"],
    ),
    ('  secrets: ["${secret:shopify}"]\n', "", ['3:3: verify.secrets is missing (write secrets: ["${secret:NAME}"])']),
    ('["${secret:shopify}"]', "[]", ["4:12: secrets is an empty list (add an entry, or leave the key out)"]),
    (
        '"${secret:shopify}"',
        "whsec_abcdef",
        [
            "4:13: secrets: a secret must not stand in the file (store it with `bridge secrets set NAME` and write ${secret:NAME})"
        ],
    ),
    (
        "preset: shopify",
        "preset: paypal",
        [
            "3:3: this preset needs consts: {webhook_id: …} (the value is that of your installation)",
            "7:10: warning: 'orders/fulfilled' is not one of the usual topics of paypal",
        ],
    ),
    (
        "preset: shopify",
        "preset: header-token",
        [
            "3:3: warning: no event id is known, so that only the same topic and body within 24 h count as sent twice (write event: {id: …} if there is one)",
            "7:9: on never fits: nothing says what the topic is (write event: {topic: …} with an expression such as header('x-topic'))",
        ],
    ),
    (
        "preset: shopify",
        "preset: paypal\n  consts: {webhook: x}",
        [
            "3:3: this preset needs consts: {webhook_id: …} (the value is that of your installation)",
            "4:12: 'webhook' is not one of this preset's consts (possible: webhook_id)",
            "8:10: warning: 'orders/fulfilled' is not one of the usual topics of paypal",
        ],
    ),
    (
        "preset: shopify",
        "preset: shopify\n  consts: {webhook: x}",
        ["4:12: 'webhook' is not one of this preset's consts (this preset has none; remove it)"],
    ),
    (
        "name: post-purchase",
        "name: Post Purchase",
        ["6:11: name must be lower-case letters, digits, '-' and '_', such as post-purchase, not 'Post Purchase'"],
    ),
    ("  - name: post-purchase\n    on:", "  - on:", ["6:5: name is missing (the mapping's name, once per file)"]),
    (
        "touchpoint: post-purchase",
        "touchpoint: post-purchse",
        ["9:17: the touchpoint 'post-purchse' is not in touchpoints.yaml (did you mean 'post-purchase'?)"],
    ),
    ("    touchpoint: post-purchase\n", "", ["6:5: touchpoint is missing (a touchpoint of touchpoints.yaml)"]),
    (
        "orders/fulfilled",
        "orders/fulfiled",
        [
            "7:10: warning: 'orders/fulfiled' is not one of the usual topics of shopify (did you mean 'orders/fulfilled'?)"
        ],
    ),
    (
        "orders/fulfilled",
        '"*/fulfilled"',
        ["7:10: on: a * can stand only at the end, not as in '*/fulfilled' (write one entry per topic)"],
    ),
    ("[orders/fulfilled]", "404", ["7:9: on must be a text, not the number 404 (put it in quotes)"]),
    ("[orders/fulfilled]", "[]", ["7:9: on is an empty list (add an entry, or leave the key out)"]),
    ("[orders/fulfilled]", "{a: b}", ["7:9: on must be a list, not a table of keys and values"]),
    (
        "[orders/fulfilled]",
        "[2026-11-01, true, ~, 1.5]",
        [
            "7:10: warning: '2026-11-01' is not one of the usual topics of shopify",
            "7:22: on must be a text, not true (put it in quotes)",
            "7:28: on is empty (write a value, or leave the key out)",
            "7:31: on must be a text, not the number 1.5 (put it in quotes)",
        ],
    ),
    ('"!test"', '"!test &&"', ["8:20: when: the expression ends too early"]),
    (
        '"!test"',
        'status == "paid"',
        ['8:21: when: "paid" is the name of a field (write \'paid\' for the text; for the field, @."paid")'],
    ),
    ('"!test"', "contains(name, 'x', 'y')", ["8:11: when: contains takes 2 arguments, 3 given"]),
    ('"!test"', "lowr(name) == 'x'", ["8:11: when: there is no function lowr (did you mean lower?)"]),
    ('"!test"', "true", ['8:11: when must be an expression, not true (a constant is written "`true`")']),
    ('"!test"', "[a, b]", ["8:11: when must be an expression, not a list (put the expression in quotes)"]),
    ('"!test"', "", ["8:5: when is empty (write an expression, or leave the key out)"]),
    ('"!test"', "lookup('zones', a)", ["8:18: the table 'zones' is not in this file (add it under tables:)"]),
    (
        '"!test"',
        "total > 2",
        [
            "8:19: when: the number 2 stands bare (write it in backticks, as in `2`; to calculate, use add, sub, mul and div)"
        ],
    ),
    ("key: id", "repeat: once", ["10:13: repeat: once needs a key (write key: and what it is about, such as key: id)"]),
    ("key: id", "key: id\n    repeat: twice", ["11:13: repeat must be once, replace or send, not 'twice'"]),
    ("key: id", "key: 12", ['10:10: key must be an expression, not the number 12 (a constant is written "`12`")']),
    ("email: email", "Email: email", ["12:7: 'Email' is not email: keys differ by case at the target (write email)"]),
    (
        "email: email",
        "e_mail: email\n      firstName: a",
        [
            "12:7: warning: 'e_mail' becomes an attribute of its own (did you mean 'email'?)",
            "12:7: body.email is missing, which every mail needs (write email: and an expression)",
            "13:7: 'firstName' is not firstname: keys differ by case at the target (write firstname)",
        ],
    ),
    (
        "touchpoint: post-purchase",
        "touchpoint: text-message",
        ["12:7: body.phone is missing, which every sms needs (write phone: and an expression)"],
    ),
    (
        "orderId: name",
        "orderId: name\n      orderID: name",
        [
            "14:7: the attribute 'orderID' is spelled 'orderId' at shopify.yaml:13:7, for the same touchpoint (the target takes them for two attributes; use one spelling)"
        ],
    ),
    (
        "orderId: name",
        "order_id: name\n      orderId: name",
        [
            "14:7: warning: the attribute 'orderId' is spelled 'order_id' at shopify.yaml:13:7 (use one spelling if they mean the same)"
        ],
    ),
    ("orderId: name", "orderId: {value: [a]}", ["13:24: value must be a text, a number, true or false, not a list"]),
    (
        "orderId: name",
        "orderId: {value: 012345}",
        ["13:24: value would not be sent as the number that is written here; put it in quotes"],
    ),
    (
        "orderId: name",
        "orderId: {value: 1.10}",
        ["13:24: value would not be sent as the number that is written here; put it in quotes"],
    ),
    ("orderId: name", "orderId: {value: }", ["13:17: value is empty; leave the key out, or write a value"]),
    (
        "orderId: name",
        "orderId: {expr: default(a, b)}",
        [
            "13:32: expr: the expression ends too early",
            "13:34: the key 'b)' has no value (put an expression with commas in quotes)",
        ],
    ),
    (
        "orderId: name",
        "orderId: {expr: name, value: a}",
        ["13:36: body.orderId: value is a constant and stands alone (remove the other keys, or write expr)"],
    ),
    (
        "orderId: name",
        "orderId: {default: a}",
        ["13:16: body.orderId has neither expr nor value (write expr: and an expression, or value: and a constant)"],
    ),
    ("orderId: name", "orderId: {expr: name, required: yes}", ["13:39: required must be true or false, not 'yes'"]),
    (
        "orderId: name",
        "orderId: {expr: name, required: true, default: x}",
        ["13:39: warning: body.orderId: required has no effect beside default (remove one of them)"],
    ),
    (
        "orderId: name",
        "orderId: 42",
        ["13:16: body.orderId must be an expression, not the number 42 (a constant is written {value: 42})"],
    ),
    ("orderId: name", "orderId: null", ["13:16: body.orderId is empty (write an expression, or leave the key out)"]),
    (
        "orderId: name",
        "orderId: {expr: a, defualt: b}",
        ["13:26: 'defualt' is not a key of a body field (did you mean 'default'?)"],
    ),
    ("orderId: name", '"": a', ["13:7: an attribute's name must be 1 to 128 printable characters"]),
    (
        "    body:\n      email: email\n      orderId: name\n",
        "    body: {}\n",
        ["11:11: body is empty (write the attributes that are sent)"],
    ),
    (
        "    body:\n      email: email\n      orderId: name\n",
        "    body: email\n",
        ["11:11: body must be a table of keys and values, not 'email'"],
    ),
    (
        "    body:\n      email: email\n      orderId: name\n",
        "",
        ["6:5: body is missing (the attributes that are sent)"],
    ),
    (
        "mappings:\n",
        "mappings:\n  - {name: post-purchase, touchpoint: elsewhere, body: {a: b}}\n",
        ["7:11: the mapping 'post-purchase' stands twice; first on line 6"],
    ),
    (
        "mappings:\n",
        "mappings:\n  - post-purchase\n",
        ["6:5: an entry of mappings must be a table of keys and values, not 'post-purchase'"],
    ),
    (
        "preset: shopify",
        "presett: shopify",
        [
            "3:3: 'presett' is not a key of verify (did you mean 'preset'?)",
            "3:3: verify has neither preset nor kind (write preset: and the system's name, or kind: token)",
        ],
    ),
    ("orderId: name", 'orderId: "name ||"', ["13:24: body.orderId: the expression ends too early"]),
    ("orderId: name", "orderId: {expr: 'text(name''s)'}", ["13:33: expr: the ' is never closed"]),
    ("orderId: name", 'orderId: "\\x6eame )  "', ["13:25: body.orderId: ) is not possible here"]),
    ("orderId: name", 'orderId: "\\x6eame ||"', ["13:27: body.orderId: the expression ends too early"]),
    ("orderId: name", "orderId: >-\n        name\n        || )", ["15:12: body.orderId: ) is not possible here"]),
    (
        "orderId: name",
        "orderId: |\n        name ||\n          email || ]",
        ["15:20: body.orderId: ] is not possible here"],
    ),
    ("orderId: name", "orderId: name\n        || (", ["14:13: body.orderId: the expression ends too early"]),
    (
        "key: id",
        "for_each: line_items[*]\n    key: concat([id, lookup('zoness', id)])",
        ["11:29: the table 'zoness' is not in this file (add it under tables:)"],
    ),
]

KNOB_MISTAKES: list[Mistake] = [
    (
        "kind: hmac",
        "kind: hmca",
        [
            "3:9: kind must be hmac, hash, rsa, ecdsa, ed25519, jwt, basic, token or none, not 'hmca' (did you mean 'hmac'?)"
        ],
    ),
    (
        "encoding: hex",
        "encoding: base32",
        ["5:13: encoding must be hex or base64, not 'base32' (did you mean 'base64'?)"],
    ),
    ("  encoding: hex\n", "", ["3:9: verify: 'encoding' is missing; possible: hex, base64"]),
    (
        "from: header",
        "from: headers",
        [
            "6:32: verify: 'signature.sources[0].from' is 'headers'; possible: header, query, item, json (did you mean 'header'?)"
        ],
    ),
    (
        "template: [body]",
        "template: [bdy]",
        [
            "7:13: verify: 'template' is 'bdy'; possible: body, body_b64, body_crc32, timestamp, url, method, secret, form_sorted, query, query_without_sig, header:…, json:…, item:…, const:…, 'literal text (did you mean 'body'?)"
        ],
    ),
    (
        "template: [body]",
        'template: [const:x]\n  consts: {x: "${secret:y}"}',
        [
            "7:13: verify: 'template' uses nothing of the request, so that one signature would fit all",
            "8:15: consts.x must not be a secret (secrets stand under secrets)",
        ],
    ),
    ("algorithm: sha256", "algorythm: sha256", ["4:3: 'algorythm' is not a key of verify (did you mean 'algorithm'?)"]),
    ("topic: type", "topic: type(", ["9:21: topic: the expression ends too early"]),
    ("topic: type", "topc: type", ["9:9: 'topc' is not a key of event (did you mean 'topic'?)"]),
    (
        "id: id",
        'id: id, each: "items[*]"',
        [
            "9:36: each must be a dotted path such as data.items, or '@' for a body that is itself a list, not 'items[*]'"
        ],
    ),
    (
        "event: {topic: type, id: id}\n",
        "",
        [
            "3:3: warning: no event id is known, so that only the same topic and body within 24 h count as sent twice (write event: {id: …} if there is one)"
        ],
    ),
    (
        "mappings: []",
        "limit: fast\nmappings: []",
        ["10:8: limit must be a rate such as 10/s, 100/m or 5/10s, not 'fast'"],
    ),
    (
        "mappings: []",
        "tables: {a: {b: [c]}}\nmappings: []",
        ["10:17: tables.a.b must be a text, a number, true or false, not a list"],
    ),
    ("mappings: []", "tables: {a: b}\nmappings: []", ["10:13: tables.a must be a table of keys and values, not 'b'"]),
    (
        "event: {topic: type, id: id}\nmappings: []",
        "mappings: [{name: a, on: x, touchpoint: elsewhere, body: {a: b}}]",
        [
            "3:3: warning: no event id is known, so that only the same topic and body within 24 h count as sent twice (write event: {id: …} if there is one)",
            "9:26: on never fits: nothing says what the topic is (write event: {topic: …} with an expression such as header('x-topic'))",
        ],
    ),
    (
        "id: id",
        "id: id, refs: {order: \"lookup('a', b)\", x: [a, 'b(']}",
        [
            "9:52: the table 'a' is not in this file (add it under tables:)",
            "9:72: refs.x: the expression ends too early",
        ],
    ),
]


@pytest.mark.parametrize(("old", "new", "expected"), MISTAKES)
def test_a_mistake_in_a_source_is_named_at_its_place(old: str, new: str, expected: list[str]) -> None:
    assert problems_of(files(shopify=SHOPIFY.replace(old, new, 1))) == [f"shopify.yaml:{line}" for line in expected]


@pytest.mark.parametrize(("old", "new", "expected"), KNOB_MISTAKES)
def test_a_mistake_in_knobs_or_event_is_named_at_its_place(old: str, new: str, expected: list[str]) -> None:
    assert problems_of(files(till=TILL.replace(old, new, 1))) == [f"till.yaml:{line}" for line in expected]
