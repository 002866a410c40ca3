"""What stops sources: secrets that checking or looking up lacks, lookups that are refused.

Sources without a secret for which nothing came are one issue together: nobody is hurt, and there may be dozens.
"""

from collections.abc import Iterator, Mapping, Sequence

from bridge.app.alike import alike
from bridge.app.inforce import InForce, lookup_secrets
from bridge.app.need import Need, Remedy, address, capital, page_of, some
from bridge.app.standing import Situation
from bridge.core.configuration import Source
from bridge.outbox.figures import Count, Group
from bridge.outbox.terms import Row
from bridge.web.reception import LiveSource

_NAMED = 5  # sources of those that wait together


def needs_of_sources(now_is: Situation, in_force: InForce, groups: Sequence[Group]) -> Iterator[Need]:
    """Give what stops sources; those for which nothing came are one issue together."""
    quiet: dict[str, Need] = {}
    for name, live in sorted(in_force.sources.items()):
        own = [*_unverified(live, groups), *_lookups(live.source, in_force.secrets, now_is.lookups.get(name))]
        for need in own:
            if need.hurts_nobody and not _is_broken(live):
                quiet.setdefault(name, need)
            else:
                yield need
    if len(quiet) > 1:
        yield _together(sorted(quiet))
    else:
        yield from quiet.values()


def is_of_waiting(group: Group, in_force: InForce) -> bool:
    """Say whether requests were refused only because their source waits, which is said once."""
    live = in_force.sources.get(group.place)
    return live is not None and _is_why(live, group)


def _is_why(live: LiveSource, group: Group) -> bool:
    return (
        group.kind == "refused"
        and group.place == live.source.name
        and live.verifier is None
        and group.reason.endswith(alike(live.waiting))
    )


def _is_broken(live: LiveSource) -> bool:
    """Say whether storing its secret would not do."""
    return live.verifier is None and not _lacks_secret(live)


def _lacks_secret(live: LiveSource) -> bool:
    return live.waiting.startswith("waits for its secret")


def _together(names: Sequence[str]) -> Need:
    shown, others = names[:_NAMED], len(names) - _NAMED
    listed = f"{', '.join(shown)} and {others:,} more" if others > 0 else f"{', '.join(shown[:-1])} and {shown[-1]}"
    return Need(
        "waiting",
        f"{len(names):,} sources",
        " wait for their secrets. Nothing came for them.",
        detail=listed,
        page=address("/sources"),
        remedies=(Remedy("Show the sources", address("/sources")),),
    )


def _unverified(live: LiveSource, groups: Sequence[Group]) -> Iterator[Need]:
    """Tell of a source that cannot be verified yet, with the requests that were turned away for it."""
    if live.verifier is not None:
        return
    of_it = [group for group in groups if _is_why(live, group)]
    count = Count(sum(group.number for group in of_it), exact=all(group.exact for group in of_it))
    page = page_of("source", live.source.name)
    lacks_secret = _lacks_secret(live)
    were = "request was" if count.number == 1 and count.exact else "requests were"
    told = [f"{capital(some(count, were, were))} answered 503, so it sends them again"] if count.number else []
    lacking = f"Not stored: {' or '.join(sorted(live.source.secret_names))}"
    yield Need(
        "waiting",
        live.source.name,
        " waits for its secret." if lacks_secret else " cannot be received from.",
        detail=". ".join([lacking if lacks_secret else capital(live.waiting), *told]),
        page=page,
        number=count.number,
        exact=count.exact,
        remedies=(Remedy("Store the secret" if lacks_secret else "Look at it", page),),
    )


def _lookups(source: Source, secrets: Mapping[str, str], queue: Row | None) -> Iterator[Need]:
    if not source.lookups:
        return
    lacking = sorted(name for name in lookup_secrets(source) if name not in secrets)
    refusal = queue["reason"] if queue else None
    if not lacking and not refusal:
        return
    count = Count(queue["waiting"] if queue else 0, exact=True)
    events = f"{some(count, 'event', 'events')} {'waits' if count.number == 1 else 'wait'}"
    yield Need(
        "waiting" if lacking and not count.number else "lookup",
        source.name,
        f" {'wait for their secret' if lacking else 'are refused'}."
        f" {events if count.number else 'No event waits'} for them.",
        before="The lookups of ",
        detail=f"Not stored: {', '.join(lacking)}" if lacking else capital(alike(str(refusal))),
        page=page_of("source", source.name),
        number=count.number,
        since=queue["since"] if queue else None,
        remedies=(Remedy("Store the secret", page_of("source", source.name)),),
    )
