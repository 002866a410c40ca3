"""What is told of touchpoints that are failing: to the log, to the metrics, and to the store for whoever looks."""

from datetime import UTC, datetime

from bridge.core.circuit import Trouble
from bridge.telemetry import log


class Troubles:
    """Keeps which touchpoints are failing, and what of that the store has not heard yet."""

    def __init__(self) -> None:
        self._now: dict[str, Trouble] = {}
        self._news: dict[str, Trouble | None] = {}

    @property
    def names(self) -> frozenset[str]:
        """The touchpoints that are failing."""
        return frozenset(self._now)

    @property
    def has_news(self) -> bool:
        """Say whether there is something to tell the store."""
        return bool(self._news)

    def note(self, name: str, trouble: Trouble | None) -> None:
        """Take in a change: a trouble, or None for the end of it. Logs it once; what is no change is nothing."""
        if trouble == self._now.get(name):
            return
        self._news[name] = trouble
        if trouble is None:
            del self._now[name]
            log("touchpoint.open", touchpoint=name)
        else:
            self._now[name] = trouble
            log("touchpoint.failing", level="warning", touchpoint=name, reason=trouble.reason, until=_time(trouble))

    def take_news(self) -> dict[str, Trouble | None]:
        """Give what the store has not heard yet, once."""
        news, self._news = self._news, {}
        return news


def _time(trouble: Trouble) -> str:
    return f"{datetime.fromtimestamp(trouble.until / 1000, UTC):%Y-%m-%dT%H:%M:%SZ}"
