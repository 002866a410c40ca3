"""The JSON Schemas (draft 7) that editors check mapping files with, made from the tables that the reader uses."""

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from bridge.catalog.keys import HTTP_TOUCHPOINT, NAME, PXP_TOUCHPOINT, SOURCE, STATUS, TOUCHPOINTS
from bridge.catalog.shapes import (
    Anything,
    Block,
    Choice,
    Constant,
    Decimal,
    Duration,
    Formula,
    Listing,
    Rating,
    Reference,
    Shape,
    Switch,
    Table,
    Whole,
    Word,
)

Schema = dict[str, Any]

_DRAFT = "http://json-schema.org/draft-07/schema#"


def mapping_schema() -> Schema:
    """Give the schema of `<source>.yaml`."""
    return {"$schema": _DRAFT, "title": "A source and its mappings", **_schema(SOURCE)}


def touchpoints_schema() -> Schema:
    """Give the schema of `touchpoints.yaml`."""
    schema = _schema(TOUCHPOINTS)
    is_http = {"properties": {"channel": {"const": "http"}}, "required": ["channel"]}
    touchpoint = {"if": is_http, "then": _schema(HTTP_TOUCHPOINT), "else": _schema(PXP_TOUCHPOINT)}
    schema["properties"]["touchpoints"] |= {
        "propertyNames": {"pattern": f"^(?:{NAME.pattern})$"},
        "additionalProperties": touchpoint,
    }
    return {"$schema": _DRAFT, "title": "Touchpoints", **schema}


def _schema(shape: Shape) -> Schema:
    return _SCHEMAS[type(shape)](shape)


def _block(shape: Block) -> Schema:
    schema = {
        "type": "object",
        "additionalProperties": False,
        "properties": {name: {"description": key.meaning, **_schema(key.shape)} for name, key in shape.keys.items()},
    }
    required = [name for name, key in shape.keys.items() if key.required]
    if required:
        schema["required"] = required
    return {"anyOf": [_schema(shape.keys[shape.short].shape), schema]} if shape.short else schema


def _word(shape: Word) -> Schema:
    return {"type": "string", **({"pattern": f"^(?:{shape.pattern})$"} if shape.pattern else {"minLength": 1})}


def _listing(shape: Listing) -> Schema:
    one = _schema(shape.of)
    schema: Schema = {"type": "array", "items": one, **({"minItems": shape.least} if shape.least else {})}
    return {"anyOf": [one, schema]} if shape.or_one else schema


def _table(shape: Table) -> Schema:
    schema: Schema = {"type": "object", "additionalProperties": _schema(shape.of)}
    if shape is PXP_TOUCHPOINT.keys["on"].shape:
        schema["propertyNames"] = {"pattern": f"^(?:{STATUS})$"}
    return schema


_TEXT: Schema = {"type": "string", "minLength": 1}
_SCHEMAS: Mapping[type, Callable[[Any], Schema]] = {
    Block: _block,
    Word: _word,
    Choice: lambda shape: {"enum": list(shape.words)},
    Whole: lambda shape: {"type": "integer", "minimum": shape.least, "maximum": shape.most},
    Decimal: lambda shape: {"type": "number", "minimum": shape.least, "maximum": shape.most},
    Switch: lambda _: {"type": "boolean"},
    Duration: lambda _: {"type": "string", "pattern": "^[0-9]{1,9}(ms|s|m|h|d)$", "examples": ["15s", "3d"]},
    Rating: lambda _: {"type": "string", "pattern": "^[0-9]{1,9}/[0-9]{0,9}(ms|s|m|h|d)$", "examples": ["10/s"]},
    Formula: lambda _: {**_TEXT, "maxLength": 4096},
    Reference: lambda shape: {**_TEXT, **({"pattern": r"\$\{(secret|env):"} if shape.secret else {})},
    Constant: lambda _: {"type": ["string", "number", "boolean"]},
    Anything: lambda shape: dict(shape.schema),
    Listing: _listing,
    Table: _table,
}


def schema_texts() -> dict[str, str]:
    """Give the texts of the schema files by name."""
    schemas = {"mapping.schema.json": mapping_schema(), "touchpoints.schema.json": touchpoints_schema()}
    return {name: json.dumps(schema, indent=2, ensure_ascii=False) + "\n" for name, schema in schemas.items()}


if __name__ == "__main__":
    for name, text in schema_texts().items():
        (Path(sys.argv[1]) / name).write_text(text, encoding="utf-8")
