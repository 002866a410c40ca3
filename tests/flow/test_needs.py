"""Where a person is needed: which issues, in which words and order, and what helps."""

import dataclasses

from bridge.app.need import Remedy
from bridge.app.standing import Situation
from bridge.core.errors import Problem
from bridge.outbox.figures import Count
from bridge.outbox.sending import CRASHED, PARKED
from bridge.outbox.terms import Circuit
from tests.support.books import NOW
from tests.support.console import FILES, SECRETS
from tests.support.evidence import REFUSAL, a_group, a_pause, in_force, needs, titles

TILL_WITH_LOOKUP = FILES["till.yaml"].replace(
    "mappings:",
    """lookup:
  on: [closed]
  base_url: https://api.example.com/
  get: concat(['/visits/', order])
  headers: {Authorization: "Bearer ${secret:till-api}"}
mappings:""",
)
UNSURE = (
    "the target may have taken it: sent in full at 14:03:07 UTC, the connection was closed after 15.0 s without an"
    " answer; ask there, then `bridge release dlv_01` to send it again or `bridge cancel dlv_01`"
)


def test_nothing_needs_anybody_where_all_is_well() -> None:
    assert titles() == []


def test_a_touchpoint_that_refused_its_token_says_so_and_leads_to_a_new_one() -> None:
    now_is = Situation([a_pause("touchpoint", "steady", REFUSAL, by="target")], totals={"steady": {"pending": 37}})
    [need] = needs(now_is=now_is)
    assert need.title == "steady refused its token. 37 deliveries wait and lose nothing."
    assert (need.kind, need.name, need.page, need.number) == ("paused", "steady", "/touchpoints/steady", 37)
    assert (need.detail, need.since) == ("It answered 401 (Invalid API key)", NOW)
    assert need.remedies == (
        Remedy("Store a new token", "/touchpoints/steady"),
        Remedy("Resume", "/touchpoints/steady/resume", posts=True),
    )


def test_a_touchpoint_can_be_paused_by_other_answers() -> None:
    said = {
        "the target knows no such touchpoint (404): …; gone": "steady was not found at its address.",
        "the target redirects (302), which is never followed; x": "steady answers with a redirect, which is never"
        " followed.",
        "the target's answer pauses this touchpoint (418): x": "steady is paused by what it answered.",
    }
    for reason, sentence in said.items():
        now_is = Situation([a_pause("touchpoint", "steady", reason, by="target")])
        assert titles(now_is=now_is) == [f"{sentence} Nothing waits for it."]


def test_what_an_operator_paused_says_how_many_wait_and_can_be_resumed() -> None:
    pauses = [a_pause("all", ""), a_pause("touchpoint", "steady"), a_pause("source", "till")]
    pauses.append(a_pause("mapping", "till/visit"))
    now_is = Situation(pauses, totals={"steady": {"pending": 1}, "eager": {"pending": 2}})
    waiting = {("source", "till"): Count(5, exact=False)}
    found = needs(now_is=now_is, waiting=waiting)
    assert [(need.title, need.remedies[0].address) for need in found] == [
        (
            "The source till is paused by an operator. At least 5 deliveries wait and lose nothing.",
            "/sources/till/resume",
        ),
        ("All sending is paused by an operator. 3 deliveries wait and lose nothing.", "/resume-all"),
        ("steady is paused by an operator. 1 delivery waits and loses nothing.", "/touchpoints/steady/resume"),
        ("The mapping till/visit is paused by an operator. Nothing waits for it.", "/mappings/till/visit/resume"),
    ]
    assert {need.detail for need in found} == {"New texts"}


def test_a_touchpoint_that_fails_is_tried_again_by_itself_or_now() -> None:
    circuit = Circuit("steady", "the target answered 503", NOW - 60_000, NOW + 1)
    [need] = needs(now_is=Situation(circuits={"steady": circuit}, totals={"steady": {"pending": 12}}))
    assert need.title == "steady is failing; it is tried again by itself. 12 deliveries wait and lose nothing."
    assert [remedy.label for remedy in need.remedies] == ["Try now", "Look at what waits"]


def test_a_touchpoint_without_its_secrets_counts_as_paused_as_soon_as_something_waits() -> None:
    live = in_force({"till": SECRETS["till"], "pxp-api-key": "k"})
    found = needs(now_is=Situation(totals={"eager": {"pending": 2}}), live=live)
    assert [(need.kind, need.title, need.detail) for need in found] == [
        ("paused", "eager waits for its secret. 2 deliveries wait and lose nothing.", "Not stored: eager"),
        ("waiting", "steady waits for its secret. Nothing waits for it.", "Not stored: steady"),
    ]


