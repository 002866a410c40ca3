"""Watches what is planned for attributes that drift: counted each time, logged once for each spelling and type."""

from collections.abc import Callable, Iterable

from bridge.core.drift import Attribute, Drift, Guard, vocabulary
from bridge.settings import Settings
from bridge.telemetry import log

Counts = Callable[[str], None]  # is told the touchpoint of each drifting attribute


def silent_guard(attributes: Iterable[Attribute], settings: Settings) -> Guard:
    """Give the guard of a command that works mappings out: it fails what would fail in the running bridge."""
    return Guard(vocabulary(attributes), settings.drift == "fail")


class DriftWatch:
    """Makes the guards of a running bridge, and remembers what was logged."""

    def __init__(self, settings: Settings, *, count: Counts) -> None:
        self._fails = settings.drift == "fail"
        self._count = count
        self._logged: set[tuple[str, str, str]] = set()

    def guard(self, attributes: Iterable[Attribute]) -> Guard:
        """Make the guard that knows these attributes."""
        return Guard(vocabulary(attributes), self._fails, self._note)

    def _note(self, source: str, mapping: str, drift: Drift) -> None:
        self._count(drift.accepted.touchpoint)
        place = (drift.accepted.touchpoint, drift.name, drift.given)
        if place not in self._logged:
            self._logged.add(place)
            log(
                "attribute.drift",
                level="error" if self._fails else "warning",
                touchpoint=drift.accepted.touchpoint,
                mapping=f"{source}/{mapping}",
                problem=drift.message,
                hint=drift.suggestion,
            )
