"""Compares mapping files with what payloads really have: paths that nothing ever had, attributes of two types."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bridge.catalog.cancelling import Listener, listeners
from bridge.catalog.document import read_document
from bridge.catalog.examples import Ran
from bridge.catalog.nodes import Node
from bridge.catalog.report import Report, echo
from bridge.core.configuration import Catalog, Mapping as Rule, Source
from bridge.core.drift import TYPE_NAMES, VALUE_TYPES, ValueType
from bridge.core.errors import Problem
from bridge.core.language.expression import Expression
from bridge.core.model import Plan, Proposal, Scalar
from bridge.core.shape import paths_of


@dataclass(slots=True)
class Seen:
    """What payloads had: for each source and topic the paths, and for each touchpoint's attribute its types.

    `made` has the types of what a mapping made: by source, mapping and attribute.
    """

    paths: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    types: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)
    made: dict[tuple[str, str, str], set[ValueType]] = field(default_factory=dict)

    def note_payload(self, source: str, topic: str, payload: object) -> None:
        """Note the paths of a payload, also those that were null."""
        self.paths.setdefault((source, topic), set()).update(paths_of(payload))

    def note_made(self, source: str, proposals: Iterable[Proposal]) -> None:
        """Note the types of the bodies that mappings made, each with where it was first."""
        for proposal in proposals:
            if isinstance(proposal.outcome, Plan):
                self._note_body(source, proposal.mapping, proposal.outcome.touchpoint, proposal.outcome.body)

    def _note_body(self, source: str, mapping: str, touchpoint: str, body: Mapping[str, Scalar]) -> None:
        for name, value in body.items():
            kind = VALUE_TYPES[type(value)]
            where = f"{source}.yaml, {mapping}"
            self.types.setdefault((touchpoint, name), {}).setdefault(TYPE_NAMES[kind], where)
            self.made.setdefault((source, mapping, name), set()).add(kind)


def seen_in(ran: Iterable[Ran]) -> Seen:
    """Note what the examples had and what they became."""
    seen = Seen()
    for example in ran:
        for became in example.events:
            seen.note_payload(example.source, became.event.topic, became.payload)
            seen.note_made(example.source, became.proposals)
    return seen


def lint(files: Mapping[str, str], catalog: Catalog, seen: Seen, *, folder: Path) -> list[Problem]:
    """Warn of paths that no payload of the mapping's topics had, and of attributes that come in several types."""
    problems: list[Problem] = []
    for source in catalog.sources.values():
        report = Report(str(folder / source.file), files.get(source.file, ""))
        root = read_document(report)
        mappings = root.find("mappings") if root else None
        for rule, node in zip(source.mappings, mappings.items if mappings else (), strict=False):
            _lint_paths(rule, node, source, seen=seen, report=report)
            _lint_types(rule, node, source, seen=seen, report=report)
        for listener in listeners(source, root, catalog.sources) if root else ():
            _lint_listener(listener, seen=seen, report=report)
        problems += report.problems
    return sorted(problems)


# -- paths ------------------------------------------------------------------------------------------------


def _lint_paths(rule: Rule, node: Node, source: Source, *, seen: Seen, report: Report) -> None:
    known: set[str] = set()
    for (name, topic), paths in seen.paths.items():
        if name == source.name and rule.takes(topic):
            known |= paths
    if not known:
        return
    base = ""
    if rule.for_each is not None:
        _lint_one(rule.for_each, node.find("for_each"), known, report)
        listed = [path for path in rule.for_each.paths if path in known]
        if rule.for_each.text not in rule.for_each.paths or not listed:
            known = set()  # what its elements are is not known
        base = f"{rule.for_each.text}."
    known = {path.removeprefix(base) for path in known if path.startswith(base)}
    if known:
        for place, expression in _formulas(rule, node):
            _lint_one(expression, place, known, report, may_lack=expression is rule.when)


def _lint_listener(listener: Listener, *, seen: Seen, report: Report) -> None:
    known: set[str] = set()
    for (name, topic), paths in seen.paths.items():
        if name == listener.listening and listener.what.takes(topic):
            known |= paths
    for place, expression in listener.formulas() if known else ():
        _lint_one(expression, place, known, report, may_lack=expression is listener.what.when)


