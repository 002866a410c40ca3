"""Whatever stands in the files: a catalog that keeps its promises, or problems that name places."""

import json
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings, strategies as st

from bridge.catalog import load_catalog, load_texts, show
from bridge.catalog.keys import EVENT, FIELD, HTTP_TOUCHPOINT, MAPPING, PXP_TOUCHPOINT, RETRY, SOURCE, VERIFY
from bridge.core.configuration import Catalog
from bridge.core.errors import ConfigInvalid, Problem
from tests.support.folders import SHOPIFY, TILL, TOUCHPOINTS, files

WORDS = sorted(
    {
        key
        for block in (EVENT, FIELD, HTTP_TOUCHPOINT, MAPPING, PXP_TOUCHPOINT, RETRY, SOURCE, VERIFY)
        for key in block.keys
    }
)
SNIPPETS = [
    *(
        "!",
        "&a ",
        "*a",
        "- ",
        ": ",
        ", ",
        "[",
        "]",
        "{",
        "}",
        "'",
        '"',
        "|\n",
        ">-\n",
        "\n",
        "\t",
        "#",
        "%",
        "@",
        "`",
        "? ",
    ),
    *(
        "---\n",
        "...\n",
        "<<: ",
        "null",
        "~",
        "true",
        "0x1F",
        "1e400",
        "-.inf",
        "2026-11-01",
        "\ufeff",
        "\u2028",
        "\x85",
    ),
    *(
        "${secret:a}",
        "${env:A}",
        "${",
        "\\ud800",
        "\\0",
        "🙂",
        "\u0661",
        "mail",
        "shopify",
        "5xx",
        "10/s",
        "once",
        "none",
    ),
]


def _check(texts: dict[str, str]) -> None:
    """Load the texts and hold the outcome to what the rest of the bridge relies on."""
    try:
        catalog = load_texts(texts, {"A": "b"}).catalog
    except ConfigInvalid as error:
        _check_problems(error.problems, texts)
    else:
        _check_catalog(catalog)


def _check_problems(problems: Sequence[Problem], texts: dict[str, str]) -> None:
    assert any(problem.severity == "error" for problem in problems)
    for problem in problems:
        source = texts.get(problem.file, "")
        assert 0 <= problem.line <= source.count("\n") + source.count("\r") + 1
        assert problem.message
        assert str(problem).isprintable()
        assert show(problem, source).replace("\n", "").isprintable()


def _check_catalog(catalog: Catalog) -> None:
    for touchpoint in catalog.touchpoints.values():
        needed = (touchpoint.url,) if touchpoint.channel == "http" else (touchpoint.token, touchpoint.api_key)
        assert all(needed)
    for source_ in catalog.sources.values():
        assert source_.secrets or source_.scheme.kind == "none"
        for mapping in source_.mappings:
            assert mapping.name
            assert catalog.touchpoints[mapping.touchpoint].channel == mapping.channel
            assert mapping.key or mapping.repeat == "send"
            assert mapping.body
            assert all(field.expression or field.constant is not None for field in mapping.body)


@given(st.text(max_size=200))
@example("a: !!python/object:os.system x")
@example("\ud800")
def test_any_text_is_a_catalog_or_problems(text: str) -> None:
    _check(files(shopify=text))
    _check({"touchpoints.yaml": text, "shopify.yaml": SHOPIFY})


@settings(max_examples=150)
@given(
    st.sampled_from([TOUCHPOINTS, SHOPIFY, TILL]),
    st.lists(st.tuples(st.integers(0, 400), st.integers(0, 12), st.sampled_from([*SNIPPETS, *WORDS, ""])), max_size=4),
)
def test_any_damaged_file_is_a_catalog_or_problems(text: str, edits: list[tuple[int, int, str]]) -> None:
    for start, length, snippet in edits:
        text = text[:start] + snippet + text[start + length :]
    name = text[:6].strip()
    _check({**files(shopify=SHOPIFY), {"touchp": "touchpoints", "source": "shopify"}.get(name, "till") + ".yaml": text})


