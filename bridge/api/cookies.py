"""The cookie that holds a session's token, and nothing else."""

from typing import Literal

from starlette.requests import Request
from starlette.responses import Response

# The prefix makes browsers refuse the cookie unless it came by https, for this host alone (RFC 6265bis, 4.1.3.2).
_SECURE = "__Host-session"
_PLAIN = "session"
# Lax: addresses of pages are shared in mails and chats, and Strict would show the sign-in page to who follows them.
# No GET changes anything, and whatever changes something is asked for by our own pages only (see `crossing`).
_SAME_SITE: Literal["lax"] = "lax"


def is_secure(request: Request) -> bool:
    """Say whether the browser came by https, which a proxy in front may have ended.

    A false claim harms only who makes it: their browser gets a cookie that it then refuses.
    """
    said = request.headers.get("x-forwarded-proto", "").partition(",")[0].strip()
    return "https" in {request.url.scheme, said} or request.headers.get("origin", "").startswith("https:")


def session_token(request: Request) -> str | None:
    """Give the token. One that came by http is not taken from who comes by https: another site could have set it."""
    if token := request.cookies.get(_SECURE):
        return token
    return None if is_secure(request) else request.cookies.get(_PLAIN)


def give_token(response: Response, token: str, *, secure: bool, seconds: int) -> None:
    """Let the browser keep the token."""
    name = _SECURE if secure else _PLAIN
    response.set_cookie(name, token, max_age=seconds, path="/", secure=secure, httponly=True, samesite=_SAME_SITE)


def take_token(response: Response) -> None:
    """Let the browser forget the token."""
    response.delete_cookie(_SECURE, path="/", secure=True, httponly=True, samesite=_SAME_SITE)
    response.delete_cookie(_PLAIN, path="/", httponly=True, samesite=_SAME_SITE)
