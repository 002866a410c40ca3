"""Who changed what, and when: kept for those who answer for it."""

from bridge.outbox.sqlite import Transaction
from bridge.outbox.statements import journal as sql
from bridge.outbox.terms import Action


def note(transaction: Transaction, action: Action) -> None:
    """Put an action on record."""
    row = {"at": action.at, "who": action.who, "verb": action.verb, "about": action.about, "detail": action.detail}
    transaction.run(sql.NOTE, row)


def actions(
    transaction: Transaction,
    *,
    limit: int,
    before: int | None = None,
    who: str | None = None,
    verb: str | None = None,
    since: int | None = None,
) -> list[Action]:
    """Give a page of the journal, the latest first."""
    given = {"before": before, "who": who, "verb": verb, "since": since}
    chosen = {name: value for name, value in given.items() if value is not None}
    conditions = " AND ".join(sql.CONDITIONS[name] for name in chosen) or "1 = 1"
    statement = sql.ACTIONS.format(conditions=conditions)
    return [Action(*row) for row in transaction.rows(statement, {**chosen, "limit": limit})]


def actors(transaction: Transaction) -> tuple[list[str], list[str]]:
    """Give who ever changed something, and the verbs of what was ever done; each in order, at most 500."""
    people, verbs = ([row[0] for row in transaction.rows(each)] for each in (sql.PEOPLE, sql.VERBS))
    return people, verbs
