"""Secrets that can be found again wherever they went, and the search for them in every spelling."""

import random
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import quote

_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789"


@dataclass(frozen=True)
class Canary:
    """A secret: `text` is what is stored and sent; `core` is the part that no percent-encoding changes."""

    name: str
    text: str
    core: str


def canary(name: str, *, before: str = "", after: str = "") -> Canary:
    """Make a secret of its own for each name, the same in every run."""
    core = "".join(random.Random(name).choices(_LETTERS, k=24))
    return Canary(name, f"{before}{core}{after}", core)


def spellings(core: bytes) -> Iterator[bytes]:
    """Give the bytes themselves, in hexadecimal, with every byte percent-encoded, and in base64 at three offsets."""
    yield core
    yield core.hex().encode()
    yield core.hex().upper().encode()
    yield "".join(f"%{byte:02X}" for byte in core).encode()
    yield "".join(f"%{byte:02x}" for byte in core).encode()
    for offset in range(3):
        text = b64encode(bytes(offset) + core)
        inner = text[-(-offset * 8 // 6) : (offset + len(core)) * 8 // 6]
        yield from {inner, inner.replace(b"+", b"-").replace(b"/", b"_")}


def forms(secret: Canary) -> set[bytes]:
    """Give everything by which the secret can be told."""
    whole = {quote(secret.text, safe="").encode(), quote(secret.text).encode()}
    return {*spellings(secret.core.encode()), *whole}


def leaks(canaries: Iterable[Canary], seen: Mapping[str, bytes]) -> list[str]:
    """Name every secret with the place where it was seen."""
    return [
        f"{secret.name} in {place}"
        for secret in canaries
        for place, content in seen.items()
        if any(form in content for form in forms(secret))
    ]
