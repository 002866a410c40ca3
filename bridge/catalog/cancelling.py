"""Reads `cancel_on` and `suppress_on`: whose events stop requests; those of other sources once all files are read."""

from collections.abc import Collection, Iterator, Mapping as Table
from dataclasses import dataclass, replace

from bridge.catalog.lookups import check_use, overlaps
from bridge.catalog.mappings import Surroundings, check_tables, check_topics
from bridge.catalog.nodes import Node
from bridge.catalog.reader import Reader, Section
from bridge.catalog.report import did_you_mean, echo
from bridge.catalog.verifying import preset_names
from bridge.core.configuration import Canceller, Lookup, Mapping, Reading, Source, Unsubscribing
from bridge.core.language.expression import Expression, compile_expression

_STAND_IN = compile_expression("@")  # never leaves a catalog: the report says what is wrong with it
_THIS_FILE = "this file"


@dataclass(frozen=True, slots=True)
class Draft:
    """A source as its file says it, without the cancellers: these are known when all sources are."""

    source: Source
    section: Section
    around: Surroundings
    reader: Reader


def connect(drafts: Table[str, Draft], names: Collection[str]) -> list[Source]:
    """Give the sources, each with all cancellers that listen to its events, in the order of files and lines.

    `names` are those of all files; who names one that could not be read is told nothing about it.
    """
    cancellers: dict[str, list[Canceller]] = {name: [] for name in drafts}
    for draft in drafts.values():
        for mapping, block in zip(draft.source.mappings, draft.section.get("mappings", ()), strict=True):
            if "cancel_on" in block.nodes and "key" not in block.nodes.keys() | block.meant:
                suggestion = "write key: and what it is about, such as key: id"
                draft.reader.report.error(block.at("cancel_on"), "cancel_on needs a key", suggestion)
            for entry in block.get("cancel_on", ()):
                name = _listening(entry, draft, names)
                if name in drafts:
                    cancellers[name].append(_canceller(entry, block, mapping, draft=draft, listening=drafts[name]))
    return [replace(draft.source, cancellers=tuple(cancellers[name])) for name, draft in drafts.items()]


def _listening(entry: Section, draft: Draft, names: Collection[str]) -> str:
    """Give the name of the source whose events cancel."""
    if "source" not in entry.nodes:
        return draft.source.name
    name: str = entry.get("source", "")
    if name and name not in names:
        suggestion = did_you_mean(name, names) or f"possible: {', '.join(sorted(names))}"
        draft.reader.report.error(entry.at("source"), f"no source is called {echo(name)}", suggestion)
    return name


def _canceller(entry: Section, block: Section, mapping: Mapping, *, draft: Draft, listening: Draft) -> Canceller:
    reader, is_own = draft.reader, listening is draft
    check_topics(entry, listening.around.topics, listening.around.system, reader)
    file = _THIS_FILE if is_own else listening.source.file
    _check_formulas(entry, listening.around.tables, listening.source.lookups, reader, file=file)
    if _lacks_topic(listening):
        suggestion = "write event: {topic: …} there" if not is_own else "write event: {topic: …}"
        message = f"on never fits: nothing says what the topic of {listening.source.name} is"
        reader.report.error(entry.at("on"), message, suggestion)
    elif is_own and "when" not in entry.nodes.keys() | entry.meant:
        _check_itself(entry, block, reader)
    return Canceller(
        source=draft.source.name,
        mapping=mapping.name,
        key=entry.get("key", _STAND_IN),
        topics=entry.get("on", ()),
        when=entry.get("when"),
        line=entry.node.line,
    )


def _lacks_topic(listening: Draft) -> bool:
    """Say whether no event of the source can have a topic; not where its file is wrong about that."""
    section = listening.section
    verify: Section = section.get("verify", Section(section.node, {}, {}))
    is_known = "kind" in verify.nodes or verify.get("preset") in preset_names()
    return is_known and listening.source.reading.topic is None and not _says(section, "topic")


