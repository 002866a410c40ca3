"""JSON text, read exactly and no deeper than allowed."""

from typing import Any

import msgspec

from bridge.core.errors import Unreadable

_CONTAINERS = frozenset({dict, list})


def read_json(text: bytes, depth: int) -> Any:
    """Give the object or list that the text holds. Raises Unreadable."""
    try:
        payload = msgspec.json.decode(text)
    except RecursionError:
        raise Unreadable(f"the JSON body is nested more than {depth} deep") from None
    except (msgspec.DecodeError, UnicodeDecodeError, ValueError) as error:
        raise Unreadable(f"the body is not valid JSON: {str(error)[:120]}") from None
    if not isinstance(payload, (dict, list)):
        raise Unreadable("the JSON body is neither an object nor a list")
    if text.count(b"{") + text.count(b"[") > depth:  # fewer brackets cannot nest deeper
        check_depth(payload, depth)
    return payload


def check_depth(payload: Any, depth: int) -> None:
    """Raise Unreadable where the value is nested deeper."""
    level = [payload]
    for _ in range(depth):
        level = [
            child
            for parent in level
            for child in (parent.values() if type(parent) is dict else parent)
            if type(child) in _CONTAINERS
        ]
        if not level:
            return
    raise Unreadable(f"the JSON body is nested more than {depth} deep")


def read_nested(text: str, depth: int) -> Any:
    """Give the object or list that a text within a body holds; any other text stays as it is."""
    if not text.lstrip().startswith(("{", "[")):
        return text
    try:
        return read_json(text.encode(), depth)
    except (Unreadable, UnicodeEncodeError):
        return text
