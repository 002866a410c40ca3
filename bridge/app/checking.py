"""Checks mapping files as a whole: what is wrong, what examples become, what drifts. Puts nothing in force."""

import math
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from bridge.app.drafts import Draft
from bridge.catalog import Loaded, load_texts
from bridge.catalog.examples import Ran, run_examples
from bridge.catalog.history import report_history
from bridge.catalog.lint import Seen, lint, seen_in
from bridge.catalog.loading import TOUCHPOINTS_FILE
from bridge.catalog.restating import restated
from bridge.core.drift import Vocabulary
from bridge.core.errors import ConfigInvalid, Problem

Learn = Callable[[Seen], Vocabulary]  # may add to what was seen; gives what targets accepted so far


@dataclass(frozen=True, slots=True)
class Checked:
    """What checking found; `loaded` is None where the files themselves are wrong, and then no example was run.

    `restated` has, for each example that becomes something else than it says, its text and what it would be.
    """

    loaded: Loaded | None
    problems: tuple[Problem, ...]
    examples: int = 0
    restated: Mapping[str, tuple[str, str]] = field(default_factory=dict, repr=False)

    @property
    def errors(self) -> tuple[Problem, ...]:
        """The problems that must be mended."""
        return tuple(problem for problem in self.problems if problem.severity == "error")

    @property
    def blocking(self) -> tuple[Problem, ...]:
        """The errors that stay where what the examples become now is accepted."""
        return tuple(problem for problem in self.errors if problem.file not in self.restated)


def examined(
    loaded: Loaded,
    folder: Path,
    *,
    named: Path,
    learn: Learn = lambda _: Vocabulary(),
    seconds: float = math.inf,
    only: Collection[str] | None = None,
) -> Checked:
    """Run the folder's examples, for some seconds, and compare the files with what payloads have and targets accepted.

    Problems of files name them below `named`. `only` these sources are looked at so closely, if given.
    """
    end = time.monotonic() + seconds
    catalog = loaded.catalog
    if only is not None:
        catalog = replace(catalog, sources={name: each for name, each in catalog.sources.items() if name in only})
    differences, ran = run_examples(folder, catalog, is_late=lambda: time.monotonic() > end, only=only)
    seen = seen_in(ran)
    known = learn(seen)
    found = [*loaded.warnings, *lint(loaded.files, catalog, seen, folder=named)]
    found += report_history(loaded.files, catalog, seen, known, folder=named)
    return Checked(loaded, (*found, *differences), len(ran), dict(_restated(ran, folder)))


def _restated(ran: Iterable[Ran], folder: Path) -> Iterator[tuple[str, tuple[str, str]]]:
    for each in ran:
        if each.differs:
            text = each.expect.read_text(encoding="utf-8")
            yield _within(str(each.expect), folder), (text, restated(text, each))


def check_draft(
    draft: Draft, environment: Mapping[str, str], *, known: Vocabulary, seconds: float, quick: bool = False
) -> Checked:
    """Check a draft with the examples of its folder. Problems name files as seen from within the folder.

    A `quick` check runs only the examples of the sources whose files were edited.
    """
    edited = {name.removesuffix(".yaml") for name in draft.edited}
    only = edited if quick and TOUCHPOINTS_FILE not in draft.edited else None
    try:
        loaded = load_texts(draft.files, environment)
    except ConfigInvalid as error:
        checked = Checked(None, error.problems)
    else:
        checked = examined(loaded, draft.folder, named=Path(), learn=lambda _: known, seconds=seconds, only=only)
    found = (replace(each, file=_within(each.file, draft.folder)) for each in (*draft.problems, *checked.problems))
    return replace(checked, problems=tuple(sorted(found)))


def _within(file: str, folder: Path) -> str:
    path = Path(file)
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else file
