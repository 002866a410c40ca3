"""From an expression's text to a checked tree: syntax by jmespath's parser, errors in plain words."""

import difflib
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType

from jmespath.exceptions import IncompleteExpressionError, JMESPathError, LexerError, ParseError
from jmespath.lexer import Lexer
from jmespath.parser import Parser

from bridge.core.errors import ExpressionInvalid, MappingFailed
from bridge.core.language.arguments import Function
from bridge.core.language.functions import FUNCTIONS, OWN_FUNCTIONS
from bridge.core.language.reach import (
    Node,
    calls,
    depth,
    has_slice_without_step,
    makes_values,
    named,
    paths,
    stray_reference,
)

LONGEST = 4_096
DEEPEST = 100
_COMPARATORS = frozenset({"eq", "ne", "lt", "lte", "gt", "gte"})
_STEPS_FURTHER = frozenset({"dot", "lbracket", "flatten", "filter"})
_CONSTANTS = frozenset({"true", "false", "null"})
_NUMBER_HINT = "write it in backticks, as in `2`; to calculate, use add, sub, mul and div"

_HINTS: Mapping[str, str] = MappingProxyType(
    {
        "=": "to compare, write ==",
        "+": "to calculate, write add(a, b)",
        "-": 'to calculate, write sub(a, b); a name with a hyphen goes in double quotes: "first-name"',
        "*": "to calculate, write mul(a, b)",
        "/": "to calculate, write div(a, b)",
        "?": "to choose, write if(condition, a, b) or a || b",
        "$": "the event itself is @, or payload() within for_each",
        "and": "write && for and",
        "or": "write || for or",
        "not": "write ! for not",
        "==": "a comparison needs a value on both sides, and two of them need && between",
    }
)


@dataclass(frozen=True, slots=True)
class Tree:
    """A checked tree and what it uses. `shares`: its result may contain the same part many times."""

    root: Node
    functions: frozenset[str]
    paths: tuple[str, ...]
    tables: tuple[str, ...]
    answers: tuple[str, ...]
    shares: bool


def parse(text: str) -> Tree:
    """Parse and check an expression of at most 4,096 characters.

    Raises ExpressionInvalid for what is wrong in every event: syntax, functions, numbers of arguments.
    """
    if len(text) > LONGEST:
        raise ExpressionInvalid(f"the expression is longer than {LONGEST:,} characters", position=LONGEST)
    root, tokens = _read(text)
    if depth(root) > DEEPEST:
        raise ExpressionInvalid(f"the expression is nested more than {DEEPEST} levels deep")
    _check_comparisons(tokens)
    _check_slices(root, tokens)
    functions = _check_calls(root, tokens)
    _check_references(root, tokens)
    shares = bool(functions) or makes_values(root)
    return Tree(root, frozenset(functions), paths(root), named(root, "lookup"), named(root, "looked_up"), shares)


def _read(text: str) -> tuple[Node, list[Node]]:
    try:
        with warnings.catch_warnings():
            # `paid` in backticks is a text without its quotes: an old form that jmespath still reads.
            warnings.simplefilter("ignore", PendingDeprecationWarning)
            return Parser().parse(text).parsed, list(Lexer().tokenize(text))
    except LexerError as error:
        raise _unreadable(error) from None
    except IncompleteExpressionError:
        raise ExpressionInvalid("the expression ends too early", position=len(text)) from None
    except ParseError as error:
        raise _misplaced(error, text) from None
    except RecursionError:
        raise ExpressionInvalid("the expression is nested too deeply") from None
    except (JMESPathError, LookupError, TypeError, ValueError):  # the parser's own slips on odd input
        raise ExpressionInvalid("the expression is empty or cannot be read") from None


def _unreadable(error: LexerError) -> ExpressionInvalid:
    position, found = error.lexer_position, error.lexer_value[:1]
    if error.message.startswith("Unclosed"):
        return ExpressionInvalid(f"the {found} is never closed", position=position)
    if error.message.startswith("Unknown token"):
        return ExpressionInvalid(f"{found} means nothing here", position=position, suggestion=_HINTS.get(found, ""))
    if found == "`":
        hint = "write a number, a JSON value, true, false or null between backticks; text goes in single quotes"
        return ExpressionInvalid("between the backticks is no JSON", position=position, suggestion=hint)
    hint = "text goes in single quotes; within double quotes a name is escaped as in JSON"
    return ExpressionInvalid("the name in double quotes cannot be read", position=position, suggestion=hint)


