"""The published and derived signature vectors beside the project, each decided from its own fields alone."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from bridge.core.errors import VerificationFailed
from bridge.core.model import Inbound
from bridge.core.verification.schemes import SPECS
from bridge.core.verification.verify import Verifier, parse_scheme

DATA = Path(__file__).parents[2].parent / "shared" / "data"
VECTORS_FILE = DATA / "signature_vectors.json"
if not VECTORS_FILE.exists():
    pytest.skip("the signature vectors are not beside the project", allow_module_level=True)

VECTORS: list[dict[str, Any]] = json.loads(VECTORS_FILE.read_text(encoding="utf-8"))
EXAMPLE_CONSTS = {"paypal": {"consts": {"webhook_id": "4JH86294D6297924G"}}}


def verifier_of(vector: dict[str, Any]) -> Verifier:
    name = vector["scheme"].replace("_", "-")
    override = vector.get("spec_override", {})
    return Verifier(parse_scheme({**SPECS[name], **EXAMPLE_CONSTS.get(name, {}), **override}), [vector["secret"]])


def inbound_of(vector: dict[str, Any]) -> Inbound:
    return Inbound(
        source=vector["provider"],
        method=vector.get("method", "POST"),
        url=vector.get("url", ""),
        headers={name.lower(): value for name, value in vector["headers"].items()},
        body=vector["body"].encode(),
    )


def clock_of(vector: dict[str, Any]) -> int | None:
    return vector["now"] * 1000 if "now" in vector else None


@pytest.mark.parametrize("vector", [v for v in VECTORS if v["valid"]], ids=lambda vector: vector["id"])
def test_a_valid_request_is_accepted(vector: dict[str, Any]) -> None:
    assert verifier_of(vector).check(inbound_of(vector), clock_of(vector)) == 0


@pytest.mark.parametrize("vector", [v for v in VECTORS if not v["valid"]], ids=lambda vector: vector["id"])
def test_an_invalid_request_is_refused_without_showing_the_secret(vector: dict[str, Any]) -> None:
    with pytest.raises(VerificationFailed) as failed:
        verifier_of(vector).check(inbound_of(vector), clock_of(vector))
    said = str(failed.value)
    assert 10 < len(said) < 150
    assert vector["secret"] not in said or vector["secret"] in vector["headers"]


def test_every_provider_has_the_vectors_it_had() -> None:
    assert Counter(vector["valid"] for vector in VECTORS) == {True: 65, False: 85}
    assert Counter(vector["provider"] for vector in VECTORS) == {
        "standard_webhooks": 15,
        "svix": 1,
        "bigcommerce": 2,
        "stripe": 6,
        "paddle": 7,
        "github": 11,
        "intercom": 2,
        "shopify": 3,
        "woocommerce": 3,
        "typeform": 3,
        "shopware": 6,
        "squarespace": 1,
        "adyen": 10,
        "zendesk": 6,
        "slack": 5,
        "recurly": 8,
        "hubspot": 13,
        "square": 7,
        "twilio": 11,
        "mailchimp_transactional": 1,
        "ecwid": 1,
        "sendgrid": 6,
        "paypal": 7,
        "adobe_commerce": 2,
        "wix": 3,
        "pipedrive": 4,
        "chargebee": 3,
        "mailchimp": 3,
    }
