"""What a key of a payload says about its value: whose it is, or that it is nobody's. Tables, most telling first."""

import re
from collections.abc import Collection
from functools import lru_cache
from typing import Literal

Meaning = Literal[
    "email",
    "phone",
    "first",
    "last",
    "name",
    "company",
    "street",
    "city",
    "region",
    "zip",
    "birth",
    "position",
    "ip",
    "host",
    "country",
    "id",
    "amount",
    "time",
    "kept",
    "unknown",
]

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


# A row fits where one of its words, or the words joined, is among these; the first row that fits decides.
_ROWS: tuple[tuple[Meaning, frozenset[str]], ...] = (
    ("email", _set("email emails mail emailaddress mailto")),
    ("ip", _set("ip ipaddress browserip clientip remoteaddr")),
    (
        "phone",
        _set("phone phones mobile cell cellphone telephone tel fax sms whatsapp msisdn phonenumber"),
    ),
    ("first", _set("firstname givenname forename fname vorname middlename given first")),
    ("last", _set("lastname surname familyname lname nachname family maidenname last")),
    (
        "company",
        _set("company organization organisation business employer firm vendor merchant brandname"),
    ),
    ("zip", _set("zip zipcode postcode postalcode postal plz")),
    ("city", _set("city town locality suburb neighborhood district ort")),
    ("region", _set("province region county")),
    ("birth", _set("birth birthday birthdate dob dateofbirth born")),
    ("position", _set("latitude longitude lat lng lon geo coordinates")),
    ("country", _set("country countrycode countryname")),
    (
        "street",
        _set("street address address1 address2 address3 line1 line2 line3 streetaddress addr house"),
    ),
    ("host", _set("domain host hostname website site subdomain")),
    (
        "amount",
        _set(
            "price amount total subtotal tax discount quantity qty count cost fee balance sum rate percent "
            "percentage weight grams score rating points value sales minor size position length width height "
            "duration"
        ),
    ),
    (
        "time",
        _set(
            "at time date timestamp ts created updated modified expires period due start starts end ends "
            "since until occurred when deadline datetime"
        ),
    ),
    (
        "id",
        _set(
            "id ids uuid guid uid gid token key number ref reference sku hash code checksum fingerprint "
            "identifier external serial invoice tracking nonce etag signature order ticket case deal receipt "
            "booking reservation account subscription iban"
        ),
    ),
    (
        "kept",
        _set(
            "status state stage type kind currency locale language lang timezone tz topic event action reason "
            "mode unit scope gateway method brand priority channel version object environment livemode api "
            "format severity category role level plan interval visibility outcome result"
        ),
    ),
    (
        "name",
        _set(
            "name fullname displayname nickname username login handle cardholder holder recipient customer "
            "contact user owner author assignee sender guest attendee buyer payer person member from to cc "
            "bcc signer salutation slug alias contactname"
        ),
    ),
)
_ADDRESS = frozenset({"zip", "city", "street"})
_ABOUT_TEXTS = frozenset({"subject", "body", "text", "content", "template", "comment", "note", "message"})
_THINGS = _set(
    "source event channel topic property field product item variant plan file method gateway list form tag"
)  # whose names are nobody's


@lru_cache(maxsize=4096)
def words(key: str) -> tuple[str, ...]:
    """Give the words of a key in any spelling: `firstName`, `first_name` and `First-Name` are `first`, `name`."""
    return tuple(word.lower() for word in _WORD.findall(key[:256]))


@lru_cache(maxsize=4096)
def _alone(key: str) -> Meaning:
    found = words(key)
    bare = [word for word in found if not word.isdigit()]
    pairs = {"".join(found), "".join(bare), *("".join(found[n : n + 2]) for n in range(len(found) - 1))}
    for meaning, names in _ROWS:
        if not names.isdisjoint(pairs):
            return meaning
    last = bare[-1] if bare else ""
    if last == "name" and not _THINGS.isdisjoint(bare):
        return "unknown"
    if last in _ABOUT_TEXTS:
        return "unknown"
    rows = [meaning for meaning, names in _ROWS if not names.isdisjoint(bare)]
    of_last = [meaning for meaning, names in _ROWS if last in names]
    # `email_status` and `customer_id` are nobody's address or name, `mobile_number` is a number to call
    if of_last and of_last[0] in {"time", "kept", "id", "amount"} and not (last == "number" and "phone" in rows):
        return of_last[0]
    return rows[0] if rows else "unknown"


def meaning_of(key: str, siblings: Collection[str]) -> Meaning:
    """Say what the value of a key is. `siblings` are the keys beside it: a `state` in an address is a place."""
    found = _alone(key)
    if found == "kept" and words(key)[-1:] == ("state",) and any(_alone(other) in _ADDRESS for other in siblings):
        return "region"
    return found