def _misplaced(error: ParseError, text: str) -> ExpressionInvalid:
    position, kind, found = error.lex_position, error.token_type, str(error.token_value)
    if kind == "NUMBER":
        return ExpressionInvalid(f"the number {found} stands bare", position=position, suggestion=_NUMBER_HINT)
    if error.msg.startswith("Quoted identifier"):
        hint = "write a function's name without quotes, and text in single quotes"
        return ExpressionInvalid("a name in double quotes is no function", position=position, suggestion=hint)
    if kind == "EOF":
        return ExpressionInvalid("the expression ends too early", position=len(text))
    return ExpressionInvalid(f"{found} is not possible here", position=position, suggestion=_HINTS.get(found, ""))


# -- what is legal JMESPath, but certainly not meant ------------------------------------------------------


def _check_comparisons(tokens: Sequence[Node]) -> None:
    """Refuse `status == "paid"` and `test == true`, which compare two fields."""
    for place, token in enumerate(tokens):
        if place and token["type"] in _COMPARATORS:
            after, further = tokens[place + 1], tokens[min(place + 2, len(tokens) - 1)]
            before = tokens[place - 1]
            if further["type"] not in _STEPS_FURTHER:
                _check_side(after, is_text=before["type"] != "literal")
            if place < 2 or tokens[place - 2]["type"] != "dot":
                # A name on the left that needs its quotes is more likely meant as a name.
                is_word = str(before["value"]).isidentifier() and str(before["value"]).isascii()
                _check_side(before, is_text=is_word and after["type"] != "literal")


def _check_side(token: Node, *, is_text: bool) -> None:
    kind, word = token["type"], token["value"]
    if kind == "unquoted_identifier" and word in _CONSTANTS:
        raise ExpressionInvalid(_constant(word), position=token["start"])
    if kind == "quoted_identifier" and is_text:
        hint = f"write '{word}' for the text; for the field, @.\"{word}\""
        raise ExpressionInvalid(f'"{word}" is the name of a field', position=token["start"], suggestion=hint)


def _check_slices(root: Node, tokens: Sequence[Node]) -> None:
    if has_slice_without_step(root):
        zeros = [two for one, two in pairwise(tokens) if one["type"] == "colon" and two["value"] == 0]
        message = "a part of a list is taken in steps of 1 or more, or backwards of -1 or less, never 0"
        raise ExpressionInvalid(message, position=zeros[-1]["start"])


def _constant(word: str) -> str:
    return f"{word} is the name of a field here; for the constant, write `{word}` in backticks"


# -- functions --------------------------------------------------------------------------------------------


def _check_calls(root: Node, tokens: Sequence[Node]) -> set[str]:
    names = [
        token
        for token, following in pairwise(tokens)
        if token["type"] == "unquoted_identifier" and following["type"] == "lparen"
    ]
    for token, node in zip(names, calls(root), strict=True):
        name, position = token["value"], token["start"]
        if name not in FUNCTIONS:
            raise _unknown(name, position)
        try:
            _check_arguments(FUNCTIONS[name], node["children"])
        except ValueError as error:
            raise ExpressionInvalid(str(error), position=position) from None
    return {token["value"] for token in names}


def _check_references(root: Node, tokens: Sequence[Node]) -> None:
    if stray_reference(root):
        position = next(token["start"] for token in tokens if token["type"] == "expref")
        hint = "for and, write &&; an expression with & is an argument of sort_by, min_by, max_by or map"
        raise ExpressionInvalid("& is not possible here", position=position, suggestion=hint)


def _unknown(name: str, position: int) -> ExpressionInvalid:
    close = difflib.get_close_matches(name.lower(), FUNCTIONS, n=1)
    hint = f"did you mean {close[0]}?" if close else ""
    return ExpressionInvalid(f"there is no function {name}", position=position, suggestion=hint)


def _check_arguments(row: Function, arguments: Sequence[Node]) -> None:
    given = len(arguments)
    if given < row.least or (row.most is not None and given > row.most):
        raise ValueError(f"{row.name} takes {_amount(row)}, {given} given")
    for place, argument in enumerate(arguments):
        if (argument["type"] == "expref") is not (place == row.reference):
            needs = "an expression with & in front" if place == row.reference else "a value, without &"
            raise ValueError(f"{row.name} takes {needs} as argument {place + 1}")
        if argument["type"] == "field" and argument["value"] in _CONSTANTS and row.name in OWN_FUNCTIONS:
            raise ValueError(_constant(argument["value"]))
        if argument["type"] == "literal" and place in row.checks:
            try:
                row.checks[place](argument["value"])
            except MappingFailed as error:
                raise ValueError(str(error)) from None


def _amount(row: Function) -> str:
    if row.most == 0:
        return "no arguments"
    if row.most is None:
        return f"at least {row.least} argument" + ("s" if row.least > 1 else "")
    several = [str(number) for number in range(row.least, row.most + 1)]
    return " or ".join(several) + (" argument" if several == ["1"] else " arguments")
