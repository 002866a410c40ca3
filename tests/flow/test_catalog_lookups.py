"""What is said about a `lookup:` block, at its exact place, and what a right one becomes."""

# ruff: noqa: E501 - messages stand here as they are printed

from pathlib import Path

import pytest

from bridge.catalog import check_examples, load_catalog
from bridge.core.configuration import Rate, RetryPolicy
from tests.support.folders import files, load, problems_of, write_folder

SHOP = """\
source: shop
verify: {kind: token, token: {from: header, name: X-Shop}, secrets: "${secret:shop}"}
event: {topic: type, id: id}
lookup:
  on: [paid]
  when: live
  base_url: https://api.example.com/v2/
  get: concat(['/orders/', order])
  then:
    - {get: "concat(['/customers/', looked_up().customer])", as: customer}
  headers: {Authorization: "Bearer ${secret:shop-api}", X-Version: "3"}
  rate: 4/s
  timeout: 10s
  retry: {first: 1s, give_up_after: 2h}
mappings:
  - name: ask
    on: [paid]
    touchpoint: elsewhere
    body: {email: looked_up('customer').email, order: looked_up().number}
"""
MISTAKES = [
    ("  base_url: https://api.example.com/v2/\n", "", ["5:3: base_url is missing (the fixed beginning of every address: https:// and the host)"]),
    ("https://api.example.com/v2/", "http://api.example.com", ["7:13: base_url must begin with https://: what is sent holds secrets and people's data"]),
    ("https://api.example.com/v2/", "https://127.0.0.1:9", ["7:13: warning: base_url is a private address, which needs BRIDGE_ALLOW_PRIVATE_TARGETS"]),
    ("https://api.example.com/v2/", "https://${secret:host}/", ["7:13: base_url must not have a secret in it (write it under headers)"]),
    ("https://api.example.com/v2/", "https://${env:HOST}/", ["7:13: base_url: the environment variable HOST is not set (set it, or write ${secret:NAME})"]),
    ("https://api.example.com/v2/", "https://api.example.com/?key=1", ["7:13: base_url must not have a query (remove it)"]),
    ('"Bearer ${secret:shop-api}"', '"Bearer abc"', ["11:28: headers.Authorization: a secret must not stand in the file (store it with `bridge secrets set NAME` and write ${secret:NAME})"]),
    ("X-Version:", "host:", ["11:57: the header host is set by the bridge (remove it; content-type follows from format)"]),
    ("concat(['/orders/', order])", "concat(['/orders/', order", ["8:33: get: the expression ends too early"]),
    ("concat(['/orders/', order])", "looked_up().x", ["8:8: get cannot use looked_up(): nothing was looked up yet"]),
    ("  when: live", "  when: looked_up().x", ["6:9: when cannot use looked_up(): nothing was looked up yet"]),
    ("  when: live", "  when: lookup('a', b)", ["6:16: the table 'a' is not in this file (add it under tables:)"]),
    (", as: customer", "", ["10:7: as is missing (the name by which looked_up('name') gives the answer)"]),
    ("as: customer", "as: Kunde", ["10:66: as must be lower-case letters, digits, '-' and '_', such as post-purchase, not 'Kunde'"]),
    ("looked_up('customer').email", "looked_up('custmer').email", ["19:29: no request before this is called 'custmer' by as: (did you mean 'customer'?)"]),
    ("looked_up().customer])", "looked_up('x').y])", ["10:47: no request before this is called 'x' by as: (looked_up() is the first answer)"]),
    ("rate: 4/s", "rate: 4", ["12:9: rate must be a rate such as 10/s, 100/m or 5/10s, not '4'"]),
    ("timeout: 10s", "timeout: 10m", ["13:12: timeout must be from 100ms to 1m, not '10m'"]),
    ("first: 1s", "first: 3h", ["14:18: retry.first is longer than retry.longest"]),
    ("  on: [paid]\n  when", "  on: [pa*d]\n  when", ["5:8: on: a * can stand only at the end, not as in 'pa*d' (write one entry per topic)", "19:19: looked_up() has nothing to give: no lookup is about these topics (add them under lookup: on)", "19:55: looked_up() has nothing to give: no lookup is about these topics (add them under lookup: on)"]),
    ("topic: type", "topic: looked_up().type", ["3:16: event: cannot use looked_up(): it is read before anything is looked up"]),
    ("  get: concat", "  url: concat", ["8:3: 'url' is not a key of lookup (possible: on, when, base_url, get, then, headers, rate, timeout, retry)", "5:3: get is missing (path and query; null: there is nothing to ask)"]),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "expected"), MISTAKES)
