"""Reads a YAML 1.2 text into nodes and reports everything that YAML allows but mapping files do not.

Only the parser's events are used. Scalars stay texts here; what they mean is decided where it is known what is wanted,
so no date, number or `no` is ever guessed. Anchors, aliases, tags and merge keys are refused: they hide what a file
says, and an alias can make a small file huge.
"""

import re
from dataclasses import dataclass, field, replace
from typing import Any

from ruamel.yaml import YAML, events as event

from bridge.catalog.nodes import Node, NodeKind
from bridge.catalog.report import Report, echo
from bridge.catalog.syntax import explain

LARGEST_FILE = 256 * 1024  # bytes
MOST_NODES = 20_000
DEEPEST = 32

_ODD = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")  # what an escape in quotes can bring in
_QUOTE_IT = "put the value in quotes"


class _TooMuch(Exception):
    """The file has too many values, or is too deep; carries the event at which it was noticed."""


@dataclass(slots=True)
class _Open:
    """A list or table whose end has not come yet; children of a table are its keys and values in turn."""

    kind: NodeKind
    start: Any
    flow: bool
    children: list[Node] = field(default_factory=list)


def read_document(report: Report) -> Node | None:
    """Read `report.source`; give its root table, or None after reporting why there is none."""
    if not report.source.strip("\ufeff \t\r\n"):
        report.error(_AT_START, "the file is empty")
        return None
    builder = _Builder(report)
    try:
        for happening in YAML(typ="safe", pure=True).parse(report.source):
            builder.take(happening)
    except _TooMuch as refusal:
        report.error(builder.last, str(refusal))
        return None
    except Exception as error:  # noqa: BLE001 - the parser raises more than YAMLError on hostile text
        problem = explain(error, report.source)
        report.error(Node("refused", problem.line, problem.column), problem.message, problem.suggestion)
        return None
    return _root(builder.roots, report)


_AT_START = Node("refused", 1, 1)


def _root(roots: list[Node], report: Report) -> Node | None:
    if len(roots) > 1:
        report.error(roots[1], "a second YAML document begins here", "remove the line ---")
        return None
    root = roots[0] if roots else None
    if root is None or (root.kind == "text" and not root.text):
        report.error(_AT_START, "the file is empty")
        return None
    if root.kind in {"text", "list"}:
        report.error(root, "the file must be a table of keys and values, such as `source: shopify`")
        return None
    return root if root.kind == "table" else None


class _Builder:
    """Puts nodes together from events, without recursion: a file cannot be nested deeper than the stack."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.roots: list[Node] = []
        self.last = _AT_START
        self._open: list[_Open] = []
        self._count = 0

    def take(self, happening: Any) -> None:
        """Take the next event. Raises _TooMuch."""
        match happening:
            case event.ScalarEvent():
                self._add(self._scalar(happening))
            case event.AliasEvent():
                self._add(self._refuse(happening, "a value that begins with * is an alias in YAML"))
            case event.MappingStartEvent() | event.SequenceStartEvent():
                self._begin(happening)
            case event.MappingEndEvent() | event.SequenceEndEvent():
                self._end()

    def _begin(self, happening: Any) -> None:
        if len(self._open) >= DEEPEST:
            self.last = Node("refused", *_place(happening.start_mark))
            raise _TooMuch(f"lists and tables are nested more than {DEEPEST} deep")
        self._reject_marks(happening)
        kind: NodeKind = "table" if isinstance(happening, event.MappingStartEvent) else "list"
        self._open.append(_Open(kind, happening.start_mark, bool(happening.flow_style)))

    def _end(self) -> None:
        opened = self._open.pop()
        line, column, index = _place(opened.start)
        if opened.kind == "list":
            self._add(Node("list", line, column, index, items=tuple(opened.children)))
        else:
            self._add(Node("table", line, column, index, entries=self._entries(opened.children, flow=opened.flow)))

    def _add(self, node: Node) -> None:
        self._count += 1
        self.last = node
        if self._count > MOST_NODES:
            raise _TooMuch(f"the file has more than {MOST_NODES} keys and values; split it")
        (self._open[-1].children if self._open else self.roots).append(node)

    def _entries(self, children: list[Node], *, flow: bool) -> tuple[tuple[Node, Node], ...]:
        entries: dict[str, tuple[Node, Node]] = {}
        for key, value in zip(children[::2], children[1::2], strict=True):
            if key.kind in {"list", "table"}:
                self.report.error(key, "a list or table stands where a key should", _QUOTE_IT)
            elif key.text == "<<" and not key.style:
                self.report.error(key, "merge keys (<<) are not allowed", "write the keys out")
            elif key.text in entries:
                first = entries[key.text][0].line
                self.report.error(key, f"the key {echo(key.text)} stands twice; first on line {first}")
            elif flow and self._has_no_value(key, value):
                self.report.error(
                    key, f"the key {echo(key.text)} has no value", "put an expression with commas in quotes"
                )
            elif key.kind == "text":
                entries[key.text] = (key, _beside(key, value))
        return tuple(entries.values())

    def _has_no_value(self, key: Node, value: Node) -> bool:
        """Say whether a comma within { } made a key of what was meant as a part of the value before it."""
        between = self.report.source[key.index + len(key.text) : value.index]
        return value.kind == "text" and not value.text and not value.style and ":" not in between

    def _scalar(self, happening: Any) -> Node:
        line, column, index = _place(happening.start_mark)
        if self._reject_marks(happening):
            return Node("refused", line, column, index)
        if odd := _ODD.search(happening.value):
            node = Node("text", line, column, index, happening.value, happening.style or "")
            self.report.error(
                node, f"the character U+{ord(odd[0]):04X} is not allowed", "remove it", position=odd.start()
            )
            return Node("refused", line, column, index)
        multiline = happening.end_mark.line > happening.start_mark.line
        return Node("text", line, column, index, happening.value, happening.style or "", multiline)

    def _reject_marks(self, happening: Any) -> bool:
        """Report a tag or an anchor; say whether there was one."""
        tag = getattr(happening, "ctag", None)
        if tag is not None and str(tag):
            self._refuse(happening, "a value that begins with ! is a tag in YAML", sign="!")
        elif happening.anchor:
            self._refuse(happening, "a value that begins with & is an anchor in YAML", sign="&")
        else:
            return False
        return True

    def _refuse(self, happening: Any, message: str, *, sign: str = "") -> Node:
        line, column, index = _place(happening.start_mark)
        if sign:  # a mark stands before its value, and a tag may stand before an anchor
            found = self.report.source.rfind(sign, self.report.source.rfind("\n", 0, index) + 1, index + 1)
            column -= index - found if found >= 0 else 0
        node = Node("refused", line, column, index)
        self.report.error(node, message, _QUOTE_IT)
        return node


def _beside(key: Node, value: Node) -> Node:
    """Let a value that is not there stand where its key does; the parser puts it at whatever comes next."""
    absent = value.kind == "text" and not value.style and not value.text
    return replace(value, line=key.line, column=key.column, index=key.index) if absent else value


def _place(mark: Any) -> tuple[int, int, int]:
    return mark.line + 1, mark.column + 1, mark.index
