"""An example made of a stored event: its payload with stand-ins for people, and what the mappings make of that."""

import re
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from ruamel.yaml import YAML

from bridge.catalog.examples import EXPECT, run_example
from bridge.catalog.restating import as_yaml, restated
from bridge.core.batches import unsplit
from bridge.core.configuration import Source
from bridge.core.errors import ConfigInvalid, MappingFailed
from bridge.core.language.expression import Expression
from bridge.core.lookup import choose
from bridge.core.model import Event, Proposal
from bridge.core.standins import stand_in
from bridge.intake import Rules, context_of, propose_again

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_HEADER = re.compile(r"header\(\s*'([^']+)'\s*\)")
_QUERY = re.compile(r"query\(\s*'([^']+)'\s*\)")
_LITERAL = re.compile(r"'((?:[^'\\]|\\.)*)'|`\"([^`\"]*)\"`")
_FORM = "application/x-www-form-urlencoded"
_RULES = Rules(index_key=bytes(32))


@dataclass(frozen=True, slots=True)
class Example:
    """The texts of the two files; `verdicts` where the masked payload is decided otherwise than the original was."""

    payload: str
    expect: str
    otherwise: tuple[str, ...]


def make_example(event: Event, source: Source, *, answers: Mapping[str, Any] | None) -> Example:
    """Mask a stored event and work out what today's mappings make of it. `answers` are those of its lookup.

    Raises Unreadable if the payload is not kept any more, ConfigInvalid if the outcome cannot be written down.
    """
    context = context_of(event, source, rules=_RULES)
    whole = unsplit(context.payload, tuple(context.envelopes), source.reading.each)
    used = {name: event.headers[name] for name in _headers(source) if name in event.headers}
    parameters = dict(reversed(parse_qsl(event.query)))  # of several of one name the first counts
    query = {name: parameters[name] for name in _named(_QUERY, source) if name in parameters}
    lookup = _answers_in_order(source, context, answers)
    original = {"headers": used, "query": query, "looked_up": lookup, "payload": whole}
    masked = stand_in(original, kept={event.topic, *_literals(source)})
    head: dict[str, Any] = {"topic": event.topic} if event.topic else {}
    if headers := masked["headers"] | _form_header(event, whole):
        head["headers"] = headers
    if query:
        head["query"] = masked["query"]
    if lookup is not None:
        head["looked_up"] = masked["looked_up"][0] if len(lookup) == 1 else masked["looked_up"]
    payload = msgspec.json.format(msgspec.json.encode(masked["payload"]), indent=2).decode() + "\n"
    expect, proposals = _worked_out(payload, head, source)
    before = propose_again(event, source, new_id=lambda kind: kind, rules=_RULES, answers=answers)
    return Example(payload, expect, tuple(_otherwise(before, proposals)))


def free_paths(folder: Path, name: str | None, topic: str) -> tuple[Path, Path]:
    """Give the paths of a new example in the folder of its source: payload and outcome. Without a name, by its topic.

    Raises ConfigInvalid for a name that is taken or is none.
    """
    if name is not None and not NAME.fullmatch(name):
        raise ConfigInvalid.because(
            f"{name[:80]!r} is no name for an example", "write lower-case letters, digits, '.', '-' and '_'"
        )
    base = re.sub(r"[^a-z0-9]+", "-", topic.lower()).strip("-")[:48] or "event"
    stems = [name] if name is not None else [base, *(f"{base}-{number}" for number in range(2, 1000))]
    for stem in stems:
        payload, expect = folder / f"{stem}.json", folder / f"{stem}{EXPECT}"
        if not payload.exists() and not expect.exists():
            return payload, expect
    raise ConfigInvalid.because(f"an example {stems[0]} is there already", "choose another name")


def write_example(example: Example, paths: tuple[Path, Path]) -> None:
    """Write the two files of an example, which are not there yet. Raises OSError."""
    paths[0].parent.mkdir(parents=True, exist_ok=True)
    for path, text in zip(paths, (example.payload, example.expect), strict=True):
        with path.open("x", encoding="utf-8") as file:
            file.write(text)


