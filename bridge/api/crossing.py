"""Whether a changing request came from another site's page (CSRF): Fetch Metadata, and Origin where that is missing.

Sources: https://words.filippo.io/csrf, as in Go 1.25's http.CrossOriginProtection; OWASP CSRF Prevention Cheat Sheet.
"""

from collections.abc import Mapping
from urllib.parse import urlsplit

_FOREIGN = "another site's page asked for this, so it was not done; open the console yourself and do it there"
_UNKNOWN = (
    "the browser does not say from which page this came, so it was not done; use a newer browser, or an API key: "
    "`Authorization: Bearer KEY`"
)


def foreign(headers: Mapping[str, str], *, ambient: bool) -> str:
    """Say why the request cannot be its sender's own wish, `` if it can.

    `ambient`: the browser, or a proxy, proves by itself who it is, so that any page can make it ask in their name.
    Browsers send Sec-Fetch-Site to https and to localhost since 2023 at the latest. Elsewhere Origin must name the
    host that was asked; Host is believed in nothing else.
    """
    if site := headers.get("sec-fetch-site"):
        return "" if site in {"same-origin", "none"} else _FOREIGN
    origin = headers.get("origin")
    if origin is None:
        return _UNKNOWN if ambient else ""
    return "" if _place(origin) == headers.get("host", "").lower() else _FOREIGN


def _place(origin: str) -> str | None:
    """Give host and port; None for `null` and what is no origin."""
    try:
        parts = urlsplit(origin.lower())
    except ValueError:
        return None
    return parts.netloc or None
