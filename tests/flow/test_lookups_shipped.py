"""The shipped lookups against a stand-in that answers like each system's documentation: requests, secrets, bodies."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from bridge.catalog.document import read_document
from bridge.catalog.nodes import Node
from bridge.catalog.report import Report
from bridge.catalog.scalars import constant, is_null
from tests.support.systems import System, asking, looking

FOLDER = Path(__file__).parents[2] / "mappings"


@dataclass(frozen=True)
class Case:
    """A shipped example, the requests that its lookup makes, and the header with which they are allowed."""

    source: str
    example: str
    base_url: str
    paths: tuple[str, ...]
    header: tuple[str, str]
    secret: str
    topic: tuple[str, str] | None = None


CASES = (
    Case(
        "bigcommerce",
        "order-shipped",
        "https://api.bigcommerce.com",
        ("/stores/x7nordlicht/v2/orders/1180",),
        ("x-auth-token", "token-1"),
        "bigcommerce-api",
    ),
    Case(
        "hubspot",
        "became-customer",
        "https://api.hubapi.com",
        ("/crm/v3/objects/contacts/201451?properties=email,firstname,lastname,company",),
        ("authorization", "Bearer token-1"),
        "hubspot-api",
    ),
    Case(
        "square",
        "payment-of-customer",
        "https://connect.squareup.com",
        ("/v2/orders/nL3O3USaPaOrder42", "/v2/customers/NLCUSTOMER18"),
        ("authorization", "Bearer token-1"),
        "square-api",
    ),
    Case(
        "stripe",
        "subscription-ended",
        "https://api.stripe.com",
        ("/v1/customers/cus_NordlichtExample",),
        ("authorization", "Bearer token-1"),
        "stripe-api",
    ),
    Case(
        "shopify",
        "refund-created",
        "https://your-shop.example",
        ("/admin/api/2026-01/orders/5678901234567.json?fields=id,name,email,test,customer,billing_address,currency",),
        ("x-shopify-access-token", "token-1"),
        "shopify-admin",
        ("x-shopify-topic", "refunds/create"),
    ),
    Case(
        "mollie-classic",
        "payment-paid",
        "https://api.mollie.com",
        ("/v2/payments/tr_5B8cwPMGnU6qLbRvo7qEZo",),
        ("authorization", "Bearer token-1"),
        "mollie-api",
    ),
    Case(
        "pipedrive",
        "deal-won",
        "https://api.pipedrive.com",
        ("/v1/persons/512",),
        ("x-api-token", "token-1"),
        "pipedrive-api",
    ),
)


def plain(node: Node | None) -> Any:
    """Give what an example's file holds as plain values."""
    if node is None or is_null(node):
        return None
    if node.kind == "table":
        return {key.text: plain(value) for key, value in node.entries}
    return [plain(item) for item in node.items] if node.kind == "list" else constant(node)


def example(case: Case) -> tuple[bytes, dict[str, str], Any]:
    """Give the payload, its headers, and what is expected of its (first) event."""
    path = FOLDER / "examples" / case.source / case.example
    root = read_document(Report("", path.with_suffix(".expect.yaml").read_text("utf-8")))
    expected: Any = plain(root)
    headers = {"content-type": "application/json", **expected.get("headers", {})} | dict(
        [case.topic] if case.topic else []
    )
    body = path.with_suffix(".json").read_bytes()
    if "urlencoded" in headers["content-type"]:
        body = urlencode(json.loads(body)).encode()
    return body, headers, expected.get("events", [expected])[0]


def folder_with(case: Case, base: str) -> Mapping[str, str]:
    text = (FOLDER / f"{case.source}.yaml").read_text("utf-8")
    assert text.count(f"base_url: {case.base_url}\n") == 1
    return {
        "touchpoints.yaml": (FOLDER / "touchpoints.yaml").read_text("utf-8"),
        f"{case.source}.yaml": text.replace(case.base_url, base),
    }


@pytest.mark.parametrize("case", CASES, ids=[case.source for case in CASES])
async def test_a_thin_event_becomes_a_request_with_what_the_system_answers(tmp_path: Path, case: Case) -> None:
    body, headers, expected = example(case)
    answers = expected["looked_up"] if len(case.paths) > 1 else [expected["looked_up"]]
    async with asking(System()) as system:
        for path, value in zip(case.paths, answers, strict=True):
            system.tells(path, value)
        async with looking(tmp_path, folder_with(case, system.base), {case.secret: "token-1"}) as scene:
            event = await scene.receive({}, source=case.source, body=body, headers=headers)
            await scene.until(event, "done")
            bodies = await scene.bodies()
    assert tuple(system.paths) == case.paths
    name, value = case.header
    assert {seen.headers[name] for seen in system.seen} == {value}
    assert bodies == [body for body in expected["mappings"].values() if isinstance(body, dict)]


@pytest.mark.parametrize("case", CASES, ids=[case.source for case in CASES])
async def test_what_the_system_does_not_know_any_more_is_a_failed_decision(tmp_path: Path, case: Case) -> None:
    body, headers, _ = example(case)
    async with (
        asking(System()) as system,
        looking(tmp_path, folder_with(case, system.base), {case.secret: "token-1"}) as scene,
    ):
        event = await scene.receive({}, source=case.source, body=body, headers=headers)
        await scene.until(event, "failed")
        decisions = await scene.decisions(event)
    assert {verdict for verdict, _ in decisions} - {"cancelling"} == {"failed"}
    assert {reason for verdict, reason in decisions if verdict == "failed"} == {
        "the lookup failed: it answered 404 (no such thing)"
    }
