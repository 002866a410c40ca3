"""Reads `send:` of a mapping: how long requests wait, in which hours they are sent, to which share of people."""

import re
from collections.abc import Iterator
from functools import cache
from zoneinfo import available_timezones

from bridge.catalog.nodes import Node
from bridge.catalog.reader import Reader, Section
from bridge.catalog.report import did_you_mean, echo, shown
from bridge.catalog.scalars import is_null
from bridge.catalog.send_keys import BETWEEN
from bridge.core.configuration import Field, Sending
from bridge.core.durations import UNITS, format_duration, parse_duration, parse_span
from bridge.core.language.expression import Expression
from bridge.core.language.moments import find_zone
from bridge.core.schedule import EVERY_DAY, NO_WAIT, WEEKDAYS, WHOLE_DAY, Span

_AFTER = (0, 400 * UNITS["d"])  # ms; as long as a key is known to have been asked about
_EXPIRES = (UNITS["m"], 400 * UNITS["d"])
_LOOSELY = re.compile(r"([0-9]{1,2})(?:[:.]([0-9]{2}))?\s*(?:[-–—,/]|to|until)\s*([0-9]{1,2})(?:[:.]([0-9]{2}))?")  # noqa: RUF001 - the dashes that people write
_SPOKEN = re.compile(r"([0-9]{1,4})\s*([a-z]*)", re.ASCII)
_UNITS = {"second": 1_000, "minute": 60_000, "hour": 3_600_000, "day": 86_400_000, "week": 7 * 86_400_000}
_SHARE = re.compile(r"[0-9]{1,3}(\.[0-9]{1,15})?", re.ASCII)
_PERCENT = re.compile(r"([0-9]{0,3}[.,]?[0-9]{1,15})\s*(%?)", re.ASCII)
_WITHOUT_SUMMER = frozenset({"EST", "MST", "HST"})  # zones, but seldom those that are meant
_NO_PLACE = re.compile(r"[A-Za-z]{0,5} ?[+-]?[0-9:]*")  # such as CEST, UTC+2, +01:00
_A_PLACE = "write the zone of a place, such as Europe/Berlin"


def read_sending(section: Section, reader: Reader) -> Sending | None:
    """Read the `send:` of a mapping, None where there is none; what is wrong goes to the reader's report."""
    block: Section | None = section.get("send")
    if block is None:
        return None
    if not block.node.entries:
        reader.report.error(block.node, "send is empty", "write after: 3d, or leave the key out")
    between, days = _between(block, reader), _days(block, reader)
    timed = "between" if between else "days" if days else ""
    if timed and "zone" not in block.nodes.keys() | block.meant:
        suggestion = "write zone: and the contact's, such as Europe/Berlin, or UTC"
        reader.report.warn(block.at(timed), f"{timed} is by the clock of UTC", suggestion)
    return Sending(
        after=_span(block, "after", _AFTER, reader) or NO_WAIT,
        origin=block.get("from"),
        between=between or WHOLE_DAY,
        days=days or EVERY_DAY,
        zone=_zone(block, reader),
        sample=_sample(block, reader) or 1.0,
        expires=_span(block, "expires", _EXPIRES, reader),
    )


def sending_formulas(section: Section) -> Iterator[tuple[Node, Expression]]:
    """Give the expressions of a mapping's `send:`, each with its place."""
    block: Section | None = section.get("send")
    zone: Section | None = block.get("zone") if block else None
    for part, key in ((block, "from"), (zone, "expr")):
        if part is not None and (expression := part.get(key)) is not None:
            yield part.at(key), expression


# -- how long ------------------------------------------------------------------------------------------------------


def _span(block: Section, key: str, bounds: tuple[int, int], reader: Reader) -> Span | None:
    node = block.get(key)
    if node is None or _is_empty(node, key, reader):
        return None
    try:
        span, duration = parse_span(node.text), parse_duration(node.text)
    except ValueError:
        wanted = "a duration such as 30m, 36h or 3d"
        reader.report.error(node, f"{key} must be {wanted}, not {shown(node)}", _meant_span(node.text))
        return None
    if not bounds[0] <= duration <= bounds[1]:
        wanted = f"from {format_duration(bounds[0])} to {format_duration(bounds[1])}"
        reader.report.error(node, f"{key} must be {wanted}, not {shown(node)}")
        return None
    return span


def _meant_span(text: str) -> str:
    match = _SPOKEN.fullmatch(text.strip().lower())
    if match is None:
        return ""
    if not match[2]:
        return f"write {match[1]}d for days, {match[1]}h for hours"
    unit = match[2].removesuffix("s") or "s"
    size = next((size for name, size in _UNITS.items() if name.startswith(unit)), 0)
    return f"did you mean {format_duration(int(match[1]) * size)}?" if size else ""


# -- in which hours ------------------------------------------------------------------------------------------------


def _between(block: Section, reader: Reader) -> tuple[int, int] | None:
    node = block.get("between")
    if node is None or _is_empty(node, "between", reader):
        return None
    if node.kind != "text" or not re.fullmatch(BETWEEN, node.text):
        wanted = 'two times of day such as "09:00-19:00"'
        reader.report.error(node, f"between must be {wanted}, not {shown(node)}", _meant_between(node))
        return None
    begins, ends = (
        int(hour) * 60 + int(minute) for hour, _, minute in (t.partition(":") for t in node.text.split("-"))
    )
    if begins == ends:
        reader.report.error(node, "between ends when it begins", 'write "00:00-24:00" for the whole day')
        return None
    return begins, ends


