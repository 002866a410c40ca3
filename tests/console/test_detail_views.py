"""What the pages of one event and one delivery say, worked out from rows."""

import shlex
from typing import Any

import pytest

from bridge.catalog.outline import outline
from bridge.console.views import attempts, curl, deciding, standing, usage
from bridge.console.views.subject import About, about
from bridge.console.views.tree import MOST_NODES, read, tree
from bridge.core.configuration import Mapping, Touchpoint
from bridge.core.language.expression import compile_expression
from bridge.core.model import STATES
from bridge.core.template import parse_template
from bridge.outbox.terms import Circuit, Paused

FILE = """\
source: shop
mappings:
  - name: first
    on: [paid]
    when: "!test"
    touchpoint: mail
    body:
      email: customer.email
      company:
        expr: company
        default: private
      channel: {value: online}
  - name: second
    on: [sent]
    touchpoint: mail
    body: {email: mail}
"""


def a_row(**changes: Any) -> dict[str, Any]:
    row = {
        "id": "dlv_1",
        "state": "pending",
        "source": "shop",
        "mapping": "first",
        "touchpoint": "mail",
        "attempts": 0,
        "reason": "",
        "message": "",
        "asked_at": None,
        "due_at": 2_000,
        "age_from": 1_000,
        "expires_at": None,
        "hours": None,
    }
    return row | changes


def an_attempt(**changes: Any) -> dict[str, Any]:
    row = {
        "number": 1,
        "started_at": 1_000,
        "ended_at": 1_212,
        "outcome": "answered",
        "status": 503,
        "message": "Maintenance",
        "ruling": "retry",
        "reason": "the target answered 503: Maintenance",
        "effective": 1,
    }
    return row | changes


# -- attempts ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("message", "phases", "title"),
    [
        ("no such host while looking up the target's name", ["name not found"], "the target's name was not found"),
        ("refused while connecting", ["name found", "not connected"], "could not connect"),
        ("bad certificate while agreeing on TLS", ["name found", "connected", "not secured"], "could not agree on TLS"),
        (
            "closed before the request was sent",
            ["name found", "connected", "secured", "not sent"],
            "broke off before it was sent",
        ),
        (
            "closed before the whole request was sent",
            ["name found", "connected", "secured", "not sent in full"],
            "broke off before all of it was sent",
        ),
        ("the bridge stopped before it was sent", ["not tried"], "not tried"),
    ],
)
def test_what_was_not_sent_says_how_far_it_got(message: str, phases: list[str], title: str) -> None:
    row = an_attempt(outcome="not_sent", status=None, message=message, reason=message)
    [line], _ = attempts.attempt_lines([row])
    assert [each.text for each in line.phases] == phases
    assert (line.title, line.sure) == (title, "Surely not taken: it is tried again.")


@pytest.mark.parametrize(
    ("changes", "sure"),
    [
        ({"ruling": "delivered", "status": 200}, "Taken."),
        ({"status": 503}, "Surely not taken: it is tried again."),
        ({"status": 504}, "It may have been taken: it is tried again."),
        ({"status": 422, "ruling": "dead"}, "Surely not taken: it was given up."),
        ({"status": 401, "ruling": "pause"}, "Surely not taken: its touchpoint was paused."),
        ({"outcome": "unknown", "status": None, "ruling": "hold"}, "It may have been taken: it is held for a person."),
        ({"outcome": "crashed", "status": None, "ruling": "retry"}, "It may have been taken: it is tried again."),
        (
            {"ruling": "delivered", "status": 200, "effective": 0},
            "Taken. It came too late to count: the delivery had been taken up again.",
        ),
    ],
)
def test_an_attempt_says_whether_it_may_have_been_taken(changes: dict[str, Any], sure: str) -> None:
    [line], _ = attempts.attempt_lines([an_attempt(**changes)])
    assert line.sure == sure


def test_without_tls_nothing_is_said_of_securing() -> None:
    [line], _ = attempts.attempt_lines([an_attempt()], is_secure=False)
    assert [each.text for each in line.phases] == ["name found", "connected", "sent", "503"]


def test_durations_are_said_as_people_say_them() -> None:
    assert [attempts.duration(ms) for ms in (-1, 0, 999, 1_000, 15_040)] == [
        "0 ms",
        "0 ms",
        "999 ms",
        "1.0 s",
        "15.0 s",
    ]


def test_a_status_without_a_name_is_said_as_it_is() -> None:
    assert [attempts.spoken_status(each) for each in (503, 799, None)] == ["503 Service Unavailable", "799", "None"]


