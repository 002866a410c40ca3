"""From a target's name to a connection: resolve, check the addresses, connect to a checked one, agree on TLS.

The connection goes to the very address that was checked, so a name that changes in between ("rebinding") gains
nothing; TLS still proves the name.
"""

import asyncio
import errno
import ssl
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from ipaddress import ip_address

import httpx

from bridge.touchpoint.address import Address, is_allowed
from bridge.touchpoint.progress import Interrupted, Phase, Progress
from bridge.touchpoint.wire import Wire

Resolve = Callable[[str], Awaitable[Sequence[Address]]]

CONNECT_SECONDS = 3.0  # per address, while another one is left to try

_CONNECT_ERRORS = {
    errno.ECONNREFUSED: "connection refused",
    errno.ECONNRESET: "connection reset",
    errno.EHOSTUNREACH: "no route to the target",
    errno.ENETUNREACH: "no route to the target",
    errno.ETIMEDOUT: "the target's network does not answer",
    errno.EMFILE: "this process has too many open files",
}
# OpenSSL's X509_V_ERR_* numbers that an operator can do something about.
_CERTIFICATE_ERRORS = {
    7: "its issuer is not trusted",
    10: "it has expired",
    18: "it is self-signed",
    19: "its issuer is not trusted",
    20: "its issuer is not trusted",
    21: "its issuer is not trusted",
    23: "it was revoked",
    62: "it is for another name",
    64: "it is for another address",
}


@dataclass(frozen=True, slots=True)
class Origin:
    """Where to connect: `host` is a name or an address without brackets, in ASCII."""

    scheme: str
    host: str
    port: int


def client_tls() -> ssl.SSLContext:
    """Make what all connections share: certifi's roots, names checked, TLS 1.2 or newer, no environment variables."""
    context = httpx.create_ssl_context(trust_env=False)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION
    context.set_alpn_protocols(["http/1.1"])
    return context


class Dialer:
    """Makes connections to targets. Raises Interrupted with a reason; `progress` follows the phase."""

    def __init__(self, resolve: Resolve, tls: ssl.SSLContext, *, allow_private: bool) -> None:
        self._resolve = resolve
        self._tls = tls
        self._allow_private = allow_private

    async def dial(self, origin: Origin, progress: Progress) -> Wire:
        """Connect to the origin, with TLS for https."""
        progress.phase = Phase.RESOLVING
        addresses = await self._checked(origin.host)
        progress.phase = Phase.CONNECTING
        wire = await _connect_to_any(addresses, origin.port)
        if origin.scheme == "https":
            progress.phase = Phase.SECURING
            await self._secure(wire, origin.host)
        return wire

    async def _checked(self, host: str) -> list[Address]:
        found = _literal(host) or await self._resolve(host)
        if not found:
            raise Interrupted("name not found")
        allowed = [address for address in found if is_allowed(address, allow_private=self._allow_private)]
        if not allowed:
            raise Interrupted("the address is not a public one, so nothing was sent")
        return allowed

    async def _secure(self, wire: Wire, host: str) -> None:
        try:
            await wire.secure(self._tls, host.rstrip("."))
        except ssl.SSLCertVerificationError as error:
            why = _CERTIFICATE_ERRORS.get(error.verify_code, "it cannot be verified")
            raise Interrupted(f"TLS certificate not accepted ({why})") from None
        except ssl.SSLError:
            raise Interrupted("TLS could not be agreed on") from None
        except OSError:
            raise Interrupted("connection closed") from None


def _literal(host: str) -> list[Address]:
    try:
        return [ip_address(host)]
    except ValueError:
        return []


async def _connect_to_any(addresses: Sequence[Address], port: int) -> Wire:
    """Try the addresses in turn; the last one may take all the time that the attempt has left."""
    for address in addresses[:-1]:
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                return await _connect(address, port)
        except (TimeoutError, Interrupted):
            continue
    return await _connect(addresses[-1], port)


async def _connect(address: Address, port: int) -> Wire:
    try:
        _, wire = await asyncio.get_running_loop().create_connection(Wire, str(address), port)
    except OSError as error:
        what = _CONNECT_ERRORS.get(error.errno or 0, "the connection failed")
        raise Interrupted(what) from None
    return wire