def _worked_out(payload: str, head: dict[str, Any], source: Source) -> tuple[str, tuple[Proposal, ...]]:
    """Run the example with nothing expected, and write down what came out."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        expect, body = folder / f"example{EXPECT}", folder / "example.json"
        body.write_text(payload, encoding="utf-8")
        text = _yaml({**head, "mappings": {}})
        expect.write_text(text, encoding="utf-8")
        problems, ran = run_example(expect, body, folder, source)
        if ran is None:
            raise ConfigInvalid.because(f"no example can be made of this event: {problems[0].message}")
        text = restated(text, ran)
        expect.write_text(text, encoding="utf-8")
        problems, _ = run_example(expect, body, folder, source)
        if problems:
            raise ConfigInvalid.because(f"no example can be made of this event: {problems[0].message}")
    return text, ran.events[0].proposals


def _yaml(value: dict[str, Any]) -> str:
    out, yaml = StringIO(), YAML()
    yaml.width = 4096
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.dump(as_yaml(value), out)
    return out.getvalue()


def _answers_in_order(source: Source, context: Any, answers: Mapping[str, Any] | None) -> list[Any] | None:
    try:
        lookup = choose(source.lookups, context)
    except MappingFailed:
        return None
    if lookup is None:
        return None
    if answers is None:
        raise ConfigInvalid.because("what was looked up for this event is not known (any more)", "choose another event")
    return [answers.get(request.name) for request in lookup.requests]


def _form_header(event: Event, payload: Any) -> dict[str, str]:
    """Keep a plain form a form; everything else can be written as the JSON that it was read as."""
    kind = event.headers.get("content-type", "").partition(";")[0].strip().lower()
    values = payload.values() if isinstance(payload, dict) else [None]
    is_plain = all(
        isinstance(each, str) for value in values for each in (value if isinstance(value, list) else [value])
    )
    return {"content-type": _FORM} if kind == _FORM and is_plain else {}


def _expressions(source: Source) -> Iterator[Expression | None]:
    yield from (source.reading.topic, source.reading.tenant)
    for mapping in source.mappings:
        yield from (mapping.when, mapping.key, mapping.for_each, *(field.expression for field in mapping.body))
        yield from mapping.sending.expressions.values() if mapping.sending else ()
    for canceller in source.cancellers:
        yield from (canceller.when, canceller.key)
    for unsubscribing in source.unsubscribing:
        yield from (unsubscribing.when, unsubscribing.contact)
    for lookup in source.lookups:
        yield from (lookup.when, *(request.get for request in lookup.requests))


def _headers(source: Source) -> list[str]:
    return [name.lower() for name in _named(_HEADER, source)]


def _named(function: re.Pattern[str], source: Source) -> list[str]:
    """Give the names that the source's expressions hand to a function, each once."""
    found = (name for each in _expressions(source) if each for name in function.findall(each.text))
    return list(dict.fromkeys(found))


def _literals(source: Source) -> frozenset[str]:
    """Give the texts that the mappings compare with or look up by: what stands in a file is nobody's secret."""
    texts = (text for each in _expressions(source) if each for pair in _LITERAL.findall(each.text) for text in pair)
    keys = (key for table in source.tables.values() for key in table)
    return frozenset(text for text in (*texts, *keys) if text)


def _otherwise(before: tuple[Proposal, ...], after: tuple[Proposal, ...]) -> Iterator[str]:
    was = {(each.mapping, each.element): type(each.outcome).__name__ for each in before}
    now = {(each.mapping, each.element): type(each.outcome).__name__ for each in after}
    for place in sorted(was.keys() | now.keys()):
        if was.get(place) != now.get(place):
            words = {"Plan": "planned", "Cancel": "cancelling", "Unsubscribe": "cancelling", None: "nothing"}
            said = [words.get(each, str(each).lower()) for each in (was.get(place), now.get(place))]
            yield f"{place[0] or '(no mapping)'}: {said[0]} with the original, {said[1]} with the stand-ins"
