"""A touchpoint and a delivery to it, as tests of sending want them."""

from collections.abc import Sequence
from dataclasses import replace
from ipaddress import ip_address
from typing import Any

from bridge.core.configuration import Touchpoint
from bridge.core.model import Delivery
from bridge.core.template import Secret, Template
from bridge.touchpoint.address import Address
from bridge.touchpoint.dial import client_tls

SECRETS = {"key": "k-1", "token": "t-1"}
TLS = client_tls()  # as in production; made once, since reading the roots takes 20 ms
BODY = '{"email":"anna@example.com"}'


def touchpoint(base_url: str = "https://api.example.com/v2", **changes: Any) -> Touchpoint:
    """Make a mail touchpoint whose token and key are the stored secrets `token` and `key`."""
    made = Touchpoint(
        "post-purchase",
        "mail",
        base_url=base_url,
        token=Template((Secret("token"),)),
        api_key=Template((Secret("key"),)),
        timeout=5_000,
    )
    return replace(made, **changes)


def delivery(body: str = BODY, **changes: Any) -> Delivery:
    """Make a delivery for that touchpoint."""
    made = Delivery("dlv_1", "evt_1", "shopify", "thanks", "post-purchase", body, 0, 1, 0, 0)
    return replace(made, **changes)


async def resolve(host: str) -> Sequence[Address]:
    """Know one name, `localhost.test`."""
    return {"localhost.test": [ip_address("127.0.0.1")]}.get(host, [])