def _says(section: Section, key: str) -> bool:
    """Say whether `event:` has the key, or may have it: where it could not be read, that was reported."""
    event: Section | None = section.get("event")
    if event is None:
        return "event" in section.nodes.keys() | section.meant
    return key in event.nodes.keys() | event.meant


def _check_itself(entry: Section, block: Section, reader: Reader) -> None:
    """Report topics by which the mapping would both ask and cancel."""
    if "on" in block.nodes and not block.get("on"):  # it could not be read, which was reported
        return
    for topic in entry.get("on", ()):
        if overlaps(block.get("on", ()), topic):
            message = f"the mapping takes {echo(topic)} too, and would cancel itself"
            suggestion = "write when: to say which of these events cancel, or remove the topic here or there"
            reader.report.error(entry.at("on"), message, suggestion)
            return


def _check_formulas(
    entry: Section, tables: Collection[str], lookups: tuple[Lookup, ...], reader: Reader, *, file: str
) -> None:
    for key in ("when", "key", "contact"):
        expression: Expression | None = entry.get(key)
        if expression is not None:
            check_tables(entry.at(key), expression, tables, reader, file=file)
            if "looked_up" in expression.functions:
                check_use(entry, entry.at(key), expression, lookups, reader, file=file)


# -- suppress_on ------------------------------------------------------------------------------------------


def read_unsubscribing(
    section: Section,
    around: Surroundings,
    reader: Reader,
    *,
    reading: Reading,
    lookups: tuple[Lookup, ...],
    usual: tuple[str, ...],
) -> tuple[Unsubscribing, ...]:
    """Read a source's `suppress_on`; where it has none, the topics serve by which its preset says `usual`ly so."""
    if "suppress_on" not in section.nodes:
        return (Unsubscribing(topics=usual),) if usual else ()
    entries: tuple[Section, ...] = section.get("suppress_on", ())
    for entry in entries:
        check_topics(entry, around.topics, around.system, reader)
        _check_formulas(entry, around.tables, lookups, reader, file=_THIS_FILE)
        is_known = reading.contact is not None or _says(section, "contact")
        if not is_known and "contact" not in entry.nodes.keys() | entry.meant:
            message = "suppress_on needs a contact: nothing says whom these events are about"
            reader.report.error(entry.node, message, "write contact: and where the address or number is")
    return tuple(
        Unsubscribing(entry.get("on", ()), entry.get("contact"), entry.get("when"), entry.node.line)
        for entry in entries
    )


# -- for whoever compares with payloads ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Listener:
    """An entry of `cancel_on` or `suppress_on`, its place, and the source whose events it listens to."""

    what: Canceller | Unsubscribing
    node: Node
    listening: str

    def formulas(self) -> Iterator[tuple[Node | None, Expression]]:
        """Give its expressions, each with its place."""
        entry, key = self.what, "key" if isinstance(self.what, Canceller) else "contact"
        expression = entry.key if isinstance(entry, Canceller) else entry.contact
        for name, each in (("when", entry.when), (key, expression)):
            if each is not None:
                yield self.node.find(name), each


def listeners(source: Source, root: Node, sources: Table[str, Source]) -> Iterator[Listener]:
    """Give the entries of a source's file in its order; `root` is the file's document."""
    for what, node in zip(source.unsubscribing, _items(root.find("suppress_on")), strict=False):
        yield Listener(what, node, source.name)
    mappings = root.find("mappings")
    for rule, block in zip(source.mappings, mappings.items if mappings else (), strict=False):
        waiting = {
            name: iter([each for each in other.cancellers if (each.source, each.mapping) == (source.name, rule.name)])
            for name, other in sources.items()
        }
        for node in _items(block.find("cancel_on")):
            said = node.find("source")
            name = said.text if said else source.name
            if (found := next(waiting.get(name, iter(())), None)) is not None:
                yield Listener(found, node, name)


def _items(node: Node | None) -> tuple[Node, ...]:
    return () if node is None else node.items if node.kind == "list" else (node,)
