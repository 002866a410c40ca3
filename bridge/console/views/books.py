"""What the page of the books says: the finding, the sums, the days, and what of it does not balance."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bridge.app.bookkeeping import counts_of, date_of, where
from bridge.console.wording import several
from bridge.core.model import STATES, VERDICTS
from bridge.outbox.books import Balance, Imbalance

MOST_LINES = 50  # of days, or of what does not balance
# How far back: what the address says, and the words for it. Days are those of UTC, by which the books are kept.
SPANS: Mapping[str, str] = {
    "": "the beginning",
    "0d": "today",
    "1d": "yesterday",
    "6d": "7 days ago",
    "29d": "30 days ago",
}
_PAGES = {"evt": "/events/", "dlv": "/deliveries/", "rpl": "/replays/", "ref": "/refused/"}
_WAITING = ("pending", "sending", "held")

Parts = Sequence[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class Wrong:
    """An equation that does not hold: where, by how much, and the rows at fault with their pages."""

    equation: str
    where: str
    left: int
    right: int
    rows: Sequence[tuple[str, str]]
    more: int


@dataclass(frozen=True, slots=True)
class DayLine:
    """The counts of a source's events of one day."""

    day: str
    source: str
    events: int
    decisions: int
    made: int
    delivered: int
    waiting: int
    cancelled: int
    dead: int


def finding(balance: Balance | None, *, of: str) -> str:
    """Say whether the books balance; `of` says which part, `` all of it. None: it is not known yet."""
    books = f"The books{of}"
    if balance is None:
        return f"{books} are being read"
    if balance.imbalances:
        number = len(balance.imbalances)
        return f"{books} do not balance: {several(number, 'equation does not hold', 'equations do not hold')}"
    counts = counts_of(balance, is_part=bool(of))
    made = counts.get("deliveries.planned", 0) + counts.get("deliveries.replayed", 0)
    events = several(counts.get("events.accepted", 0), "event")
    return f"{books} balance: {events}, {several(made, 'delivery', 'deliveries')}"


def part(source: str | None, since: str) -> str:
    """Say which part of the books is meant: ` of shopify since yesterday`; `` for all."""
    return (f" of {source}" if source else "") + (f" since {SPANS.get(since, since)}" if since else "")


def sums(counts: Mapping[str, int]) -> list[tuple[str, int, list[Parts]]]:
    """Give the equations: of what, how many, and each way in which they are made up."""

    def parts(prefix: str, names: Sequence[str]) -> Parts:
        return [(name, counts.get(f"{prefix}{name}", 0)) for name in names]

    made = [("planned", counts.get("deliveries.planned", 0)), ("replayed", counts.get("deliveries.replayed", 0))]
    events = several(counts.get("events.accepted", 0), "event").partition(" ")[2]
    return [
        (f"{events} accepted", counts.get("events.accepted", 0), [parts("events.", ("decided", "waiting"))]),
        ("decisions", counts.get("decisions", 0), [parts("decisions.", VERDICTS)]),
        ("deliveries", sum(number for _, number in made), [made, parts("deliveries.", STATES)]),
    ]


def days(balance: Balance) -> list[DayLine]:
    """Give the latest lines of the balance sheet."""
    rows = sorted(balance.days, key=lambda row: (-row["day"], row["source"]))[:MOST_LINES]
    return [_line(row) for row in rows]


def _line(row: Mapping[str, int | str]) -> DayLine:
    counts = {name: value for name, value in row.items() if isinstance(value, int)}

    def total(*names: str) -> int:
        return sum(counts.get(name, 0) for name in names)

    return DayLine(
        date_of(counts["day"]),
        str(row["source"]) or "all sources",
        total("events.accepted"),
        total("decisions"),
        total("deliveries.planned", "deliveries.replayed"),
        total("deliveries.delivered"),
        total(*(f"deliveries.{state}" for state in _WAITING)),
        total("deliveries.cancelled"),
        total("deliveries.dead"),
    )


def wrong(balance: Balance) -> Iterator[Wrong]:
    """Give what does not balance, the whole first."""
    for each in balance.imbalances[:MOST_LINES]:
        yield Wrong(each.equation, where(each), each.left, each.right, list(_rows(each)), each.more)


def _rows(imbalance: Imbalance) -> Iterator[tuple[str, str]]:
    for name in imbalance.rows:
        yield name, page_of(name)


def page_of(name: str) -> str:
    """Give the page of what an id names; `` for anything else."""
    kind, _, rest = name.partition("_")
    return _PAGES[kind] + name if kind in _PAGES and rest.isalnum() else ""
