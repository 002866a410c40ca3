"""Unified diffs as lines for the eye."""

from typing import Literal

Kind = Literal["add", "del", "at", "same"]
MOST = 2_000  # lines of one diff that are shown


def diff_lines(diff: str) -> list[tuple[Kind, str]]:
    """Give the lines of a unified diff with what each is, without the sign."""
    found: list[tuple[Kind, str]] = []
    for line in diff.splitlines()[:MOST]:
        if line.startswith(("--- ", "+++ ")):
            continue  # the page names the file
        if line.startswith("@@"):
            found.append(("at", line))
        elif line.startswith("+"):
            found.append(("add", line[1:]))
        elif line.startswith("-"):
            found.append(("del", line[1:]))
        else:
            found.append(("same", line[1:]))
    return found
