"""Stand-ins: nothing of a person is left in a masked payload, and everything else is as it was."""

import json
import re
import string
from typing import Any

import phonenumbers
import pytest
from hypothesis import given, settings, strategies as st

from bridge.core.contact import normal_email
from bridge.core.standins import stand_in

ORDER = {
    "id": 5891234567890123456,
    "admin_graphql_api_id": "gid://shopify/Order/5891234567890123456",
    "name": "#1001",
    "email": "Maria.Huber@firma.at",
    "created_at": "2026-05-03T09:12:44+02:00",
    "currency": "EUR",
    "total_price": "153.90",
    "financial_status": "paid",
    "customer_locale": "de-AT",
    "cancelled_at": None,
    "test": False,
    "tags": "",
    "note": "Please ring at Huber, ask for Maria (maria.huber@firma.at)",
    "customer": {"id": 7012345678901, "first_name": "Maria", "last_name": "Huber", "phone": "+43 664 1234567"},
    "billing_address": {"name": "Maria Huber", "address1": "Herrengasse 16", "zip": "8010", "city": "Hartberg"},
    "client_details": {"browser_ip": "84.112.7.9", "user_agent": "Mozilla/5.0"},
    "line_items": [{"sku": "LAMP-01", "quantity": 2, "price": "10.00"}, {"sku": "BULB-E27", "quantity": 1}],
}


def test_an_order_keeps_everything_but_whom_it_is_about() -> None:
    masked = stand_in(ORDER, kept={"orders/fulfilled"})
    kept = (
        "created_at",
        "currency",
        "total_price",
        "financial_status",
        "customer_locale",
        "cancelled_at",
        "test",
        "tags",
    )
    assert {key: masked[key] for key in kept} == {key: ORDER[key] for key in kept}
    assert [item["quantity"] for item in masked["line_items"]] == [2, 1]
    text = json.dumps(masked, ensure_ascii=False)
    for original in ("maria", "huber", "firma", "1234567", "herrengasse", "8010", "hartberg", "84.112", "589123"):
        assert original not in text.lower()


def test_the_same_original_has_the_same_stand_in_everywhere() -> None:
    masked = stand_in(ORDER)
    customer = masked["customer"]
    assert masked["billing_address"]["name"] == f"{customer['first_name']} {customer['last_name']}"
    assert masked["admin_graphql_api_id"] == f"gid://shopify/Order/{masked['id']}"
    assert masked["email"] == f"{customer['first_name']}.{customer['last_name']}@example.com".lower()
    assert masked["email"] in masked["note"]
    assert len(str(masked["id"])) == len(str(ORDER["id"]))


def test_the_same_payload_gives_the_same_stand_ins() -> None:
    assert stand_in(ORDER) == stand_in(json.loads(json.dumps(ORDER)))


@pytest.mark.parametrize(
    ("number", "country", "region"),
    [
        ("+436641234567", None, "AT"),
        ("+1 415-555-2671", None, "US"),
        ("030 901820", "DE", "DE"),
        ("07400 123456", "GB", "GB"),
    ],
)
def test_a_number_is_replaced_by_a_valid_one_of_its_country(number: str, country: str | None, region: str) -> None:
    masked = stand_in({"phone": number, "country_code": country})
    parsed = phonenumbers.parse(masked["phone"], country)
    assert masked["phone"] != number
    assert phonenumbers.is_valid_number(parsed)
    assert phonenumbers.region_code_for_number(parsed) == region


@pytest.mark.parametrize("address", ["anna at home", "anna@@firma.at", "anna@", "anna.firma.at"])
def test_an_address_that_is_wrong_stays_wrong(address: str) -> None:
    masked = stand_in({"email": address})["email"]
    assert "anna" not in masked
    with pytest.raises(ValueError, match="is not a valid email address"):
        normal_email(masked)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("status", "Closed Won"),
        ("event", "orders/fulfilled"),
        ("type", "customer.created"),
        ("currency", "EUR"),
        ("amount", "1,299.00"),
        ("amount_minor", 129900),
        ("due", 1_777_884_300),
        ("occurredAt", 1_777_884_300_000),
        ("date", "03.05.2026"),
        ("country_code", "AT"),
        ("quantity", 12),
        ("customer_id", 0),
        ("rating", 4.5),
        ("consent", "yes"),
    ],
)
def test_what_is_nobodys_stays(key: str, value: Any) -> None:
    assert stand_in({key: value}) == {key: value}


def test_what_the_mappings_compare_with_stays() -> None:
    assert stand_in({"tag": "VIP Customers", "other": "VIP Guests"}, kept={"VIP Customers"})["tag"] == "VIP Customers"
    assert stand_in({"tag": "VIP Customers"})["tag"] != "VIP Customers"


