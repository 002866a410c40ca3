"""What the pages of replays say. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from bridge.api.choice import Choice
from bridge.api.verbs.replays import How, Preview
from bridge.app.census import spoken
from bridge.console.wording import count, several
from bridge.outbox.lookups import AWAITED
from bridge.outbox.terms import Row

TYPED_FROM = 101  # from so many on the number is typed
_KINDS = {"delivery": ("delivery", "deliveries"), "decision": ("failed decision", ""), "event": ("past event", "")}
_FILTERS = {
    "source": "source",
    "topic": "topic",
    "state": "state",
    "verdict": "decision",
    "touchpoint": "touchpoint",
    "mapping": "mapping",
    "contact": "contact",
    "replay": "made by",
    "since": "since",
    "until": "until",
}


def kinds(preview: Preview) -> str:
    """Say how many of what there are: `57 deliveries and 3 failed decisions`."""
    numbers: dict[str, int] = {}
    for row in preview.by:
        numbers[row["kind"]] = numbers.get(row["kind"], 0) + row["number"]
    parts = [several(number, *_KINDS[kind]) for kind, number in numbers.items()]
    return " and ".join(parts) or "nothing"


def question(preview: Preview, how: How, mapping: str | None) -> str:
    """Ask what is to be confirmed."""
    if how.backfill:
        return f"Take {kinds(preview)} through {mapping}?"
    return f"Replay {kinds(preview)}?"


def summary(preview: Preview, how: How) -> str:
    """Say to whom, as what and how fast."""
    going = sorted({row["touchpoint"] for row in preview.by if row["touchpoint"]})
    to = f" to {', '.join(going)}" if going else ""
    body = {"stored-body": "with the same bodies", "current-mapping": "through today's mapping"}[how.mode]
    if how.backfill:
        body = "through the new mapping"
    limit = f", at most {pace(how.rate)}" if how.rate else ""
    wait = f", not before {how.wait} have passed" if how.wait else ""
    many = several(preview.found, "new request")
    return f"Up to {many}{to}, {body}{limit}{wait}: {took(preview.takes_ms)}. Live requests go first."


def pace(rate: str) -> str:
    """Say a rate such as `10/s` or `10/1s` in words."""
    number, _, period = rate.partition("/")
    unit = {"s": "second", "m": "minute", "h": "hour", "d": "day"}.get(period.removeprefix("1"))
    return f"{number} per {unit}" if unit else f"{number} in {period}"


def took(ms: int) -> str:
    """Say how long it takes until all is sent."""
    return "done in less than a second" if ms < 1_000 else f"done in about {spoken(ms)}, where the targets keep up"


def warning(preview: Preview) -> str:
    """Say who may be asked a second time; empty for nobody."""
    if not preview.asked_before:
        return ""
    which = several(preview.asked_before, "of them was", "of them were")
    return (
        f"{which} delivered already, or may have been: up to {several(preview.asked_before, 'person', 'people')} may be"
        " asked a second time. The record will say that you decided this."
    )


def tried(preview: Preview) -> str:
    """Say what would become of the first of them."""
    which = "Of these" if preview.tried.rows == preview.found else f"Of the first {count(preview.tried.rows)}"
    return f"{which}, {count(preview.tried.made)} would be made now."


def is_in_vain(preview: Preview) -> bool:
    """Say whether it is known that nothing at all would be made; what waits for a lookup may be."""
    tried = preview.tried
    return tried.rows == preview.found > 0 == tried.made and AWAITED not in tried.others


def chosen(choice: Choice) -> list[tuple[str, str]]:
    """Give the filter as labels and values."""
    rows = [("ids", f"{len(choice.id)} given" if len(choice.id) > 3 else ", ".join(choice.id))] if choice.id else []
    for name, label in _FILTERS.items():
        value = getattr(choice, name)
        if value and name == "contact":
            rows.append(("contact", "one person"))
        elif value:
            rows.append((label, ", ".join(value) if isinstance(value, tuple) else value))
    return [*rows, ("fate", "unknown")] if choice.unknown else rows


def finding(rows: Sequence[Row]) -> str:
    """Say in a sentence how the replays stand."""
    running = [row for row in rows if row["state"] == "running"]
    paused = sum(row["state"] == "paused" for row in rows)
    if running:
        left = f", about {running[0]['left']} left" if len(running) == 1 and running[0]["left"] else ""
        return f"{several(len(running), 'replay is', 'replays are')} at work{left}"
    if paused:
        return f"{several(paused, 'replay is', 'replays are')} paused, nothing is being sent again"
    return "Nothing is being sent again now"


def standing(row: Row) -> str:
    """Say in a sentence how one replay stands."""
    made = f"{count(row['made'])} of {count(row['found'])} made"
    match row["state"]:
        case "running":
            return f"{made}, about {row['left']} left" if row["left"] else f"{made}, it has just begun"
        case "paused":
            return f"Paused: {made}"
        case "cancelled":
            return f"Stopped: {made}"
    return f"Done: {made}"


def outcomes(states: Mapping[str, int], replay_id: str) -> list[dict[str, Any]]:
    """Give what became of what a replay made, with the way to them."""
    order = ("pending", "sending", "held", "delivered", "cancelled", "dead")
    return [
        {"state": state, "number": states[state], "address": f"/deliveries?replay={replay_id}&state={state}"}
        for state in order
        if states.get(state)
    ]
