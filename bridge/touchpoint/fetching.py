"""From a lookup, its secrets and a path to the GET request, and from what came back to its reply."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import httpx

from bridge.core.configuration import Lookup
from bridge.core.inquiry import Fetched
from bridge.touchpoint.answer import answered
from bridge.touchpoint.dial import Origin
from bridge.touchpoint.progress import Progress
from bridge.touchpoint.request import PORTS, Unusable, check_address, render_headers, spellings

LARGEST_ANSWER = 1024 * 1024  # bytes


@dataclass(frozen=True, slots=True)
class System:
    """Where a lookup asks, with its secrets put in. `confidential` is taken out of what it answers."""

    origin: Origin
    url: httpx.URL
    prefix: bytes
    headers: tuple[tuple[bytes, bytes], ...] = field(repr=False)
    confidential: tuple[str, ...] = field(repr=False)

    def request(self, path: str, progress: Progress) -> httpx.Request:
        """Make the request for a path that is percent-encoded; like a delivery's, its URL is only the origin."""
        target = self.prefix + path.encode("ascii")
        extensions = {"target": target, "progress": progress, "origin": self.origin}
        return httpx.Request("GET", self.url, headers=self.headers, extensions=extensions)


def system(lookup: Lookup, secrets: Mapping[str, str], *, allow_private: bool) -> System:
    """Put the secrets in. Raises Unusable."""
    missing = sorted(name for name in lookup.secret_names if not secrets.get(name))
    if missing:
        raise Unusable(f"waits for its secret: {', '.join(missing)}")
    url = check_address(lookup.base_url, allow_private=allow_private, key="base_url", file="the mapping file")
    origin = Origin(url.scheme, url.raw_host.decode(), url.port or PORTS[url.scheme])
    headers = ((b"Host", url.netloc), *render_headers(lookup.headers, secrets, file="the mapping file").raw)
    bare = httpx.URL(scheme=origin.scheme, host=origin.host, port=origin.port)
    values = {secrets[name] for name in lookup.secret_names} | lookup.variables
    confidential = sorted({form for value in values if value for form in spellings(value)}, key=len, reverse=True)
    return System(origin, bare, url.raw_path.rstrip(b"/"), headers, tuple(confidential))


def fetched(progress: Progress, body: bytearray, confidential: tuple[str, ...], *, is_whole: bool) -> Fetched:
    """Make the reply from the status line and what came of the body; the message is for what is no answer."""
    said = answered(progress, body if not 200 <= progress.status < 300 else bytearray(), confidential)
    return Fetched(progress.status, bytes(body), is_whole, said.message, said.retry_after)
