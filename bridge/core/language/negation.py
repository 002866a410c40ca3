"""Finds where a `!` reaches less far than it seems to: JMESPath reads `!a.b` as `(!a).b`, which is always null."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from jmespath.lexer import Lexer

Token = dict[str, Any]

_CLOSING: Mapping[str, str] = MappingProxyType(
    {"lparen": "rparen", "lbracket": "rbracket", "filter": "rbracket", "lbrace": "rbrace"}
)

_LOOSE = frozenset({"dot", "filter", "flatten"})  # bind less than `!`; an index or a call binds more


@dataclass(frozen=True, slots=True)
class ShortNegation:
    """A `!` that negates only the beginning of a path. `position` is where it stands, `meant` what to write."""

    position: int
    meant: str


def short_negation(text: str) -> ShortNegation | None:
    """Give the first `!` of a valid expression that is applied to the beginning of a path alone."""
    tokens: list[Token] = [dict(token) for token in Lexer().tokenize(text)]
    for place, token in enumerate(tokens):
        if token["type"] == "not":
            begin = place + 1
            while tokens[begin]["type"] == "not":
                begin += 1
            end = _after_value(tokens, begin)
            if tokens[end]["type"] in _LOOSE:
                whole = text[tokens[begin]["start"] : tokens[_after_path(tokens, end)]["start"]].strip()
                return ShortNegation(token["start"], f"{'!' * (begin - place)}({whole})")
    return None


def _after_value(tokens: Sequence[Token], place: int) -> int:
    """Give the place after a value with what binds it tightly: a call's arguments, an index, a projection's path."""
    is_first = True
    while is_first or tokens[place]["type"] in {"lparen", "lbracket"}:
        if _is_projection(tokens, place):
            return _after_path(tokens, _after_one(tokens, place), until="flatten")
        is_first, place = False, _after_one(tokens, place)
    return place


def _is_projection(tokens: Sequence[Token], place: int) -> bool:
    """Say whether a path that goes on from here is applied to each element, before the negation."""
    kinds = [token["type"] for token in tokens[place : place + 3]]
    if kinds[0] != "lbracket":
        return kinds[0] in {"star", "filter", "flatten"}
    return kinds[1] == "colon" or kinds[1:] in (["star", "rbracket"], ["number", "colon"])


def _after_path(tokens: Sequence[Token], place: int, *, until: str = "") -> int:
    while True:
        kind = tokens[place]["type"]
        if kind == until:
            return place
        if kind == "dot":
            place = _after_one(tokens, place + 1)
        elif kind == "flatten" or kind in _CLOSING:
            place = _after_one(tokens, place)
        else:
            return place


def _after_one(tokens: Sequence[Token], place: int) -> int:
    """Give the place after one token, or after the whole of what it opens."""
    closing = _CLOSING.get(tokens[place]["type"])
    place += 1
    while closing and tokens[place]["type"] != closing:
        place = _after_one(tokens, place)
    return place + 1 if closing else place
