"""What a parsed expression reaches for: functions, tables and field paths; and how deep it is."""

from collections.abc import Iterator, Mapping
from typing import Any

Node = Mapping[str, Any]
_Path = tuple[str, ...] | None  # None: not a part of the value that the expression is given

_CHAINS = frozenset({"subexpression", "index_expression", "pipe"})
_MAKERS = frozenset({"multi_select_list", "multi_select_dict"})
_SAME = frozenset({"identity", "current", "index", "slice"})


def depth(root: Node) -> int:
    """Count the levels of a tree, without recursion, however deep it is."""
    levels, level = 0, [root]
    while level:
        levels += 1
        level = [child for node in level for child in _children(node)]
    return levels


def _children(node: Node) -> list[Node]:
    if node["type"] == "slice":  # whose children are numbers
        return []
    children: list[Node] = node["children"]
    if node["type"] == "filter_projection":  # the order of the text: left, condition, right
        return [children[0], children[2], children[1]]
    return children


def calls(node: Node) -> Iterator[Node]:
    """Give the function calls in the order in which their names stand in the text."""
    if node["type"] == "function_expression":
        yield node
    for child in _children(node):
        yield from calls(child)


def stray_reference(node: Node, *, allowed: bool = False) -> bool:
    """Say whether there is an expression with `&` that is no function's argument."""
    if node["type"] == "expref" and not allowed:
        return True
    called = node["type"] == "function_expression"
    return any(stray_reference(child, allowed=called) for child in _children(node))


def has_slice_without_step(node: Node) -> bool:
    """Say whether a part of a list is asked for in steps of 0."""
    if node["type"] == "slice":
        return bool(node["children"][2] == 0)
    return any(has_slice_without_step(child) for child in _children(node))


def makes_values(node: Node) -> bool:
    """Say whether lists or objects are made of parts, which can then be in the result several times."""
    return node["type"] in _MAKERS or any(makes_values(child) for child in _children(node))


def named(root: Node, function: str) -> tuple[str, ...]:
    """Give the names that a function is given as text literals, such as the tables of `lookup`, each once."""
    firsts = [call["children"][0] for call in calls(root) if call["value"] == function and call["children"]]
    names = [first["value"] for first in firsts if first["type"] == "literal" and isinstance(first["value"], str)]
    return tuple(dict.fromkeys(names))


def paths(root: Node) -> tuple[str, ...]:
    """Give the dotted paths that are read from the expression's own value, each once, without list places."""
    found: list[str] = []
    _note(_follow(root, (), found), found)
    return tuple(dict.fromkeys(found))


def _note(path: _Path, found: list[str]) -> None:
    if path:
        found.append(".".join(path))


def _follow(node: Node, path: _Path, found: list[str]) -> _Path:
    """Give where the node's result lies, noting the paths that are used up within it."""
    kind = node["type"]
    if kind == "field":
        return None if path is None else (*path, node["value"])
    if kind in _SAME:
        return path
    children = _children(node)
    if kind in _CHAINS or kind in {"projection", "value_projection", "flatten"}:
        for child in children:
            path = _follow(child, path, found)
        return path
    if kind == "filter_projection":
        elements = _follow(children[0], path, found)
        _note(_follow(children[1], elements, found), found)
        return _follow(children[2], elements, found)
    # With a function that takes an expression, what that sees is not known.
    sees: _Path = path
    for child in children:
        _note(_follow(child, None if child["type"] == "expref" else sees, found), found)
    return None
