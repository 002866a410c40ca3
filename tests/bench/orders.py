"""Signed Shopify orders of about 7 KB, each with an id and a customer of its own, cheap to make by the thousand."""

import hmac
import json
from base64 import b64encode
from typing import Any

SECRET = "hush-this-is-only-a-benchmark"
TOPIC = "orders/fulfilled"
PATH = "/hooks/shopify"
_MARK = "1777777777"  # ten digits that stand nowhere else; the number of the order takes their place
_SIGNATURE = b"{signature}"
_FIRST = 1_000_000_000


def _money(amount: str) -> dict[str, dict[str, str]]:
    both = {"amount": amount, "currency_code": "EUR"}
    return {"shop_money": both, "presentment_money": both}


def _address() -> dict[str, Any]:
    return {
        "first_name": "Anna",
        "last_name": "Gruber",
        "name": "Anna Gruber",
        "company": None,
        "address1": "Herrengasse 16",
        "address2": "Stiege 2, Tür 11",
        "city": "Graz",
        "province": "Steiermark",
        "province_code": "ST",
        "zip": "8010",
        "country": "Austria",
        "country_code": "AT",
        "phone": "+43 316 123456",
        "latitude": 47.0707,
        "longitude": 15.4395,
    }


def _line(index: int) -> dict[str, Any]:
    return {
        "id": 13_889_234_567_000 + index,
        "admin_graphql_api_id": f"gid://shopify/LineItem/{13_889_234_567_000 + index}",
        "current_quantity": 1,
        "fulfillable_quantity": 0,
        "fulfillment_service": "manual",
        "fulfillment_status": "fulfilled",
        "gift_card": False,
        "grams": 420,
        "name": f"Kaffeebohnen Espresso, 500 g, Röstung {index}",
        "price": "24.90",
        "price_set": _money("24.90"),
        "product_exists": True,
        "product_id": 7_654_321_098 + index,
        "properties": [{"name": "Mahlgrad", "value": "ganze Bohne"}],
        "quantity": 1,
        "requires_shipping": True,
        "sku": f"KB-ESP-500-{index:03}",
        "taxable": True,
        "title": "Kaffeebohnen Espresso",
        "total_discount": "0.00",
        "total_discount_set": _money("0.00"),
        "variant_id": 42_345_678_901 + index,
        "variant_title": "500 g",
        "vendor": "Rösterei am Schloßberg",
        "tax_lines": [{"price": "4.15", "rate": 0.2, "title": "MwSt", "price_set": _money("4.15")}],
        "duties": [],
        "discount_allocations": [],
    }


def _fulfillment() -> dict[str, Any]:
    return {
        "id": 4_567_890_123_456,
        "order_id": 0,
        "created_at": "2026-05-04T16:20:00+02:00",
        "status": "success",
        "shipment_status": None,
        "tracking_company": "Österreichische Post",
        "tracking_number": "1000234567890123",
        "tracking_url": "https://www.post.at/sv/sendungssuche?snr=1000234567890123",
        "location_id": 65_432_109,
        "service": "manual",
        "line_items": [{"id": 13_889_234_567_000 + index, "quantity": 1} for index in range(4)],
    }


def _order() -> dict[str, Any]:
    return {
        "id": int(_MARK),
        "admin_graphql_api_id": f"gid://shopify/Order/{_MARK}",
        "name": f"#{_MARK}",
        "order_number": int(_MARK),
        "email": f"anna.gruber.{_MARK}@example.com",
        "contact_email": f"anna.gruber.{_MARK}@example.com",
        "phone": None,
        "test": False,
        "created_at": "2026-05-03T09:12:44+02:00",
        "processed_at": "2026-05-03T09:12:43+02:00",
        "updated_at": "2026-05-04T16:20:01+02:00",
        "cancelled_at": None,
        "cancel_reason": None,
        "closed_at": None,
        "confirmed": True,
        **_sums(),
        **_people(),
        "fulfillments": [_fulfillment()],
        "line_items": [_line(index) for index in range(4)],
        "refunds": [],
    }


def _sums() -> dict[str, Any]:
    return {
        "currency": "EUR",
        "presentment_currency": "EUR",
        "subtotal_price": "99.60",
        "total_price": "104.50",
        "current_total_price": "104.50",
        "current_total_price_set": _money("104.50"),
        "total_tax": "17.42",
        "total_shipping_price_set": _money("4.90"),
        "taxes_included": True,
        "financial_status": "paid",
        "fulfillment_status": "fulfilled",
        "customer_locale": "de-AT",
        "buyer_accepts_marketing": False,
        "source_name": "web",
        "tags": "newsletter, stammkunde",
        "note": None,
        "note_attributes": [{"name": "gift", "value": "no"}],
        "payment_gateway_names": ["shopify_payments"],
    }


def _people() -> dict[str, Any]:
    return {
        "customer": {
            "id": int(_MARK),
            "email": f"anna.gruber.{_MARK}@example.com",
            "first_name": "Anna",
            "last_name": "Gruber",
            "verified_email": True,
            "tags": "",
            "currency": "EUR",
            "default_address": _address(),
        },
        "billing_address": _address(),
        "shipping_address": _address(),
    }


def _head(size: int, host: str) -> bytes:
    lines = [
        f"POST {PATH} HTTP/1.1",
        f"Host: {host}",
        "User-Agent: Shopify-Captain-Hook",
        "Accept: */*",
        "Accept-Encoding: gzip;q=1.0,deflate;q=0.6,identity;q=0.3",
        "Content-Type: application/json",
        f"Content-Length: {size}",
        f"X-Shopify-Topic: {TOPIC}",
        "X-Shopify-Shop-Domain: roesterei.myshopify.com",
        "X-Shopify-API-Version: 2026-04",
        f"X-Shopify-Webhook-Id: b54557e4-bdd9-4b37-8a5f-{_MARK}",
        f"X-Shopify-Event-Id: 98880550-7158-44d4-b7cd-{_MARK}",
        "X-Shopify-Triggered-At: 2026-05-04T14:20:01.123456789Z",
        f"X-Shopify-Hmac-SHA256: {_SIGNATURE.decode()}",
    ]
    return "\r\n".join([*lines, "", ""]).encode()


def source_id(number: int) -> str:
    """Give the id by which the bridge knows the order with this number."""
    return f"b54557e4-bdd9-4b37-8a5f-{_FIRST + number}"


class Orders:
    """Gives the bytes of request number N to `host`: rendered once, then only filled in and signed."""

    def __init__(self, host: str) -> None:
        body = json.dumps(_order(), ensure_ascii=False, separators=(",", ":")).encode()
        self._body = body.split(_MARK.encode())
        before, after = _head(len(body), host).split(_SIGNATURE)
        self._before, self._after = before.split(_MARK.encode()), after
        self.size = len(body)

    def request(self, number: int) -> bytes:
        """Give head and body of the order with this number, from 0 up."""
        digits = b"%d" % (_FIRST + number)
        body = digits.join(self._body)
        signature = b64encode(hmac.digest(SECRET.encode(), body, "sha256"))
        return b"".join((digits.join(self._before), signature, self._after, body))
