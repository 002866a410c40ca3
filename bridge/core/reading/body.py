"""The body of a request as plain values: dicts, lists, texts, numbers; whatever cannot be read is `Unreadable`."""

from typing import Any
from urllib.parse import parse_qsl

from bridge.core.errors import Unreadable
from bridge.core.manners import FormField
from bridge.core.reading.charset import charset_of, decoded
from bridge.core.reading.json_text import read_json, read_nested
from bridge.core.reading.markup import read_markup
from bridge.core.reading.packing import unpacked
from bridge.core.reading.token import read_token

MOST_FIELDS = 1_000  # fields of a form
FORM = "application/x-www-form-urlencoded"
_UNNAMED = frozenset({"", "text/plain", "application/octet-stream", "application/jwt"})
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def read_body(
    body: bytes,
    content_type: str,
    *,
    coding: str = "",
    depth: int = 64,
    limit: int = 1 << 20,
    field: FormField | None = None,
) -> Any:
    """Parse a body as it was sent: JSON, a form, XML, or the claims of a web token. Integers stay exact.

    `coding` is the Content-Encoding; unpacked the body may have `limit` bytes. `field` is the field of a form that
    holds JSON text. Gives an object or a list. Raises Unreadable alone, in words for whoever sends or operates.
    """
    body = unpacked(body, coding, limit)
    kind = content_type.partition(";")[0].strip().lower()
    if kind == FORM:
        return _read_form(body, charset_of(content_type, strict=True) or "utf-8", field, depth=depth)
    if kind in {"text/xml", "application/xml"} or kind.endswith("+xml"):
        return read_markup(body, charset_of(content_type, strict=True), depth=depth)
    if kind not in _UNNAMED and not kind.endswith("json"):
        raise Unreadable(f"the content type {kind[:60]!r} is not supported; send JSON, a urlencoded form or XML")
    claims = read_token(body, depth)
    if claims is not None:
        return claims
    charset = charset_of(content_type, strict=False)
    if charset is not None:
        body = decoded(body, charset).encode(errors="replace")
    return read_json(body.removeprefix(_BYTE_ORDER_MARK), depth)


def _read_form(body: bytes, charset: str, field: FormField | None, *, depth: int) -> Any:
    form: dict[str, Any] = {}
    for name, value in _pairs(body, charset):
        form[name] = value if name not in form else [*_as_list(form[name]), value]
    if field is None or not isinstance(form.get(field.name), str):
        return form
    if field.is_whole:
        return read_json(form[field.name].encode(errors="replace"), depth)
    return form | {field.name: read_nested(form[field.name], depth)}


def _pairs(body: bytes, charset: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(
            # Text that is written plainly, without `%`, is in the form's charset as well.
            body.decode(charset),
            keep_blank_values=True,
            max_num_fields=MOST_FIELDS,
            encoding=charset,
            errors="strict",
        )
    except (UnicodeError, ValueError):
        shown = charset.upper()
        raise Unreadable(f"the body is not a urlencoded form in {shown} of at most {MOST_FIELDS} fields") from None


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
