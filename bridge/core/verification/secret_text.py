"""The text of a stored secret as bytes; no error echoes it."""

from collections.abc import Callable, Sequence

from bridge.core.verification.scheme import KeyRule
from bridge.core.verification.signature import decode

Key = Callable[[bytes, Sequence[bytes]], bool]  # the message and its candidates: does one of them match?


def secret_bytes(rule: KeyRule, text: str) -> bytes:
    """Decode a secret as its scheme says; raises ValueError, without the secret, where it cannot be a key."""
    bare = next((text.removeprefix(prefix) for prefix in rule.strip_prefix if text.startswith(prefix)), text)
    key = encoded(bare) if rule.decode == "utf8" else decode(bare.strip(), rule.decode)
    if key is None:
        raise ValueError(f"the secret is not written in {rule.decode}; paste it exactly as the system shows it")
    if not key:
        raise ValueError("the secret is empty; paste it exactly as the system shows it")
    return key


def encoded(text: str) -> bytes:
    """Give the UTF-8 bytes of a secret; raises ValueError, without the secret, for text that has none."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise ValueError("the secret holds characters that are not text") from None
