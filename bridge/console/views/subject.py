"""Whom and what a delivery is about, in words that people know it by."""

import json
import re
from dataclasses import dataclass
from typing import Any

_FIRST, _LAST = ("firstname", "first_name", "givenname"), ("lastname", "last_name", "surname", "familyname")
_WHOLE = ("name", "fullname", "full_name", "customer", "company")
_ADDRESS = ("email", "mail", "phone", "mobile", "sms", "contact", "to")
_REFERENCE = re.compile(
    r"(order|invoice|ticket|case|booking|subscription|refund|payment|return|shipment)_?(?:id|no|nr|number|name)?",
    re.IGNORECASE,
)
_NO_NAME = "private"  # what shipped mappings send where there is no company


@dataclass(frozen=True, slots=True)
class About:
    """A person's `name` and `address` (or number), and what they are asked about; empty where it is not known."""

    name: str
    address: str
    what: str


def about(body: str | None, *, key: str | None, delivery_id: str) -> About:
    """Say it from the body that is sent (JSON text, None once pruned), else from the key, else from the id."""
    values = attributes(body)
    folded = {name.lower(): str(value) for name, value in values.items() if value not in ("", None)}
    name = " ".join(filter(None, (_first(folded, _FIRST), _first(folded, _LAST))))
    name = name or next((folded[each] for each in _WHOLE if folded.get(each, _NO_NAME) != _NO_NAME), "")
    return About(name, _first(folded, _ADDRESS), _what(values, key, delivery_id))


def attributes(body: str | None) -> dict[str, Any]:
    """Give the attributes of a stored body; none where it is pruned or not an object."""
    try:
        values = json.loads(body or "{}", parse_float=str)
    except ValueError:
        return {}
    return values if isinstance(values, dict) else {}


def _first(values: dict[str, str], names: tuple[str, ...]) -> str:
    return next((values[name] for name in names if values.get(name)), "")


def _what(values: dict[str, Any], key: str | None, delivery_id: str) -> str:
    for name, value in values.items():
        found = _REFERENCE.fullmatch(name)
        if found and isinstance(value, str | int) and value != "":
            return f"{found[1].lower()} {value}"
    return key or short(delivery_id)


def short(identity: str) -> str:
    """Give the end of an id, which tells those of one moment apart."""
    return f"{identity[:4]}…{identity[-6:]}" if len(identity) > 16 else identity


def plain(reason: str) -> str:
    """Give a reason without the commands that it names at its end: pages have buttons for them."""
    return reason.partition("; ask there, then `bridge")[0].strip()
