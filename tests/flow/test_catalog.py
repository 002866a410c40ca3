"""What valid mapping files become, and how problems of several files come together."""

from pathlib import Path

import pytest

from bridge.catalog import fingerprint, load_catalog, show
from bridge.core.configuration import Rate, RetryPolicy
from bridge.core.errors import ConfigInvalid, Problem
from bridge.core.model import Cap
from bridge.core.verification.schemes import SCHEMES
from tests.support.folders import SHOPIFY, TILL, TOUCHPOINTS, files, load, problems_of, write_folder


def test_a_touchpoint_has_the_values_of_the_file() -> None:
    text = """\
touchpoints:
  post-purchase:
    channel: mail
    api_key: ${secret:pxp-api-key}
    token: ${secret:post-purchase}
    base_url: ${env:PXP}/v2/
    format: form
    rate: 5/10s
    concurrency: 3
    timeout: 20s
    retry: {first: 1s, factor: 1.5, longest: 1h, give_up_after: 2d}
    ambiguous: retry
    contact: {at_most: 2, per: 30d, across: all}
    on: {503: retry, 5xx: dead, 409: delivered}
"""
    touchpoint = load({"touchpoints.yaml": text}, PXP="https://api.example.com").catalog.touchpoints["post-purchase"]
    assert (touchpoint.channel, touchpoint.format, touchpoint.base_url) == (
        "mail",
        "form",
        "https://api.example.com/v2",
    )
    assert (touchpoint.rate, touchpoint.concurrency, touchpoint.timeout) == (Rate(5, 10_000), 3, 20_000)
    assert touchpoint.retry == RetryPolicy(1_000, 1.5, 3_600_000, 172_800_000)
    assert (touchpoint.ambiguous, touchpoint.cap) == ("retry", Cap(2, 2_592_000_000, "all"))
    assert (touchpoint.overrides[409], touchpoint.overrides[503], touchpoint.overrides[500]) == (
        "delivered",
        "retry",
        "dead",
    )
    assert len(touchpoint.overrides) == 101
    assert touchpoint.secret_names == {"pxp-api-key", "post-purchase"}
    assert touchpoint.line == 2


def test_a_touchpoint_has_the_documented_defaults() -> None:
    touchpoints = load(files()).catalog.touchpoints
    mail, sms, http = (touchpoints[name] for name in ("post-purchase", "text-message", "elsewhere"))
    assert (mail.base_url, mail.format) == ("https://api.pressnxpress.com/v2", "json")
    assert (mail.concurrency, mail.timeout, mail.rate, mail.cap) == (8, 15_000, None, None)
    assert mail.retry == RetryPolicy(5_000, 2.0, 21_600_000, 259_200_000)
    assert (mail.ambiguous, sms.ambiguous, http.ambiguous) == ("hold", "hold", "retry")
    assert (http.method, http.url and http.url.render({})) == ("POST", "https://crm.example.com/hook")


def test_an_http_touchpoint_takes_headers_with_secrets_inside() -> None:
    text = TOUCHPOINTS + "    headers: {Authorization: 'Bearer ${secret:crm}', X-Shop: nordlicht}\n"
    headers = load({"touchpoints.yaml": text}).catalog.touchpoints["elsewhere"].request_headers
    assert headers["Authorization"].render({"crm": "abc"}) == "Bearer abc"
    assert headers["X-Shop"].render({}) == "nordlicht"


def test_a_source_has_the_values_of_the_file() -> None:
    text = """\
source: till
verify:
  preset: shopify
  secrets: ["${secret:new}", "${secret:old}"]
event:
  topic: type
  refs: {receipt: [id, number], order: order_no}
  each: [data.items, "@"]
tables:
  zones: {AT: Europe/Vienna, 1: 5, "2": true}
limit: 100/m
mappings:
  - name: first
    on: receipt.closed
    touchpoint: post-purchase
    key: id
    for_each: items
    body:
      email: email
      total: {expr: total, default: "0"}
      must: {expr: a, required: true}
      fixed: {value: -1.5}
  - name: second
    on: [a, b/*]
    touchpoint: elsewhere
    key: id
    repeat: send
    body: {a: "lookup('zones', c)"}
"""
    source = load(files(till=text)).catalog.sources["till"]
    assert (source.name, source.file, source.preset, source.scheme) == (
        "till",
        "till.yaml",
        "shopify",
        SCHEMES["shopify"],
    )
    assert source.secret_names == {"new", "old"}
    assert source.limit == Rate(100, 60_000)
    assert source.tables == {"zones": {"AT": "Europe/Vienna", "1": 5, "2": True}}
    reading = source.reading
    assert reading.topic is not None
    assert reading.topic.text == "type"
    assert [(kind, formula.text) for kind, formula in reading.refs if kind != "customer"] == [
        ("receipt", "id"),
        ("receipt", "number"),
        ("order", "order_no"),
    ]
    assert reading.tenant is not None  # the preset's
    assert reading.each == ("data.items", "@")
    first, second = source.mappings
    assert (first.topics, first.repeat, first.channel, first.line) == (("receipt.closed",), "once", "mail", 13)
    assert first.for_each is not None
    assert [(field.name, field.default, field.required, field.constant) for field in first.body] == [
        ("email", None, False, None),
        ("total", "0", False, None),
        ("must", None, True, None),
        ("fixed", None, False, -1.5),
    ]
    assert (second.topics, second.repeat, second.channel) == (("a", "b/*"), "send", "http")


