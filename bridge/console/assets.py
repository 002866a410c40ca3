"""The files that pages refer to, under names that change with their content: browsers may keep them for ever."""

from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from importlib import resources

from starlette.requests import Request
from starlette.responses import Response

_TYPES = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml"}
_FOR_EVER = "public, max-age=31536000, immutable"


@cache
def _files() -> Mapping[str, tuple[bytes, str]]:
    """Give the files' contents and media types by the names they are served under."""
    folder = resources.files("bridge.console") / "static"
    served = {}
    for file in folder.iterdir():
        stem, _, ending = file.name.rpartition(".")
        if ending in _TYPES:
            content = file.read_bytes()
            served[f"{stem}.{sha256(content).hexdigest()[:8]}.{ending}"] = (content, _TYPES[ending])
    return served


@cache
def asset(name: str) -> str:
    """Give the address of a file by its own name. Raises KeyError for one that does not exist."""
    stem, _, ending = name.rpartition(".")
    for served in _files():
        if served.startswith(f"{stem}.") and served.endswith(f".{ending}") and served.count(".") == name.count(".") + 1:
            return f"/static/{served}"
    raise KeyError(name)


async def serve_asset(request: Request) -> Response:
    """Answer with the file of that name."""
    found = _files().get(request.path_params["name"])
    if found is None:
        return Response("there is no such file", 404, media_type="text/plain")
    content, media_type = found
    return Response(content, headers={"content-type": media_type, "cache-control": _FOR_EVER})
