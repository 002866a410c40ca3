"""Touchpoints: how they stand, what they answered, and trying one that fails at once."""

from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from bridge.api.errors import Declined, not_found
from bridge.api.office import Office
from bridge.api.person import Person
from bridge.api.verbs.pauses import about
from bridge.app.inforce import InForce
from bridge.app.standing import pause_of, situation, touchpoint_row
from bridge.app.stored_secrets import secret_rows
from bridge.core.configuration import Mapping, Touchpoint
from bridge.core.model import Cap
from bridge.outbox.protocol import Store
from bridge.outbox.terms import Action, Filter, Paused, Row

_MOST_ANSWERS = 20
_DAY = 86_400_000  # ms


async def rows(office: Office) -> list[Row]:
    """Give all touchpoints by name, each with its last answer. Raises StoreUnavailable."""
    in_force, now = office.in_force, office.now()

    def work(store: Store) -> list[Row]:
        now_is, latest = situation(store.ledger), store.standings.latest_answers()
        return [
            touchpoint_row(each, now_is, secrets=in_force.secrets, now=now) | {"last_answer": latest.get(name)}
            for name, each in sorted(in_force.touchpoints.items())
        ]

    return await office.read(work)


async def row(office: Office, name: str) -> Row:
    """Give everything about one touchpoint. Raises Declined where there is none."""
    in_force, now = office.in_force, office.now()
    touchpoint = in_force.touchpoints.get(name)
    if touchpoint is None:
        raise not_found(f"touchpoint {name}", "see the list of touchpoints")
    return await office.read(lambda store: _whole(store, touchpoint, in_force, now))


async def hasten(office: Office, person: Person, *, name: str) -> None:
    """Let one request try a failing touchpoint now. Raises Declined where there is none, or it does not fail."""
    if name not in office.in_force.touchpoints:
        raise not_found(f"touchpoint {name}", "see the list of touchpoints")
    now = office.now()

    def work(store: Store) -> bool:
        with store.together():
            hastened = store.controls.hasten(name, now=now)
            if hastened:
                store.controls.note(Action(now, person.name, "try", about("touchpoint", name)))
            return hastened

    if not await office.write(work):
        raise Declined(409, f"touchpoint {name} is not failing, so that nothing waits for a next try")


def _whole(store: Store, touchpoint: Touchpoint, in_force: InForce, now: int) -> Row:
    name, now_is = touchpoint.name, situation(store.ledger)
    answers, queue = store.standings.answers(name, limit=_MOST_ANSWERS), store.standings.queue(name, now=now)
    attributes = [
        {"name": each.name, "type": each.type, "first_seen": each.first_seen, "last_seen": each.last_seen}
        for each in store.ledger.attributes(name)
    ]
    return {
        **touchpoint_row(touchpoint, now_is, secrets=in_force.secrets, now=now),
        **settings_of(touchpoint),
        "last_answer": answers[0] if answers else None,
        "answers": answers,
        "due": queue.due,
        "earliest_due_at": queue.earliest_due_at,
        "next_due_at": queue.next_due_at,
        "day": _last_day(store, name, now),
        "secrets": secret_rows(store, in_force.catalog, only=sorted(touchpoint.secret_names)),
        "attributes": attributes,
        "mappings": [
            mapping_row(source, each, now_is.pauses)
            for source, its in sorted(in_force.catalog.sources.items())
            for each in its.mappings
            if each.touchpoint == name
        ],
    }


def _last_day(store: Store, name: str, now: int) -> Row:
    """Count what was received within 24 hours for the touchpoint, by what became of it."""
    delivered, dead = (
        store.ledger.count("deliveries", Filter(touchpoint=name, states=(state,), since=now - _DAY))
        for state in ("delivered", "dead")
    )
    exact = delivered.exact and dead.exact
    return {"delivered": delivered.number, "dead": dead.number, "exact": exact}


def settings_of(touchpoint: Touchpoint) -> Row:
    """Give what touchpoints.yaml says of it, without anything secret; times in ms."""
    retry, rate = touchpoint.retry, touchpoint.rate
    return {
        "line": touchpoint.line,
        "sends_to": _host(touchpoint),
        "format": touchpoint.format,
        "rate": {"count": rate.count, "period": rate.period} if rate else None,
        "concurrency": touchpoint.concurrency,
        "timeout": touchpoint.timeout,
        "retry": {
            "first": retry.first,
            "factor": retry.factor,
            "longest": retry.longest,
            "give_up_after": retry.give_up_after,
        },
        "ambiguous": touchpoint.ambiguous,
        "contact": _cap(touchpoint.cap),
        "token_secrets": _names(touchpoint.token.secret_names if touchpoint.token else ()),
        "key_secrets": _names(touchpoint.api_key.secret_names if touchpoint.api_key else ()),
    }


def mapping_row(source: str, mapping: Mapping, pauses: Sequence[Paused]) -> Row:
    """Give a mapping for display: which events it takes, where to, and whether it is paused by itself."""
    own = [each for each in pauses if each.scope == "mapping"]
    paused = pause_of(own, "mapping", f"{source}/{mapping.name}")
    return {
        "source": source,
        "name": mapping.name,
        "topics": list(mapping.topics),
        "touchpoint": mapping.touchpoint,
        "line": mapping.line,
        "paused": paused is not None,
        "reason": paused.reason if paused else "",
        "since": paused.since if paused else None,
    }


def _cap(cap: Cap | None) -> Row | None:
    return {"at_most": cap.at_most, "per": cap.period, "across": cap.across} if cap else None


def _names(names: Sequence[str]) -> list[str]:
    return list(names)


def _host(touchpoint: Touchpoint) -> str:
    """Name the host; not where it comes out of a variable, which may be as secret as what is stored."""
    if touchpoint.url is None:
        return urlsplit(touchpoint.base_url).hostname or touchpoint.base_url
    texts: Iterator[str] = (part for part in touchpoint.url.parts if isinstance(part, str))
    beginning = next(texts, "")
    if touchpoint.url.variables or not isinstance(touchpoint.url.parts[0], str):
        return ""
    return urlsplit(beginning).hostname or ""
