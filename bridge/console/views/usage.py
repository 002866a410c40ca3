"""Which keys of a payload a mapping uses, and by which lines of its file it decided."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bridge.catalog.outline import Outline, Written
from bridge.core.configuration import Mapping as Rule
from bridge.core.language.expression import Expression

_AROUND = 14  # lines of a mapping that are shown


@dataclass(frozen=True, slots=True)
class CodeLine:
    """A line of a mapping file; `hit` is the one that decided."""

    number: int
    text: str
    hit: bool = False


@dataclass(frozen=True, slots=True)
class Sent:
    """An attribute that is sent: its value, where it comes from, and the line that says so (0 for none)."""

    name: str
    value: str
    origin: str
    note: str
    line: int


def paths_of(rules: Iterable[Rule]) -> frozenset[str]:
    """Give the dotted paths that mappings read from a payload, as far as that can be told."""
    return frozenset(path for rule in rules for path in _paths(rule))


def _paths(rule: Rule) -> Iterator[str]:
    around = rule.for_each.paths if rule.for_each else ()
    yield from around
    inner: Sequence[Expression | None] = (rule.when, rule.key, *(field.expression for field in rule.body))
    sending = rule.sending.expressions.values() if rule.sending else ()
    for expression in (*inner, *sending):
        for path in expression.paths if expression else ():
            yield from (f"{each}.{path}" for each in around) if around else (path,)


def deciding_lines(text: str, written: Outline, *, said_no: bool) -> list[CodeLine]:
    """Give the head of a mapping as it is written, with the `when` that decided marked, else its `on`."""
    lines = text.splitlines()
    ends = [line - 1 for key, line in written.keys.items() if key == "body"]
    last = min([written.last, written.first + _AROUND, *ends])
    hit = written.keys.get("when") or (0 if said_no else written.keys.get("on", 0))
    numbers = range(written.first, min(last, len(lines)) + 1)
    return [CodeLine(number, lines[number - 1], hit=number == hit) for number in numbers]


def sent(body: Mapping[str, Any], written: Outline | None) -> list[Sent]:
    """Give what is sent, attribute by attribute, with where each comes from as far as the file says it."""
    lines = {each.name: each for each in written.attributes} if written else {}
    return [_sent(name, value, lines.get(name)) for name, value in body.items()]


def _sent(name: str, value: Any, written: Written | None) -> Sent:
    text = {True: "true", False: "false"}.get(value, value) if isinstance(value, bool) else value
    if written is None:
        return Sent(name, str(text), "", "", 0)
    if written.is_constant:
        return Sent(name, str(text), "constant", "", written.line)
    fell_back = written.default is not None and written.default == str(text)
    return Sent(name, str(text), written.text, "the default, or the same" if fell_back else "", written.line)
