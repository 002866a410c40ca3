"""Reads requests by a preset's texts alone, as intake would."""

from typing import Any
from urllib.parse import urlencode

from bridge.core.batches import split
from bridge.core.configuration import Reading
from bridge.core.language.expression import Context, compile_expression
from bridge.core.manners import FormField
from bridge.core.presets import PRESETS
from bridge.core.reading import read_body

FORM = "application/x-www-form-urlencoded"
Case = tuple[str, Any, dict[str, str], list[dict[str, Any]]]  # preset, payload, headers, what is read of each event


def read(name: str, payload: Any, headers: dict[str, str] | None = None) -> list[dict[str, Any]]:
    """Evaluate every text of the preset for each event of the request, leaving out what is null or false."""
    preset = PRESETS[name]
    events = []
    for part in split(payload, b"", headers or {}, Reading(each=preset.each)):

        def evaluate(text: str | None, part: Any = part) -> Any:
            context = Context(payload=part.payload, headers=part.headers)
            context.envelopes = part.envelopes
            return compile_expression(text).evaluate(part.payload, context) if text else None

        said = {key: evaluate(getattr(preset, key)) for key in ("topic", "id", "tenant", "time", "contact", "test")}
        refs = [f"{kind}={evaluate(text)}" for kind, text in preset.refs if evaluate(text) is not None]
        events.append({key: value for key, value in said.items() if value not in (None, False)} | {"refs": refs})
    return events


def form(fields: dict[str, str], field: FormField | None = None) -> Any:
    """Give the payload of a request whose body is this form; `field` is the one that holds JSON text."""
    return read_body(urlencode(fields).encode(), FORM, field=field)