def test_a_source_without_a_preset_declares_its_scheme() -> None:
    source = load(files(till=TILL)).catalog.sources["till"]
    assert (source.scheme.kind, source.scheme.encoding, source.preset) == ("hmac", "hex", None)


def test_values_of_the_installation_are_put_into_a_preset() -> None:
    text = """\
source: till
verify:
  preset: paypal
  consts: {webhook_id: "${env:ID}"}
  secrets: "${secret:paypal}"
event: {topic: event_type, id: id}
mappings: []
"""
    assert load(files(till=text), ID="WH-1").catalog.sources["till"].scheme.consts == (("webhook_id", "WH-1"),)


def test_a_cap_of_the_touchpoint_is_known_to_its_mappings() -> None:
    touchpoints = TOUCHPOINTS.replace("channel: mail", "channel: mail\n    contact: {at_most: 1, per: 1d}")
    catalog = load({"touchpoints.yaml": touchpoints, "shopify.yaml": SHOPIFY}).catalog
    assert catalog.sources["shopify"].mappings[0].cap == Cap(1, 86_400_000, "touchpoint")


def test_words_that_older_yaml_takes_for_something_else_stay_texts() -> None:
    text = TILL + "tables: {t: {a: no, b: yes, c: on, d: 2026-11-01, e: 12:30:45, f: 1_000, g: '012'}}\n"
    assert load(files(till=text)).catalog.sources["till"].tables["t"] == {
        "a": "no",
        "b": "yes",
        "c": "on",
        "d": "2026-11-01",
        "e": "12:30:45",
        "f": "1_000",
        "g": "012",
    }


# -- all problems together ------------------------------------------------------------------------------------


def test_the_problems_of_all_files_are_said_together_in_their_order() -> None:
    broken = {
        "touchpoints.yaml": TOUCHPOINTS.replace("channel: mail", "channel: fax"),
        "shopify.yaml": SHOPIFY.replace("when:", "wen:").replace("name\n", "nam e\n"),
        "b.yaml": "a: [\n",
        "a.yaml": "",
    }
    assert [problem.partition(" ")[0] for problem in problems_of(broken)] == [
        "a.yaml:1:1:",
        "b.yaml:2:1:",
        "shopify.yaml:8:5:",
        "shopify.yaml:13:20:",
        "touchpoints.yaml:3:14:",
    ]


def test_one_attribute_in_two_spellings_for_one_touchpoint_is_an_error_that_names_both_places() -> None:
    other = SHOPIFY.replace("source: shopify", "source: other").replace("orderId", "orderID")
    assert problems_of(files(shopify=SHOPIFY, other=other)) == [
        (
            "shopify.yaml:13:7: the attribute 'orderId' is spelled 'orderID' at other.yaml:13:7, "
            "for the same touchpoint (the target takes them for two attributes; use one spelling)"
        )
    ]


def test_one_attribute_in_two_spellings_at_two_touchpoints_is_a_warning() -> None:
    other = SHOPIFY.replace("source: shopify", "source: other").replace("orderId", "orderID")
    other = other.replace("touchpoint: post-purchase", "touchpoint: text-message").replace("email: email", "phone: p")
    assert problems_of(files(shopify=SHOPIFY, other=other)) == [
        (
            "shopify.yaml:13:7: warning: the attribute 'orderId' is spelled 'orderID' at other.yaml:13:7 "
            "(use one spelling if they mean the same)"
        )
    ]


