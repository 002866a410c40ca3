"""Passwords: Argon2id, few at a time, with the same work for names that do not exist."""

import asyncio
import unicodedata
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from bridge.core.errors import BridgeError

LEAST = 15  # characters; NIST SP 800-63B-4, 3.1.1.2, where the password is all there is
MOST = 256  # characters; more costs time and proves nothing
_LEAST_DIFFERENT = 5  # characters
AT_ONCE = 2  # hashings, of 19 MiB and about 35 ms each
MOST_WAITING = 16


class Crowded(BridgeError):
    """Too many passwords are being checked; try again in some seconds."""


@cache
def default_hasher() -> PasswordHasher:
    """Give Argon2id with what the OWASP Password Storage Cheat Sheet asks for at least: 19 MiB, 2 passes, 1 lane."""
    return PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


def weakness(password: str, name: str) -> str:
    """Say why the password will not do, `` if it does."""
    if len(password) < LEAST:
        return f"a password has at least {LEAST} characters; several words with blanks between them are easy to keep"
    if len(password) > MOST:
        return f"a password has at most {MOST} characters"
    bare = password.lower().replace(name.lower(), "") if name else password
    if len(set(bare)) < _LEAST_DIFFERENT:
        return "too easy to guess: it repeats a few characters, or the name"
    return ""


def _normal(password: str) -> str:
    """Give the one spelling of letters that keyboards write in several ways (NIST SP 800-63B-4, 3.1.1.2)."""
    return unicodedata.normalize("NFC", password)


class Passwords:
    """Hashes and checks passwords in threads, so that the loop goes on, and few at once, so that memory is bounded."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or default_hasher()
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._waiting = 0
        self._nobodys = ""

    async def hashed(self, password: str) -> str:
        """Give the hash to be stored. Raises Crowded."""
        return str(await self._in_turn(_normal(password), None))

    async def fits(self, password: str, stored: str) -> bool:
        """Say whether it is the password that was stored. Where none is (``), the same work is done in vain.

        Raises Crowded.
        """
        if not self._nobodys:
            self._nobodys = await self.hashed("the password of nobody at all")
        fitting = await self._in_turn(_normal(password[:MOST]), stored or self._nobodys)
        return bool(fitting) and bool(stored) and len(password) <= MOST

    async def _in_turn(self, password: str, stored: str | None) -> str | bool:
        if self._waiting >= MOST_WAITING:
            raise Crowded("too many people are signing in at this moment; try again in some seconds")
        self._waiting += 1
        try:
            async with self._turns:
                if stored is None:
                    return await asyncio.to_thread(self._hasher.hash, password)
                return await asyncio.to_thread(self._verified, password, stored)
        finally:
            self._waiting -= 1

    def _verified(self, password: str, stored: str) -> bool:
        try:
            return bool(self._hasher.verify(stored, password))
        except (Argon2Error, InvalidHashError):
            return False
