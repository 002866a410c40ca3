"""Which network addresses a touchpoint may have: an own table, since Python 3.11's `is_global` has holes."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

Address = IPv4Address | IPv6Address

# Own machine and own network: only with BRIDGE_ALLOW_PRIVATE_TARGETS.
PRIVATE_4 = tuple(
    IPv4Network(text)
    for text in (
        "127.0.0.0/8",  # loopback
        "10.0.0.0/8",  # RFC 1918, as the next two
        "172.16.0.0/12",
        "192.168.0.0/16",
        "100.64.0.0/10",  # carriers' NAT, RFC 6598; some clouds keep their metadata service here
    )
)
PRIVATE_6 = tuple(
    IPv6Network(text)
    for text in (
        "::1/128",  # loopback
        "fc00::/7",  # unique local, RFC 4193
    )
)

# No touchpoint is ever there (IANA's special-purpose registries); metadata services of clouds are.
REFUSED_4 = tuple(
    IPv4Network(text)
    for text in (
        "0.0.0.0/8",  # "this network": Linux takes it for loopback
        "169.254.0.0/16",  # link-local: metadata services
        "168.63.129.16/32",  # Azure's platform address
        "192.0.0.0/24",  # protocol assignments; Oracle's metadata service
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # relays of 6to4; `is_global` of 3.11 lets it through
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
    )
)
GLOBAL_6 = IPv6Network("2000::/3")  # all that is handed out as global unicast; every mapped or local form is outside
REFUSED_6 = tuple(
    IPv6Network(text)
    for text in (
        "2001::/23",  # protocol assignments: Teredo, benchmarks, ORCHID
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4: carries any IPv4 address
        "3fff::/20",  # documentation
    )
)
NAT64 = IPv6Network("64:ff9b::/96")  # the resolver of a network without IPv4 makes these for ordinary targets


def is_allowed(address: Address, *, allow_private: bool) -> bool:
    """Say whether a connection may go to this address."""
    if isinstance(address, IPv6Address):
        return _is_allowed_6(address, allow_private=allow_private)
    if any(address in network for network in PRIVATE_4):
        return allow_private
    return not any(address in network for network in REFUSED_4)


def _is_allowed_6(address: IPv6Address, *, allow_private: bool) -> bool:
    if address.scope_id is not None:
        return False
    if address in NAT64:
        return is_allowed(IPv4Address(int(address) & 0xFFFFFFFF), allow_private=False)
    if any(address in network for network in PRIVATE_6):
        return allow_private
    return address in GLOBAL_6 and not any(address in network for network in REFUSED_6)
