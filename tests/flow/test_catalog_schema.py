"""The schemas that editors use say the same as the reader, and stand beside the mapping files."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from bridge.catalog.schema import mapping_schema, schema_texts, touchpoints_schema

FOLDER = Path(__file__).parents[2] / "mappings"


@pytest.mark.parametrize("name", ["mapping.schema.json", "touchpoints.schema.json"])
def test_the_schema_in_the_folder_is_the_one_made_from_the_key_tables(name: str) -> None:
    remedy = "run `python -m bridge.catalog.schema mappings`"
    assert (FOLDER / name).read_text(encoding="utf-8") == schema_texts()[name], remedy


def test_the_schema_of_a_source_lists_every_key_of_a_mapping() -> None:
    mapping = mapping_schema()["properties"]["mappings"]["items"]
    assert sorted(mapping["properties"]) == [
        *("body", "cancel_on", "for_each", "key", "name", "on", "repeat", "send", "touchpoint", "when"),
    ]
    assert mapping["required"] == ["name", "touchpoint", "body"]
    assert mapping["additionalProperties"] is False
    assert mapping["properties"]["repeat"]["enum"] == ["once", "replace", "send"]


def test_the_schema_of_send_has_the_forms_that_the_reader_takes() -> None:
    send = mapping_schema()["properties"]["mappings"]["items"]["properties"]["send"]
    assert sorted(send["properties"]) == ["after", "between", "days", "expires", "from", "sample", "zone"]
    between = re.compile(send["properties"]["between"]["pattern"])
    assert [text for text in ("09:00-19:00", "9:00-24:00", "9-17", "24:00-06:00") if between.search(text)] == [
        *("09:00-19:00", "9:00-24:00"),
    ]
    assert send["properties"]["days"]["anyOf"][0]["enum"] == ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    assert send["properties"]["zone"]["anyOf"][0] == {"type": "string", "minLength": 1}
    assert sorted(send["properties"]["zone"]["anyOf"][1]["properties"]) == ["default", "expr", "value"]


def test_the_schema_of_touchpoints_knows_which_keys_go_with_which_channel() -> None:
    touchpoint = touchpoints_schema()["properties"]["touchpoints"]["additionalProperties"]
    assert sorted(touchpoint["then"]["required"]) == ["channel", "url"]
    assert sorted(touchpoint["else"]["required"]) == ["api_key", "channel", "token"]
    assert touchpoint["else"]["properties"]["concurrency"]["maximum"] == 64


def _parts(schema: Any) -> list[dict[str, Any]]:
    if isinstance(schema, dict):
        return [schema, *(part for value in schema.values() for part in _parts(value))]
    return [part for value in schema for part in _parts(value)] if isinstance(schema, list) else []


@pytest.mark.parametrize("schema", [mapping_schema(), touchpoints_schema()], ids=["mapping", "touchpoints"])
def test_a_schema_is_of_draft_7_and_its_patterns_compile(schema: dict[str, Any]) -> None:
    assert schema["$schema"] == "http://json-schema.org/draft-07/schema#"
    json.dumps(schema)
    patterns = [part["pattern"] for part in _parts(schema) if isinstance(part.get("pattern"), str)]
    assert patterns
    for pattern in patterns:
        re.compile(pattern)
        assert "\\Z" not in pattern  # editors speak ECMA 262
        assert "(?P" not in pattern
