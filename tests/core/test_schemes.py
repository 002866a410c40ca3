"""How schemes are read from knobs, and the schemes of known systems."""

import json
from pathlib import Path
from typing import Any

import pytest

from bridge.core.verification.scheme import Grammar, KeyRule, Part, PerItem, Place, Timestamp, Token
from bridge.core.verification.schemes import ALIASES, SCHEMES, SPECS
from bridge.core.verification.verify import Scheme, parse_scheme

SCHEMES_FILE = Path(__file__).parents[2].parent / "shared" / "data" / "schemes.json"
HMAC: dict[str, Any] = {
    "kind": "hmac",
    "algorithm": "sha256",
    "encoding": "hex",
    "signature": {"sources": [{"from": "header", "name": "X-Sig"}]},
    "template": ["body"],
}


def signature(**grammar: Any) -> dict[str, Any]:
    return {**HMAC["signature"], "grammar": grammar}


def refusal(knobs: dict[str, Any]) -> str:
    with pytest.raises(ValueError) as refused:
        parse_scheme(knobs)
    return str(refused.value)


# Schemes from public documentation, of which the collected facts have no knobs.
FROM_DOCUMENTATION = {"cal-com", "checkout-com", "close", "commercelayer", "docusign", "zoho-crm"}


def test_there_are_49_schemes_named_with_hyphens() -> None:
    assert len(SCHEMES) == 49
    assert [name for name in SCHEMES if "_" in name] == []
    assert ALIASES == {"hubspot": "hubspot-v3"}
    assert "hubspot-v3" in SCHEMES


def test_every_scheme_is_as_the_collected_facts_have_it() -> None:
    if not SCHEMES_FILE.exists():
        pytest.skip("the collected schemes are not beside the project")
    facts = json.loads(SCHEMES_FILE.read_text(encoding="utf-8"))["schemes"]
    facts["paypal"]["consts"] = {"webhook_id": ""}  # the file's value is an example; an operator must give one
    collected = {name.replace("_", "-"): parse_scheme(knobs) for name, knobs in facts.items()}
    assert collected == {name: scheme for name, scheme in SCHEMES.items() if name not in FROM_DOCUMENTATION}


def test_a_preset_can_be_adapted_by_its_knobs() -> None:
    adapted = parse_scheme({**SPECS["paypal"], "consts": {"webhook_id": "8PT597110X687430LKGECATA"}})
    assert adapted.consts == (("webhook_id", "8PT597110X687430LKGECATA"),)


def test_all_knobs_are_read() -> None:
    scheme = parse_scheme(
        {
            "kind": "hmac",
            "algorithm": "sha1",
            "encoding": "base64",
            "signature": {
                "sources": [{"from": "query", "name": "sig"}, {"from": "item", "path": "a.b"}],
                "grammar": {"item_sep": ";", "kv_sep": "=", "key": "h1"},
            },
            "timestamp": {"from": "sigfield", "field": "ts", "unit": "ms", "tolerance": 60},
            "template": ["'a:b", "header:X-Id", "item:c", "const:app", "query_without_sig", "url", "form_sorted"],
            "secret": {"strip_prefix": ["sec_"], "decode": "hex"},
            "per_item": {"array": "list", "item": "it"},
            "url_mode": "with_and_without_port",
            "require_headers": {"X-Algo": "hs1"},
            "consts": {"app": "shop"},
            "body_hash_query": "hash",
        }
    )
    assert scheme == Scheme(
        kind="hmac",
        algorithm="sha1",
        encoding="base64",
        sources=(Place("query", "sig"), Place("item", "a.b")),
        grammar=Grammar(";", "=", "h1"),
        timestamp=Timestamp(Place("sigfield", "ts"), "ms", 60),
        template=(
            Part("literal", "a:b"),
            Part("header", "X-Id"),
            Part("item", "c"),
            Part("const", "app"),
            Part("query_without_sig"),
            Part("url"),
            Part("form_sorted"),
        ),
        secret=KeyRule(("sec_",), "hex"),
        per_item=PerItem("list", "it"),
        url_mode="with_and_without_port",
        require_headers=(("X-Algo", "hs1"),),
        consts=(("app", "shop"),),
        body_hash_query="hash",
    )


