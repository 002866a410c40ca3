"""What traffic used of a mapping file, by mapping: how often, with which verdicts, and which fields stay empty."""

from dataclasses import dataclass

from bridge.core.coverage import Coverage

_MOSTLY = 0.5  # share of empty values from which a field is worth a word


@dataclass(frozen=True, slots=True)
class Used:
    """One mapping; `verdicts` are pairs of word and number, `empty` are (field, empty, of)."""

    mapping: str
    events: int
    last_used: int | None
    verdicts: tuple[tuple[str, int], ...]
    empty: tuple[tuple[str, int, int], ...]


def rows(coverage: Coverage, source: str) -> list[Used]:
    """Give the mappings of a source in the order of its file."""
    return [
        Used(
            mapping=each.mapping,
            events=each.events,
            last_used=each.last_used,
            verdicts=tuple(each.verdicts.most_common()),
            empty=tuple((name, null, of) for name, (null, of) in each.fields.items() if of and null / of >= _MOSTLY),
        )
        for each in coverage.uses.values()
        if each.source == source
    ]


def untaken(coverage: Coverage, source: str) -> list[tuple[str, int]]:
    """Give the topics of the source that no mapping takes, the commonest first."""
    return [
        (topic or "(none)", number) for (name, topic), number in coverage.unmatched.most_common(20) if name == source
    ]


def sentence(used: list[Used], events: int) -> str:
    """Say what matters most."""
    never = [each.mapping for each in used if not each.events]
    if not events:
        return "No event of this source came yet"
    if never:
        return f"{', '.join(never[:3])} took none of the last {events:,} events"
    return f"Every mapping took some of the last {events:,} events" if used else "There is no mapping in this file"
