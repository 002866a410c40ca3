"""Other ways in which somebody may have written an address, a number or an order: the likely ones first. Pure."""

import string
from collections.abc import Iterator

from bridge.core.contact import searchable

_LONGEST = 48  # characters; a longer text has too many neighbours
_SIGNS = string.ascii_lowercase + string.digits + "._-"
_DOMAINS = ("gmail.com", "googlemail.com", "gmx.de", "gmx.at", "web.de", "outlook.com", "hotmail.com", "icloud.com")
_LETTERS = (("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("ß", "ss"))


def variants(text: str) -> Iterator[str]:
    """Give texts that differ from this one as typing and hearing make them differ, each once, not the text itself."""
    known = searchable(text)
    seen = {known}
    if not known or len(known) > _LONGEST:
        return
    for each in (*_likely(known), *_neighbours(known)):
        if each and searchable(each) not in seen:
            seen.add(searchable(each))
            yield each


def _likely(text: str) -> Iterator[str]:
    local, at, domain = text.partition("@")
    if at:
        yield f"{local.partition('+')[0]}@{domain}"
        yield f"{local.replace('.', '')}@{domain}"
        yield from (f"{local}@{other}" for other in _DOMAINS)
        yield from (f"{local}@{domain.rpartition('.')[0]}.{end}" for end in ("com", "de", "at", "ch", "net", "org"))
    yield from (text.replace(*pair) for pair in _LETTERS)
    yield from (text.replace(after, before) for before, after in _LETTERS)
    yield text.replace(" ", "")
    yield text.lstrip("0")
    digits = "".join(sign for sign in text if sign.isdigit())
    if digits and not at:
        yield digits
        yield f"+{digits.removeprefix('00')}"


def _neighbours(text: str) -> Iterator[str]:
    """Give the texts one slip away: two signs swapped, one left out, one wrong, one too many."""
    places = range(len(text))
    yield from (text[:at] + text[at + 1] + text[at] + text[at + 2 :] for at in places[:-1])
    yield from (text[:at] + text[at + 1 :] for at in places)
    signs = _SIGNS if any(sign.isalpha() for sign in text) else string.digits
    yield from (text[:at] + sign + text[at + 1 :] for at in places for sign in signs)
    yield from (text[:at] + sign + text[at:] for at in range(len(text) + 1) for sign in signs)
