"""Reads nodes into values as their shapes say; what does not fit is reported, and None stands in for it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bridge.catalog import scalar_reader
from bridge.catalog.nodes import Node
from bridge.catalog.references import read_reference
from bridge.catalog.report import Report, did_you_mean, echo, shown
from bridge.catalog.scalars import is_null, is_old_switch, looks_like
from bridge.catalog.shapes import (
    Anything,
    Block,
    Choice,
    Constant,
    Decimal,
    Duration,
    Formula,
    Listing,
    Rating,
    Reference,
    Shape,
    Switch,
    Table,
    Whole,
    Word,
)
from bridge.core.errors import ExpressionInvalid
from bridge.core.language.expression import Expression, compile_expression
from bridge.core.language.negation import short_negation


@dataclass(frozen=True, slots=True)
class Reader:
    """What reading a file needs: where problems go, and the environment for `${env:NAME}`."""

    report: Report
    environment: Mapping[str, str] = field(repr=False)

    def read(self, shape: Shape, node: Node, name: str) -> Any:
        """Read a value of this shape; `name` is how messages call it. None if it was reported instead."""
        if node.kind == "refused":
            return None
        return _READERS[type(shape)](self, shape, node, name)


@dataclass(frozen=True, slots=True)
class Section:
    """A block that was read: values by key, as far as they could be read, and the nodes of all known keys.

    `meant` are the keys that were probably meant by unknown ones.
    """

    node: Node
    values: Mapping[str, Any]
    nodes: Mapping[str, Node]
    meant: frozenset[str] = frozenset()

    def get(self, key: str, default: Any = None) -> Any:
        """Give the value of a key, or the default where it is absent or unreadable."""
        value = self.values.get(key)
        return default if value is None else value

    def at(self, key: str) -> Node:
        """Give the place to report a problem of this key."""
        return self.nodes.get(key, self.node)


def read_block(reader: Reader, block: Block, node: Node) -> Section:
    """Read a table with known keys."""
    nodes: dict[str, Node] = {}
    values: dict[str, Any] = {}
    meant: set[str] = set()
    for key, value in node.entries:
        if key.text not in block.keys:
            meant |= _report_unknown(reader.report, block, key)
            continue
        nodes[key.text] = value
        values[key.text] = reader.read(block.keys[key.text].shape, value, key.text)
    for name, key_rule in block.keys.items():
        if key_rule.required and name not in nodes and name not in meant:
            reader.report.error(node, f"{name} is missing", key_rule.meaning)
    return Section(node, values, nodes, frozenset(meant))


def _report_unknown(report: Report, block: Block, key: Node) -> set[str]:
    """Report an unknown key; give the key that was probably meant, if any."""
    guess = did_you_mean(key.text, block.keys)
    report.error(key, f"{echo(key.text)} is not a key of {block.name}", guess or f"possible: {', '.join(block.keys)}")
    return {guess.split("'")[1]} if guess else set()


def _block(reader: Reader, shape: Block, node: Node, name: str) -> Section | None:
    if node.kind == "table":
        return read_block(reader, shape, node)
    if shape.short and node.kind == "text":
        value = reader.read(shape.keys[shape.short].shape, node, name)
        return Section(node, {shape.short: value}, {shape.short: node})
    reader.report.error(node, f"{name} must be a table of keys and values, not {shown(node)}")
    return None


def _listing(reader: Reader, shape: Listing, node: Node, name: str) -> tuple[Any, ...] | None:
    one = "table" if isinstance(shape.of, Block) else "text"
    if node.kind != "list" and not (shape.or_one and node.kind == one):
        reader.report.error(node, f"{name} must be a list, not {shown(node)}")
        return None
    items = node.items if node.kind == "list" else (node,)
    if len(items) < shape.least:
        reader.report.error(node, f"{name} is an empty list", "add an entry, or leave the key out")
        return None
    each = f"an entry of {name}" if isinstance(shape.of, Block) else name
    values = [reader.read(shape.of, item, each) for item in items]
    return tuple(value for value in values if value is not None)


def _table(reader: Reader, shape: Table, node: Node, name: str) -> dict[str, Any] | None:
    if node.kind != "table":
        reader.report.error(node, f"{name} must be a table of keys and values, not {shown(node)}")
        return None
    values = {key.text: reader.read(shape.of, value, f"{name}.{key.text[:64]}") for key, value in node.entries}
    return {key: value for key, value in values.items() if value is not None}


def _formula(reader: Reader, shape: Formula, node: Node, name: str) -> Expression | None:
    if node.kind != "text":
        reader.report.error(node, f"{name} must be an expression, not {shown(node)}", "put the expression in quotes")
        return None
    if is_null(node) or not node.text.strip():
        reader.report.error(node, f"{name} is empty", "write an expression, or leave the key out")
        return None
    if what := looks_like(node):
        literal = f"{{value: {node.text}}}" if shape.or_constant else f'"`{node.text}`"'
        reader.report.error(node, f"{name} must be an expression, not {what}", f"a constant is written {literal}")
        return None
    text = node.text.rstrip()
    try:
        compiled = compile_expression(text)
    except ExpressionInvalid as error:
        reader.report.error(node, f"{name}: {error.message}", error.suggestion, position=error.position)
        return None
    if short := short_negation(text):
        message = f"{name}: this ! is applied to the beginning of the path alone, which makes it always null"
        reader.report.error(node, message, f"write {short.meant}", position=short.position)
        return None
    if is_old_switch(node):
        literal = f'{{value: "{text}"}}' if shape.or_constant else "`true` or `false` in backticks"
        message = f"{name}: {text} is the name of a field here, which is neither true nor false"
        reader.report.warn(node, message, f"write {literal}, or put the field's name in quotes")
    return compiled


_READERS: Mapping[type, Callable[[Reader, Any, Node, str], Any]] = {
    Block: _block,
    Listing: _listing,
    Table: _table,
    Formula: _formula,
    Anything: lambda _reader, _shape, node, _name: node,
    Reference: lambda reader, shape, node, name: read_reference(
        node, name, reader.report, environment=reader.environment, secret=shape.secret
    ),
    **{
        shape: lambda reader, shape, node, name: scalar_reader.read_scalar(shape, node, name, reader.report)
        for shape in (Word, Choice, Whole, Decimal, Switch, Duration, Rating, Constant)
    },
}
