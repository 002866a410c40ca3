"""Tells when an attribute is spelled, or typed, otherwise than its target has accepted it. Pure."""

import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Literal

from bridge.core.configuration import Source
from bridge.core.model import Failed, Plan, Proposal, Scalar

ValueType = Literal["text", "number", "boolean"]

VALUE_TYPES: Mapping[type, ValueType] = MappingProxyType({str: "text", int: "number", float: "number", bool: "boolean"})
TYPE_NAMES: Mapping[ValueType, str] = MappingProxyType(
    {"text": "a text", "number": "a number", "boolean": "true or false"}
)
DAY = 86_400_000  # ms
# Letters of other alphabets that look like Latin ones, by their code points: Cyrillic, then Greek.
_LOOKALIKES = str.maketrans(
    dict(
        zip(
            "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455\u03b1\u03bd\u03bf\u03c1\u03b9\u03ba",
            "aeopcyxijsavopik",
            strict=True,
        )
    )
)


def unmistakable(name: str) -> str:
    """Reduce an attribute's name to what stays when nobody could see a difference: case, letters that look alike."""
    return unicodedata.normalize("NFKC", name).casefold().translate(_LOOKALIKES)


def folded(name: str) -> str:
    """Reduce an attribute's name to what is the same in all its spellings, also with separators and in the plural."""
    bare = "".join(sign for sign in unmistakable(name) if sign.isalnum())
    return bare.removesuffix("s") if len(bare) > 3 and not bare.endswith("ss") else bare


@dataclass(frozen=True, slots=True)
class Attribute:
    """A name and type of value that a target accepted. `last_seen` is written once a day; both are ms."""

    touchpoint: str
    name: str
    type: ValueType
    first_seen: int
    last_seen: int


@dataclass(frozen=True, slots=True)
class Drift:
    """An attribute that differs from `accepted` only in its spelling, or only in the type of its value."""

    name: str
    given: ValueType
    accepted: Attribute

    @property
    def is_spelling(self) -> bool:
        """Say whether it is spelled otherwise; else it is of another type."""
        return self.name != self.accepted.name

    @property
    def is_unmistakable(self) -> bool:
        """Say whether nobody could mean two attributes: at most case differs, or letters that look alike."""
        return unmistakable(self.name) == unmistakable(self.accepted.name)

    @property
    def message(self) -> str:
        """Say what differs, and since when what was accepted is in use."""
        accepted = self.accepted
        since = f"{accepted.touchpoint} takes it since {day_text(accepted.first_seen)}"
        if self.is_spelling:
            return f"the attribute {_echo(self.name)} is spelled {_echo(accepted.name)} so far: {since}"
        kinds = f"{TYPE_NAMES[self.given]}, but {TYPE_NAMES[accepted.type]} so far"
        return f"the attribute {_echo(self.name)} is {kinds}: {since}"

    @property
    def suggestion(self) -> str:
        """Say what to write instead."""
        if self.is_spelling:
            return f"write {self.accepted.name}"
        if {self.given, self.accepted.type} != {"text", "number"}:
            return "use one type"
        return "text(…) makes a number a text" if self.given == "number" else "to_number(…) makes a text a number"


def day_text(time: int) -> str:
    """Write the day (UTC) of a time in ms, such as 3 May 2026."""
    day = datetime.fromtimestamp(time / 1000, UTC)
    return f"{day.day} {day:%B %Y}"


def _echo(name: str) -> str:
    return repr(name if len(name) <= 40 else f"{name[:40]}…")


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What targets have accepted, by touchpoint: exactly as (name, type) pairs, and by what all spellings share."""

    exact: Mapping[str, frozenset[tuple[str, type]]] = field(default_factory=lambda: MappingProxyType({}))
    spellings: Mapping[tuple[str, str], tuple[Attribute, ...]] = field(default_factory=lambda: MappingProxyType({}))


def vocabulary(attributes: Iterable[Attribute]) -> Vocabulary:
    """Arrange what was accepted for looking it up."""
    exact: dict[str, set[tuple[str, type]]] = {}
    spellings: dict[tuple[str, str], list[Attribute]] = {}
    for each in attributes:
        types = (kind for kind, name in VALUE_TYPES.items() if name == each.type)
        exact.setdefault(each.touchpoint, set()).update((each.name, kind) for kind in types)
        spellings.setdefault((each.touchpoint, folded(each.name)), []).append(each)
    return Vocabulary(
        MappingProxyType({touchpoint: frozenset(pairs) for touchpoint, pairs in exact.items()}),
        MappingProxyType({place: tuple(sorted(each, key=_in_use, reverse=True)) for place, each in spellings.items()}),
    )


def _in_use(attribute: Attribute) -> tuple[int, int]:
    """Order by what is in use: the latest day, then what came first; an abandoned spelling gives way in a day."""
    return attribute.last_seen // DAY, -attribute.first_seen


def drift_of(touchpoint: str, name: str, given: ValueType | None, known: Vocabulary) -> Drift | None:
    """Compare an attribute with what is in use; without `given`, its spelling alone. None where nothing differs."""
    found = known.spellings.get((touchpoint, folded(name)))
    if not found or (found[0].name == name and given in {None, found[0].type}):
        return None
    return Drift(name, given or found[0].type, found[0])


def drifts(plan: Plan, known: Vocabulary, *, types: bool = True) -> list[Drift]:
    """Name the attributes of a body that its touchpoint accepted only otherwise; spellings alone without `types`."""
    exact = known.exact.get(plan.touchpoint)
    if exact is None:
        return []
    return [
        drift
        for name, value in plan.body.items()
        if (name, type(value)) not in exact
        and (drift := _new_drift(plan.touchpoint, name, value, known=known, types=types)) is not None
    ]


def _new_drift(touchpoint: str, name: str, value: Scalar, *, known: Vocabulary, types: bool) -> Drift | None:
    own = [each for each in known.spellings.get((touchpoint, folded(name)), ()) if each.name == name]
    if own:  # accepted under this name, whatever others are in use; only with other types
        return Drift(name, VALUE_TYPES[type(value)], own[0]) if types else None
    return drift_of(touchpoint, name, VALUE_TYPES[type(value)], known)


@dataclass(frozen=True, slots=True)
class Guard:
    """Watches planned bodies for drift. `fails` makes their decisions fail; `note` is told source, mapping, drift."""

    known: Vocabulary
    fails: bool
    note: Callable[[str, str, Drift], None] | None = None

    def watched(self, proposals: tuple[Proposal, ...], source: Source) -> tuple[Proposal, ...]:
        """Give the proposals as they are, or failed where a body drifts and drift is to fail."""
        for number, proposal in enumerate(proposals):
            if isinstance(proposal.outcome, Plan) and (found := self._found(proposal.outcome, proposal, source)):
                if self.note is not None:
                    for drift in found:
                        self.note(source.name, proposal.mapping, drift)
                if self.fails:
                    failed = replace(proposal, outcome=Failed(f"{found[0].message}; {found[0].suggestion}"))
                    proposals = (*proposals[:number], failed, *proposals[number + 1 :])
        return proposals

    def _found(self, plan: Plan, proposal: Proposal, source: Source) -> list[Drift]:
        if not (found := drifts(plan, self.known)):
            return []
        is_http = any(mapping.name == proposal.mapping and mapping.channel == "http" for mapping in source.mappings)
        return drifts(plan, self.known, types=False) if is_http else found
