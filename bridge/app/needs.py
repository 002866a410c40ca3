"""Where a person is needed: what *Now* shows, most customers hurt first. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from bridge.app.alike import alike, merged
from bridge.app.inforce import InForce
from bridge.app.need import KINDS, Need, Remedy, Waiting, address, capital, page_of, some
from bridge.app.needs_of_books import need_of_group
from bridge.app.needs_of_sending import needs_of_sending
from bridge.app.standing import Situation
from bridge.outbox.figures import Count, Group
from bridge.web.reception import LiveSource


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the needs are found in. `shortage` says what there is too little room for; `waiting` is by pause."""

    now_is: Situation
    in_force: InForce
    groups: Sequence[Group] = ()
    shortage: str | None = None
    waiting: Waiting = field(default_factory=dict)


def needs_of(evidence: Evidence) -> list[Need]:
    """Give what a person is needed for, by kind in the order of KINDS, then by how many it is about."""
    groups = merged(evidence.groups, evidence.now_is.totals)
    found = [
        *_room(evidence.shortage),
        *needs_of_sending(evidence.now_is, evidence.in_force, evidence.waiting),
        *_configuration(evidence.in_force),
        *_sources(evidence.in_force, groups),
        *(need_of_group(group) for group in groups if not _is_of_waiting(group, evidence.in_force)),
    ]
    return sorted(found, key=lambda need: (KINDS.index(need.kind), -need.number, need.name, need.title))


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


def _sources(in_force: InForce, groups: Iterable[Group]) -> Iterator[Need]:
    """Tell of sources that cannot be verified yet, with the requests that were turned away for it."""
    for name, live in sorted(in_force.sources.items()):
        if live.verifier is None:
            refused = [group for group in groups if group.place == name and _is_of_waiting(group, in_force)]
            yield _waiting(name, live, sum(group.number for group in refused))


def _waiting(name: str, live: LiveSource, number: int) -> Need:
    page = page_of("source", name)
    lacks_secret = live.waiting.startswith("waits for its secret")
    requests = some(Count(number, exact=True), "request was", "requests were")
    told = [f"{requests} answered 503, so it sends them again"] if number else []
    lacking = f"Not stored: {' or '.join(sorted(live.source.secret_names))}"
    return Need(
        "waiting",
        name,
        " waits for its secret." if lacks_secret else " cannot be received from.",
        detail=". ".join([lacking if lacks_secret else capital(live.waiting), *told]),
        page=page,
        number=number,
        remedies=(Remedy("Store the secret" if lacks_secret else "Look at it", page),),
    )


def _is_of_waiting(group: Group, in_force: InForce) -> bool:
    """Say whether requests were refused only because their source waits, which is said once."""
    live = in_force.sources.get(group.place)
    return group.kind == "refused" and live is not None and _is_why(live, group.reason)


def _is_why(live: LiveSource, reason: str) -> bool:
    return live.verifier is None and reason.endswith(alike(live.waiting))
