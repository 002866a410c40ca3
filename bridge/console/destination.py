"""Where to go after signing in: a page of the console that was asked for, and nowhere else."""

_LONGEST = 2_000
# What would end the session that has just begun, or show the form again.
_NOT_AGAIN = ("/sign-in", "/sign-out", "/join/")


def destination(text: str) -> str:
    """Give the path if it is one of ours, `/` otherwise.

    Browsers take `//host` for another site, also with backslashes, and with blanks or control characters in between.
    """
    is_plain = text.isascii() and text.isprintable() and not set(text) & set(' \\"<>') and len(text) <= _LONGEST
    if not is_plain or not text.startswith("/") or text.startswith(("//", *_NOT_AGAIN)):
        return "/"
    return text
