"""Reading the body of a request: JSON, forms, XML and web tokens become the same plain values, within bounds."""

from bridge.core.reading.body import read_body
from bridge.core.reading.form_text import as_sent
from bridge.core.reading.packing import CODINGS

__all__ = ["CODINGS", "as_sent", "read_body"]
