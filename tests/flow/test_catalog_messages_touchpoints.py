"""Every mistake an operator can make has its own words, at its exact place: `line:column: message (suggestion)`."""

# ruff: noqa: E501 - messages stand here as they are printed

import pytest

from tests.support.folders import TOUCHPOINTS, problems_of

Mistake = tuple[str, str, list[str]]  # what is replaced in the valid file, by what, and what is said of it

MISTAKES: list[Mistake] = [
    (
        "channel: mail",
        "channel: !mail",
        ["3:14: a value that begins with ! is a tag in YAML (put the value in quotes)"],
    ),
    (
        "channel: mail",
        "channel: &x mail",
        ["3:14: a value that begins with & is an anchor in YAML (put the value in quotes)"],
    ),
    (
        "channel: mail",
        "channel: *x",
        ["3:14: a value that begins with * is an alias in YAML (put the value in quotes)"],
    ),
    (
        "touchpoints:",
        "touchpoint:",
        ["1:1: 'touchpoint' is not a key of touchpoints.yaml (did you mean 'touchpoints'?)"],
    ),
    (
        "channel: mail",
        "channel: email",
        ["3:14: channel must be mail, sms or http, not 'email' (did you mean 'mail'?)"],
    ),
    (
        "channel: mail",
        "channel: mail\n    concurency: 8",
        ["4:5: 'concurency' is not a key of a mail or sms touchpoint (did you mean 'concurrency'?)"],
    ),
    (
        "channel: mail",
        "channel: mail\n    concurrency: many",
        ["4:18: concurrency must be a whole number from 1 to 64, not 'many'"],
    ),
    (
        "channel: mail",
        "channel: mail\n    concurrency: 65",
        ["4:18: concurrency must be a whole number from 1 to 64, not '65'"],
    ),
    (
        "channel: mail",
        'channel: mail\n    concurrency: "8"',
        ["4:18: concurrency must be a whole number from 1 to 64, not '8' (remove the quotes)"],
    ),
    (
        "channel: mail",
        "channel: mail\n    timeout: 15",
        ["4:14: timeout must be a duration such as 500ms, 15s, 5m, 6h or 3d, not '15'"],
    ),
    ("channel: mail", "channel: mail\n    timeout: 1h", ["4:14: timeout must be from 100ms to 10m, not '1h'"]),
    (
        "channel: mail",
        "channel: mail\n    rate: 10",
        ["4:11: rate must be a rate such as 10/s, 100/m or 5/10s, not '10'"],
    ),
    ("channel: mail", "channel: mail\n    retry: 5s", ["4:12: retry must be a table of keys and values, not '5s'"]),
    (
        "channel: mail",
        "channel: mail\n    retry: {first: 1d, longest: 1h}",
        ["4:20: retry.first is longer than retry.longest"],
    ),
    (
        "channel: mail",
        "channel: mail\n    retry: {factor: two}",
        ["4:21: factor must be a number from 1 to 10, not 'two'"],
    ),
    ("channel: mail", "channel: mail\n    ambiguous: drop", ["4:16: ambiguous must be hold or retry, not 'drop'"]),
    ("channel: mail", "channel: mail\n    contact: {per: 30d}", ["4:14: at_most is missing (so many requests)"]),
    (
        "channel: mail",
        "channel: mail\n    contact: {at_most: 0, per: 30d, across: touchpoints}",
        [
            "4:24: at_most must be a whole number from 1 to 1000, not '0'",
            "4:45: across must be touchpoint or all, not 'touchpoints' (did you mean 'touchpoint'?)",
        ],
    ),
    (
        "channel: mail",
        "channel: mail\n    on: {409: deliverd}",
        ["4:15: on.409 must be delivered, retry, pause, dead or unknown, not 'deliverd' (did you mean 'delivered'?)"],
    ),
    (
        "channel: mail",
        "channel: mail\n    on: {199: dead, 5xy: retry}",
        [
            "4:10: on: '199' is not a status such as 409, or a class such as 5xx",
            "4:21: on: '5xy' is not a status such as 409, or a class such as 5xx",
        ],
    ),
    ("channel: mail", "channel: mail\n    format: xml", ["4:13: format must be json or form, not 'xml'"]),
    (
        "${secret:pxp-api-key}",
        "sk_live_1234567890",
        [
            "4:14: api_key: a secret must not stand in the file (store it with `bridge secrets set NAME` and write ${secret:NAME})"
        ],
    ),
    (
        "${secret:pxp-api-key}",
        "${secret:Sk_Live}",
        [
            "4:14: api_key refers to a secret by what cannot be a secret's name (use up to 64 lower-case letters, digits, '.', '_' and '-')"
        ],
    ),
    (
        "${secret:pxp-api-key}",
        "${env:API_KEY}",
        ["4:14: api_key: the environment variable API_KEY is not set (set it, or write ${secret:NAME})"],
    ),
    (
        "${secret:pxp-api-key}",
        "${secrets:x}",
        ["4:14: api_key has a ${…} that is no reference (write ${secret:NAME} or ${env:NAME})"],
    ),
    ("${secret:pxp-api-key}", "", ["4:5: api_key is empty (write ${secret:NAME})"]),
    ("${secret:pxp-api-key}", "[a]", ["4:14: api_key must be a text such as ${secret:NAME}, not a list"]),
    (
        "${secret:pxp-api-key}",
        "${secret:x",
        [
            "4:14: api_key: a secret must not stand in the file (store it with `bridge secrets set NAME` and write ${secret:NAME})"
        ],
    ),
    ("    token: ${secret:post-purchase}\n", "", ["3:5: token is missing (the touchpoint's token)"]),
    ("    token: ", "    tokn: ", ["5:5: 'tokn' is not a key of a mail or sms touchpoint (did you mean 'token'?)"]),
    (
        "channel: mail",
        "channel: mail\n    base_url: http://api.example.com/v2",
        ["4:15: base_url must begin with https://: what is sent holds secrets and people's data"],
    ),
    (
        "channel: mail",
        "channel: mail\n    base_url: http://localhost:8082/v2",
        ["4:15: warning: base_url is a private address, which needs BRIDGE_ALLOW_PRIVATE_TARGETS"],
    ),
    (
        "channel: mail",
        "channel: mail\n    base_url: https://u:p@api.example.com/v2?a=b#c",
        [
            "4:15: base_url must not have a user or password (remove it)",
            "4:15: base_url must not have a query (remove it)",
            "4:15: base_url must not have a fragment (remove it)",
        ],
    ),
    (
        "channel: mail",
        "channel: mail\n    base_url: https://${secret:x}/v2",
        ["4:15: base_url must not have a secret in it (write the token under token)"],
    ),
    (
        "channel: mail",
        "channel: mail\n    base_url: api.example.com",
        ["4:15: base_url must begin with https:// and a host (write one such as https://example.com/path)"],
    ),
    ("channel: mail", 'channel: mail\n    base_url: "https://a b"', ["4:15: base_url must not contain blanks"]),
    (
        "channel: mail",
        "channel: mail\n    base_url: https://a:99999",
        ["4:15: base_url is not an address (write one such as https://example.com/path)"],
    ),
    (
        "url: https://crm.example.com/hook",
        "url: https://${secret:x}.example.com/hook",
        ["12:10: url must not have a secret in its host (a secret may stand in the path)"],
    ),
    ("url: https", "uri: https", ["12:5: 'uri' is not a key of an http touchpoint (did you mean 'url'?)"]),
    (
        "channel: http",
        "channel: http\n    token: ${secret:a}",
        [
            "12:5: 'token' is not a key of an http touchpoint (possible: channel, format, rate, concurrency, timeout, retry, ambiguous, contact, on, url, method, headers)"
        ],
    ),
    ("channel: http", "channel: http\n    method: GET", ["12:13: method must be POST, PUT or PATCH, not 'GET'"]),
    (
        "channel: http",
        "channel: http\n    headers: {Authorization: Bearer abcdef}",
        [
            "12:30: headers.Authorization: a secret must not stand in the file (store it with `bridge secrets set NAME` and write ${secret:NAME})"
        ],
    ),
    (
        "channel: http",
        'channel: http\n    headers: {"X Y": a, Host: b, A: c, a: d}',
        [
            "12:15: 'X Y' is not a header's name",
            "12:25: the header Host is set by the bridge (remove it; content-type follows from format)",
            "12:40: the header a stands twice: headers do not differ by case",
        ],
    ),
    (
        "channel: http",
        'channel: http\n    headers: {X-Number: 5, X-Line: "a\\nb"}',
        ["12:36: headers.X-Line must be one line of printable text"],
    ),
    (
        "post-purchase:",
        "Post Purchase:",
        [
            "2:3: a touchpoint's name must be lower-case letters, digits, '-' and '_', such as post-purchase, not 'Post Purchase'"
        ],
    ),
    (
        "  elsewhere:\n    channel: http",
        "  elsewhere: http\n  other:\n    channel: http",
        ["10:14: the touchpoint 'elsewhere' must be a table of keys and values, not 'http'"],
    ),
]


@pytest.mark.parametrize(("old", "new", "expected"), MISTAKES)
def test_a_mistake_in_touchpoints_is_named_at_its_place(old: str, new: str, expected: list[str]) -> None:
    assert problems_of({"touchpoints.yaml": TOUCHPOINTS.replace(old, new, 1)}) == [
        f"touchpoints.yaml:{line}" for line in expected
    ]


@pytest.mark.parametrize(("value", "warns"), [("on", False), ("TRUE", False), ("off", True), ("", True)])
def test_a_private_address_is_fine_where_the_settings_allow_it(value: str, *, warns: bool) -> None:
    text = TOUCHPOINTS.replace("https://crm.example.com/hook", "http://10.0.0.7:9000/hook")
    said = problems_of({"touchpoints.yaml": text}, BRIDGE_ALLOW_PRIVATE_TARGETS=value)
    assert [line for line in said if "private address" in line] == (
        ["touchpoints.yaml:12:10: warning: url is a private address, which needs BRIDGE_ALLOW_PRIVATE_TARGETS"]
        if warns
        else []
    )
