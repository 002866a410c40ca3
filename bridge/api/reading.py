"""What a request says, as the values that its operation expects. Unknown, missing and wrong fields are declined."""

from collections.abc import Iterable
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

import msgspec
from starlette.requests import Request

from bridge.api.errors import Declined, invalid
from bridge.core.points import POINT, parse_point

Shape = TypeVar("Shape", bound=msgspec.Struct)
# A point in time, as a query or form gives it; `moment` reads it.
Moment = Annotated[
    str,
    msgspec.Meta(
        pattern=POINT,
        description="A date, a time (UTC unless it says otherwise), so long ago as `12h`, or milliseconds since 1970",
        examples=["2026-11-22", "2026-11-22T18:00", "12h"],
    ),
]
_JSON = "application/json"


def fields(items: Iterable[tuple[str, str]], shape: type[Shape], *, of_form: bool = True) -> Shape:
    """Read the fields of a query or a form: one that may repeat makes a list, and an empty one of a form is absent.

    Raises Declined (422).
    """
    kinds = {each.encode_name: each.type for each in msgspec.structs.fields(shape)}
    given: dict[str, Any] = {}
    for name, text in items:
        kind = kinds.get(name)
        if of_form and not text:
            continue
        if text.lower() == "null" and not _is(kind, {str}):
            raise invalid(f"{name}: leave it out where there is none")  # msgspec would take the word for nothing
        if _is(kind, {list, tuple}):
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
    except RecursionError:
        raise Declined(400, "the body is nested too deeply") from None


def moment(text: str | None, *, now: int, name: str = "since") -> int | None:
    """Give the time in ms that a field named `name` says; None for none. Raises Declined (422)."""
    try:
        return None if text is None else parse_point(text, now=now)
    except ValueError as error:
        raise invalid(f"{name}: {error}") from None


def _is(kind: Any, wanted: set[type]) -> bool:
    """Say whether a field is of one of these types: `tuple[State, ...]`, also annotated or optional."""
    if get_origin(kind) in {Annotated, Union, UnionType}:
        return any(_is(each, wanted) for each in get_args(kind) if isinstance(each, type) or get_origin(each))
    return (get_origin(kind) or kind) in wanted


def _told(error: msgspec.ValidationError) -> str:
    """Say what is wrong in the words of who asks: `limit: Expected `int` <= 500`."""
    what, _, place = str(error).partition(" - at `$.")
    return f"{place.rstrip('`')}: {what}" if place else what
