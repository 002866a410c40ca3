"""What was decided of an event: its finding as a title, and each decision with the line that made it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bridge.catalog.outline import Outline
from bridge.console.wording import several
from bridge.outbox.terms import Row

_BY_FIELD = "body."


@dataclass(frozen=True, slots=True)
class DecisionLine:
    """One decision. `line` is that of the mapping file that made it (0 for none), `state` its delivery's."""

    mapping: str
    element: int
    verdict: str
    reason: str
    line: int
    delivery_id: str
    state: str
    replay_id: str


@dataclass(frozen=True, slots=True)
class Standing:
    """The title of an event's page and the sentence below."""

    title: str
    text: str


def standing(row: Row) -> Standing:
    """Say what became of an event."""
    what = f"{row['source']} said {row['topic'] or 'something without a topic'}"
    deliveries, decisions = row["deliveries"], row["decisions"]
    if not decisions:
        lookup = row["lookup"]
        why = f" {lookup['reason']}." if lookup and lookup["reason"] else ""
        return Standing(
            "It waits for its lookup", f"{what}; what it is about is being asked for before it is decided.{why}"
        )
    verdicts = [each["verdict"] for each in decisions]
    if deliveries:
        states = Counter(each["state"] for each in deliveries)
        said = ", ".join(
            f"{number:,} {state}" if len(deliveries) > 1 else state for state, number in states.most_common()
        )
        return Standing(f"{several(len(deliveries), 'delivery', 'deliveries')} came of it: {said}", f"{what}.")
    if "failed" in verdicts:
        return Standing("Nothing was sent: a mapping failed", f"{what}. Mend the mapping, then replay the event.")
    if set(verdicts) == {"unmatched"}:
        return Standing("No mapping takes it", f"{what}, and no mapping of this source is about that.")
    words = " and ".join(dict.fromkeys(verdicts))
    return Standing(f"Nothing is sent: {words}", f"{what}.")


def lines(
    decisions: Sequence[Row], written: Mapping[str, Outline], *, deliveries: Sequence[Row], source: str
) -> list[DecisionLine]:
    """Give the decisions in their order, those of replays after the first ones."""
    states = {each["id"]: each["state"] for each in deliveries}
    ordered = sorted(decisions, key=lambda row: (row["replay_id"] or "", row["mapping"], row["element"]))
    return [
        DecisionLine(
            row["mapping"],
            row["element"],
            row["verdict"],
            row["reason"],
            _line(row, written, source),
            row["delivery_id"] or "",
            states.get(row["delivery_id"], ""),
            row["replay_id"] or "",
        )
        for row in ordered
    ]


def _line(row: Row, written: Mapping[str, Outline], source: str) -> int:
    """Find the line that decided: the attribute that failed, the `when` that said no, else where the mapping begins."""
    found = written.get(row["mapping"].removeprefix(f"{source}/"))
    if found is None:
        return 0
    if row["verdict"] == "failed":
        for each in found.attributes:
            if row["reason"].startswith((f"{each.name}:", f"{_BY_FIELD}{each.name}:", f"{each.name} ")):
                return each.line
    if row["verdict"] in {"skipped", "planned"} and "when" in found.keys:
        return found.keys["when"]
    if row["verdict"] == "cancelling" and "cancel_on" in found.keys:
        return found.keys["cancel_on"]
    return found.first
