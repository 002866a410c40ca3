"""The fenced blocks of the documents."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tests.support.documents import ROOT

DOCUMENTS = ("README.md", *sorted(str(path.relative_to(ROOT)) for path in (ROOT / "docs").glob("*.md")))
FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A fenced block of a document: its language, its text without the indentation of a list, its line."""

    document: str
    language: str
    text: str
    line: int

    def __str__(self) -> str:
        return f"{self.document}:{self.line}"


def _blocks(document: str) -> Iterator[Block]:
    text = (ROOT / document).read_text(encoding="utf-8")
    for match in FENCE.finditer(text):
        content = "".join(line.removeprefix(match[1]) for line in match[3].splitlines(keepends=True))
        yield Block(document, match[2], content, text[: match.start()].count("\n") + 1)


BLOCKS = tuple(block for document in DOCUMENTS for block in _blocks(document))


def block_with(text: str) -> Block:
    """Give the one block that holds the text."""
    [block] = [block for block in BLOCKS if text in block.text]
    return block
