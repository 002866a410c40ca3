"""Bodies that are a signed web token (RFC 7519): the claims, with the JSON texts in them read as well."""

from typing import Any

from bridge.core.reading.json_text import check_depth, read_json, read_nested
from bridge.core.verification.web_token import claims_of

MOST_LAYERS = 4  # of JSON text within JSON text


def read_token(body: bytes, depth: int) -> Any:
    """Give the claims, None where the body is no token. Raises Unreadable where the claims are no JSON object.

    Members called `data` or `…AsJson` hold JSON text, again and again (dev.wix.com, about webhooks).
    """
    claims = claims_of(body)
    if claims is None:
        return None
    payload = read_json(claims, depth)
    level = [payload]
    for _ in range(MOST_LAYERS):
        level = [found for value in level for found in _read_members(value, depth)]
    check_depth(payload, depth)
    return payload


def _read_members(value: Any, depth: int) -> list[Any]:
    """Replace the texts within an object that hold JSON; gives what was read."""
    found = []
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, list):
            waiting.extend(item)
        elif isinstance(item, dict):
            for name, member in item.items():
                if isinstance(member, str) and (name == "data" or name.endswith("AsJson")):
                    item[name] = read_nested(member, depth)
                    if item[name] is not member:
                        found.append(item[name])
                else:
                    waiting.append(member)
    return found