# -- how a delivery stands -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", STATES)
def test_every_state_has_a_title_and_a_sentence(state: str) -> None:
    said = standing.standing(a_row(state=state), now=1_000, who="", what="order 1", obstacle=None)
    assert said.title
    assert said.text.endswith(".")


def test_commands_that_a_reason_names_are_left_to_the_buttons() -> None:
    reason = "the target may have taken it: no answer; ask there, then `bridge release dlv_1` to send it again"
    said = standing.standing(
        a_row(state="held", asked_at=1, reason=reason), now=1_000, who="Jo", what="order 1", obstacle=None
    )
    assert said.text == (
        "The target may have taken it: no answer. Jo may have been asked about order 1 already."
        " Look them up in Press'nXPress, then choose."
    )


def test_what_keeps_it_from_being_sent_is_the_pause_the_secret_or_the_circuit_in_this_order() -> None:
    pauses = [Paused("mapping", "shop/first", "new texts", 1, "operator")]
    circuits = [Circuit("mail", "503", 1, 9_000)]
    found = [
        standing.obstacle_of(a_row(), pauses=pauses, circuits=circuits, lacking=["token"], now=1),
        standing.obstacle_of(a_row(), pauses=[], circuits=circuits, lacking=["token"], now=1),
        standing.obstacle_of(a_row(), pauses=[], circuits=circuits, lacking=[], now=1),
        standing.obstacle_of(a_row(), pauses=[], circuits=circuits, lacking=[], now=9_000),
        standing.obstacle_of(a_row(state="dead"), pauses=pauses, circuits=circuits, lacking=[], now=1),
    ]
    assert [each and each.why for each in found] == [
        "mapping shop/first is paused: new texts",
        "touchpoint mail waits for its secret token",
        "touchpoint mail is failing: 503",
        None,
        None,
    ]


def test_giving_up_ends_with_patience_or_earlier_where_it_expires() -> None:
    touchpoint = Touchpoint("mail", "mail")
    assert standing.gives_up(a_row(), touchpoint) == 1_000 + 72 * 3_600_000
    assert standing.gives_up(a_row(expires_at=5_000), touchpoint) == 5_000
    assert standing.gives_up(a_row(state="held"), touchpoint) is None
    assert standing.gives_up(a_row(), None) is None


def test_an_address_shows_nothing_that_came_from_a_secret_or_the_environment() -> None:
    url = parse_template("https://${env:HOST}/in/${secret:path}?key=${secret:key}", {"HOST": "hidden.test"})
    assert standing.target_of(Touchpoint("hook", "http", url=url, method="PUT")) == "PUT https://•••/in/•••?•••"


# -- what is sent, and by which line -------------------------------------------------------------------------------


def test_an_outline_knows_the_lines_of_keys_and_attributes() -> None:
    first, second = outline(FILE).values()
    assert (first.name, first.first, first.last, first.keys["when"]) == ("first", 3, 12, 5)
    assert [(each.name, each.line, each.text, each.default, each.is_constant) for each in first.attributes] == [
        ("email", 8, "customer.email", None, False),
        ("company", 9, "company", "private", False),
        ("channel", 12, "online", None, True),
    ]
    assert (second.first, second.last) == (13, 16)


@pytest.mark.parametrize("text", ["", "mappings: 5", "mappings: [1, {on: x}]", "\t: [", "a: &b c"])
def test_what_cannot_be_read_has_no_outline(text: str) -> None:
    assert outline(text) == {}


def test_the_lines_above_the_body_are_shown_with_the_one_that_decided() -> None:
    lines = usage.deciding_lines(FILE, outline(FILE)["first"], said_no=False)
    assert [(each.number, each.hit) for each in lines] == [(3, False), (4, False), (5, True), (6, False)]
    assert [each.hit for each in usage.deciding_lines(FILE, outline(FILE)["second"], said_no=False)] == [
        False,
        True,
        False,
    ]


def test_each_attribute_says_where_it_comes_from() -> None:
    body = {"email": "a@example.com", "company": "private", "channel": "online", "extra": True}
    told = usage.sent(body, outline(FILE)["first"])
    assert [(each.name, each.value, each.origin, each.note, each.line) for each in told] == [
        ("email", "a@example.com", "customer.email", "", 8),
        ("company", "private", "company", "the default, or the same", 9),
        ("channel", "online", "constant", "", 12),
        ("extra", "true", "", "", 0),
    ]


