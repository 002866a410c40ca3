"""Who is never asked again: how they are written, and where a page of their list ends."""

from bridge.core.contact import normal_email, normal_phone
from bridge.outbox.terms import Suppression


def normal(contact: str) -> str:
    """Give the address or number as those who are asked are written. Raises ValueError, for the operator."""
    try:
        return normal_email(contact) if "@" in contact else normal_phone(contact)
    except ValueError:
        raise ValueError("write an address, or a number in international form such as +43 1 5880 10") from None


def cursor_of(entry: Suppression) -> str:
    """Give the text after which the next page begins."""
    return f"{entry.since}-{entry.contact.hex()}"


def parse_cursor(text: str) -> tuple[int, bytes]:
    """Give the place that a cursor names; a time in ms alone stands before all of that time. Raises ValueError."""
    since, _, contact = text.partition("-")
    try:
        place = int(since), bytes.fromhex(contact)
    except ValueError:
        raise ValueError("it is not the cursor of a page") from None
    if not since.isdecimal() or place[0] >= 1 << 62:
        raise ValueError("it is not the cursor of a page")
    return place