def test_requests_to_other_systems_may_spell_attributes_as_those_want_them() -> None:
    other = SHOPIFY.replace("source: shopify", "source: other").replace("orderId", "Email")
    other = other.replace("touchpoint: post-purchase", "touchpoint: elsewhere").replace("email: email", "orderID: x")
    assert problems_of(files(shopify=SHOPIFY, other=other)) == []


def test_a_broken_touchpoints_file_does_not_make_every_mapping_wrong() -> None:
    assert problems_of({"touchpoints.yaml": "touchpoints: [\n", "shopify.yaml": SHOPIFY}) == [
        (
            "touchpoints.yaml:2:1: this does not fit what stands before it "
            "(check the indentation, and put values with special characters in quotes)"
        )
    ]


@pytest.mark.parametrize(
    "text",
    [
        TOUCHPOINTS.replace("${secret:pxp-api-key}", "sk_live_hunter2"),
        TOUCHPOINTS.replace("${secret:pxp-api-key}", "${secret:sk_live_HUNTER2_hunter2}"),
        TOUCHPOINTS.replace("${secret:pxp-api-key}", "${sk_live_hunter2}"),
        TOUCHPOINTS.replace("${secret:pxp-api-key}", "${sk_live_hunter2"),
        TOUCHPOINTS.replace("${secret:pxp-api-key}", "[sk_live_hunter2]"),
        TOUCHPOINTS.replace("${secret:pxp-api-key}", "!sk_live_hunter2"),
        TOUCHPOINTS.replace("${secret:pxp-api-key}", "*sk_live_hunter2"),
        TOUCHPOINTS.replace("${secret:pxp-api-key}", "'sk_live_hunter2"),
        TOUCHPOINTS.replace("api_key: ${secret:pxp-api-key}", "apikey: sk_live_hunter2"),
        TOUCHPOINTS.replace("api_key: ${secret:pxp-api-key}", "kex: sk_live_hunter2"),
        TOUCHPOINTS + "    headers: {X-Api-Key: sk_live_hunter2}\n",
        TOUCHPOINTS + "    headers:\n      cookie: a=sk_live_hunter2\n",
    ],
)
def test_a_secret_in_the_file_is_refused_and_never_repeated(text: str) -> None:
    with pytest.raises(ConfigInvalid) as raised:
        load({"touchpoints.yaml": text})
    said = str(raised.value) + repr(raised.value) + "".join(show(problem, text) for problem in raised.value.problems)
    assert "hunter2" not in said.lower()


def test_an_environment_variable_does_not_show_in_a_catalog_that_is_printed() -> None:
    text = TOUCHPOINTS.replace("${secret:pxp-api-key}", "${env:KEY}")
    assert "hunter2" not in repr(load({"touchpoints.yaml": text}, KEY="hunter2").catalog)


# -- the folder -------------------------------------------------------------------------------------------------


def test_a_folder_is_loaded_and_problems_name_the_path(tmp_path: Path) -> None:
    folder = write_folder(tmp_path, files(shopify=SHOPIFY))
    loaded = load_catalog(folder, {})
    assert sorted(loaded.catalog.sources) == ["shopify"]
    assert sorted(loaded.files) == ["shopify.yaml", "touchpoints.yaml"]
    assert loaded.catalog.fingerprint == fingerprint(files(shopify=SHOPIFY)) == load(loaded.files).catalog.fingerprint
    write_folder(tmp_path, {"shopify.yaml": SHOPIFY.replace("key:", "kee:")})
    with pytest.raises(ConfigInvalid, match="kee") as raised:
        load_catalog(folder, {})
    assert raised.value.problems[0].file == str(tmp_path / "shopify.yaml")


def test_the_fingerprint_names_texts_and_names_but_no_examples(tmp_path: Path) -> None:
    folder = write_folder(tmp_path, files(shopify=SHOPIFY))
    before = load_catalog(folder, {}).catalog.fingerprint
    write_folder(folder, {"examples/shopify/a.json": "{}"})
    assert load_catalog(folder, {}).catalog.fingerprint == before
    write_folder(folder, {"shopify.yaml": SHOPIFY + "# changed\n"})
    assert load_catalog(folder, {}).catalog.fingerprint != before
    assert len(before) == 12


