"""What happens in a simulation, drawn from its seed: three months of events, troubles and operators."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any

from tests.simulation.catalog import DAY, HOUR, MINUTE
from tests.simulation.witness import Said, Wish

LENGTH = 90 * DAY
# 1 February, 10 September and 20 March 2026, UTC: the clocks of all zones below are set within three months of one.
BEGINNINGS = (1_769_904_000_000, 1_788_998_400_000, 1_773_964_800_000)
ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", None)
CONTACTS = ("anna@example.com", "ben@example.com", "carl@example.com")


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happens at a time (ms): what, to what."""

    at: int
    what: str
    about: dict[str, Any] = field(default_factory=dict)


def write_script(draw: Random) -> list[Step]:
    """Draw what happens, in the order of time."""
    begins = draw.choice(BEGINNINGS) + draw.randrange(14 * DAY)
    steps = [step for number in range(draw.randint(3, 7)) for step in _order(draw, f"o{number}", begins)]
    steps += [step for number in range(draw.randint(0, 3)) for step in _ticket(draw, f"t{number}", begins)]
    steps += _troubles(draw, begins)
    return sorted(steps, key=lambda step: step.at)


def meddling(draw: Random, at: int, said: Said, wish: Wish) -> Step | None:
    """Draw what happens while a delivery of this event is on its way, if anything does."""
    chance = draw.random()
    if chance < 0.06:
        return Step(at, draw.choice(["crash", "crash", "stop"]))
    if chance < 0.16 and wish.promise.cancelled_by:
        return _event(at, *draw.choice(wish.promise.cancelled_by), said.payload)
    if chance < 0.28:
        return _event(at, said.source, said.topic, said.payload)
    if chance < 0.31:
        return _event(at, "shop", "left", {"email": wish.contact})
    return Step(at, "faults") if chance < 0.36 else None


def _event(at: int, source: str, topic: str, payload: dict[str, Any]) -> Step:
    return Step(at, "event", {"source": source, "topic": topic, "payload": payload})


def _soon(draw: Random) -> int:
    """Give some time: seconds, hours, or days."""
    return draw.choice(
        [draw.randrange(20_000), draw.randrange(8 * HOUR), draw.randrange(6 * DAY), draw.randrange(40 * DAY)]
    )


def _order(draw: Random, name: str, begins: int) -> Iterator[Step]:
    at = begins + draw.randrange(LENGTH)
    email = draw.choice(CONTACTS) if draw.random() < 0.95 else "nobody at all"
    lines = [{"sku": sku} for sku in draw.sample(["a", "b"], draw.randint(0, 2))]
    order = {"order": name, "ticket": f"c-{name}", "email": email, "zone": draw.choice(ZONES), "lines": lines}
    yield _event(at, "shop", "fulfilled", order)
    for _ in range(draw.choice([0, 0, 1, 1, 2, 3])):
        topic = draw.choice(["fulfilled", "changed", "changed", "changed", "cancelled", "refunded", "again"])
        when = at + _soon(draw)
        if topic == "cancelled" and draw.random() < 0.3:
            when = at - draw.randrange(1, 2 * HOUR)
        if draw.random() < 0.1:
            yield _event(when, "desk", "complaint", {"order": name, "ticket": f"c-{name}", "email": email})
        elif topic == "again":
            yield Step(when, "again", {"order": name})
        else:
            yield _event(when, "shop", topic, order)
    if draw.random() < 0.08:
        yield _event(at + _soon(draw), "shop", "left", {"email": draw.choice(CONTACTS)})


def _ticket(draw: Random, name: str, begins: int) -> Iterator[Step]:
    at = begins + draw.randrange(LENGTH)
    for _ in range(draw.randint(1, 3)):
        topic = draw.choice(["closed", "closed", "closed", "reopened"])
        yield _event(at, "desk", topic, {"ticket": name, "email": draw.choice(CONTACTS), "order": "none"})
        at += draw.choice([draw.randrange(60_000), draw.randrange(2 * HOUR), draw.randrange(9 * DAY)])


def _troubles(draw: Random, begins: int) -> Iterator[Step]:
    for _ in range(draw.randint(2, 5)):
        at, name = begins + draw.randrange(LENGTH), draw.choice(["post", "hook"])
        mood = draw.choice(["moody", "moody", "busy", "down", "strict", "vague"])
        yield Step(at, "mood", {"touchpoint": name, "mood": mood})
        yield Step(at + draw.randrange(12 * DAY), "mood", {"touchpoint": name, "mood": "healthy"})
    for _ in range(draw.randint(0, 2)):
        at, scope = begins + draw.randrange(LENGTH), draw.choice(PAUSES)
        yield Step(at, "pause", {"scope": scope[0], "name": scope[1]})
        yield Step(at + draw.randrange(MINUTE, 8 * DAY), "resume", {"scope": scope[0], "name": scope[1]})
    for _ in range(draw.randint(2, 7)):
        yield Step(begins + draw.randrange(LENGTH), draw.choice(DEEDS))
    if draw.random() < 0.4:
        at, name = begins + draw.randrange(LENGTH), draw.choice(["post", "hook"])
        yield Step(at, "revoke", {"touchpoint": name})
        yield Step(at + draw.randrange(MINUTE, 9 * DAY), "exchange", {"touchpoint": name})


PAUSES = (
    ("all", ""),
    ("touchpoint", "post"),
    ("touchpoint", "hook"),
    ("mapping", "shop/survey"),
    ("mapping", "shop/thanks"),
    ("source", "desk"),
)
DEEDS = ("hold", "hold", "release", "release", "cancel", "suppress", "unsuppress", "replay", "prune", "crash", "stop",
         "faults")  # fmt: skip
