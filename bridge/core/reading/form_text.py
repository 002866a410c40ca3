"""Writes an object as the form that a source would send."""

from typing import Any
from urllib.parse import urlencode

import msgspec

from bridge.core.errors import Unreadable
from bridge.core.reading.body import FORM
from bridge.core.reading.json_text import read_json


def as_sent(body: bytes, content_type: str) -> bytes:
    """Give a form that is written as a JSON object as it would be sent; any other body as it is.

    A list repeats its field; an object, or a list with one in it, is JSON text within its field.
    """
    if content_type.partition(";")[0].strip().lower() != FORM or not body.lstrip().startswith(b"{"):
        return body
    try:
        fields = read_json(body, 64)
    except Unreadable:
        return body
    return urlencode({name: _written(value) for name, value in fields.items()}, doseq=True).encode()


def _written(value: Any) -> Any:
    if isinstance(value, dict) or (isinstance(value, list) and any(isinstance(each, dict | list) for each in value)):
        return msgspec.json.encode(value).decode()
    return value
