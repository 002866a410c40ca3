"""Expressions made by grammar over made documents: what jmespath gives, a compiled expression gives too.

For a longer run: `python tests/core/test_expression_fuzz.py 100000`.
"""

import sys
from typing import Any

import jmespath
import pytest
from hypothesis import HealthCheck, example, given, settings, strategies as st

from bridge.core.errors import ExpressionInvalid, MappingFailed
from bridge.core.language.expression import Context, compile_expression
from bridge.core.language.functions import OWN_FUNCTIONS

_NAMES = st.sampled_from(["a", "b", "c", "foo", "items", '"x-y"', '"ä b"'])
_LITERALS = st.sampled_from(
    [
        *("`0`", "`1`", "`-1`", "`2.5`", "`true`", "`false`", "`null`", "`[]`", "`{}`", "`[1, 0, true]`", "`1e400`"),
        *("''", "'a'", "'10'", "'b b'", '`"a"`', '`{"a": 1, "b": "x"}`', '`["b", "a"]`', "`12345678901234567890`"),
    ]
)
# What a capital stands for: E any expression, A one that gives a list, M a number, T text, O an object, P what may
# stand behind an expression; F, L and N names, literals and numbers. Double quotes in a comparison are refused on
# purpose, so there a name stands in brackets.
_SHAPES = {
    "P": "[N] [N:] [:N] [::-1] [N:N:2] [N:N:-2] [?E] [?E] [?(E)==L] [?(E)<L] [] [*] .* .[@] .{k:@} .F .F .F.F [*].F "
    "[?F] [?(F)>L] .[E,E] .{p:E,q:E} .length(E)",
    "E": "F F FP FP itemsP itemsP EP EP (E)P AP AP OP A M T O E|E A|E E||E E&&E !E "
    "(E)==(E) (E)!=(E) (M)<(M) (T)<=(T) (E)>=(E) E<=L E>L contains(A,E) contains(T,T) ends_with(T,T) "
    "starts_with(T,E) not_null(E,E) max_by(A,&E) min_by(A,&F) "
    "max([M,M]) min([T,T]) max(A) sum(A) avg(A) join(E,E) sort_by(E,&E) abs(E) P",
    "A": "a items items[*].F items[*].a a F F[] F[*] [E,E] [M,M] [T,T] to_array(E) to_array(F) "
    "keys(O) values(O) sort([M,M]) sort([T,T]) sort(A) reverse(A) map(&E,A) map(&F,A) "
    "sort_by(A,&F) sort_by(A,&length(to_string(@))) "
    "A[?E] A[] A[*].F A[N:N] `[1,0,true]` "
    '`[{"a":1,"b":"x"},{"a":0,"b":"w"},{"b":"x"}]` `[[1],[2,3]]`',
    "M": "`0` `1` `-1` `2.5` length(A) length(T) to_number(T) abs(M) ceil(M) floor(M) sum([M,M]) avg([M,M]) max([M,M])",
    "T": "'a' '10' 'ab' '' to_string(E) type(E) join(T,[T,T]) reverse(T) to_string(M) max([T,T])",
    "O": '@ foo items[0] F {p:E,q:E} merge(O) merge({p:E},{q:E,p:F}) `{"a":1,"b":[true]}` {a:F,b:F}',
}
_PLAIN = {
    "E": "a b c foo items @ * [] [*]",
    "A": "a a items items foo `[1,2]`",
    "M": "c `-2`",
    "T": "'a' b",
    "O": "@ foo foo",
}
_WORDS = {letter: st.sampled_from(shapes.split()) for letter, shapes in _SHAPES.items()}
_LEAVES = {letter: st.sampled_from(shapes.split()) for letter, shapes in _PLAIN.items()}
_LEAVES |= {"F": _NAMES, "L": _LITERALS, "N": st.integers(-3, 3).map(str)}


@st.composite
def _expressions(draw: st.DrawFn, depth: int = 3) -> str:
    def piece(letter: str, left: int) -> str:
        if letter in _WORDS and (left or letter == "P"):
            return "".join(piece(part, max(0, left - 1)) for part in draw(_WORDS[letter]))
        return draw(_LEAVES[letter]) if letter in _LEAVES else letter

    return piece("E", depth)


_SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 3),
    st.sampled_from([0.0, 1.0, 2.5, -0.5, 1e300]),
    st.sampled_from(["", "a", "b", "10", "ab", "ä\u0301"]),
)
_KEYS = st.sampled_from(["a", "b", "c", "foo", "items", "x-y", "ä b"])
_DOCUMENTS = st.recursive(
    _SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(_KEYS, inner, max_size=4)),
    max_leaves=14,
)
_RECORDS = st.lists(st.dictionaries(_KEYS, _SCALARS, max_size=4), max_size=5)
_TYPICAL = st.fixed_dictionaries(
    {
        "a": st.lists(st.integers(-2, 3) | st.sampled_from([0.0, 1.0, 2.5])),
        "b": st.sampled_from(["", "a", "10", "ab"]),
        "c": st.integers(-2, 3),
        "foo": st.dictionaries(_KEYS, _DOCUMENTS, max_size=4),
        "items": _RECORDS,
    }
)
_PAYLOADS = st.one_of(_DOCUMENTS, _RECORDS, _TYPICAL, _TYPICAL, _TYPICAL)
_TOKENS = st.sampled_from(
    [*"abc.[]{}()*@,:|&!<>=-'\"`?", "==", "||", "&&", "[?", "[]", "1", "'x'", "`1`", "length", "map", " ", "$", "é"]
)


def check_alike(expression: str, document: Any) -> None:
    """Compare the two implementations on one expression and document: the same result, or both an error."""
    try:
        wanted = repr(jmespath.search(expression, document))
    except Exception:  # noqa: BLE001 - jmespath raises bare TypeErrors and more
        wanted = "error"
    try:
        found = repr(compile_expression(expression).evaluate(document, Context()))
    except (ExpressionInvalid, MappingFailed):
        found = "error"
    assert found == wanted


def check_readable(text: str) -> None:
    """Compare on any text: what jmespath cannot parse is refused with a position in it, and nothing else comes out."""
    refusal = None
    try:
        compile_expression(text)
    except ExpressionInvalid as error:
        refusal = error
    try:
        jmespath.compile(text)
    except Exception:  # noqa: BLE001 - as above
        assert refusal
    assert refusal is None or (0 <= refusal.position <= len(text) and refusal.message)


def run(count: int, *, fixed: bool = False) -> None:
    """Check so many made expressions, and as many texts of random tokens."""
    how = settings(
        max_examples=count, database=None, derandomize=fixed, deadline=None, suppress_health_check=list(HealthCheck)
    )
    how(given(_expressions(), _PAYLOADS)(check_alike))()
    how(given(st.lists(_TOKENS, max_size=12).map("".join))(check_readable))()


@pytest.mark.filterwarnings("ignore:deprecated string literal:PendingDeprecationWarning")
def test_made_expressions_give_what_jmespath_gives() -> None:
    run(250, fixed=True)


@settings(max_examples=1)
@example("not_null(a, `[1]`)[0]", {})
@example("[?@ == `1`]", [True, 1, 1.0])
@example("[?@ != `true`]", [True, 1, 1.0])
@example("!@", 0)
@example("a || b", {"a": 0, "b": 1})
@example("contains(@, `1`)", [True])
@example("contains(a, `1`)", {"a": "1"})
@example("max_by(@, &a)", [{"a": 1, "b": 1}, {"a": 1, "b": 2}])
@example("sort_by(@, &a)[*].b", [{"a": "1", "b": 1}, {"a": "0", "b": 2}, {"a": "1", "b": 0}])
@example("to_string(@)", {"ä": [1.0, None, "\u20ac"]})
@example("to_number(@)", " 1_0 ")
@given(st.just("@"), st.none())
def test_the_odd_corners_of_jmespath_are_kept(expression: str, document: Any) -> None:
    check_alike(expression, document)


_ODD = st.one_of(
    _DOCUMENTS,
    st.text(max_size=8),
    st.floats(),
    st.integers(-(10**70), 10**70),
    st.sampled_from(["2026-11-23T20:56:49+01:00", "2026-02-27", "%d.%m.%Y", "Europe/Berlin", "3d", "-1h", "EUR", "DE"]),
    st.sampled_from(["19.10", "+49 30 901820", "[1, {}]", "\ud800", "&amp;", 10**5000, 1e16, 1795467409123]),
)


@settings(max_examples=400, database=None, derandomize=True, deadline=None)
@given(st.sampled_from(sorted(OWN_FUNCTIONS)), st.lists(_ODD, min_size=3, max_size=3))
def test_every_function_gives_a_json_value_or_fails_whatever_it_is_given(name: str, values: list[Any]) -> None:
    row = OWN_FUNCTIONS[name]
    for count in range(row.least, (row.most or 0) + 1):
        expression = compile_expression(f"{name}({', '.join(f'[{place}]' for place in range(count))})")
        try:
            found = expression.evaluate(values, Context(tables={"a": {"b": 1}}, received_at=1795467409123))
        except MappingFailed:
            continue
        assert isinstance(found, None | bool | int | float | str | list | dict)


if __name__ == "__main__":
    run(int(sys.argv[1]))
