"""What a YAML file holds, with the place of every key and value: lines and columns count from 1."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

NodeKind = Literal["text", "list", "table", "refused"]

_ESCAPE_WIDTHS = {"x": 4, "u": 6, "U": 10}  # characters of an escape in double quotes, with its backslash
_BLANK_ESCAPES = frozenset(" \t\r\ntnvfrN_LP")  # escapes that stand for a blank or a line's end


@dataclass(frozen=True, slots=True)
class Node:
    """A scalar (kept as its text, whatever it looks like), a list or a table.

    `style` is the quote or block sign of a scalar, or "" if it is plain. `index` counts characters from the
    beginning of the file. `refused` stands where a problem was reported already.
    """

    kind: NodeKind
    line: int
    column: int
    index: int = 0
    text: str = ""
    style: str = ""
    multiline: bool = False
    items: tuple["Node", ...] = ()
    entries: tuple[tuple["Node", "Node"], ...] = ()

    def find(self, name: str) -> "Node | None":
        """Give the value of a table's key, or None."""
        return next((value for key, value in self.entries if key.text == name), None)


def place(node: Node, position: int, source: str) -> tuple[int, int]:
    """Give line and column of the character at `position` of a scalar's text, in the file's text `source`.

    Exact for scalars on one line; in folded and block scalars a blank counts as the word that follows it.
    """
    start, quote = node.index, node.style if node.style in {"'", '"'} else ""
    if node.style in {"|", ">"}:
        start = source.find("\n", start) + 1
    elif quote:
        start += 1
    characters = _characters(source, start, quote)
    if not node.multiline and node.style not in {"|", ">"}:
        offset = _nth(characters, position, start)
    else:
        wanted = len("".join(node.text[:position].split()))
        offset = _nth((character for character in characters if not character[2]), wanted, start)
    line = node.line + source.count("\n", node.index, offset)
    return line, offset - source.rfind("\n", 0, offset)


def _nth(characters: Iterator[tuple[int, int, bool]], number: int, start: int) -> int:
    """Give the offset of a character, or where the text ends before it."""
    end = start
    for count, (offset, width, _) in enumerate(characters):
        if count == number:
            return offset
        end = offset + width
    return end


def _characters(source: str, offset: int, quote: str) -> Iterator[tuple[int, int, bool]]:
    """Give (offset, width in the file, whether it is blank) of each character of a scalar's text."""
    while offset < len(source):
        sign, following = source[offset], source[offset + 1 : offset + 2]
        width, blank = 1, sign.isspace()
        if quote == "'" == sign and following == "'":
            width = 2
        elif sign == quote:
            return
        elif quote == '"' and sign == "\\":
            width, blank = _ESCAPE_WIDTHS.get(following, 2), following in _BLANK_ESCAPES
        yield offset, width, blank
        offset += width
