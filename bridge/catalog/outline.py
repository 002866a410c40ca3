"""Where the parts of each mapping stand in a mapping file: for pages that show by which line something was decided."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from bridge.catalog.document import read_document
from bridge.catalog.nodes import Node
from bridge.catalog.report import Report


@dataclass(frozen=True, slots=True)
class Written:
    """An attribute of a `body:` as it is written: its line, its expression or constant, and its default."""

    name: str
    line: int
    text: str
    default: str | None = None
    is_constant: bool = False


@dataclass(frozen=True, slots=True)
class Outline:
    """One mapping of a file: from which line to which it goes, the lines of its keys, and its attributes."""

    name: str
    first: int
    last: int
    keys: Mapping[str, int]
    attributes: tuple[Written, ...]


@lru_cache(maxsize=64)  # a page shows the same few files again and again, and reading one costs milliseconds
def outline(text: str) -> Mapping[str, Outline]:
    """Give the mappings of a mapping file's text by name. Total: what cannot be read has none."""
    root = read_document(Report("", text))
    mappings = root.find("mappings") if root else None
    items = mappings.items if mappings else ()
    found = (_outline(item) for item in items if item.kind == "table")
    return {each.name: each for each in found if each is not None}


def _outline(item: Node) -> Outline | None:
    name, body = item.find("name"), item.find("body")
    if name is None:
        return None
    keys = {key.text: key.line for key, _ in item.entries}
    attributes = tuple(_attribute(key, value) for key, value in (body.entries if body else ()))
    return Outline(name.text, item.line, max(_lines(item)), keys, attributes)


def _attribute(key: Node, value: Node) -> Written:
    if value.kind != "table":
        return Written(key.text, key.line, value.text)
    expression, constant, default = value.find("expr"), value.find("value"), value.find("default")
    told = expression or constant
    return Written(
        key.text,
        key.line,
        told.text if told else "",
        default.text if default else None,
        is_constant=expression is None and constant is not None,
    )


def _lines(node: Node) -> Iterator[int]:
    yield node.line + node.text.count("\n")
    for item in node.items:
        yield from _lines(item)
    for key, value in node.entries:
        yield key.line
        yield from _lines(value)
