"""The memory double's attributes: what targets have accepted, over a plain dict."""

import json
from typing import Any

from bridge.core.drift import DAY, Attribute
from bridge.core.outcome import Delivered

TYPES: dict[type, Any] = {str: "text", int: "number", float: "number", bool: "boolean"}


class MemoryAttributes:
    def __init__(self) -> None:
        self.seen: dict[tuple[str, str, str], Attribute] = {}

    def note(self, results: Any, held: list[bool], *, now: int) -> None:
        for result, kept in zip(results, held, strict=True):
            if kept and isinstance(result.ruling, Delivered):
                for name, value in json.loads(result.delivery.body).items():
                    self._note(result.delivery.touchpoint, name, TYPES[type(value)], now)

    def _note(self, touchpoint: str, name: str, kind: Any, now: int) -> None:
        old = self.seen.get((touchpoint, name, kind))
        if old is None or old.last_seen // DAY < now // DAY:
            self.seen[touchpoint, name, kind] = Attribute(touchpoint, name, kind, old.first_seen if old else now, now)

    def attributes(self, touchpoint: str | None = None) -> list[Attribute]:
        return [each for place, each in sorted(self.seen.items()) if touchpoint in (None, place[0])]
