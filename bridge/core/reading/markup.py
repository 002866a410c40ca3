"""XML and SOAP as plain values: names without namespaces, `@` before attributes, repeated elements as lists.

A DOCTYPE is refused, so there are no entities to expand and nothing outside to fetch.
"""

from typing import Any
from xml.parsers import expat

from bridge.core.errors import Unreadable

MOST_NODES = 100_000  # elements and attributes
_NATIVE = {"latin-1": "iso-8859-1", "utf-16-le": "utf-16le", "utf-16-be": "utf-16be"}
TEXT = "#text"  # the text of an element that has attributes or children as well


def read_markup(body: bytes, charset: str | None, *, depth: int) -> Any:
    """Give `{"Envelope": {…}}`: an element is its text, or an object of its attributes, children and `#text`.

    An element with `xsi:nil` is null. Raises Unreadable.
    """
    tree = _Tree(depth)
    # The transport's charset counts more than the document's own (RFC 7303, 3); None lets the document say.
    parser = expat.ParserCreate(_NATIVE.get(charset, charset) if charset else None)
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = tree.refuse_doctype
    parser.StartElementHandler = tree.open
    parser.EndElementHandler = tree.close
    parser.CharacterDataHandler = tree.add_text
    try:
        parser.Parse(body, True)
    except expat.ExpatError as error:
        what = expat.errors.messages.get(error.code, "") if error.code < 0 else expat.ErrorString(error.code)
        raise Unreadable(f"the body is not valid XML: {what} (line {error.lineno})") from None
    except (ValueError, LookupError, UnicodeError):
        raise Unreadable("the body is not valid XML: its encoding is not supported") from None
    return {tree.name: tree.value}


class _Tree:
    """What was read so far. An open element is its members, its texts and its name."""

    def __init__(self, depth: int) -> None:
        self.name = ""
        self.value: Any = None
        self._depth = depth
        self._nodes = 0
        self._open: list[tuple[str, dict[str, Any], list[str]]] = []

    def refuse_doctype(self, *_: Any) -> None:
        raise Unreadable("the XML body has a DOCTYPE, which is not read; send it without")

    def open(self, name: str, attributes: dict[str, str]) -> None:
        self._nodes += 1 + len(attributes)
        if self._nodes > MOST_NODES:
            raise Unreadable(f"the XML body has more than {MOST_NODES} elements and attributes")
        if len(self._open) >= self._depth:
            raise Unreadable(f"the XML body is nested more than {self._depth} deep")
        kept = {"@" + _bare(key): value for key, value in attributes.items() if key != "xmlns" and key[:6] != "xmlns:"}
        self._open.append((_bare(name), kept, []))

    def add_text(self, text: str) -> None:
        self._open[-1][2].append(text)

    def close(self, _: str) -> None:
        name, members, texts = self._open.pop()
        value = _value(members, "".join(texts))
        if not self._open:
            self.name, self.value = name, value
            return
        around = self._open[-1][1]
        if name not in around:
            around[name] = value
        elif isinstance(around[name], list):  # an element by itself is never a list
            around[name].append(value)
        else:
            around[name] = [around[name], value]


def _value(members: dict[str, Any], text: str) -> Any:
    if members.get("@nil") in {"true", "1"}:
        return None
    if not members:
        return text.strip()
    return members | {TEXT: text.strip()} if text.strip() else members


def _bare(name: str) -> str:
    return name.rpartition(":")[2]
