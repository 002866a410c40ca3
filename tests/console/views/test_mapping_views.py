"""How mapping files, plans and differences are put into words and lines."""

import pytest

from bridge.api.verbs.mappings import Fault
from bridge.console.views.mapping_diff import diff_lines
from bridge.console.views.mapping_text import Mark, lines_of, pieces_of, troubled, verdict
from bridge.console.views.sides import Side, pair
from bridge.core.model import Plan, Proposal, Skipped


def a_fault(line: int, column: int, severity: str = "error") -> Fault:
    return Fault("till.yaml", line, column, "this is wrong", "write that", severity)  # type: ignore[arg-type] # a word


@pytest.mark.parametrize(
    ("line", "pieces"),
    [
        ("# a comment: no key", (("c", "# a comment: no key"),)),
        ("source: till", (("k", "source"), ("", ": till"))),
        ("  - name: visit # why", (("", "  - "), ("k", "name"), ("", ": visit"), ("c", " # why"))),
        ('when: "a # b"', (("k", "when"), ("", ': "a # b"'))),
        ("  on: [a:b, c]", (("", "  "), ("k", "on"), ("", ": [a:b, c]"))),
        ("", ()),
    ],
)
def test_keys_and_comments_are_told_from_the_rest_and_nothing_is_lost(
    line: str, pieces: tuple[tuple[str, str], ...]
) -> None:
    assert pieces_of(line) == pieces
    assert "".join(text for _, text in pieces) == line


def test_carets_stand_under_the_word_that_is_wrong() -> None:
    [line] = lines_of('when: a == "paid"\n', [a_fault(1, 12)])
    assert line.marks == (Mark("error", " " * 11 + "^^^^^^", "this is wrong", "write that"),)
    assert line.severity == "error"


def test_a_column_beyond_its_line_is_marked_at_the_end() -> None:
    [line] = lines_of("ab\n", [a_fault(1, 99), a_fault(1, 0, "warning")])
    assert [mark.carets for mark in line.marks] == ["  ^", ""]


def test_of_a_long_file_only_lines_with_problems_are_shown() -> None:
    text = "a: 1\n" * 2_000
    assert [line.number for line in troubled(text, [a_fault(1_500, 1), a_fault(7, 1), a_fault(9_999, 1)])] == [7, 1_500]


def test_problems_are_counted_in_words() -> None:
    assert verdict(1, 2) == "1 error, 2 warnings"
    assert verdict(0, 0) == "no problems"


def test_a_unified_diff_becomes_lines_with_what_each_is() -> None:
    diff = "--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n same\n-old\n+new\n"
    assert diff_lines(diff) == [("at", "@@ -1,2 +1,2 @@"), ("same", "same"), ("del", "old"), ("add", "new")]


def test_one_event_by_two_configurations_is_paired_by_mapping() -> None:
    old = [Proposal("visit", 0, Plan("d", "steady", {"email": "a@example.com", "orderId": 1}, None, None))]
    new = [Proposal("visit", 0, Plan("d", "steady", {"email": "a@example.com", "orderId": "1"}, None, None))]
    [typed] = pair(old, new)
    changed = (("orderId", "1 (a number)", "1 (a text)"),)
    assert typed == Side("visit", "sent to steady", "sent to steady", changed, (("email", "a@example.com"),))
    [skipped] = pair(old, [Proposal("visit", 0, Skipped("when is false"))])
    assert (skipped.before, skipped.after) == ("sent to steady", "skipped: when is false")
    assert skipped.changed == (("email", "a@example.com", None), ("orderId", "1", None))
