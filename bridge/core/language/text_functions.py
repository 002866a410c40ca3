"""Functions of the mapping language on text."""

import hashlib
import html
import re
from typing import Any

import msgspec

from bridge.core.errors import MappingFailed
from bridge.core.language.arguments import Function, read_integer, read_list, read_text, refuse, table
from bridge.core.language.context import TEXT_CHARACTERS, Context

# A word of a name, with apostrophes and combining accents inside; a hyphen or a blank begins the next one.
_WORD = re.compile(r"[\w\u0300-\u036f]+(?:['\u2019][\w\u0300-\u036f]+)*")
_APOSTROPHES = re.compile(r"(['\u2019])")


def to_text(name: str, value: Any) -> str:
    """Give a text, number or boolean as text, exactly: JSON's spelling of numbers, `true` and `false`.

    Raises MappingFailed for null, lists and objects.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float) and value - value == 0:  # infinities and NaN are no JSON
        return str(value)
    if isinstance(value, float):
        raise MappingFailed(f"{name} takes a finite number")
    raise refuse(name, "text, a number or a boolean", value)


def _limited(name: str, size: int) -> None:
    if size > TEXT_CHARACTERS:
        raise MappingFailed(f"{name} would give more than {TEXT_CHARACTERS:,} characters")


def _read(name: str, context: Context, value: Any) -> str:
    text = read_text(name, value)
    context.charge_text(text)
    return text


def _title(context: Context, value: Any) -> str:
    return _WORD.sub(_title_word, _read("title", context, value))


def _title_word(match: re.Match[str]) -> str:
    word = match[0]
    if word[0].isupper() and not word.isupper():
        return word  # McDonald, DeVito: somebody already took care
    parts = _APOSTROPHES.split(word)
    # O'Neil and D'Arc have a name after the apostrophe, it's and Lee's have a single letter.
    return "".join(
        part[:1].title() + part[1:].lower() if place == 0 or len(part) > 1 else part.lower()
        for place, part in enumerate(parts)
    )


def _replace(context: Context, value: Any, old: Any, new: Any) -> str:
    text, sought, instead = (
        _read("replace", context, value),
        read_text("replace", old),
        read_text("replace", new),
    )
    if not sought:
        raise MappingFailed("replace needs a text to look for, which must not be empty")
    if len(instead) > len(sought):
        _limited("replace", len(text) + text.count(sought) * (len(instead) - len(sought)))
    return text.replace(sought, instead)


def _split(context: Context, value: Any, separator: Any) -> list[str]:
    text, glue = _read("split", context, value), read_text("split", separator)
    if not glue:
        raise MappingFailed("split needs a separator, which must not be empty")
    context.charge(text.count(glue))
    return text.split(glue)


def _concat(context: Context, value: Any) -> str:
    elements = read_list("concat", value)
    context.charge(len(elements))
    texts = [to_text("concat", element) for element in elements if element is not None]
    _limited("concat", sum(map(len, texts)))
    return "".join(texts)


def _slice_text(context: Context, value: Any, start: Any, end: Any = None) -> str:
    text = _read("slice_text", context, value)
    first = None if start is None else read_integer("slice_text", start)
    last = None if end is None else read_integer("slice_text", end)
    return text[first:last]


def _default(_context: Context, value: Any, otherwise: Any) -> Any:
    return otherwise if value is None or value in ("", [], {}) else value


def _first(_context: Context, value: Any) -> Any:
    elements = read_list("first", value)
    return elements[0] if elements else None


def _last(_context: Context, value: Any) -> Any:
    elements = read_list("last", value)
    return elements[-1] if elements else None


def _sha256(context: Context, value: Any) -> str:
    text = to_text("sha256", value)
    context.charge_text(text)
    return hashlib.sha256(text.encode()).hexdigest()


def _from_json(context: Context, value: Any) -> Any:
    if isinstance(value, dict | list):
        return value
    text = read_text("from_json", value)
    context.charge(len(text) >> 4)
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        raise MappingFailed("from_json was given a text that is not JSON") from None


def _unescape_html(context: Context, value: Any) -> str:
    text = _read("unescape_html", context, value)
    context.charge(4 * text.count("&"))
    return html.unescape(text)


def _text(_context: Context, value: Any) -> str:
    return to_text("text", value)


TEXT_FUNCTIONS = table(
    Function("text", 1, 1, _text, "a number or boolean as text, exactly; null stays null", skips_null=True),
    Function("lower", 1, 1, lambda c, v: _read("lower", c, v).lower(), "the text in small letters", skips_null=True),
    Function("upper", 1, 1, lambda c, v: _read("upper", c, v).upper(), "the text in capitals", skips_null=True),
    Function(
        "title",
        1,
        1,
        _title,
        "a name's words with capitals: Anna-Lena, O'Neil; McDonald stays",
        skips_null=True,
    ),
    Function("trim", 1, 1, lambda c, v: _read("trim", c, v).strip(), "without blanks at both ends", skips_null=True),
    Function(
        "replace",
        3,
        3,
        _replace,
        "the text with every second argument replaced by the third",
        skips_null=True,
    ),
    Function("split", 2, 2, _split, "the parts of a text between separators, as a list", skips_null=True),
    Function(
        "concat",
        1,
        1,
        _concat,
        "the texts, numbers and booleans of a list in one; nulls are left out",
        skips_null=True,
    ),
    Function(
        "slice_text",
        2,
        3,
        _slice_text,
        "the characters from a (from 0) to before b; negative from the end",
        skips_null=True,
    ),
    Function(
        "unescape_html",
        1,
        1,
        _unescape_html,
        "&amp; and the like as characters",
        cost=4,
        skips_null=True,
    ),
    Function(
        "default",
        2,
        2,
        _default,
        "the first argument, or the second if it is null or empty; false and 0 count",
    ),
    Function("first", 1, 1, _first, "a list's first element; null if it is empty", skips_null=True),
    Function("last", 1, 1, _last, "a list's last element; null if it is empty", skips_null=True),
    Function(
        "sha256",
        1,
        1,
        _sha256,
        "SHA-256 of the text in UTF-8, as 64 hexadecimal digits",
        cost=4,
        skips_null=True,
    ),
    Function("from_json", 1, 1, _from_json, "the value that a JSON text holds; others stay", cost=4, skips_null=True),
)
