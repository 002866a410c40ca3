"""Refused requests: looking at them, and taking them in after all with today's secrets."""

from collections import Counter
from typing import Annotated

import msgspec

from bridge.api.choice import Ids, Word
from bridge.api.errors import Declined, invalid, not_found
from bridge.api.office import Office
from bridge.api.person import Person
from bridge.api.reading import Moment, moment
from bridge.app.refusals import Cause, by_cause, cause_of
from bridge.app.retries import Gate, Retried, try_again
from bridge.core.model import Refused
from bridge.outbox.protocol import Store
from bridge.outbox.terms import Action, Filter, Row

_MOST = 1_000  # refused requests that are kept
_AT_ONCE = 20  # that one turn of the writer, or of a reader, tries again


class RefusedChoice(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which refused requests; none means any. `cause` is a reason without numbers, as the groups have it.

    `open` selects those that were not taken in since. Topics are what the requests claim.
    """

    id: Ids = ()
    source: Word | None = None
    topic: Word | None = None
    status: Annotated[int, msgspec.Meta(ge=100, le=599)] | None = None
    cause: Annotated[str, msgspec.Meta(max_length=1000)] | None = None
    since: Moment | None = None
    until: Moment | None = None
    open: bool = False


class RetryPreview(msgspec.Struct, frozen=True):
    """How many refused requests were found, how many could be taken in now, and by reason how many could not."""

    found: int
    possible: int
    others: dict[str, int]


async def listed(office: Office, choice: RefusedChoice, *, limit: int, before: str | None = None) -> list[Row]:
    """Give a page of refused requests, newest first."""
    now = office.now()
    wanted = Filter(
        source=choice.source,
        topic=choice.topic,
        status=choice.status,
        since=moment(choice.since, now=now),
        until=moment(choice.until, now=now, name="until"),
        ids=choice.id,
        before=before,
    )
    narrow = choice.cause is not None or choice.open
    rows = await office.read(lambda store: store.ledger.refused(wanted, limit=_MOST if narrow else limit))
    return [row for row in rows if _fits(row, choice)][:limit]


def _fits(row: Row, choice: RefusedChoice) -> bool:
    if choice.open and row["retried_at"] is not None:
        return False
    return choice.cause is None or cause_of(row["reason"]) == choice.cause


async def causes(office: Office) -> list[Cause]:
    """Give all refused requests grouped by source and cause."""
    return by_cause(await listed(office, RefusedChoice(), limit=_MOST))


async def show(office: Office, refused_id: str) -> Refused:
    """Give one refused request, without credentials. Raises Declined (404)."""
    refused = await office.read(lambda store: store.ledger.refusal(refused_id))
    if refused is None:
        raise not_found(f"refused request {refused_id}", f"the newest {_MOST:,} are kept")
    return refused


async def preview(office: Office, choice: RefusedChoice) -> RetryPreview:
    """Say how many of the chosen requests could be taken in now; stores nothing."""
    results = await _try(office, await _ids(office, choice), dry_run=True)
    others = Counter(result.reason for result in results if result.reason)
    return RetryPreview(len(results), len(results) - others.total(), dict(others.most_common()))


async def retry(office: Office, person: Person, choice: RefusedChoice, *, expected: int | None = None) -> list[Retried]:
    """Prove the requests as of the time they came in, with today's secrets, and take them in. Raises Declined.

    `expected` is the number that a preview found: where it is another by now, nothing is tried (409).
    """
    ids = await _ids(office, choice)
    if expected is not None and len(ids) != expected:
        raise Declined(409, f"{len(ids)} match by now, not {expected}; look at them again before you retry them")
    if not ids:
        raise Declined(409, "nothing matches, so nothing was tried")
    action = Action(office.now(), person.name, "retry", _about(choice, ids), f"{len(ids)} refused requests")
    await office.write(lambda store: store.controls.note(action))
    return await _try(office, ids, dry_run=False)


async def _ids(office: Office, choice: RefusedChoice) -> list[str]:
    """Give the oldest first, as they came."""
    if choice == RefusedChoice():
        raise invalid("say which to retry: ids, or a filter such as `source` or `cause`; nothing would mean all")
    return [row["id"] for row in await listed(office, choice, limit=_MOST)][::-1]


def _about(choice: RefusedChoice, ids: list[str]) -> str:
    return ids[0] if len(ids) == 1 else f"refused requests of {choice.source or 'several sources'}"


async def _try(office: Office, ids: list[str], *, dry_run: bool) -> list[Retried]:
    gate = Gate(office.in_force.sources.get, office.settings.public_url, office.rules, office.new_id)
    results: list[Retried] = []
    for begin in range(0, len(ids), _AT_ONCE):
        some = ids[begin : begin + _AT_ONCE]

        def work(store: Store, some: list[str] = some) -> list[Retried]:
            return [try_again(store, each, gate, now=office.now(), dry_run=dry_run) for each in some]

        results += await (office.read(work) if dry_run else office.write(work))
    return results