def test_json_within_a_text_and_keys_that_are_addresses_are_masked() -> None:
    masked = stand_in({"rows": '{"email": "maria@firma.at"}', "by": {"maria@firma.at": 1}})
    assert json.loads(masked["rows"])["email"].endswith("@example.com")
    assert list(masked["by"]) == [json.loads(masked["rows"])["email"]]


# -- whatever comes --------------------------------------------------------------------------------------------

_NAMES = st.text(string.ascii_letters + "äöüßéŁ", min_size=4, max_size=12).map(str.title)
_ADDRESSES = st.from_regex(r"[a-z]{3,10}[.][a-z]{3,10}@[a-z]{4,9}\.(at|com|org)", fullmatch=True)
_NUMBERS = st.sampled_from(["+436641234567", "+491711234567", "+14155552671", "+447400123456", "+33612345678"])
_STREETS = st.from_regex(r"[A-Z][a-z]{5,10}(gasse|street) [0-9]{2,3}", fullmatch=True)
_PERSONAL = {
    "email": _ADDRESSES,
    "phone": _NUMBERS,
    "first_name": _NAMES,
    "lastName": _NAMES,
    "city": _NAMES,
    "address1": _STREETS,
    "company_name": _NAMES.map(lambda name: f"{name} GmbH"),
}
_HARMLESS = st.one_of(st.none(), st.booleans(), st.integers(-99, 99), st.sampled_from(["paid", "EUR", "9.90", ""]))


@st.composite
def _payloads(draw: st.DrawFn) -> tuple[Any, list[str]]:
    """A payload, and the personal texts that are somewhere in it: at their keys, in a note, in a list."""
    person = {key: draw(value) for key, value in _PERSONAL.items()}
    note = " ".join(["call", *draw(st.lists(st.sampled_from(sorted(person.values())), max_size=3)), "today"])
    payload: Any = {"note": note, "values": [person["email"], {"answer": person["phone"]}], "state": draw(_HARMLESS)}
    where = draw(st.sampled_from(["customer", "data", "field_17"]))
    payload[where] = {**person, "extra": draw(_HARMLESS)}
    return payload, list(person.values())


def _texts(value: Any) -> list[str]:
    if isinstance(value, dict | list):
        return [text for child in (value.values() if isinstance(value, dict) else value) for text in _texts(child)]
    return [value] if isinstance(value, str) else []


def _shape(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _shape(child) for key, child in value.items()}
    return [_shape(child) for child in value] if isinstance(value, list) else (type(value), value in (None, ""))


@settings(max_examples=60, deadline=None)
@given(_payloads())
def test_no_personal_text_survives_anywhere_and_the_structure_stays(drawn: tuple[Any, list[str]]) -> None:
    payload, personal = drawn
    masked = stand_in(payload)
    text = "\n".join(_texts(masked)).casefold()
    words = [rf"(?<![^\W_]){re.escape(original.casefold())}(?![^\W_])" for original in personal]
    assert [word for word in words if re.search(word, text)] == []
    assert [each for each in (personal[0], personal[1]) if each in text] == []
    assert _shape(masked) == _shape(payload)


@settings(max_examples=60, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=40),
        lambda children: st.lists(children, max_size=4) | st.dictionaries(st.text(max_size=12), children, max_size=4),
        max_leaves=12,
    )
)
def test_any_value_can_be_masked(value: Any) -> None:
    assert type(stand_in({"value": value})["value"]) is type(value)


def test_each_of_a_thousand_people_has_stand_ins_of_their_own() -> None:
    """Masking is one walk: where each stand-in were looked for anew, this would take a minute."""
    guests = [
        {
            "email": f"maria.huber{number}@firma.at",
            "phone": f"+43660{1_000_000 + number}",
            "first_name": "Maria",
            "last_name": f"Huber{'abcdefghij'[number % 10]}{'abcdefghij'[number // 10 % 10]}",
            "browser_ip": f"84.112.{number // 250}.{number % 250}",
        }
        for number in range(1_000)
    ]
    masked = stand_in({"guests": guests, "note": "Huberab and huberBC came, Huberabend did not, +436601000007 called"})
    for key in ("email", "phone", "browser_ip"):
        assert len({guest[key] for guest in masked["guests"]}) == 1_000
    assert all(phonenumbers.is_valid_number(phonenumbers.parse(guest["phone"])) for guest in masked["guests"])
    assert not {guest["email"] for guest in guests} & {guest["email"] for guest in masked["guests"]}
    assert not re.search(r"huberab|huberbc|1000007", masked["note"].casefold())
