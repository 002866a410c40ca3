"""From mapping files to a frozen catalog: either all of them are right, or every problem is said."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType

from bridge.catalog.cancelling import connect
from bridge.catalog.document import LARGEST_FILE, read_document
from bridge.catalog.drift import report_drift, spellings
from bridge.catalog.folder import read_folder, too_large
from bridge.catalog.nodes import Node
from bridge.catalog.reader import Reader
from bridge.catalog.report import Report
from bridge.catalog.sources import read_source
from bridge.catalog.touchpoints import read_touchpoints
from bridge.core.configuration import Catalog
from bridge.core.errors import ConfigInvalid, Problem

TOUCHPOINTS_FILE = "touchpoints.yaml"


@dataclass(frozen=True, slots=True)
class Loaded:
    """A catalog without errors, the warnings about it, and the texts it was made from, by file name."""

    catalog: Catalog
    warnings: tuple[Problem, ...]
    files: Mapping[str, str]


def load_catalog(folder: Path, environment: Mapping[str, str]) -> Loaded:
    """Read the folder's `touchpoints.yaml` and all other `*.yaml`, each a source. Problems name files with the folder.

    Raises ConfigInvalid with every problem of every file (warnings too), in the order of files and lines.
    """
    texts, problems = read_folder(folder)
    return _load(texts, environment, problems, folder=folder)


def load_texts(files: Mapping[str, str], environment: Mapping[str, str]) -> Loaded:
    """Make the catalog from texts by file name, such as those of an earlier `Loaded`.

    Raises ConfigInvalid with every problem of every file.
    """
    return _load(files, environment, [], folder=None)


def fingerprint(files: Mapping[str, str]) -> str:
    """Give the 12 hexadecimal digits that name this version of the files: names and texts, no values of `${env:…}`."""
    digest = sha256()
    for name in sorted(files):
        for text in (name, files[name]):
            content = text.encode("utf-8", "surrogatepass")
            digest.update(len(content).to_bytes(8, "big") + content)
    return digest.hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class _Document:
    """A file that was read as YAML; `root` is None where it could not be."""

    stem: str
    root: Node | None
    reader: Reader

    @property
    def report(self) -> Report:
        """Where its problems are collected."""
        return self.reader.report


def _load(
    files: Mapping[str, str], environment: Mapping[str, str], problems: Sequence[Problem], *, folder: Path | None
) -> Loaded:
    shown_as = {name: str(folder / name) if folder else name for name in (TOUCHPOINTS_FILE, *sorted(files))}
    documents = {name: _document(name, files[name], environment, shown_as[name]) for name in sorted(files)}
    catalog = _catalog(documents, fingerprint(files))
    found = [*problems, *(problem for document in documents.values() for problem in document.report.problems)]
    if not any(problem.file == shown_as[TOUCHPOINTS_FILE] for problem in problems) and TOUCHPOINTS_FILE not in files:
        found.append(
            Problem(shown_as[TOUCHPOINTS_FILE], 0, 0, "the file is missing", "it says where feedback is asked")
        )
    found.sort(key=lambda problem: (problem.file, problem.line, problem.column))
    if any(problem.severity == "error" for problem in found):
        raise ConfigInvalid(found)
    return Loaded(catalog, tuple(found), MappingProxyType(dict(files)))


def _document(name: str, text: str, environment: Mapping[str, str], shown_as: str) -> _Document:
    report = Report(shown_as, text)
    root = None
    if len(text.encode("utf-8", "surrogatepass")) > LARGEST_FILE:
        report.problems.append(too_large(shown_as))
    else:
        root = read_document(report)
    return _Document(name.removesuffix(".yaml"), root, Reader(report, environment))


def _catalog(documents: Mapping[str, _Document], name: str) -> Catalog:
    """Make the catalog, with stand-ins where the documents' reports say what is wrong."""
    first = documents.get(TOUCHPOINTS_FILE)
    touchpoints = read_touchpoints(first.root, first.reader) if first and first.root else None
    others = [(document, document.root) for document in documents.values() if document is not first]
    drafts = {
        document.stem: read_source(document.stem, root, document.reader, touchpoints=touchpoints)
        for document, root in others
        if root is not None
    }
    sources = connect(drafts, [document.stem for document, _ in others])
    uses = (use for document, root in others if root is not None for use in spellings(root, document.report))
    report_drift(uses, {name: touchpoint.channel for name, touchpoint in (touchpoints or {}).items()})
    return Catalog(
        sources=MappingProxyType({source.name: source for source in sources}),
        touchpoints=MappingProxyType(touchpoints or {}),
        fingerprint=name,
    )
