"""The compliance cases of the language itself, each of them."""

import json
from pathlib import Path
from typing import Any

import pytest

from bridge.core.errors import ExpressionInvalid, MappingFailed
from bridge.core.language.expression import Context, compile_expression

CASES = Path(__file__).parents[2].parent / "shared" / "data" / "jmespath-compliance"
FILES = sorted(path for path in CASES.glob("*.json") if path.stem != "benchmarks")


def test_every_compliance_case_agrees() -> None:
    if not FILES:
        pytest.skip("the compliance cases are not beside the project")
    groups = [(path.stem, group) for path in FILES for group in json.loads(path.read_text())]
    cases = [(stem, group["given"], case) for stem, group in groups for case in group["cases"]]

    wrong = [(stem, case) for stem, given, case in cases if _outcome(case["expression"], given) != _wanted(case)]

    assert wrong == []
    assert len(cases) == 892


def _wanted(case: dict[str, Any]) -> Any:
    return "error" if "error" in case else ("result", case["result"])


def _outcome(expression: str, given: Any) -> Any:
    try:
        return "result", compile_expression(expression).evaluate(given, Context())
    except (ExpressionInvalid, MappingFailed):
        return "error"
