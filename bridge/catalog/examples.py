"""Runs the examples beside the mapping files: real payloads, and what they must become.

`examples/<source>/<name>.json` is a body as the source would send it, `<name>.expect.yaml` the outcome:

    topic: orders/fulfilled            # must be the event's topic; stands in where the request does not say it
    headers: {x-shopify-topic: …}      # request headers that matter, content-type too
    query: {store: vienna}             # parameters of the address that matter
    mappings:                          # every mapping that takes the topic, and no other
      post-purchase:                   # the whole body that it must make
        email: anna@example.com
        orderId: "1001"                # a text; without quotes it would be a number
      second: skipped                  # or failed, or cancelling and the key: cancelling 1001
      per-item: [{email: …}, skipped]  # with for_each, one entry per element
    events:                            # instead of topic and mappings, where a request carries several events
      - {topic: …, mappings: {…}}
    sent: {post-purchase: "Thu 8 Jan 2026 09:00 Europe/Berlin"}   # when, for the mappings for which this matters
    unsubscribes: anna@example.com     # whom `suppress_on` takes off, where it takes the event; or skipped or failed
    looked_up: {…}                     # what the source's `lookup:` answers; with `then`, the list of the answers

A form is written as an object with `content-type: application/x-www-form-urlencoded` among the headers. Every example
arrives at the beginning of 2026, UTC, so that what depends on the time of receipt stays the same.
"""

import math
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from bridge.catalog.comparing import INDEX_KEY, compare, compare_unsubscribed
from bridge.catalog.document import read_document
from bridge.catalog.due_times import compare_times
from bridge.catalog.folder import example_folders, read_text
from bridge.catalog.keys import EXPECTED, EXPECTED_EVENT
from bridge.catalog.reader import Reader, Section, read_block
from bridge.catalog.rehearsing import looked_up
from bridge.catalog.report import Report, did_you_mean, echo, shown
from bridge.core.configuration import Catalog, Source
from bridge.core.errors import Problem, Unreadable
from bridge.core.model import Event, Inbound, Proposal
from bridge.core.reading import as_sent
from bridge.intake import Rules, context_of, propose_again, take_in, waits_for_lookup

EXPECT = ".expect.yaml"
RECEIVED_AT = 1_767_225_600_000  # 2026-01-01T00:00:00Z
LARGEST_PAYLOAD = 1024 * 1024  # bytes, the default limit of a request's body
_RULES = Rules(index_key=INDEX_KEY)


@dataclass(frozen=True, slots=True)
class Became:
    """One event of an example's request, and what the mappings say of it."""

    event: Event
    payload: Any
    proposals: tuple[Proposal, ...]


@dataclass(frozen=True, slots=True)
class Ran:
    """An example that could be run: the file with its outcome, and what it becomes now; `differs` if not that."""

    expect: Path
    source: str
    events: tuple[Became, ...]
    differs: bool


def check_examples(folder: Path, catalog: Catalog, *, seconds: float = math.inf) -> list[Problem]:
    """Run every example of the folder of mapping files and give the differences, in the order of files and lines.

    After so many `seconds` the others are left out, with a warning.
    """
    end = time.monotonic() + seconds
    return run_examples(folder, catalog, is_late=lambda: time.monotonic() > end)[0]


def run_examples(
    folder: Path, catalog: Catalog, *, is_late: Callable[[], bool] = lambda: False, only: Collection[str] | None = None
) -> tuple[list[Problem], list[Ran]]:
    """Run every example; give the differences, in the order of files and lines, and what each became.

    Once it `is_late`, examples are left out, with a warning. `only` those of these sources are run, if given.
    """
    problems: list[Problem] = []
    ran: list[Ran] = []
    left = 0
    for path in example_folders(folder):
        if only is not None and path.name not in only:
            continue
        source = catalog.sources.get(path.name)
        if source is None:
            suggestion = did_you_mean(path.name, catalog.sources) or f"add {path.name}.yaml, or remove the folder"
            problems.append(Problem(str(path), 0, 0, f"no source is called {echo(path.name)}", suggestion))
        elif is_late():
            left += sum(1 for _ in path.glob(f"[!.]*{EXPECT}"))
        else:
            found, late = _check_source(path, folder, source, ran, is_late)
            problems += found
            left += late
    if left:
        message = f"{left} examples were not run, for lack of time"
        problems.append(Problem(str(folder / "examples"), 0, 0, message, "run `bridge check`", "warning"))
    return sorted(problems), ran


def count_examples(folder: Path) -> int:
    """Count the examples of the folder of mapping files."""
    return sum(1 for path in example_folders(folder) for _ in path.glob(f"[!.]*{EXPECT}"))


def _check_source(
    path: Path, folder: Path, source: Source, ran: list[Ran], is_late: Callable[[], bool]
) -> tuple[list[Problem], int]:
    """Run the examples of one source; give what is wrong, and how many were left out."""
    payloads = {payload.stem: payload for payload in path.glob("[!.]*.json")}
    found: list[Problem] = []
    left = 0
    for expect in sorted(path.glob(f"[!.]*{EXPECT}")):
        name = expect.name.removesuffix(EXPECT)
        payload = payloads.pop(name, None)
        if is_late():
            left += 1
            continue
        problems, became = run_example(expect, payload, folder, source)
        found += problems
        ran += [became] if became else []
    for name, payload in payloads.items():
        found.append(
            Problem(str(payload), 0, 0, "nothing says what this must become", f"write {name}{EXPECT}", "warning")
        )
    return found, left


