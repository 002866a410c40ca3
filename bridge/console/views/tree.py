"""JSON as a tree that folds, with the keys marked that a mapping uses. Whatever the JSON holds, it stays text."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

MOST_NODES = 20_000  # that one page shows
_DEEPEST = 100
_LONGEST_TEXT = 2_000  # characters of one value
_OPEN = Markup(" open")
_LEAF = Markup('<div class="leaf"><span class="k">{}</span>: {}</div>')
_TEXT = Markup('<bdi class="s">"{}"</bdi>')
_OTHER = Markup('<span class="v">{}</span>')
_MARKED = Markup("<mark>{}</mark>")
_BRANCH = Markup('<details{}><summary><span class="k">{}</span> {}</summary>\n')
_BRANCH_ENDS = Markup("</details>\n")
_REST = Markup('<div class="leaf muted">{}</div>')

Path = tuple[str, ...]


class Written(str):
    """A number as it is written: 1.10 stays 1.10."""

    __slots__ = ()


def read(text: str) -> Any:
    """Read JSON for display. Raises ValueError where it is none."""
    try:
        return json.loads(text, parse_float=Written, parse_int=Written, parse_constant=Written)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def tree(value: Any, *, name: str, used: Iterable[str] = (), open_to: int = 2) -> Markup:
    """Write a JSON value as nested `details`, the first `open_to` levels open; `used` are dotted paths to be marked.

    List places do not count in paths. What is beyond the bound on nodes is said, not shown.
    """
    marked = frozenset(tuple(path.split(".")) for path in used)
    return Markup("").join(_Writing(marked, open_to, iter(range(MOST_NODES))).node(name, value, ()))


@dataclass(frozen=True, slots=True)
class _Writing:
    """One tree: the paths that are marked, how many levels are open, and how many nodes may still come."""

    marked: frozenset[Path]
    open_to: int
    budget: Iterator[int]

    def node(self, key: str, value: Any, path: Path, depth: int = 0) -> Iterator[Markup]:
        if not isinstance(value, dict | list) or not value or depth >= _DEEPEST:
            yield _LEAF.format(key, _scalar(value, is_used=self._is_used(path)))
            return
        children = value.items() if isinstance(value, dict) else enumerate(value)
        yield _BRANCH.format(_OPEN if depth < self.open_to else "", key, _size(value))
        for number, (child_key, child) in enumerate(children):
            if next(self.budget, None) is None:
                yield _REST.format(f"{len(value) - number:,} more are not shown here; the download has them")
                break
            below = (*path, str(child_key)) if isinstance(value, dict) else path
            yield from self.node(str(child_key), child, below, depth + 1)
        yield _BRANCH_ENDS

    def _is_used(self, path: Path) -> bool:
        """Say whether a path is used, itself or with something that holds it."""
        return any(path[:end] in self.marked for end in range(1, len(path) + 1))


def _size(value: dict[str, Any] | list[Any]) -> str:
    number = len(value)
    if isinstance(value, dict):
        return f"{{{number:,} {'key' if number == 1 else 'keys'}}}"
    return f"[{number:,} {'entry' if number == 1 else 'entries'}]"


def _scalar(value: Any, *, is_used: bool) -> Markup:
    shown = _shown(value)
    return _MARKED.format(shown) if is_used else shown


def _shown(value: Any) -> Markup:
    if isinstance(value, Written):
        return _OTHER.format(str(value)[:_LONGEST_TEXT])
    if isinstance(value, str):
        more = f"… ({len(value):,} characters)" if len(value) > _LONGEST_TEXT else ""
        return _TEXT.format(value[:_LONGEST_TEXT] + more)
    if isinstance(value, dict | list):
        return _OTHER.format("…" if value else "{}" if isinstance(value, dict) else "[]")
    return _OTHER.format({True: "true", False: "false", None: "null"}[value])
