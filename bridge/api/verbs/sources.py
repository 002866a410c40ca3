"""Sources: how they stand, where they are called, what came and what was refused."""

from collections import Counter
from collections.abc import Iterable

from bridge.api.errors import not_found
from bridge.api.office import Office
from bridge.api.verbs.touchpoints import mapping_row
from bridge.app.inforce import InForce
from bridge.app.standing import situation, source_row
from bridge.app.stored_secrets import secret_rows
from bridge.outbox.protocol import Store
from bridge.outbox.standings import MOST_COUNTED, Arrivals
from bridge.outbox.terms import Filter, Row
from bridge.web.reception import LiveSource

_DAY = 86_400_000  # ms
_MOST_REFUSED = 1_000  # as many as the store keeps
_NOTHING = Arrivals(None, 0)


def address(office: Office, name: str) -> str:
    """Give the whole address that the source calls; `` where BRIDGE_PUBLIC_URL does not say its beginning."""
    public = office.settings.public_url
    return f"{public.rstrip('/')}/hooks/{name}" if public else ""


async def rows(office: Office) -> list[Row]:
    """Give all sources by name, with what came and what was refused within 24 hours. Raises StoreUnavailable."""
    in_force, now = office.in_force, office.now()

    def work(store: Store) -> list[Row]:
        now_is = situation(store.ledger)
        came = store.standings.arrivals(sorted(in_force.sources), since=now - _DAY)
        refused = Counter(each["source"] for each in _refused(store, since=now - _DAY))
        return [
            source_row(live, now_is, secrets=in_force.secrets, now=now)
            | _arrived(came.get(name, _NOTHING), refused[name])
            | {"address": address(office, name)}
            for name, live in sorted(in_force.sources.items())
        ]

    return await office.read(work)


async def row(office: Office, name: str) -> Row:
    """Give everything about one source. Raises Declined where there is none."""
    in_force, now = office.in_force, office.now()
    live = in_force.sources.get(name)
    if live is None:
        raise not_found(f"source {name}", "see the list of sources")
    whole = await office.read(lambda store: _whole(store, live, in_force, now))
    return whole | {"address": address(office, name)}


def _whole(store: Store, live: LiveSource, in_force: InForce, now: int) -> Row:
    source, now_is = live.source, situation(store.ledger)
    name = source.name
    came = store.standings.arrivals([name], since=now - _DAY)[name]
    refused = _refused(store, since=now - _DAY, source=name)
    names = {*source.secret_names, *(source.verify_token.secret_names if source.verify_token else ())}
    names |= {each for lookup in source.lookups for each in lookup.secret_names}
    queue = now_is.lookups.get(name, {})
    return {
        **source_row(live, now_is, secrets=in_force.secrets, now=now),
        **_arrived(came, len(refused)),
        "file": source.file,
        "limit": {"count": source.limit.count, "period": source.limit.period} if source.limit else None,
        "secrets": secret_rows(store, in_force.catalog, only=sorted(names)),
        "lookups_waiting": queue.get("waiting", 0),
        "refused": _by_reason(refused),
        "mappings": [mapping_row(name, each, now_is.pauses) for each in source.mappings],
    }


def _arrived(came: Arrivals, refused: int) -> Row:
    return {
        "last_event_at": came.last_event_at,
        "events_24h": came.events,
        "events_24h_exact": came.events < MOST_COUNTED,
        "refused_24h": refused,
    }


def _refused(store: Store, *, since: int, source: str | None = None) -> list[Row]:
    return store.ledger.refused(Filter(source=source, since=since), limit=_MOST_REFUSED)


def _by_reason(refused: Iterable[Row]) -> list[Row]:
    """Group what was refused, the commonest first; the rows come with the latest first."""
    groups: dict[tuple[int, str], Row] = {}
    for each in refused:
        place = (each["status"], each["reason"])
        group = groups.setdefault(
            place, {"status": place[0], "reason": place[1], "count": 0, "last_at": each["received_at"]}
        )
        group["count"] += 1
    return sorted(groups.values(), key=lambda group: (-group["count"], group["reason"]))