def run_example(expect: Path, payload: Path | None, folder: Path, source: Source) -> tuple[list[Problem], Ran | None]:
    """Run one example; give what differs or is wrong, and what it became, if it could be run."""
    text = read_text(expect, folder)
    if isinstance(text, Problem):
        return [text], None
    report = Report(str(expect), text)
    became: list[Became] = []
    root = read_document(report)
    if root is not None:
        section = read_block(Reader(report, {}), EXPECTED, root)
        expected = _expected_events(section, report)
        body = _payload(payload, expect, report)
        if body is not None and not report.failed:
            became = _run(section, expected, body, source=source, report=report)
    return report.problems, Ran(expect, source.name, tuple(became), report.failed) if became else None


def _payload(path: Path | None, expect: Path, report: Report) -> bytes | None:
    if path is None:
        report.error(None, f"the payload {expect.name.removesuffix(EXPECT)}.json is missing", "add it beside this file")
        return None
    try:
        with path.open("rb") as file:
            body = file.read(LARGEST_PAYLOAD + 1)
    except OSError as error:
        report.error(None, f"the payload {path.name} cannot be read: {error.strerror}")
        return None
    if len(body) > LARGEST_PAYLOAD:
        report.error(None, f"the payload {path.name} is larger than {LARGEST_PAYLOAD // 1024} KiB")
        return None
    return body


def _expected_events(section: Section, report: Report) -> list[Section]:
    if "events" not in section.nodes:
        if "mappings" not in section.nodes.keys() | section.meant:
            report.error(
                section.node, "mappings is missing", "for each mapping its body, skipped, failed or cancelling"
            )
        return [section]
    for key in ("topic", "mappings", "sent", "unsubscribes", "looked_up"):
        if key in section.nodes:
            report.error(section.at(key), f"{key} does not go with events", "write it within each event")
    reader = Reader(report, {})
    events = []
    for node in section.get("events", ()):
        if node.kind == "table":
            events.append(read_block(reader, EXPECTED_EVENT, node))
        else:
            report.error(node, f"an event must be a table with topic and mappings, not {shown(node)}")
    return events


def _run(section: Section, expected: list[Section], body: bytes, *, source: Source, report: Report) -> list[Became]:
    headers: dict[str, str] = {name.lower(): value for name, value in section.get("headers", {}).items()}
    headers.setdefault("content-type", "application/json")
    url = f"?{urlencode(section.get('query', {}))}"
    inbound = Inbound(source.name, "POST", url, headers, as_sent(body, headers["content-type"]), RECEIVED_AT)
    try:
        intake = take_in(inbound, source, new_id=_new_id, rules=_RULES)
    except Unreadable as error:
        report.error(section.node, f"the payload would be refused: {error}")
        return []
    outcomes = [Became(entry.event, _read(entry.event, source), entry.proposals) for entry in intake.entries]
    if len(outcomes) != len(expected):
        report.error(
            section.at("events"),
            f"the payload carries {len(outcomes)} events, but {len(expected)} are expected",
            "write events: with one entry for each",
        )
        return [] if any(entry.lookup for entry in intake.entries) else outcomes
    became = [
        _compare_event(wanted, outcome, source, report) for wanted, outcome in zip(expected, outcomes, strict=True)
    ]
    return [each for each in became if each is not None] if None not in became else []


def _compare_event(wanted: Section, outcome: Became, source: Source, report: Report) -> Became | None:
    event, proposals = outcome.event, outcome.proposals
    topic = wanted.get("topic")
    if topic is not None and not event.topic:  # the request does not say it: the example does
        event = replace(event, topic=topic)
        proposals = propose_again(event, source, new_id=_new_id, rules=_RULES)
    elif topic not in {None, event.topic}:
        report.error(wanted.at("topic"), f"topic: expected {echo(topic)}, got {echo(event.topic)}")
    context = context_of(event, source, rules=_RULES)
    if waits_for_lookup(source, context):
        answers = looked_up(wanted, source, context, report)
        if answers is None:
            return None
        proposals = propose_again(event, source, new_id=_new_id, rules=_RULES, answers=answers)
    elif "looked_up" in wanted.nodes:
        report.error(wanted.at("looked_up"), "nothing is looked up for this event", "remove it, or see lookup: on")
    compare(wanted.at("mappings"), proposals, event.topic, source=source, report=report)
    compare_times(wanted.nodes.get("sent"), proposals, report)
    compare_unsubscribed(wanted.nodes.get("unsubscribes"), proposals, report, place=wanted.node)
    return Became(event, outcome.payload, proposals)


def _read(event: Event, source: Source) -> Any:
    """Read an event's payload; None where it was taken although it cannot be read."""
    try:
        return context_of(event, source, rules=_RULES).payload
    except Unreadable:
        return None


def _new_id(kind: str) -> str:
    return f"{kind}_example"