def test_paths_within_elements_are_those_of_the_whole_payload() -> None:
    rule = Mapping(
        "first", "mail", "mail", (), when=compile_expression("!gift"), for_each=compile_expression("lines.items")
    )
    assert usage.paths_of([rule]) == {"lines.items", "lines.items.gift"}


# -- events --------------------------------------------------------------------------------------------------------


def test_a_failed_decision_leads_to_its_attribute_else_to_its_mapping() -> None:
    rows: list[dict[str, Any]] = [
        {"mapping": name, "element": 0, "verdict": verdict, "reason": reason, "delivery_id": None, "replay_id": None}
        for name, verdict, reason in [
            ("first", "failed", "company: it is a list"),
            ("first", "skipped", "when is false"),
            ("second", "suppressed", "already"),
            ("gone", "failed", "company: it is a list"),
        ]
    ]
    lines = deciding.lines(rows, outline(FILE), deliveries=[], source="shop")
    assert sorted((each.mapping, each.verdict, each.line) for each in lines) == [
        ("first", "failed", 9),
        ("first", "skipped", 5),
        ("gone", "failed", 0),
        ("second", "suppressed", 13),
    ]


def test_a_request_as_curl_survives_a_shell() -> None:
    row = {
        "source": "till",
        "query": "a=1&b='",
        "headers": {"x-note": "it's\nme", "host": "h"},
        "body": '{"a": "it\'s"}',
    }
    words = shlex.split(curl.as_received(row, base="https://bridge.test").replace("\\\n", ""))
    assert words == [
        *("curl", "-X", "POST", "https://bridge.test/hooks/till?a=1&b='"),
        *("-H", "x-note: it's me", "--data-binary", '{"a": "it\'s"}'),
    ]


def test_a_delivery_as_curl_leaves_token_and_key_to_the_shell() -> None:
    text = curl.as_sent(Touchpoint("mail", "mail", format="form"), "dlv_1", '{"email": "a+b@example.com"}')
    assert '''https://api.pressnxpress.com/v2/channel/mail/"$TOKEN"'/enqueue?apiKey='"$API_KEY"''' in text
    assert "--data-binary email=a%2Bb%40example.com" in text


# -- the payload ---------------------------------------------------------------------------------------------------


def test_a_tree_is_open_to_its_depth_and_marks_what_is_used() -> None:
    value = read('{"a": {"b": {"c": 1.10}}, "list": [{"x": "y"}], "none": [], "big": 12345678901234567890123}')
    text = str(tree(value, name="paid", used=["a.b", "list.x"]))
    assert text.count("<details open>") == 3
    assert text.count("<details>") == 2
    assert '<span class="k">c</span>: <mark><span class="v">1.10</span></mark>' in text
    assert '<span class="k">x</span>: <mark><bdi class="s">"y"</bdi></mark>' in text
    assert '<span class="k">none</span>: <span class="v">[]</span>' in text
    assert "12345678901234567890123" in text
    assert "{4 keys}" in text
    assert "[1 entry]" in text


def test_a_tree_ends_where_a_page_would_be_too_large() -> None:
    text = str(tree(read(f"[{','.join(['0'] * (MOST_NODES + 5))}]"), name="many"))
    assert text.count('class="leaf"') == MOST_NODES
    assert "5 more are not shown here; the download has them" in text


def test_what_is_nested_too_deeply_is_no_json() -> None:
    with pytest.raises(ValueError, match="nested"):
        read("[" * 100_000 + "]" * 100_000)


# -- whom it is about ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "key", "said"),
    [
        (
            '{"email":"a@x.test","firstname":"Jo","lastname":"Ng","orderId":"#1"}',
            "9",
            About("Jo Ng", "a@x.test", "order #1"),
        ),
        ('{"phone":"+4930","Ticket_Number":77,"company":"private"}', "9", About("", "+4930", "ticket 77")),
        ('{"email":"a@x.test","company":"Weber GmbH"}', "k1", About("Weber GmbH", "a@x.test", "k1")),
        ('{"anything":1.5}', None, About("", "", "dlv_…bcdefg")),
        (None, None, About("", "", "dlv_…bcdefg")),
        ("[1]", "k", About("", "", "k")),
        ("no json", "k", About("", "", "k")),
    ],
)
def test_a_delivery_is_known_by_its_person_and_its_reference(body: str | None, key: str | None, said: About) -> None:
    assert about(body, key=key, delivery_id="dlv_0123456789abcdefg") == said
