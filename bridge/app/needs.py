"""Where a person is needed: what *Now* shows, most customers hurt first, what hurts nobody last. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from bridge.app.alike import merged
from bridge.app.inforce import InForce
from bridge.app.need import KINDS, Need, Remedy, Waiting, address, some
from bridge.app.needs_of_books import need_of_group
from bridge.app.needs_of_sending import needs_of_sending
from bridge.app.needs_of_sources import is_of_waiting, needs_of_sources
from bridge.app.standing import Situation
from bridge.outbox.figures import Count, Group


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the needs are found in. `shortage` says what there is too little room for; `waiting` is by pause."""

    now_is: Situation
    in_force: InForce
    groups: Sequence[Group] = ()
    shortage: str | None = None
    waiting: Waiting = field(default_factory=dict)


def needs_of(evidence: Evidence) -> list[Need]:
    """Give what a person is needed for: by kind in the order of KINDS, then by how many it is about.

    What hurts nobody comes after all others.
    """
    groups = merged(evidence.groups, evidence.now_is.totals)
    found = [
        *_room(evidence.shortage),
        *needs_of_sending(evidence.now_is, evidence.in_force, evidence.waiting),
        *_configuration(evidence.in_force),
        *needs_of_sources(evidence.now_is, evidence.in_force, groups),
        *(need_of_group(group) for group in groups if not is_of_waiting(group, evidence.in_force)),
    ]
    return sorted(
        found, key=lambda need: (need.hurts_nobody, KINDS.index(need.kind), -need.number, need.name, need.title)
    )


def _room(shortage: str | None) -> Iterator[Need]:
    if shortage:
        yield Need(
            "room",
            "",
            "The bridge takes nothing in: there is no room.",
            detail=f"{shortage}. Sources are answered 503 and send again; nothing accepted is lost.",
            remedies=(Remedy("Look at what waits", address("/deliveries", state="pending")),),
        )


def _configuration(in_force: InForce) -> Iterator[Need]:
    errors = [problem for problem in in_force.stale if problem.severity == "error"]
    if in_force.stale:
        yield Need(
            "configuration",
            "",
            f"The mapping folder has {some(Count(len(errors), exact=True), 'error', 'errors')}."
            " The bridge goes on with what was in force.",
            detail=str((errors or list(in_force.stale))[0]),
            number=len(errors),
            remedies=(Remedy("Show the error" if len(errors) == 1 else "Show the errors", "/mappings"),),
        )
    elif in_force.unapplied:
        files = some(Count(len(in_force.unapplied), exact=True), "file", "files")
        yield Need(
            "configuration",
            "",
            f"{files} of the mapping folder {'is' if files == '1 file' else 'are'} not in force.",
            detail=", ".join(in_force.unapplied[:5]) + (" …" if len(in_force.unapplied) > 5 else ""),
            number=len(in_force.unapplied),
            remedies=(Remedy("Plan, then apply", "/mappings"),),
        )