def test_a_source_that_waits_for_its_secret_takes_its_refused_requests_with_it() -> None:
    live = in_force({name: text for name, text in SECRETS.items() if name != "till"})
    reason = f"the source is not ready: {live.sources['till'].waiting}"
    found = needs(a_group("refused", "till", reason, 12), a_group("refused", "till", "not JSON"), live=live)
    assert [(need.kind, need.title, need.number) for need in found] == [
        ("waiting", "till waits for its secret.", 12),
        ("refused", "1 request of till was refused.", 1),
    ]
    assert found[0].detail == "Not stored: till. 12 requests were answered 503, so it sends them again"
    assert found[0].remedies == (Remedy("Store the secret", "/sources/till"),)


SHOP = """\
source: {name}
verify: {{kind: token, token: {{from: header, name: X-Token}}, secrets: ["${{secret:{name}}}"]}}
event: {{id: id, topic: type}}
mappings:
  - {{name: visit, on: [closed], touchpoint: steady, key: order, body: {{email: guest, orderId: order}}}}
"""


def test_sources_without_a_secret_for_which_nothing_came_are_one_issue_and_the_last() -> None:
    shops = {f"shop-{letter}": SHOP.format(name=f"shop-{letter}") for letter in "abcdefg"}
    live = in_force(None, **shops)
    reason = f"the source is not ready: {live.sources['shop-c'].waiting}"
    found = needs(a_group("refused", "shop-c", reason, 3), a_group("refused", "till", "not JSON"), live=live)
    assert [(need.kind, need.title, need.number, need.hurts_nobody) for need in found] == [
        ("waiting", "shop-c waits for its secret.", 3, False),
        ("refused", "1 request of till was refused.", 1, False),
        ("waiting", "6 sources wait for their secrets. Nothing came for them.", 0, True),
    ]
    assert found[2].detail == "shop-a, shop-b, shop-d, shop-e, shop-f and 1 more"
    assert (found[2].page, found[2].remedies) == ("/sources", (Remedy("Show the sources", "/sources"),))
    [one] = needs(live=in_force(None, **{"shop-a": shops["shop-a"]}))
    assert (one.title, one.page, one.hurts_nobody) == ("shop-a waits for its secret.", "/sources/shop-a", True)
    [two] = needs(live=in_force(None, **{"shop-a": shops["shop-a"], "shop-b": shops["shop-b"]}))
    assert two.detail == "shop-a and shop-b"


def test_lookups_without_a_secret_hurt_nobody_until_an_event_waits_for_them() -> None:
    live = in_force(None, till=TILL_WITH_LOOKUP, **{"shop-a": SHOP.format(name="shop-a")})
    [need] = needs(live=live)
    assert need.title == "2 sources wait for their secrets. Nothing came for them."
    queue = {"waiting": 1, "reason": None, "since": None, "until": None}
    first, second = needs(now_is=Situation(lookups={"till": queue}), live=live)
    assert first.title == "The lookups of till wait for their secret. 1 event waits for them."
    assert second.title == "shop-a waits for its secret."
    [alone] = needs(live=in_force(till=TILL_WITH_LOOKUP))
    assert alone.title == "The lookups of till wait for their secret. No event waits for them."


def test_deliveries_whose_fate_is_unknown_are_one_issue_whatever_was_seen() -> None:
    other = UNSURE.replace("14:03:07", "14:03:59").replace("dlv_01", "dlv_02")
    [need] = needs(
        a_group("held", "steady", UNSURE, 3, is_unsure=True),
        a_group("held", "steady", other, 1, is_unsure=True, first=NOW - 90_000),
        a_group("held", "steady", CRASHED, 2, is_unsure=True),
    )
    assert need.title == "6 deliveries to steady may or may not have been taken."
    assert need.detail == (
        "Held, so that nobody is asked twice · sent in full at … UTC, the connection was closed after … s without an"
        " answer"
    )
    assert (need.since, need.last) == (NOW - 90_000, NOW - 1_000)
    assert need.remedies == (Remedy("Decide 6", "/deliveries?state=held&touchpoint=steady"),)


def test_what_is_held_for_other_reasons_says_which() -> None:
    found = needs(a_group("held", "steady", "check the token first", 2), a_group("held", "gone", PARKED))
    assert [(need.title, need.detail) for need in found] == [
        ("2 deliveries to steady are held.", "Check the token first"),
        ("1 delivery waits for gone, which is not in the mapping files any more.", ""),
    ]


