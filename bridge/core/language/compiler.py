"""Turns the parser's tree into nested functions, once, so that evaluating an expression walks no tree.

Every function takes the value and the context. Work is counted ahead: a piece knows the steps that one run
of it costs, and only what repeats (projections, `map`, sorting) takes steps from the budget while it runs.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bridge.core.language.arguments import Function, Reference, is_true
from bridge.core.language.comparisons import compile_comparison
from bridge.core.language.context import Context
from bridge.core.language.functions import FUNCTIONS
from bridge.core.language.paths import field_path, item
from bridge.core.language.projections import cut, flatten, project, project_filtered, project_values

Node = Mapping[str, Any]
Run = Callable[[Any, Context], Any]

_CHAINS = frozenset({"subexpression", "index_expression", "pipe"})
_SAME = frozenset({"identity", "current"})


@dataclass(frozen=True, slots=True)
class Compiled:
    """A function for a piece of the tree and the steps that one run of it costs, repetitions not counted."""

    run: Run
    steps: int


def compile_tree(node: Node) -> Compiled:
    """Compile a tree whose function names and numbers of arguments were checked."""
    kind = node["type"]
    if kind in _CHAINS:
        return _chain(_links(node))
    return _COMPILERS[kind](node)


def _current(_node: Node) -> Compiled:
    return Compiled(lambda value, _: value, 1)


def _literal(node: Node) -> Compiled:
    constant = node["value"]
    return Compiled(lambda _value, _context: constant, 1)


# -- chains: a.b[0].c | d ---------------------------------------------------------------------------------


def _links(node: Node) -> list[Node]:
    if node["type"] in _CHAINS:
        return [link for child in node["children"] for link in _links(child)]
    return [] if node["type"] in _SAME else [node]


def _chain(links: Sequence[Node]) -> Compiled:
    pieces: list[Compiled] = []
    names: list[str] = []
    for link in (*links, None):
        if link is not None and link["type"] == "field":
            names.append(link["value"])
            continue
        if names:
            pieces.append(Compiled(field_path(tuple(names)), len(names)))
            names = []
        if link is not None:
            pieces.append(compile_tree(link))
    if not pieces:
        return Compiled(lambda value, _: value, 1)
    return Compiled(_one_after_another([piece.run for piece in pieces]), sum(piece.steps for piece in pieces))


def _one_after_another(runs: Sequence[Run]) -> Run:
    if len(runs) == 1:
        return runs[0]
    if len(runs) == 2:
        first, second = runs
        return lambda value, context: second(first(value, context), context)

    def run(value: Any, context: Context) -> Any:
        for link in runs:
            value = link(value, context)
        return value

    return run


def _field(node: Node) -> Compiled:
    return Compiled(field_path((node["value"],)), 1)


def _index(node: Node) -> Compiled:
    return Compiled(item(node["value"]), 1)


def _slice(node: Node) -> Compiled:
    start, end, step = node["children"]
    return Compiled(cut(slice(start, end, step)), 1)


# -- projections ------------------------------------------------------------------------------------------


def _projection(node: Node) -> Compiled:
    left, right = map(compile_tree, node["children"])
    return Compiled(project(left.run, right.run, right.steps), left.steps + 1)


def _value_projection(node: Node) -> Compiled:
    left, right = map(compile_tree, node["children"])
    return Compiled(project_values(left.run, right.run, right.steps), left.steps + 1)


def _filter_projection(node: Node) -> Compiled:
    left, right, condition = map(compile_tree, node["children"])
    steps = right.steps + condition.steps
    return Compiled(project_filtered(left.run, right.run, condition.run, steps=steps), left.steps + 1)


def _flatten(node: Node) -> Compiled:
    inner = compile_tree(node["children"][0])
    return Compiled(flatten(inner.run), inner.steps + 1)


# -- lists and objects made here --------------------------------------------------------------------------


def _multi_select_list(node: Node) -> Compiled:
    children = [compile_tree(child) for child in node["children"]]
    parts = tuple(child.run for child in children)

    def run(value: Any, context: Context) -> Any:
        return None if value is None else [part(value, context) for part in parts]

    return Compiled(run, 1 + sum(child.steps for child in children))


def _multi_select_dict(node: Node) -> Compiled:
    children = [(child["value"], compile_tree(child["children"][0])) for child in node["children"]]
    parts = tuple((name, child.run) for name, child in children)

    def run(value: Any, context: Context) -> Any:
        return None if value is None else {name: part(value, context) for name, part in parts}

    return Compiled(run, 1 + sum(child.steps for _, child in children))


# -- logic ------------------------------------------------------------------------------------------------


def _or(node: Node) -> Compiled:
    left, right = map(compile_tree, node["children"])
    first, second = left.run, right.run

    def run(value: Any, context: Context) -> Any:
        found = first(value, context)
        return found if found or is_true(found) else second(value, context)

    return Compiled(run, left.steps + right.steps)


def _and(node: Node) -> Compiled:
    left, right = map(compile_tree, node["children"])
    first, second = left.run, right.run

    def run(value: Any, context: Context) -> Any:
        found = first(value, context)
        return second(value, context) if found or is_true(found) else found

    return Compiled(run, left.steps + right.steps)


def _not(node: Node) -> Compiled:
    inner = compile_tree(node["children"][0])
    operand = inner.run
    return Compiled(lambda value, context: not is_true(operand(value, context)), inner.steps)


def _comparator(node: Node) -> Compiled:
    first, second = node["children"]
    left, right = compile_tree(first), compile_tree(second)
    # A literal on one side spares the call, and its size bounds the work of comparing.
    literals = tuple(side if side["type"] == "literal" else None for side in (first, second))
    run = compile_comparison(node["value"], left.run, right.run, literals=literals)
    return Compiled(run, left.steps + right.steps)


# -- functions --------------------------------------------------------------------------------------------


def _function(node: Node) -> Compiled:
    row = FUNCTIONS[node["value"]]
    arguments = [_argument(row, place, child) for place, child in enumerate(node["children"])]
    steps = row.cost + sum(argument.steps for argument in arguments)
    runs = tuple(argument.run for argument in arguments)
    if row.lazy:
        return Compiled(_lazy_call(row, runs), steps)
    return Compiled(_skipping_call(row, runs) if row.skips_null else _call(row, runs), steps)


def _argument(row: Function, place: int, node: Node) -> Compiled:
    if place != row.reference:
        return compile_tree(node)
    inner = compile_tree(node["children"][0])
    reference = Reference(inner.run, inner.steps)
    return Compiled(lambda _value, _context: reference, 1)


def _call(row: Function, arguments: tuple[Run, ...]) -> Run:
    function = row.run
    if not arguments:
        return lambda _, context: function(context)
    if len(arguments) == 1:
        only = arguments[0]
        return lambda value, context: function(context, only(value, context))
    return lambda value, context: function(context, *[argument(value, context) for argument in arguments])


def _skipping_call(row: Function, arguments: tuple[Run, ...]) -> Run:
    function, subject, others = row.run, arguments[0], arguments[1:]

    def run(value: Any, context: Context) -> Any:
        first = subject(value, context)
        if first is None:
            return None
        return function(context, first, *[argument(value, context) for argument in others])

    return run


def _lazy_call(row: Function, arguments: tuple[Run, ...]) -> Run:
    function = row.run
    return lambda value, context: function(context, value, *arguments)


_COMPILERS: Mapping[str, Callable[[Node], Compiled]] = {
    "and_expression": _and,
    "comparator": _comparator,
    "current": _current,
    "field": _field,
    "filter_projection": _filter_projection,
    "flatten": _flatten,
    "function_expression": _function,
    "identity": _current,
    "index": _index,
    "literal": _literal,
    "multi_select_dict": _multi_select_dict,
    "multi_select_list": _multi_select_list,
    "not_expression": _not,
    "or_expression": _or,
    "projection": _projection,
    "slice": _slice,
    "value_projection": _value_projection,
}