def test_tokens_are_read() -> None:
    knobs = {"kind": "token", "token": {"from": "header", "name": "Authorization", "strip_prefix": "Bearer "}}
    assert parse_scheme(knobs) == Scheme("token", token=Token(Place("header", "Authorization"), ("Bearer ",)))
    assert parse_scheme({"kind": "basic"}) == Scheme("basic")
    assert parse_scheme({"kind": "none"}) == Scheme("none")


def test_it_is_known_which_schemes_sign_the_url() -> None:
    assert sorted(name for name, scheme in SCHEMES.items() if scheme.signs_url) == [
        "hubspot-v2",
        "hubspot-v3",
        "mandrill",
        "square",
        "twilio",
    ]


@pytest.mark.parametrize(
    ("knobs", "said"),
    [
        ({}, "'kind' is missing; possible: hmac, hash, rsa, ecdsa, ed25519, jwt, basic, token, none"),
        (
            {"kind": "hmca"},
            (
                "'kind' is 'hmca'; possible: hmac, hash, rsa, ecdsa, ed25519, jwt, basic, token, none "
                "(did you mean 'hmac'?)"
            ),
        ),
        ({"kind": "basic", "token": {}}, "'token' is not a key of kind basic; possible: kind"),
        (
            {**HMAC, "algoritm": "sha256"},
            (
                "'algoritm' is not a key of kind hmac; possible: algorithm, body_hash_query, consts, encoding, kind, "
                "per_item, require_headers, secret, signature, template, timestamp, url_mode "
                "(did you mean 'algorithm'?)"
            ),
        ),
        ({**HMAC, "algorithm": "md5"}, "'algorithm' is 'md5'; possible: sha1, sha256"),
        ({**HMAC, "algorithm": ["sha1"]}, "'algorithm' is ['sha1']; possible: sha1, sha256"),
        ({**HMAC, "encoding": "base46"}, "'encoding' is 'base46'; possible: hex, base64 (did you mean 'base64'?)"),
        (
            {**HMAC, "signature": None},
            "'signature' is missing; write where it is, such as {sources: [{from: header, name: …}]}",
        ),
        ({**HMAC, "signature": "X-Sig"}, "'signature' must be a table of keys and values"),
        ({**HMAC, "signature": {"sources": []}}, "'signature.sources' must be a list of 1 to 16 entries"),
        (
            {**HMAC, "signature": {"source": []}},
            "'signature.source' is not a key of 'signature'; possible: grammar, sources (did you mean 'sources'?)",
        ),
        (
            {**HMAC, "signature": {"sources": [{"from": "haeder", "name": "X"}]}},
            "'signature.sources[0].from' is 'haeder'; possible: header, query, item, json (did you mean 'header'?)",
        ),
        (
            {**HMAC, "signature": {"sources": [{"from": "json", "name": "X"}]}},
            "'signature.sources[0].name' is not a key of 'signature.sources[0]' from json; possible: from, path",
        ),
        (
            {**HMAC, "signature": {"sources": [{"from": "header"}]}},
            "'signature.sources[0].name' is missing; it must be a text",
        ),
        (
            {**HMAC, "signature": {"sources": [{"from": "header", "name": 5}]}},
            "'signature.sources[0].name' must be a text; put it in quotes",
        ),
        (
            {**HMAC, "signature": signature(key="v1")},
            "'signature.grammar' needs both 'kv_sep' and 'key', or neither",
        ),
        (
            {**HMAC, "signature": signature(item_sep=",")},
            "'signature.grammar' needs either 'kv_sep' with 'key', or 'positional' with 'item_sep'",
        ),
        (
            {**HMAC, "signature": signature(positional=True, item_sep=",")},
            "'signature.grammar.positional' must be a whole number from 1 to 16",
        ),
        ({**HMAC, "signature": signature(positional=1)}, "'signature.grammar.positional' needs 'item_sep'"),
        ({**HMAC, "signature": signature(kv_sep="", key="v1")}, "'signature.grammar.kv_sep' must not be empty"),
        (
            {**HMAC, "timestamp": {"from": "header", "name": "T", "unit": "sec"}},
            "'timestamp.unit' is 'sec'; possible: s, ms, iso8601",
        ),
        (
            {**HMAC, "timestamp": {"from": "header", "name": "T", "unit": "s", "tolerance": -1}},
            "'timestamp.tolerance' must be a whole number from 1 to 604800",
        ),
        (
            {**HMAC, "timestamp": {"from": "sigfield", "field": "t", "unit": "s"}},
            "'timestamp' is from sigfield, but 'signature.grammar' is missing",
        ),
        (
            {**HMAC, "template": ["bdy"]},
            (
                "'template' is 'bdy'; possible: body, body_b64, body_crc32, timestamp, url, method, secret, "
                "form_sorted, query, query_without_sig, header:…, json:…, item:…, const:…, "
                "'literal text (did you mean 'body'?)"
            ),
        ),
        ({**HMAC, "template": []}, "'template' must be a list of 1 to 16 entries"),
        ({**HMAC, "template": [1]}, "'template' must be a list of texts; put each in quotes"),
        ({**HMAC, "template": ["timestamp"]}, "'template' uses timestamp, but 'timestamp' is missing"),
        ({**HMAC, "template": ["body", "const:id"]}, "'template' uses const:id, which is not in 'consts'"),
        (
            {**HMAC, "template": ["'x", "secret"]},
            "'template' uses nothing of the request, so that one signature would fit all",
        ),
        (
            {**HMAC, "template": ["query_without_sig"]},
            "'template' uses query_without_sig, but no signature source is from query",
        ),
        ({**HMAC, "template": ["item:a"]}, "'per_item' is missing, which item paths need"),
        ({**HMAC, "body_hash_query": "h"}, "'body_hash_query' needs form_sorted in 'template'"),
        ({**HMAC, "consts": {"a": 1}}, "'consts' must be a table of texts; put each value in quotes"),
        (
            {**HMAC, "kind": "hash"},
            "'template' must use the secret: a plain hash without it proves nothing",
        ),
        (
            {**HMAC, "kind": "rsa", "template": ["secret", "body"]},
            "'template' may use the secret only with kind hmac or hash",
        ),
        ({**HMAC, "kind": "rsa", "key_format": "der"}, "'key_format' is 'der'; possible: pem, cert, spki_b64"),
        (
            {"kind": "token"},
            "'token' is missing; write where it is, such as {from: header, name: X-Webhook-Token}",
        ),
        (
            {"kind": "token", "token": {"from": "cookie"}},
            "'token.from' is 'cookie'; possible: header, query, json, form, body",
        ),
        (
            {"kind": "jwt", "token": {"from": "header", "name": "X"}, "algorithms": ["RS256"]},
            "'token.from' is 'header'; possible: body",
        ),
        (
            {"kind": "jwt", "token": {"from": "body"}, "algorithms": ["HS256"]},
            "'algorithms' is 'HS256'; possible: RS256 (did you mean 'RS256'?)",
        ),
        ({"kind": "jwt", "token": {"from": "body"}}, "'algorithms' must be a list of 1 to 16 entries"),
    ],
)
def test_wrong_knobs_say_what_is_possible(knobs: dict[str, Any], said: str) -> None:
    assert refusal(knobs) == said


def test_a_secret_under_a_wrong_key_is_not_shown_in_full() -> None:
    said = refusal({**HMAC, "encoding": "x" * 5000})
    assert len(said) < 200