def test_held_deliveries_beyond_those_looked_at_are_counted_by_the_totals() -> None:
    now_is = Situation(totals={"steady": {"held": 9_000}})
    assert titles(a_group("held", "steady", "wait", 2_000, exact=False), now_is=now_is) == [
        "9,000 deliveries to steady are held."
    ]
    two = (a_group("held", "steady", each, 1_000, exact=False) for each in ("a", "b"))
    assert titles(*two, now_is=now_is) == ["At least 1,000 deliveries to steady are held."] * 2


def test_dead_deliveries_are_grouped_by_what_the_target_said_without_whom_it_was_about() -> None:
    said = "the target refused it: it answered 422 (unknown contact {}@example.com, order 10{})"
    found = needs(
        *(a_group("dead", "steady", said.format(name, number)) for name, number in (("anna", 17), ("ben", 18))),
        a_group("dead", "steady", "given up, as give_up_after of the touchpoint says; last: it answered 503"),
    )
    assert [(need.title, need.detail) for need in found] == [
        ("2 deliveries to steady were refused for good.", "It answered 422 (unknown contact …, order …)"),
        (
            "1 delivery to steady was given up.",
            "Given up, as give_up_after of the touchpoint says; last: it answered 503",
        ),
    ]


def test_failed_decisions_name_the_mapping_and_lead_to_their_events() -> None:
    [need] = needs(a_group("failed", "till/visit", "email is required, but is missing, null or empty", 6))
    assert need.title == "6 events failed in till/visit, so that no request was made."
    assert need.detail == "Email is required, but is missing, null or empty"
    assert need.remedies == (Remedy("Look at 6", "/events?verdict=failed&mapping=till%2Fvisit&since=24h"),)
    [unread] = needs(a_group("failed", "till/", "nothing was made of it"))
    assert unread.title == "1 event of till could not be decided."
    assert unread.remedies[0].address == "/events?verdict=failed&source=till&since=24h"


def test_a_broken_or_unapplied_folder_is_an_issue() -> None:
    broken = Problem("till.yaml", 9, 3, "it compares two fields", "quote the text")
    warned = dataclasses.replace(broken, severity="warning")
    [need] = needs(live=dataclasses.replace(in_force(), stale=(warned, broken)))
    assert need.title == "The mapping folder has 1 error. The bridge goes on with what was in force."
    assert need.detail == "till.yaml:9:3: it compares two fields (quote the text)"
    [need] = needs(live=dataclasses.replace(in_force(), unapplied=("a.yaml", "b.yaml")))
    assert (need.title, need.detail) == ("2 files of the mapping folder are not in force.", "a.yaml, b.yaml")


def test_lookups_that_are_refused_say_how_many_events_wait() -> None:
    till = TILL_WITH_LOOKUP
    queue = {"waiting": 3, "reason": "the system answered 401", "since": NOW, "until": NOW + 1}
    now_is = Situation(lookups={"till": queue})
    [need] = needs(now_is=now_is, live=in_force({**SECRETS, "till-api": "x"}, till=till))
    assert need.title == "The lookups of till are refused. 3 events wait for them."
    assert (need.detail, need.since) == ("The system answered 401", NOW)
    [need] = needs(now_is=now_is, live=in_force(till=till))
    assert need.title == "The lookups of till wait for their secret. 3 events wait for them."
    assert need.detail == "Not stored: till-api"
    assert need.remedies == (Remedy("Store the secret", "/sources/till"),)
    calm = {"waiting": 3, "reason": None, "since": None, "until": None}
    live = in_force({**SECRETS, "till-api": "x"}, till=till)
    assert titles(now_is=Situation(lookups={"till": calm}), live=live) == []


def test_the_most_urgent_comes_first_and_of_a_kind_what_hurts_most() -> None:
    now_is = Situation([a_pause("touchpoint", "eager")], totals={"eager": {"pending": 1}})
    found = needs(
        a_group("refused", "till", "not JSON", 500),
        a_group("dead", "steady", "422", 40),
        a_group("dead", "steady", "410", 50),
        a_group("held", "steady", "wait", 2),
        a_group("failed", "till/visit", "no email", 7),
        now_is=now_is,
        shortage="7 bytes of disk are free",
        live=dataclasses.replace(in_force(), unapplied=("a.yaml",)),
    )
    kinds = ["room", "paused", "held", "failed", "configuration", "dead", "dead", "refused"]
    assert [need.kind for need in found] == kinds
    assert [need.number for need in found if need.kind == "dead"] == [50, 40]
    assert found[0].title == "The bridge takes nothing in: there is no room."
