"""Finds the signatures of a request: where they stand, how their text is read, how they are decoded."""

import re
from binascii import a2b_base64, b2a_base64, hexlify, unhexlify
from collections.abc import Callable
from dataclasses import dataclass, field

from bridge.core.errors import VerificationFailed
from bridge.core.verification.evidence import Evidence, Find, finder
from bridge.core.verification.scheme import Encoding, Grammar, Place, Scheme

MOST_CANDIDATES = 32

_BASE64_TAIL = {0: "", 2: "==", 3: "="}
_JOINT = re.compile(", *")  # how a server joins headers of one name


@dataclass(frozen=True, slots=True)
class Signature:
    """What stands in the signature's place: decoded candidates, of which any may match, and named fields."""

    candidates: tuple[bytes, ...]
    fields: dict[str, str] = field(default_factory=dict)


def decode(text: str, encoding: Encoding) -> bytes | None:
    """Decode hex in any case, or base64 with or without its padding; None for anything else."""
    try:
        if encoding == "hex":
            return unhexlify(text)
        bare = text.rstrip("=")
        return a2b_base64(bare + _BASE64_TAIL[len(bare) % 4], strict_mode=True) if bare else b""
    except (ValueError, KeyError):
        return None


def encode(signature: bytes, encoding: Encoding) -> str:
    """Write a signature as its sender does."""
    return (hexlify(signature) if encoding == "hex" else b2a_base64(signature, newline=False)).decode()


def compile_signature(scheme: Scheme) -> Callable[[Evidence], Signature]:
    """Make the function that finds a request's signatures; VerificationFailed where there are none."""
    finds: tuple[tuple[Place, Find], ...] = tuple((place, finder(place)) for place in scheme.sources)
    grammar, encoding = scheme.grammar, scheme.encoding

    def find_signature(evidence: Evidence) -> Signature:
        for place, find in finds:
            text = find(evidence)
            if text is not None:
                return _parse(text, grammar, encoding, place)
        raise VerificationFailed(f"{finds[0][0]} is missing")

    return find_signature


def _parse(text: str, grammar: Grammar | None, encoding: Encoding, place: Place) -> Signature:
    """Read the text; the whole of it is one signature where there is no grammar (the fast path)."""
    whole = decode(text, encoding) if grammar is None else None
    if whole:
        return Signature((whole,))
    items = _items(text, grammar)
    texts, fields = _candidates(items, grammar)
    if not texts:
        named = f"{grammar.key} signature" if grammar and grammar.key else "signature"
        raise VerificationFailed(f"{place} holds no {named}")
    candidates = tuple(signature for signature in (decode(text, encoding) for text in texts) if signature)
    if not candidates:
        raise VerificationFailed(f"{place} is not written in {encoding}")
    return Signature(candidates, fields)


def _items(text: str, grammar: Grammar | None) -> list[str]:
    separator = grammar.item_sep if grammar else None
    items = text.split(separator) if separator else _JOINT.split(text)
    if len(items) > MOST_CANDIDATES:
        raise VerificationFailed(f"the request has more than {MOST_CANDIDATES} signatures")
    return [item.strip(" \t") for item in items]


def _candidates(items: list[str], grammar: Grammar | None) -> tuple[list[str], dict[str, str]]:
    if grammar is None:
        return items, {}
    if grammar.positional is not None:
        return items[grammar.positional :], {str(i): item for i, item in enumerate(items[: grammar.positional])}
    pairs = [item.partition(grammar.kv_sep or "=") for item in items]
    fields: dict[str, str] = {}
    for key, separator, value in pairs:
        if separator:
            fields.setdefault(key, value)
    return [value for key, separator, value in pairs if separator and key == grammar.key], fields
