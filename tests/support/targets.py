"""Doubles for targets: servers on real sockets that do what their script says and record what reached them."""

import asyncio
import datetime as dt
import ipaddress
import socket
import ssl
import struct
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

PATIENCE = 5.0  # seconds until a test that waits for a double fails


@dataclass(frozen=True)
class Seen:
    """A request that reached the server in full."""

    line: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Conversation:
    """One connection, from the server's side."""

    target: "Target"
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    unread: bytearray = field(default_factory=bytearray)

    async def head(self) -> tuple[str, dict[str, str]] | None:
        """Read the head of a request; None if the connection ended before it was complete."""
        try:
            raw = await self.reader.readuntil(b"\r\n\r\n")
        except (asyncio.IncompleteReadError, OSError):
            return None
        line, *fields = raw.decode("latin-1").split("\r\n")[:-2]
        return line, {name.lower(): value for name, _, value in (item.partition(": ") for item in fields)}

    async def request(self) -> Seen | None:
        """Read one request in full and record it; None if the connection ended before that."""
        head = await self.head()
        return None if head is None else await self.body(*head)

    async def body(self, line: str, headers: dict[str, str]) -> Seen | None:
        """Read the rest of a request whose head was read."""
        try:
            body = await self.reader.readexactly(int(headers.get("content-length", "0")))
        except (asyncio.IncompleteReadError, OSError):
            return None
        seen = Seen(line, headers, body)
        self.target.seen.append(seen)
        self.target.arrival.set()
        return seen

    async def send(self, data: bytes) -> None:
        """Write and wait until it has left."""
        self.writer.write(data)
        await self.writer.drain()

    def reset(self) -> None:
        """End the connection with a TCP reset."""
        raw = self.writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


Script = Callable[[Conversation], Awaitable[None]]


class Target:
    """A server that runs the script on every connection. `seen`: requests in full; `connections`: how many came."""

    def __init__(self, script: Script, *, tls: ssl.SSLContext | None = None, buffer: int | None = None) -> None:
        self._script = script
        self._tls = tls
        self._buffer = buffer
        self._running: set[asyncio.Task[None]] = set()
        self.seen: list[Seen] = []
        self.connections = 0
        self.arrival = asyncio.Event()
        self.release = asyncio.Event()
        self.port = 0

    async def __aenter__(self) -> Self:
        listening = socket.socket()
        if self._buffer is not None:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self._buffer)
        listening.bind(("127.0.0.1", 0))
        self.port = listening.getsockname()[1]
        # A small limit, so that a script which does not read leaves the bytes in the kernel.
        self._server = await asyncio.start_server(self._serve, sock=listening, ssl=self._tls, limit=2**16)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        self.release.set()
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    async def finished(self) -> None:
        """Wait until every conversation has come to its end, so that `seen` is final."""
        async with asyncio.timeout(PATIENCE):
            while self._running:
                await asyncio.gather(*self._running, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._running.add(task)
        self.connections += 1
        try:
            await self._script(Conversation(self, reader, writer))
        except OSError:
            pass  # the client went away in the middle of the script, as many scripts want
        finally:
            writer.transport.abort()
            self._running.discard(task)


def answer(status: int = 200, body: bytes = b'{"message": "enqueued"}', *headers: str) -> bytes:
    """Write an answer with its length."""
    lines = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def answering(*data: bytes) -> Script:
    """Make a script that answers every request with these bytes and keeps the connection."""

    async def script(conversation: Conversation) -> None:
        while await conversation.request():
            for part in data:
                await conversation.send(part)

    return script


def refusing_port() -> int:
    """Give a port on which nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


class Deaf:
    """A port whose queue of connections is full: a further connection gets no answer at all."""

    def __enter__(self) -> int:
        self._listening = socket.socket()
        self._listening.bind(("127.0.0.1", 0))
        self._listening.listen(0)
        self._queue = []
        for _ in range(3):
            waiting = socket.socket()
            waiting.setblocking(False)
            waiting.connect_ex(self._listening.getsockname())
            self._queue.append(waiting)
        port: int = self._listening.getsockname()[1]
        return port

    def __exit__(self, *_: object) -> None:
        for waiting in (*self._queue, self._listening):
            waiting.close()


@dataclass(frozen=True)
class Authority:
    """A certificate authority for tests."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    def trusted(self) -> ssl.SSLContext:
        """Make a client context that trusts only this authority."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(cadata=self.certificate.public_bytes(serialization.Encoding.PEM).decode())
        return context

    def server(self, folder: Path, names: Sequence[str], *, days: int = 30) -> ssl.SSLContext:
        """Make a server context with a certificate for these names; negative `days`: it has expired."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = _certificate(names[0], key, self.certificate.subject, self.key, names=names, days=days)
        path = folder / "server.pem"
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        path.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context


def authority() -> Authority:
    """Make a new authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "authority")])
    return Authority(key, _certificate("authority", key, name, key, names=(), days=30))


def _certificate(
    name: str,
    key: ec.EllipticCurvePrivateKey,
    issuer: x509.Name,
    signing_key: ec.EllipticCurvePrivateKey,
    *,
    names: Sequence[str],
    days: int,
) -> x509.Certificate:
    now = dt.datetime.now(dt.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=60))
        .not_valid_after(now + dt.timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=not names, path_length=None), critical=True)
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName([_name(text) for text in names]), critical=False)
    return builder.sign(signing_key, hashes.SHA256())


def _name(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        return x509.DNSName(text)
