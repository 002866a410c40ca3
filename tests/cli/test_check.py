"""`check` for programs: GitHub's annotations, JSON, and the JSON Schemas."""

import json
from pathlib import Path

import pytest

from bridge.cli.annotations import annotation
from bridge.core.errors import Problem
from tests.support.console import Console, receipt

ROOT = Path("/checkout")


def test_problems_are_annotations_at_their_lines(console: Console) -> None:
    console.change("till.yaml", "touchpoint: steady", "touchpoint: stedy")
    said = console.run("check", "--format", "github")
    assert said.status == 1
    assert said.out == (
        "::error file=mappings/till.yaml,line=14,col=17::"
        "the touchpoint 'stedy' is not in touchpoints.yaml (did you mean 'steady'?)\n"
        "1 problem in mappings; nothing of it is in force.\n"
    )


def test_failing_examples_and_warnings_are_annotations_too(console: Console) -> None:
    console.write("examples/till/a.json", receipt("1001").decode())
    console.write("examples/till/b.json", receipt("1002").decode())
    console.write("examples/till/a.expect.yaml", "topic: closed\nmappings:\n  visit: skipped\n")
    said = console.run("check", str(console.folder / "mappings"), "--format", "github")
    assert said.status == 1
    assert "::error file=mappings/examples/till/a.expect.yaml,line=3,col=10::visit: expected skipped, got" in said.out
    assert "::warning file=mappings/examples/till/b.json::nothing says what this must become" in said.out


@pytest.mark.parametrize(
    ("problem", "line"),
    [
        (Problem("", 0, 0, "50% of it\nis wrong\r"), "::error::50%25 of it%0Ais wrong%0D"),
        (Problem("a,b:c.yaml", 3, 0, "key: x, y"), "::error file=a%2Cb%3Ac.yaml,line=3::key: x, y"),
        (Problem("m/a%.yaml", 3, 7, "no", "yes", "warning"), "::warning file=m/a%25.yaml,line=3,col=7::no (yes)"),
        (Problem("/checkout/m/a.yaml", 1, 1, "no"), "::error file=m/a.yaml,line=1,col=1::no"),
        (Problem("/elsewhere/a.yaml", 1, 1, "no"), "::error file=/elsewhere/a.yaml,line=1,col=1::no"),
        (Problem("a.yaml", 1, 1, "::error::fake"), "::error file=a.yaml,line=1,col=1::::error::fake"),
    ],
)
def test_annotations_are_escaped(problem: Problem, line: str) -> None:
    assert annotation(problem, base=ROOT) == line


def test_json_is_a_format_and_a_flag(console: Console) -> None:
    assert console.run("check", "--format", "json").json == console.run("check", "--json").json
    assert console.run("check", "--format", "json").json == {"ok": True, "problems": []}
    assert console.run("check", "--format", "xml").status == 2


@pytest.mark.parametrize(
    ("arguments", "key"),
    [
        (["--schema"], "mappings"),
        (["--schema", "mapping"], "mappings"),
        (["--schema", "touchpoints"], "touchpoints"),
        (["--schema=touchpoints"], "touchpoints"),
    ],
)
def test_the_schemas_are_printed(console: Console, arguments: list[str], key: str) -> None:
    (console.folder / "mappings/till.yaml").write_text("what: is this")
    said = console.run("check", *arguments)
    assert said.status == 0
    schema = json.loads(said.out)
    assert schema["$schema"] == "http://json-schema.org/draft-07/schema#"
    assert key in schema["properties"]


def test_the_schemas_printed_are_those_beside_the_mapping_files(console: Console) -> None:
    folder = Path(__file__).parents[2] / "mappings"
    for kind in ("mapping", "touchpoints"):
        assert console.run("check", "--schema", kind).out == (folder / f"{kind}.schema.json").read_text()