def test_a_mistake_in_a_lookup_is_named_at_its_place(old: str, new: str, expected: list[str]) -> None:
    found = problems_of(files(shop=SHOP.replace(old, new, 1)))
    assert sorted(found) == sorted(f"shop.yaml:{line}" for line in expected)


def test_answers_without_a_lookup_are_named() -> None:
    start, end = SHOP.index("lookup:"), SHOP.index("mappings:")
    assert problems_of(files(shop=SHOP[:start] + SHOP[end:])) == [
        "shop.yaml:8:19: looked_up() has nothing to give: this file has no lookup (write lookup: with base_url and get)",
        "shop.yaml:8:55: looked_up() has nothing to give: this file has no lookup (write lookup: with base_url and get)",
    ]


def test_a_right_lookup_is_a_value() -> None:
    [lookup] = load(files(shop=SHOP)).catalog.sources["shop"].lookups
    assert (lookup.base_url, lookup.topics, lookup.timeout, lookup.rate) == (
        ("https://api.example.com/v2", ("paid",), 10_000, Rate(4, 1_000))
    )
    assert lookup.retry == RetryPolicy(first=1_000, factor=2.0, longest=3_600_000, give_up_after=7_200_000)
    assert [request.name for request in lookup.requests] == ["", "customer"]
    assert lookup.secret_names == {"shop-api"}
    assert (lookup.takes("paid"), lookup.takes("seen")) == (True, False)


def test_of_a_list_of_lookups_each_is_read() -> None:
    text = SHOP.replace(
        "lookup:\n  on: [paid]", "lookup:\n- on: [seen]\n  base_url: https://api.example.com\n  get: x\n- on: [paid]"
    )
    lookups = load(files(shop=text)).catalog.sources["shop"].lookups
    assert [lookup.topics for lookup in lookups] == [("seen",), ("paid",)]


def test_an_environment_variable_may_stand_in_the_address_and_the_headers() -> None:
    text = SHOP.replace("api.example.com", "${env:HOST}").replace('X-Version: "3"', 'X-Key: "${env:KEY}"')
    [lookup] = load(files(shop=text), HOST="shop.example.com", KEY="k-1").catalog.sources["shop"].lookups
    assert lookup.base_url == "https://shop.example.com/v2"
    assert lookup.variables == {"k-1"}


# -- examples ------------------------------------------------------------------------------------------------

PAID = '{"type": "paid", "id": 1, "live": true, "order": 7}'
EXPECT = """\
topic: paid
looked_up:
  - {number: "1001", customer: 5, tags: [], note: null}
  - {email: anna@example.com}
mappings:
  ask: {email: anna@example.com, order: "1001"}
"""


@pytest.mark.parametrize(
    ("payload", "expect", "expected"),
    [
        (PAID, EXPECT, []),
        (PAID, EXPECT.replace('"1001", c', "7, c"), ['6:41: ask.order: expected "1001", got 7']),
        (
            PAID,
            "mappings: {ask: failed}\n",
            [
                "1:1: this event waits for its lookup, which asks for https://api.example.com/v2/orders/7 (write looked_up: and what is answered, a list of the answers)"
            ],
        ),
        (
            PAID,
            EXPECT.replace("  - {email: anna@example.com}\n", ""),
            [
                "3:3: looked_up must be a list of 2 answers, in the order of the requests (write null for a request that is not made)"
            ],
        ),
        (PAID, EXPECT.replace('"1001", c', "0012, c"), ["3:14: looked_up: would not be sent as the number that is written here; put it in quotes"]),
        (PAID.replace("7", '"../keys"'), EXPECT, ["1:1: the lookup would fail: lookup.get holds . or .. as a part, which leads elsewhere"]),
        (PAID.replace("true", "false"), EXPECT, ["3:3: nothing is looked up for this event (remove it, or see lookup: on)", '6:9: ask.email: expected "anna@example.com", got nothing', '6:34: ask.order: expected "1001", got nothing']),
    ],
)  # fmt: skip
def test_an_example_says_what_is_looked_up(tmp_path: Path, payload: str, expect: str, expected: list[str]) -> None:
    examples = {"examples/shop/one.json": payload, "examples/shop/one.expect.yaml": expect}
    folder = write_folder(tmp_path, {**files(shop=SHOP), **examples})
    found = check_examples(folder, load_catalog(folder, {}).catalog)
    assert [str(each).removeprefix(f"{folder}/examples/shop/one.expect.yaml:") for each in found] == expected
