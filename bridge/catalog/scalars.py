"""What a scalar means where a constant is wanted: the core schema of YAML 1.2, with its traps refused.

Numbers that would not come out as they are written (`012345`, `1.10`, `1e3`) are refused: in a mapping file they are
order numbers, postcodes and amounts far more often than numbers.
"""

import re

from bridge.catalog.nodes import Node
from bridge.core.model import Scalar

_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLEANS = {word: word.lower() == "true" for word in ("true", "True", "TRUE", "false", "False", "FALSE")}
_NUMBER = re.compile(
    r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+|[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?"
    r"|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
    re.ASCII,
)
_MOST_DIGITS = 18


def is_null(node: Node) -> bool:
    """Say whether a scalar is YAML's null; in quotes it never is."""
    return node.kind == "text" and not node.style and node.text in _NULLS


def looks_like(node: Node) -> str:
    """Say what a plain scalar is in YAML other than a text: `the number 404`, `true`, `empty`; or give nothing."""
    if node.style:
        return ""
    if node.text in _NULLS:
        return "empty" if not node.text else node.text
    if node.text in _BOOLEANS:
        return node.text
    return f"the number {node.text[:_MOST_DIGITS]}" if _NUMBER.fullmatch(node.text) else ""


def is_old_switch(node: Node) -> bool:
    """Say whether a plain scalar was true or false in older YAML, which people still expect: `yes`, `NO`, `off`."""
    return not node.style and node.text.lower() in {"yes", "no", "on", "off"}


def constant(node: Node) -> Scalar:
    """Give the text, number or boolean that a scalar is. Raises ValueError, for the operator, for null and traps."""
    if node.style or not looks_like(node):
        return node.text
    if node.text in _BOOLEANS:
        return _BOOLEANS[node.text]
    if node.text in _NULLS:
        raise ValueError("is empty; leave the key out, or write a value")
    if len(node.text) <= _MOST_DIGITS:
        if re.fullmatch(r"-?[0-9]+", node.text) and str(int(node.text)) == node.text:
            return int(node.text)
        if re.fullmatch(r"-?[0-9]+\.[0-9]+", node.text) and str(float(node.text)) == node.text:
            return float(node.text)
    raise ValueError("would not be sent as the number that is written here; put it in quotes")
