"""The paths of a payload: which fields it has, and which of them hold something."""

import re
from typing import Any

MOST_PATHS = 2_000  # of one payload; who sends more has made keys of values
_LONG = 65  # characters from which a key is no name
_VALUE = re.compile(r"[0-9]{3,}|[0-9a-f]{8}-[0-9a-f-]{27}|.*@.*|.{65,}")  # a key that is a value: an id, an address


def paths_of(payload: Any) -> dict[str, bool]:
    """Give the dotted paths of a payload, without list places; True where one of the values is not null or empty.

    A key that is an id or an address is written `*`.
    """
    found: dict[str, bool] = {}
    waiting: list[tuple[str, Any]] = [("", payload)]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, list):
            waiting += [(path, child) for child in value]
        elif isinstance(value, dict):
            for key, child in value.items():
                is_name = len(key) < _LONG and key.isidentifier()  # quick: nearly every key is one
                name = key if is_name or not _VALUE.fullmatch(key) else "*"
                below = f"{path}.{name}" if path else name
                if below not in found and len(found) >= MOST_PATHS:
                    continue
                found[below] = found.get(below, False) or child not in (None, "", [], {})
                if isinstance(child, dict | list):
                    waiting.append((below, child))
    return found