def _values() -> st.SearchStrategy[Any]:
    scalars = st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.sampled_from([*SNIPPETS, *WORDS]), st.text(max_size=8)
    )
    keys = st.one_of(st.sampled_from(WORDS), st.text(max_size=6))
    extend: Callable[[Any], Any] = lambda inner: st.one_of(  # noqa: E731 - hypothesis wants a function of one argument
        st.lists(inner, max_size=3), st.dictionaries(keys, inner, max_size=5)
    )
    return st.recursive(scalars, extend, max_leaves=20)


@settings(max_examples=60)
@given(st.dictionaries(st.sampled_from([*SOURCE.keys]), _values(), max_size=6), _values())
def test_any_structure_under_known_keys_is_a_catalog_or_problems(source: dict[str, Any], touchpoint: Any) -> None:
    valid = {
        "source": "shopify",
        "verify": {"preset": "shopify", "secrets": ["${secret:a}"]},
        "mappings": [{"name": "a", "touchpoint": "post-purchase", "body": {"email": "a"}}],
    }
    _check(files(shopify=json.dumps({**valid, **source})))
    _check({"touchpoints.yaml": json.dumps({"touchpoints": {"a": touchpoint}}), "shopify.yaml": SHOPIFY})


@given(st.binary(max_size=100))
def test_any_bytes_in_a_file_are_a_catalog_or_problems(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "touchpoints.yaml").write_bytes(content)
        with pytest.raises(ConfigInvalid):
            load_catalog(Path(folder), {})


@pytest.mark.parametrize(
    "text",
    [
        "[" * 200_000,
        "{" * 200_000,
        "- " * 100_000,
        "? " * 100_000,
        "- a\n" * 21_000,
        "&a " * 80_000,
        "a: &a [x]\n" + "".join(f"b{n}: [*a, *a]\n" for n in range(3_000)),
        "'" + "''" * 100_000,
        '"' + "\\n" * 100_000,
        "a: |\n" + " x\n" * 60_000,
        "a: >\n" + " x\n" * 60_000,
        "a: " + "(" * 200_000,
        "source: " + "9" * 200_000,
        "\n" * 200_000 + "a: [",
        "mappings:\n" + "- {}\n" * 5_000,
        "x" * 300_000,
    ],
    ids=lambda text: f"{text[:12]!r}",
)
def test_a_bomb_is_refused_in_bounded_work(text: str) -> None:
    with pytest.raises(ConfigInvalid) as raised:
        load_texts(files(shopify=text), {})
    assert len(raised.value.problems) <= 410
    assert len(str(raised.value)) < 100_000


def test_more_warnings_than_are_shown_hide_no_error() -> None:
    topics = "".join(f"      - unknown/{number}\n" for number in range(300))
    text = SHOPIFY.replace(" [orders/fulfilled]\n", "\n" + topics).replace("orderId: name", "orderId: name ||")
    with pytest.raises(ConfigInvalid) as raised:
        load_texts(files(shopify=text), {})
    assert raised.value.problems[-1].message == "body.orderId: the expression ends too early"
    assert len(raised.value.problems) == 201


def test_what_commands_a_terminal_is_printed_as_an_escape_or_not_at_all() -> None:
    text = SHOPIFY.replace("orderId: name", 'orderId: name\n      "a\\nb": "("')
    assert [str(problem) for problem in _problems(files(shopify=text))] == [
        "shopify.yaml:14:7: an attribute's name must be 1 to 128 printable characters",
        "shopify.yaml:14:17: body.a\\nb: the expression ends too early",
    ]
    assert show(Problem("a.yaml", 1, 4, "…"), "a: \x1b[31mred") == "    a:  [31mred\n       ^"


def _problems(texts: dict[str, str]) -> Sequence[Problem]:
    with pytest.raises(ConfigInvalid) as raised:
        load_texts(texts, {})
    return raised.value.problems
