"""What pages read from forms and addresses, and how they go on after something was done."""

import base64
import binascii
import hmac
from collections.abc import Mapping
from secrets import token_bytes
from typing import TypeVar

import msgspec
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bridge.api.errors import invalid
from bridge.api.reading import fields

Shape = TypeVar("Shape", bound=msgspec.Struct)

_COOKIE = "notice"
_SECONDS = 30  # in which the next page is surely asked for
# Cookies can be set by whatever else is served under the same name, also at another port: without this a notice could
# come from there, with a button that does what it does not say. A notice of before a start is not said any more.
_KEY = token_bytes(32)
_MARK = 32  # bytes of SHA-256
_MOST_FIELDS = 2_000  # ticked rows of a page, several times over
_LARGEST_FIELD = 1 << 20  # bytes: a mapping file or a payload


class Undo(msgspec.Struct, frozen=True):
    """How to take something back: a form that posts the fields to the action."""

    label: str
    action: str
    fields: Mapping[str, str] = {}


class Notice(msgspec.Struct, frozen=True):
    """What the next page says on top: what was done."""

    text: str
    undo: Undo | None = None


async def form(request: Request, shape: type[Shape]) -> Shape:
    """Read the form that was posted. Raises Declined (422)."""
    async with request.form(max_files=0, max_fields=_MOST_FIELDS, max_part_size=_LARGEST_FIELD) as posted:
        items = [(name, text) for name, text in posted.multi_items() if not isinstance(text, UploadFile)]
    return fields(items, shape)


def query(request: Request, shape: type[Shape]) -> Shape:
    """Read the fields of the address. Raises Declined (422)."""
    return fields(request.query_params.multi_items(), shape)


def done(to: str, text: str, *, undo: Undo | None = None) -> Response:
    """Send the browser on to a page of the console, which says what was done."""
    if not to.startswith("/") or to.startswith(("//", "/\\")):
        raise invalid("`to` is not a page of the console")
    response = RedirectResponse(to, 303)
    said = msgspec.json.encode(Notice(text, undo))
    value = base64.urlsafe_b64encode(_mark(said) + said).decode()
    response.set_cookie(_COOKIE, value, max_age=_SECONDS, httponly=True, samesite="strict")
    return response


def notice_of(request: Request) -> Notice | None:
    """Give what the page before left to be said; None for nothing, or what nobody of us wrote."""
    try:
        value = base64.urlsafe_b64decode(request.cookies.get(_COOKIE, ""))
        mark, said = value[:_MARK], value[_MARK:]
        return msgspec.json.decode(said, type=Notice) if hmac.compare_digest(mark, _mark(said)) else None
    except (msgspec.DecodeError, binascii.Error, UnicodeDecodeError, ValueError):
        return None


def _mark(said: bytes) -> bytes:
    return hmac.digest(_KEY, said, "sha256")


def forget_notice(response: Response) -> None:
    """Say it only once."""
    response.delete_cookie(_COOKIE, httponly=True, samesite="strict")