def test_a_missing_folder_is_one_clear_problem(tmp_path: Path) -> None:
    with pytest.raises(ConfigInvalid) as raised:
        load_catalog(tmp_path / "nowhere", {})
    assert str(raised.value) == (
        f"the folder of mapping files {tmp_path}/nowhere is not there (set BRIDGE_MAPPINGS, or make the folder)"
    )


def test_files_that_are_none_of_ours_are_left_alone_or_named(tmp_path: Path) -> None:
    texts = {".#shopify.yaml": "[", "#x.yaml": "[", "shopify.yaml~": "[", "README.md": "[", "old.yml": "["}
    folder = write_folder(tmp_path, {**files(shopify=SHOPIFY), **texts})
    assert [str(problem) for problem in load_catalog(folder, {}).warnings] == [
        f"{tmp_path}/old.yml: warning: this file is ignored (rename it to end in .yaml)"
    ]


def test_links_are_followed_within_the_folder_only(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "in", {**files(), "..data/s.yaml": SHOPIFY})
    (folder / "shopify.yaml").symlink_to("..data/s.yaml")
    assert sorted(load_catalog(folder, {}).catalog.sources) == ["shopify"]
    write_folder(tmp_path, {"secret.yaml": "password: x"})
    (folder / "away.yaml").symlink_to("../secret.yaml")
    (folder / "loop.yaml").symlink_to("loop.yaml")
    with pytest.raises(ConfigInvalid) as raised:
        load_catalog(folder, {})
    assert [(Path(problem.file).name, problem.message) for problem in raised.value.problems] == [
        ("away.yaml", "this is a link that leads out of the folder"),
        ("loop.yaml", "the file cannot be read: a loop of links"),
    ]


def test_what_cannot_be_read_as_a_text_is_a_problem_with_its_place(tmp_path: Path) -> None:
    folder = write_folder(tmp_path, files())
    (folder / "latin.yaml").write_bytes("source: latin\n# caf\u00e9 \u00df".encode("latin-1"))
    (folder / "large.yaml").write_bytes(b"#" * (256 * 1024 + 1))
    (folder / "folder.yaml").mkdir()
    with pytest.raises(ConfigInvalid) as raised:
        load_catalog(folder, {})
    assert [str(problem).removeprefix(f"{tmp_path}/") for problem in raised.value.problems] == [
        "folder.yaml: this is not a file",
        "large.yaml: the file is larger than 256 KiB (split it)",
        "latin.yaml:2:6: the file is not UTF-8 (save it as UTF-8)",
    ]


def test_a_byte_order_mark_and_windows_line_ends_move_no_place(tmp_path: Path) -> None:
    folder = write_folder(tmp_path, files())
    text = SHOPIFY.replace("orderId: name", "orderId: name ||").replace("\n", "\r\n")
    (folder / "shopify.yaml").write_bytes(b"\xef\xbb\xbf" + text.encode())
    with pytest.raises(ConfigInvalid, match=r"shopify.yaml:13:23: body.orderId: the expression ends too early"):
        load_catalog(folder, {})


# -- show ---------------------------------------------------------------------------------------------------------


def test_a_problem_is_shown_with_its_line_and_a_caret() -> None:
    shown = show(Problem("a.yaml", 2, 8, "…"), "a: b\nwhen: 'x ||'\n")
    assert shown == "    when: 'x ||'\n           ^"


def test_a_key_that_is_wrong_is_shown_without_its_value() -> None:
    assert show(Problem("a.yaml", 1, 3, "…"), "  kex: abc") == "    kex: …\n      ^".replace("    kex", "      kex")


def test_a_problem_without_a_place_shows_nothing() -> None:
    assert show(Problem("a.yaml", 0, 0, "…"), "a: b") == ""
    assert show(Problem("a.yaml", 9, 1, "…"), "a: b") == ""


def test_of_a_long_line_the_part_around_the_place_is_shown() -> None:
    line, caret = show(Problem("a.yaml", 1, 5_001, "…"), "x" * 5_000 + "Y" + "x" * 5_000).split("\n")
    assert len(line) == 164
    assert line[caret.index("^")] == "Y"


def test_drift_is_seen_at_a_touchpoint_whose_name_is_misspelled_too() -> None:
    mapping = SHOPIFY.replace("touchpoint: post-purchase", "touchpoint: post-purchas")
    said = problems_of(files(shopify=mapping.replace("orderId: name", "orderId: name\n      OrderID: id")))
    assert [line.partition(": ")[2][:40] for line in said if "spelled" in line] == [
        "the attribute 'OrderID' is spelled 'orde"
    ]
