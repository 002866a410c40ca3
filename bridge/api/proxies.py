"""What a proxy in front says of a request: from where it came, and who signed in there. Only named proxies count."""

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from starlette.requests import Request

from bridge.app.people import person_name
from bridge.settings import Network

_HOUSEHOLD = 64  # bits of an IPv6 address that tell one connection to the internet from another
_MOST_HOPS = 20


@dataclass(frozen=True, slots=True)
class Proxies:
    """The proxies that are believed, and the header, if any, in which they say who somebody is."""

    networks: tuple[Network, ...] = ()
    header: str = ""

    def person(self, request: Request) -> str | None:
        """Give the name that a believed proxy says; None where none is said, or by somebody else, or more than one."""
        if not self.header or not self._believes(_peer(request)):
            return None
        said = request.headers.getlist(self.header)
        if len(said) != 1:
            return None
        try:
            return person_name(said[0])
        except ValueError:
            return None

    def address(self, request: Request) -> str:
        """Give the address from which a person asks, as far as it can be known; of IPv6 the network of a household."""
        here = _peer(request)
        for hop in reversed(_hops(request.headers.getlist("x-forwarded-for"))):
            if not self._believes(here) or hop is None:
                break
            here = hop
        if isinstance(here, IPv6Address):
            return str(ip_network((here, _HOUSEHOLD), strict=False))
        return str(here or "unknown")

    def _believes(self, peer: IPv4Address | IPv6Address | None) -> bool:
        return peer is not None and any(peer in network for network in self.networks)


def _peer(request: Request) -> IPv4Address | IPv6Address | None:
    return _parsed(request.client.host) if request.client else None


def _hops(values: Sequence[str]) -> list[IPv4Address | IPv6Address | None]:
    return [_parsed(part.strip()) for part in ",".join(values).split(",")][-_MOST_HOPS:] if values else []


def _parsed(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address
