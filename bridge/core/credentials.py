"""What must be taken out of a request before anything of it is kept: credentials in headers and in the URL."""

import re
from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import unquote_plus

# A header or parameter loses its value when its name, in lower case and without punctuation, has one of these words in
# it or is one of the short ones. Signatures stay: they are no credentials, and a refused request can only be verified
# again with them. `idempotency-key` and the like stay as well.
_SECRET_WORD = re.compile(
    r"token|secret|passw|passphrase|authori[sz]ation|authentication|credential|cookie|bearer|jwt"
    r"|(?:api|access|auth|functions|subscription|private|shared|master|license)key|sessionid"
)
_SECRET_HEADERS = frozenset({"key", "auth", "xauth", "xkey", "pass", "pwd", "xpass", "xpwd"})
_SECRET_PARAMETERS = _SECRET_HEADERS | {"code", "sid", "session"}
_PUNCTUATION = re.compile(r"[\W_]+")
_LONGEST_NAME = 256  # characters of a name that are looked at
_LONGEST_VALUE = 2048  # characters of a header's value that are kept
_LONGEST_QUERY = 8192
_MOST_HEADERS = 100

PROVEN_BY = ":proven-by"  # where an event keeps the name of the secret that proved it: no request can send this header


def safe_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Give the headers (lower-case names) without credentials, each value bounded."""
    kept = [(name, value) for name, value in headers.items() if not _is_secret_header(name[:_LONGEST_NAME])]
    return {name: value[:_LONGEST_VALUE] for name, value in kept[:_MOST_HEADERS]}


def safe_query(query: str) -> str:
    """Give the raw query string without the values of parameters that hold credentials."""
    return "&".join(_safe_parameter(part) for part in query[:_LONGEST_QUERY].split("&")) if query else ""


def safe_url(url: str) -> str:
    """Give the URL with a safe query."""
    path, mark, query = url.partition("?")
    return path + mark + safe_query(query)


def is_credential(name: str) -> bool:
    """Say whether what has this name is a credential."""
    return _is_secret_header(name[:_LONGEST_NAME])


def _safe_parameter(part: str) -> str:
    name, mark, _ = part.partition("=")
    return f"{name}{mark}***" if mark and _is_secret(unquote_plus(name), _SECRET_PARAMETERS) else part


@lru_cache(maxsize=4096)  # a source sends the same names again and again, and the look at one costs 2 us
def _is_secret_header(name: str) -> bool:
    return _is_secret(name, _SECRET_HEADERS)


def _is_secret(name: str, short_names: frozenset[str]) -> bool:
    bare = _PUNCTUATION.sub("", name.lower())
    return bare in short_names or _SECRET_WORD.search(bare) is not None
