"""TLS between a request's bytes and the network's, without a transport of its own.

The event loops' own TLS keeps what the network has not taken yet where nobody can ask for it; here every byte goes
straight to the connection, so whether a request was sent is known as exactly as without TLS.
"""

import ssl

_AT_ONCE = 64 * 1024  # bytes decrypted by one call; a record holds 16 KiB


class Tls:
    """One TLS session from the client's side. What it has to tell the peer waits in `to_send`.

    `is_agreed`: the peer has proved its name, and data may be sealed. `has_ended`: the peer said so.
    """

    def __init__(self, context: ssl.SSLContext, host: str) -> None:
        self._received, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._session = context.wrap_bio(self._received, self._outgoing, server_hostname=host)
        self.is_agreed = False
        self.has_ended = False

    def open(self, received: bytes) -> bytes:
        """Take what came, go on with the handshake until it is done, and give the data. Raises ssl.SSLError."""
        self._received.write(received)
        parts: list[bytes] = []
        try:
            if not self.is_agreed:
                self._session.do_handshake()
                self.is_agreed = True
            while part := self._session.read(_AT_ONCE):
                parts.append(part)
            self.has_ended = True
        except ssl.SSLWantReadError:
            pass
        return b"".join(parts)

    def seal(self, data: bytes) -> None:
        """Encrypt."""
        self._session.write(data)

    def to_send(self) -> bytes:
        """Give what is for the network, once."""
        return self._outgoing.read()
