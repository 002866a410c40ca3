"""What the page *Now* shows, as its template wants it. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from bridge.app.glance import Glance, Touchpoint
from bridge.app.hours import Hour, stored
from bridge.app.need import Kind, Need
from bridge.console.wording import count, counted
from bridge.core.model import STATES, VERDICTS

FEW = 8  # issues that are shown at first
_MOST_TOUCHPOINTS = 10
_WIDTH, _HEIGHT = 240, 44  # of a chart
_HOUR = 3_600_000  # ms
_MARKS: Mapping[Kind, tuple[str, str]] = {  # the colour and the shape of an issue
    "room": ("dead", "error"),
    "paused": ("paused", "paused"),
    "failing": ("held", "warning"),
    "lookup": ("paused", "paused"),
    "held": ("held", "held"),
    "failed": ("failed", "failed"),
    "configuration": ("error", "error"),
    "dead": ("dead", "dead"),
    "waiting": ("warning", "warning"),
    "refused": ("warning", "warning"),
}
_ADDRESSES: Mapping[str, str] = {
    "received": "/events",
    "delivered": "/deliveries?state=delivered",
    "waiting": "/deliveries?state=pending",
    "held": "/deliveries?state=held",
    "dead": "/deliveries?state=dead",
}
_LEVELS: Mapping[str, str] = {"waiting": "deliveries.pending", "held": "deliveries.held"}
_DELIVERED = ("delivered", "delivered")
_UNBALANCED = ("dead", "error")


@dataclass(frozen=True, slots=True)
class Tile:
    """A number with the chart of its last day: `bars` of hours, or `lines` through them where it is a level.

    `bars` are pairs of a text and a number, None where nothing is known; `lines` are points for polylines.
    """

    name: str
    address: str
    state: str
    number: int
    beside: str
    label: str
    bars: Sequence[tuple[str, int | None]] = ()
    lines: Sequence[str] = ()


def mark(need: Need) -> tuple[str, str]:
    """Give colour and shape of an issue."""
    return _MARKS[need.kind]


def worst(seen: Glance) -> tuple[str, str]:
    """Give colour and shape of the finding."""
    if seen.imbalances:
        return _UNBALANCED
    urgent = next((need for need in seen.needs if not need.hurts_nobody), None)
    return mark(urgent) if urgent else _DELIVERED


def tiles(seen: Glance, zone: ZoneInfo) -> list[Tile]:
    """Give the five numbers of the last 24 hours."""
    return [_level(each, seen) if each in _LEVELS else _flow(each, seen, zone) for each in _ADDRESSES]


def _flow(figure: str, seen: Glance, zone: ZoneInfo) -> Tile:
    """Give what happened: the sum of the day, and hour by hour."""
    numbers: list[int | None] = [getattr(hour, figure) for hour in seen.hours]
    bars = [(_span(hour, zone), number) for hour, number in zip(seen.hours, numbers, strict=True)]
    return Tile(
        figure.capitalize(),
        _ADDRESSES[figure],
        "pending" if figure == "received" else figure,
        sum(number or 0 for number in numbers),
        "" if numbers[-1] is None else f"{count(numbers[-1])} this hour",
        f"{figure.capitalize()} per hour, last 24 hours: {_peak(bars)}",
        bars=bars,
    )


def _level(figure: str, seen: Glance) -> Tile:
    """Give what there is: how many now, and at the end of each hour."""
    number = stored(seen.counters, _LEVELS[figure])
    levels: list[int | None] = [getattr(hour, figure) for hour in seen.hours]
    known = [level for level in levels if level is not None]
    between = f"between {count(min(known))} and {count(max(known))}" if known else "no figures"
    due = seen.due[0]
    return Tile(
        figure.capitalize(),
        _ADDRESSES[figure],
        "sending" if figure == "waiting" else figure,
        number,
        f"{counted(due.number, exact=due.exact)} due now" if figure == "waiting" else "",
        f"{figure.capitalize()} over the last 24 hours: {between}, now {count(number)}",
        lines=lines(levels),
    )


def _peak(bars: Sequence[tuple[str, int | None]]) -> str:
    most = max(((number or 0, when) for when, number in bars), key=lambda pair: pair[0], default=(0, ""))
    return f"most {count(most[0])} from {most[1]}" if most[0] else "none"


def _span(hour: Hour, zone: ZoneInfo) -> str:
    return f"{clock(hour.begins, zone)} to {clock(hour.begins + _HOUR, zone)}"


def clock(time: int, zone: ZoneInfo) -> str:
    """Write the time of day."""
    return f"{datetime.fromtimestamp(time / 1000, zone):%H:%M}"


def lines(levels: Sequence[int | None]) -> list[str]:
    """Give the points of a line for every stretch of hours that are known; one hour alone is a short line."""
    most = max((level for level in levels if level is not None), default=0) or 1
    step = _WIDTH / max(len(levels) - 1, 1)
    stretches: list[list[str]] = [[]]
    for number, level in enumerate(levels):
        if level is None:
            stretches.append([])
        else:
            stretches[-1].append(f"{number * step:.1f},{_HEIGHT - 2 - (_HEIGHT - 6) * level / most:.1f}")
    return [" ".join(points if len(points) > 1 else _short(points[0], step)) for points in stretches if points]


def _short(point: str, step: float) -> list[str]:
    x, _, y = point.partition(",")
    begins = min(float(x), _WIDTH - step / 2)
    return [f"{begins:.1f},{y}", f"{begins + step / 2:.1f},{y}"]


def table(seen: Glance, zone: ZoneInfo) -> list[tuple[str, Hour, str]]:
    """Give the hours, the latest first: when each was, and why it has no figures where it has none."""
    first = next((hour.begins for hour in seen.hours if hour.is_known), seen.at)
    return [
        (_span(hour, zone), hour, "the bridge was off" if hour.begins > first else "nothing was kept yet")
        for hour in reversed(seen.hours)
    ]


def touchpoints(seen: Glance) -> tuple[list[Touchpoint], int]:
    """Give the touchpoints that are shown, those that are not open first, and how many are not."""
    ordered = sorted(seen.touchpoints, key=lambda each: (each.standing.state == "open", each.name))
    return ordered[:_MOST_TOUCHPOINTS], max(0, len(ordered) - _MOST_TOUCHPOINTS)


def sums(seen: Glance) -> list[tuple[str, int, list[tuple[str, int]]]]:
    """Give the sums of the books: of what, how many, and what they are made up of."""

    def parts(prefix: str, names: Sequence[str]) -> list[tuple[str, int]]:
        return [(name, seen.counters.get(f"{prefix}{name}", 0)) for name in names]

    made = parts("deliveries.", ("planned", "replayed"))
    total = sum(number for _, number in made)
    return [
        ("decisions", seen.counters.get("decisions", 0), parts("decisions.", VERDICTS)),
        ("deliveries made", total, made),
        ("deliveries", total, parts("deliveries.", STATES)),
    ]