def _formulas(rule: Rule, node: Node) -> Iterator[tuple[Node | None, Expression]]:
    for key, expression in (("when", rule.when), ("key", rule.key)):
        if expression is not None:
            yield node.find(key), expression
    body = node.find("body")
    for field_ in rule.body:
        place = body.find(field_.name) if body else None
        if field_.expression is not None and place is not None:
            yield (place.find("expr") if place.kind == "table" else place), field_.expression
    send = node.find("send")
    for key, expression in rule.sending.expressions.items() if rule.sending and send else ():
        place = send.find(key) if send else None
        yield (place.find("expr") if place and place.kind == "table" else place), expression


def _lint_one(
    expression: Expression, node: Node | None, known: set[str], report: Report, *, may_lack: bool = False
) -> None:
    """Warn of a path that is probably misspelled; of any other only where all of the expression's are unknown.

    One alternative of several is often there only in other payloads: `email || contact_email`. A condition
    (`may_lack`) is often about a flag that few payloads have: `!test`.
    """
    if node is None:
        return
    lacking = [path for path in expression.paths if path not in known]
    if not lacking:
        return
    slips = {path: meant_path(path, known) for path in lacking}
    meant = {path: other for path, other in slips.items() if other and other not in expression.paths}
    for path, other in meant.items():
        _warn(node, path, f"did you mean {other}?", report)
    if not meant and not may_lack and len(lacking) == len(expression.paths):
        for path in lacking:
            _warn(node, path, "correct it, or add an example that has it", report)


def _warn(node: Node, path: str, suggestion: str, report: Report) -> None:
    position = max(node.text.find(path), 0)
    report.warn(node, f"no payload of these topics ever had {path}", suggestion, position=position)


def meant_path(path: str, known: Iterable[str]) -> str:
    """Give the known path that differs only in one misspelled name, or nothing."""
    names = path.split(".")
    paths = {tuple(other.split(".")) for other in known}
    depth = next(
        (n for n in range(len(names)) if not any(other[: n + 1] == tuple(names[: n + 1]) for other in paths)), 0
    )
    begun, name, rest = tuple(names[:depth]), names[depth], tuple(names[depth + 1 :])
    siblings = {other[depth] for other in paths if len(other) > depth and other[:depth] == begun}
    close = [other for other in sorted(siblings) if _is_slip(name, other)]
    fitting = [other for other in close if (*begun, other, *rest) in paths]
    best = (fitting or close)[:1]
    return ".".join((*begun, *best, *rest)) if best and (fitting or not rest) else ""


def _is_slip(name: str, other: str) -> bool:
    """Say whether a name is another one mistyped: one slip in four letters; never only a digit."""
    if name.casefold() == other.casefold():
        return True
    if "".join(filter(str.isalpha, name)) == "".join(filter(str.isalpha, other)) and name.isalnum() and other.isalnum():
        return False
    return min(len(name), len(other)) > 3 and _distance(name.lower(), other.lower()) <= min(2, max(len(name) // 4, 1))


def _distance(one: str, other: str) -> int:
    """Count the letters to insert, remove, change or swap with their neighbour (optimal string alignment)."""
    if abs(len(one) - len(other)) > 2:
        return 3
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, sign in enumerate(one, 1):
        before, last, row = row, before, [i]
        for j, letter in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (sign != letter))
            if i > 1 and j > 1 and sign == other[j - 2] and one[i - 2] == letter:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
    return row[-1]


# -- types ------------------------------------------------------------------------------------------------


def _lint_types(rule: Rule, node: Node, source: Source, *, seen: Seen, report: Report) -> None:
    body = node.find("body")
    for key, _ in body.entries if body else ():
        types = seen.types.get((rule.touchpoint, key.text), {})
        (first, elsewhere), *others = types.items() if types else [("", "")]
        own = f"{source.file}, {rule.name}"
        if own in {where for _, where in others} and rule.channel != "http":
            other = next(kind for kind, where in others if where == own)
            report.warn(
                key,
                f"the attribute {echo(key.text)} is {other} here, but {first} in {elsewhere}",
                "text(…) makes a number a text" if {other, first} == {"a text", "a number"} else "use one type",
            )
