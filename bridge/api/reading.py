"""What a request says, as the values that its operation expects. Unknown, missing and wrong fields are declined."""

from collections.abc import Iterable
from typing import Any, TypeVar

import msgspec
from starlette.requests import Request

from bridge.api.errors import Declined, invalid

Shape = TypeVar("Shape", bound=msgspec.Struct)
_JSON = "application/json"


def fields(items: Iterable[tuple[str, str]], shape: type[Shape]) -> Shape:
    """Read the fields of a query or a form: an empty one counts as absent, one that may repeat makes a list.

    Raises Declined (422).
    """
    several = {each.encode_name for each in msgspec.structs.fields(shape) if _is_list(each.type)}
    given: dict[str, Any] = {}
    for name, text in items:
        if not text:
            continue
        if name in several:
            given.setdefault(name, []).append(text)
        elif name in given:
            raise invalid(f"`{name}` is given twice")
        else:
            given[name] = text
    try:
        return msgspec.convert(given, shape, strict=False)
    except msgspec.ValidationError as error:
        raise invalid(_told(error)) from None


async def document(request: Request, shape: type[Shape]) -> Shape:
    """Read the body, which is JSON. Raises Declined: 415 for another content type, 422 for what it holds."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = await request.body()
    if kind != _JSON and body:
        raise Declined(415, "send the body as application/json")
    try:
        return msgspec.json.decode(body or b"{}", type=shape)
    except msgspec.ValidationError as error:
        raise invalid(_told(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Declined(400, f"the body is not JSON: {error}") from None


def _is_list(kind: Any) -> bool:
    return getattr(kind, "__origin__", kind) in {list, tuple}


def _told(error: msgspec.ValidationError) -> str:
    """Say what is wrong in the words of who asks: `limit: Expected `int` <= 500`."""
    what, _, place = str(error).partition(" - at `$.")
    return f"{place.rstrip('`')}: {what}" if place else what
