"""What presets read from requests, for tests: every text evaluated, of every event of a request."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bridge.core.batches import split
from bridge.core.configuration import Reading
from bridge.core.language.expression import Context, compile_expression
from bridge.core.presets import PRESETS

SAMPLES = Path(__file__).parents[2].parent / "shared" / "data" / "payloads"
PARTS = ("topic", "id", "tenant", "contact", "test")
RECEIVED_AT = 1_700_000_000_000


def readings(name: str, payload: Any, headers: dict[str, str] | None = None) -> list[dict[str, Any]]:
    """Evaluate the preset's texts for every event; refs as `kind=value` for those that are there."""
    preset = PRESETS[name]
    found = []
    for part in split(payload, b"{}", headers or {}, Reading(each=preset.each)):
        context = Context(payload=part.payload, headers=part.headers, received_at=RECEIVED_AT)
        context.envelopes = part.envelopes

        def evaluate(text: str | None, context: Context = context) -> Any:
            return compile_expression(text).evaluate(context.payload, context) if text else None

        refs = [f"{kind}={value}" for kind, text in preset.refs if (value := evaluate(text)) is not None]
        found.append({key: evaluate(getattr(preset, key)) for key in PARTS} | {"refs": refs})
    return found


def reading(name: str, payload: Any, headers: dict[str, str] | None = None) -> dict[str, Any]:
    """Evaluate the preset's texts for the one event of a request, without those that give null."""
    (only,) = readings(name, payload, headers)
    return {key: value for key, value in only.items() if value is not None}


def samples(system: str) -> Iterator[tuple[str, Any, dict[str, str]]]:
    """Give the collected samples of a system: file, payload and headers. Skips where they are absent."""
    folder = SAMPLES / system
    if not folder.exists():
        pytest.skip("the sample payloads are not beside the project")
    files = json.loads((folder / "meta.json").read_text(encoding="utf-8"))["files"]
    for file, meta in files.items():
        payload = json.loads((folder / file).read_text(encoding="utf-8"))
        yield file, payload, {name.lower(): value for name, value in meta.get("headers", {}).items()}


def said(topic: str, event_id: str | None = None, *refs: str, **others: Any) -> dict[str, Any]:
    """Write what `reading` is expected to give; `others` are tenant, contact and test."""
    return {"topic": topic, **({"id": event_id} if event_id else {}), **others, "refs": list(refs)}


def example(name: str, path: str, headers: dict[str, str] | None = None) -> dict[str, Any]:
    """Read a shipped example's payload with the preset."""
    file = Path(__file__).parents[2] / "mappings" / "examples" / f"{path}.json"
    return reading(name, json.loads(file.read_text(encoding="utf-8")), headers)
