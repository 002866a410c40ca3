"""What a plan shows: the finding in a sentence, the counts, and a row for each thing that would change."""

from collections.abc import Mapping
from dataclasses import dataclass

from bridge.app.planned import EVENT_TITLES, TITLES
from bridge.app.planner import Plan
from bridge.catalog import fingerprint
from bridge.console.wording import several

_TILES = (
    ("newly_sent", "newly sent"),
    ("no_longer_sent", "no longer sent"),
    ("changed", "sent, other values"),
    ("newly_failing", "newly failing"),
)
_QUIET = ("unchanged", "still_not_sent")
_MOST_ROWS = 100


@dataclass(frozen=True, slots=True)
class Sample:
    """One event at which it differs."""

    event: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that would change: what, in which mapping, how often, and where it was seen."""

    kind: str
    what: str
    place: str
    reason: str
    count: int
    samples: tuple[Sample, ...]


def headline(plan: Plan) -> str:
    """Say in a sentence what would change."""
    if plan.found is None:
        return "The plan could not be made"
    decisions: Mapping[str, int] = plan.found["decisions"]
    said = [f"{decisions[kind]:,} {words}" for kind, words in (*_TILES[:2], _TILES[3]) if decisions[kind]]
    if decisions["changed"]:
        said.append(f"{decisions['changed']:,} sent with other values")
    if not plan.found["files"]:
        return "The files are those in force: nothing would change"
    if not plan.events:
        return "There are no stored events to compare with"
    over = f"over {several(plan.events, 'event')}"
    return f"{', '.join(said)} {over}" if said else f"Nothing would be sent otherwise {over}"


def tiles(plan: Plan) -> list[tuple[int, str]]:
    """Give the counts on top."""
    if plan.found is None:
        return []
    decisions = plan.found["decisions"]
    quiet = sum(decisions[kind] for kind in _QUIET)
    return [*((decisions[kind], words) for kind, words in _TILES), (quiet, "as before")]


def rows(plan: Plan) -> list[Row]:
    """Give what would change, the most important kinds first as the plan has them."""
    groups = plan.found["groups"] if plan.found else []
    return [_row(group) for group in groups[:_MOST_ROWS]]


def _row(group: Mapping[str, object]) -> Row:
    samples = group["examples"]
    assert isinstance(samples, list), "a group lists its examples"
    kind, field, reason = str(group["kind"]), str(group["field"]), str(group["reason"])
    count = group["count"]
    assert isinstance(count, int), "a group counts"
    return Row(
        kind=kind,
        what=field or TITLES[kind],
        place="/".join(part for part in (str(group["source"]), str(group["mapping"])) if part),
        reason=reason,
        count=count,
        samples=tuple(Sample(each["event"], each["before"], each["after"]) for each in samples),
    )


def facts(plan: Plan) -> list[str]:
    """Give what else is to be known before the files come into force, as sentences."""
    if plan.found is None:
        return []
    found = plan.found
    said = [
        f"{several(found['events'][name], 'event')} {title}."
        for name, title in EVENT_TITLES.items()
        if found["events"][name]
    ]
    said += [
        f"{what.capitalize()} {how}: {', '.join(names)}."
        for what in ("sources", "touchpoints")
        for how in ("added", "removed", "changed")
        if (names := found.get(f"{what}_{how}"))
    ]
    for name, number in found["waiting_for_removed"].items():
        if number:
            said.append(f"{several(number, 'delivery', 'deliveries')} for {name} would wait, held, until it is back.")
    said += [
        f"{each['source']}/{each['mapping']}: {each['problem']} ({each['suggestion']})." for each in found["drift"]
    ]
    for kind in ("newly_cancelling", "no_longer_cancelling", "no_longer_failing"):
        if found["decisions"][kind]:
            said.append(f"{several(found['decisions'][kind], 'decision')} {TITLES[kind]}.")
    return said


def behind(plan: Plan, files: Mapping[str, str], *, in_force: str) -> str:
    """Say why a plan is not of what would come into force now; `` if it is. `files` are the folder's."""
    made = plan.draft
    now = {**files, **{name: made.files[name] for name in made.edited}}
    conflicting = [name for name in made.edited if files.get(name) not in {made.before.get(name), made.files[name]}]
    if conflicting:
        return f"{', '.join(conflicting)} changed in the folder since this plan"
    if fingerprint(now) != plan.mark:
        return "the folder changed since this plan"
    if in_force not in {plan.in_force, plan.mark}:
        return "what is in force changed since this plan"
    return ""
