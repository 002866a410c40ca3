"""Stored secrets: AES-256-GCM bound to their name and key, master keys from a file or the environment, rotation."""

import base64
import binascii
import fcntl
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bridge.core.errors import ConfigInvalid, Problem
from bridge.core.template import SECRET_NAME
from bridge.outbox.safekeeping import Sealed, Strongbox
from bridge.settings import Settings

INDEX_KEY = ".index-key"  # not a name an operator can give: the key of the hashes that find people and orders
LONGEST_SECRET = 64 * 1024  # bytes; an RSA key in PEM has 3 KiB
_NONCE = 12  # bytes, random for every sealing (NIST SP 800-38D, 8.2.2)
_KEY = 32


@dataclass(frozen=True, slots=True)
class Keyring:
    """The master keys, newest first, each with its id: 8 hexadecimal digits of the key's SHA-256."""

    keys: tuple[tuple[str, bytes], ...] = field(repr=False)

    @property
    def newest(self) -> tuple[str, bytes]:
        """The key that seals."""
        return self.keys[0]

    def find(self, key_id: str) -> bytes | None:
        """Give the key with this id."""
        return dict(self.keys).get(key_id)


def load_keyring(settings: Settings, *, may_create: bool) -> Keyring:
    """Read the master keys; with `may_create` (no secret is stored yet) make the default key file, mode 0600.

    A file that BRIDGE_KEY_FILE names is never made: its path is rather mistyped than new. Raises ConfigInvalid if
    there is no usable key.
    """
    if settings.key:
        return parse_keyring(settings.key, "BRIDGE_KEY")
    path = settings.key_path
    if not path.exists():
        _check_creation(settings, may_create=may_create)
        with _changing(path):
            _write_keys(path, [os.urandom(_KEY)], over=False)
    try:
        return parse_keyring(path.read_text(encoding="ascii"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigInvalid.because(f"the key file {path} cannot be read: {type(error).__name__}") from None


def _check_creation(settings: Settings, *, may_create: bool) -> None:
    if settings.key_file is not None:
        raise ConfigInvalid.because(
            f"the key file {settings.key_file}, which BRIDGE_KEY_FILE names, does not exist",
            "correct the path, or make the file: openssl rand -base64 32",
        )
    if not may_create:
        raise ConfigInvalid.because(
            f"the key file {settings.key_path} is missing, but secrets are stored that only it opens",
            "restore it from a backup, or give BRIDGE_KEY or BRIDGE_KEY_FILE",
        )


def parse_keyring(text: str, origin: str) -> Keyring:
    """Parse keys in base64, separated by blanks, commas or line ends. Raises ConfigInvalid without showing them."""
    keys = []
    for part in text.replace(",", " ").split():
        try:
            standard = part.replace("-", "+").replace("_", "/")
            key = base64.b64decode(standard + "=" * (-len(standard) % 4), validate=True)
        except (binascii.Error, ValueError):
            key = b""
        if len(key) != _KEY:
            raise ConfigInvalid.because(
                f"{origin} holds something that is not a key of 32 bytes in base64",
                "`openssl rand -base64 32` makes one",
            )
        keys.append((sha256(key).hexdigest()[:8], key))
    if not keys:
        raise ConfigInvalid.because(f"{origin} holds no key", "`openssl rand -base64 32` makes one")
    return Keyring(tuple(keys))


def add_key(settings: Settings) -> Keyring:
    """Put a fresh key in front of the key file's and give the new ring."""
    if settings.key:
        raise ConfigInvalid.because(
            "the master keys are in BRIDGE_KEY, which only you can change",
            "put a fresh key in front of it (`openssl rand -base64 32` makes one) and keep the old one behind a comma",
        )
    load_keyring(settings, may_create=True)
    with _changing(settings.key_path):
        old = load_keyring(settings, may_create=False)
        _write_keys(settings.key_path, [os.urandom(_KEY), *(key for _, key in old.keys)], over=True)
    return load_keyring(settings, may_create=False)


@contextmanager
def _changing(path: Path) -> Iterator[None]:
    """Let one process at a time change the key file: a key that another overwrites would be lost with its secrets.

    Raises ConfigInvalid where the folder is not there or cannot be written to.
    """
    try:
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            yield
            os.fsync(folder)  # the file's name must outlive a power cut as the secrets sealed with it do
        finally:
            os.close(folder)
    except OSError as error:
        raise ConfigInvalid.because(
            f"the key file {path} cannot be written: {error.strerror}",
            "make its folder writable for the bridge, or give BRIDGE_KEY",
        ) from None


def _write_keys(path: Path, keys: Sequence[bytes], *, over: bool) -> None:
    """Write the key file so that at no moment it is half-written or readable by others.

    Without `over`, a file that somebody else made meanwhile stays.
    """
    beside = path.with_name(path.name + ".new")
    beside.unlink(missing_ok=True)
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.writelines(base64.b64encode(key).decode() + "\n" for key in keys)
        file.flush()
        os.fsync(file.fileno())
    if over:
        beside.replace(path)
        return
    with suppress(FileExistsError):
        os.link(beside, path)
    beside.unlink()


def seal(keyring: Keyring, name: str, text: str, *, now: int) -> Sealed:
    """Encrypt the text with the newest key, bound to the name and the key's id."""
    key_id, key = keyring.newest
    nonce = os.urandom(_NONCE)
    sealed = nonce + AESGCM(key).encrypt(nonce, text.encode(), _bound_to(name, key_id))
    return Sealed(name, key_id, sealed, now)


def unseal(keyring: Keyring, sealed: Sealed) -> str:
    """Decrypt. Raises ConfigInvalid if the key is missing or the row was changed or moved."""
    key = keyring.find(sealed.key_id)
    if key is None:
        raise ConfigInvalid.because(
            f"the secret {sealed.name} was sealed with the master key {sealed.key_id}, which is not among those given",
            "give that key in BRIDGE_KEY or the key file, or store the secret again with `bridge secrets set`",
        )
    nonce, ciphertext = sealed.sealed[:_NONCE], sealed.sealed[_NONCE:]
    try:
        return AESGCM(key).decrypt(nonce, ciphertext, _bound_to(sealed.name, sealed.key_id)).decode()
    except (InvalidTag, ValueError):
        raise ConfigInvalid.because(
            f"the stored secret {sealed.name} is damaged or was moved from another name",
            f"store it again: bridge secrets set {sealed.name}",
        ) from None


def _bound_to(name: str, key_id: str) -> bytes:
    return f"secrets|{name}|{key_id}".encode()


class Vault:
    """The stored secrets, opened with the master keys. `ring` is asked again when a key id is unknown."""

    def __init__(self, strongbox: Strongbox, ring: Callable[[], Keyring]) -> None:
        self._strongbox = strongbox
        self._ring = ring
        self._keyring = ring()

    def put(self, name: str, text: str, *, now: int) -> None:
        """Store a secret under an operator's name. Raises ConfigInvalid for a bad name or an empty or huge text."""
        if not SECRET_NAME.fullmatch(name):
            raise ConfigInvalid.because(
                "this is not a name for a secret",  # and not shown: it may be the secret, in the wrong place
                "use lower-case letters, digits, '.', '_' and '-'; the secret itself is read from standard input",
            )
        if not text or len(text.encode(errors="replace")) > LONGEST_SECRET:
            raise ConfigInvalid.because(f"the secret {name} is empty or longer than {LONGEST_SECRET} bytes")
        if any("\ud800" <= sign <= "\udfff" for sign in text):
            raise ConfigInvalid.because(f"the secret {name} is not text that can be written in UTF-8")
        self._strongbox.put_secret(seal(self._keyring, name, text, now=now))

    def remove(self, name: str) -> bool:
        """Forget a secret; False if there was none."""
        return not name.startswith(".") and self._strongbox.remove_secret(name)

    def stored(self) -> list[Sealed]:
        """Give the stored secrets, sealed, without the bridge's own."""
        return [sealed for sealed in self._strongbox.secrets() if not sealed.name.startswith(".")]

    def open_all(self) -> dict[str, str]:
        """Decrypt all secrets by name. Raises ConfigInvalid naming those that cannot be opened."""
        texts, problems = {}, list[Problem]()
        for sealed in self._rows():
            try:
                texts[sealed.name] = unseal(self._keyring, sealed)
            except ConfigInvalid as error:
                problems += error.problems
        if problems:
            raise ConfigInvalid(problems)
        texts.pop(INDEX_KEY, None)
        return texts

    def _rows(self) -> list[Sealed]:
        """Give all sealed rows, with the keys read again if one of theirs is unknown: somebody rotated them."""
        rows = self._strongbox.secrets()
        if any(self._keyring.find(sealed.key_id) is None for sealed in rows):
            self._keyring = self._ring()
        return rows

    def index_key(self, *, now: int) -> bytes:
        """Give the key of the hashes that find people and orders; made once, it lives as long as the database."""
        for sealed in self._rows():
            if sealed.name == INDEX_KEY:
                return bytes.fromhex(unseal(self._keyring, sealed))
        self._strongbox.put_secret(seal(self._keyring, INDEX_KEY, os.urandom(_KEY).hex(), now=now))
        return self.index_key(now=now)

    def rotate(self, keyring: Keyring) -> int:
        """Seal every secret anew with the newest key of this ring; gives their number. It may be run again."""
        opened = [(sealed, unseal(keyring, sealed)) for sealed in self._strongbox.secrets()]
        for sealed, text in opened:
            self._strongbox.put_secret(seal(keyring, sealed.name, text, now=sealed.updated_at))
        self._keyring = keyring
        return len(opened)