def _meant_between(node: Node) -> str:
    text = "-".join(item.text for item in node.items) if node.kind == "list" else node.text
    match = _LOOSELY.fullmatch(text.strip())
    said = f"{match[1]:0>2}:{match[2] or '00'}-{match[3]:0>2}:{match[4] or '00'}" if match else ""
    return f'write "{said}"' if re.fullmatch(BETWEEN, said) else ""


def _days(block: Section, reader: Reader) -> tuple[int, ...] | None:
    node = block.get("days")
    if node is None or _is_empty(node, "days", reader):
        return None
    nodes = node.items if node.kind == "list" else (node,)
    if not nodes:
        reader.report.error(node, "days is an empty list", "add a day, or leave the key out")
    days: set[int] = set()
    for each in nodes:
        if each.kind == "text" and each.text in WEEKDAYS:
            days.add(WEEKDAYS.index(each.text))
        elif each.kind != "refused":
            wanted = "mon, tue, wed, thu, fri, sat or sun"
            reader.report.error(each, f"days must be {wanted}, not {shown(each)}", _meant_days(each.text))
    return tuple(sorted(days))


def _meant_days(text: str) -> str:
    words = re.findall(r"[a-z]+", text.lower())
    meant = [word[:3] for word in words if word[:3] in WEEKDAYS]
    if not meant or len(meant) != len(words):
        return ""
    if len(meant) == 1:
        return f"did you mean {meant[0]!r}?"
    if len(meant) == 2 and "," not in text:
        first, last = map(WEEKDAYS.index, meant)
        meant = [WEEKDAYS[(first + count) % 7] for count in range((last - first) % 7 + 1)]
    return f"write days: [{', '.join(meant)}]"


# -- whose clock ---------------------------------------------------------------------------------------------------


def _zone(block: Section, reader: Reader) -> Field | None:
    zone: Section | None = block.get("zone")
    if zone is None:
        return None
    report, has = reader.report, zone.nodes.keys() | zone.meant
    if "value" in has and len(has) > 1:
        report.error(zone.at("value"), "zone: value is a constant and stands alone", "remove the other keys")
    elif not has & {"value", "expr"}:
        report.error(zone.node, "zone has neither expr nor value", "write zone: Europe/Berlin, or expr: and default:")
    elif "expr" in zone.nodes and "default" not in has:
        message = "zone: without default, events fail whose zone is null or unknown"
        report.warn(zone.at("expr"), message, "write default: and the zone of most of your contacts")
    for key in ("value", "default"):
        _check_zone(zone, key, reader)
    return Field("zone", zone.get("expr"), constant=zone.get("value"), default=zone.get("default"))


def _check_zone(zone: Section, key: str, reader: Reader) -> None:
    name, node = zone.get(key), zone.at(key)
    if name is None:
        return
    if find_zone(name) is None:
        reader.report.error(node, f"zone: there is no time zone {echo(name)}", _meant_zone(name))
    elif name in _WITHOUT_SUMMER:
        reader.report.warn(
            node, f"zone: {name} has no summer time", "write the zone of a place, such as America/New_York"
        )


def _meant_zone(name: str) -> str:
    if any(sign in name for sign in ".([|@'`"):
        return "an expression is written zone: {expr: …, default: …}"
    zones, wanted = _zones(), name.strip().replace(" ", "_").lower()
    if place := next((zone for zone in zones if zone.lower().split("/")[-1] == wanted.split("/")[-1]), ""):
        return f"did you mean {place!r}?"
    return _A_PLACE if _NO_PLACE.fullmatch(name) else did_you_mean(name, zones) or _A_PLACE


@cache
def _zones() -> list[str]:
    return sorted(available_timezones())  # looks into every file of the database


# -- to whom -------------------------------------------------------------------------------------------------------


def _sample(block: Section, reader: Reader) -> float | None:
    node = block.get("sample")
    if node is None or _is_empty(node, "sample", reader):
        return None
    if node.kind == "text" and not node.style and _SHARE.fullmatch(node.text) and 0 < float(node.text) <= 1:
        return float(node.text)
    wanted = "a number above 0 and at most 1"
    reader.report.error(node, f"sample must be {wanted}, not {shown(node)}", _meant_share(node))
    return None


def _meant_share(node: Node) -> str:
    if node.style and _SHARE.fullmatch(node.text):
        return "remove the quotes"
    match = _PERCENT.fullmatch(node.text)
    share = float(match[1].replace(",", ".")) if match else 0.0
    share = share / 100 if match and (match[2] or share >= 2) else share
    return f"write {share:g}" if 0 < share <= 1 else ""


def _is_empty(node: Node, key: str, reader: Reader) -> bool:
    empty = node.kind == "text" and (is_null(node) or not node.text.strip())
    if empty:
        reader.report.error(node, f"{key} is empty", "write a value, or leave the key out")
    return empty
