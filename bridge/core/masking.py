"""Masked display of values: enough to see what changed, not enough to know whom it is about. Pure.

Numbers, dates, codes and single words of a code's form stay readable; addresses keep their domain, phone numbers their
country and last digits, names and free text their first letter. What is not known to be harmless is shortened.
"""

import re

from bridge.core.model import Scalar

LONGEST = 60  # characters of a shown value

_ADDRESS = re.compile(r"([^\s@<>\"',;:()]{1,64})@([\w.-]{1,255})")
_PHONE = re.compile(r"\(?\+?\(?\d[\d\s()./-]{5,24}\d")
_DATE = re.compile(
    r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?\s?(Z|[+-]\d{2}:?\d{2})?)?"
    r"|\d{1,2}[./]\d{1,2}[./]\d{4}|\d{2}:\d{2}(:\d{2})?"
)
_NUMBER = re.compile(r"[#-]?\d{1,24}([.,]\d{1,9})?(\s?[%€$£]|\s[A-Z]{3})?")
_CODE = re.compile(r"[#\w./:-]*")  # an id: one word with a digit in it
_WORD = re.compile(r"[a-z][a-z_-]{1,29}|[A-Z][A-Z_-]{1,29}|[a-z]{2}-[A-Z]{2}")  # an enum: `online`, `EUR`, `de-AT`
_WEB = re.compile(r"(https?://[\w.-]+(?::\d+)?)(?:[/?#].*)?")
_LONG_SECRET = 32  # characters from which a word with digits may be a token

# Attributes that say who somebody is, by the words in their names; `name` also of what is no person.
_PERSONAL = frozenset(
    re.findall(
        r"\w+",
        """account address birth birthday birthdate born city comment company contact dob email first firstname full
    fullname given iban initials ip last lastname login mail message mobile name nickname note notes person phone plz
    postal postcode recipient salutation sms street subject surname tel telephone text title town user username vat
    village zip zipcode family familyname middle password secret token authorization cookie""",
    )
)
_REFERENCE = frozenset({"id", "ids", "identifier", "key", "number", "no", "nr", "ref", "reference", "code", "sku"})
_PARTS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")


def masked(name: str, value: Scalar | None) -> str:
    """Give how the value of the attribute `name` is shown: one printable line of at most 60 characters."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    text = value if isinstance(value, str) else str(value)
    shown = _text(_words(name), text) if isinstance(value, str) else _digits(_words(name), text)
    shown = "".join(sign if sign.isprintable() else "?" for sign in shown)
    return shown if len(shown) <= LONGEST else shown[: LONGEST - 1] + "…"


def masked_pair(name: str, old: Scalar | None, new: Scalar | None) -> tuple[str, str]:
    """Give how two different values are shown, told apart by kind or length where masking makes them look alike."""
    pair = masked(name, old), masked(name, new)
    if pair[0] != pair[1]:
        return pair
    if type(old) is not type(new):
        return f"{pair[0]} ({_kind(old)})", f"{pair[1]} ({_kind(new)})"
    lengths = len(str(old)), len(str(new))
    if lengths[0] != lengths[1]:
        return f"{pair[0]} ({lengths[0]} characters)", f"{pair[1]} ({lengths[1]} characters)"
    return pair[0], f"{pair[1]} (another)"


def _kind(value: Scalar | None) -> str:
    return "a text" if isinstance(value, str) else "a number"


def _words(name: str) -> frozenset[str]:
    return frozenset(word.lower() for word in _PARTS.findall(name)) | {name.lower()}


def _text(words: frozenset[str], text: str) -> str:
    if not text.strip():
        return '""' if not text else "blanks"
    if "@" in text:
        return _address(text)
    is_reference = bool(words & _REFERENCE)
    if words & _PERSONAL and not is_reference:
        return _phone(text) if _PHONE.fullmatch(text) and not _DATE.fullmatch(text) else _shortened(text)
    if web := _WEB.fullmatch(text):
        return web[1] + "/…" if len(text) > len(web[1]) + 1 else text
    if _DATE.fullmatch(text):
        return text
    if not is_reference and (text.startswith("+") or _looks_dialled(text)) and _PHONE.fullmatch(text):
        return _phone(text)
    return text if _is_harmless(text) else _shortened(text)


def _is_harmless(text: str) -> bool:
    if _NUMBER.fullmatch(text) or _WORD.fullmatch(text):
        return True
    return len(text) < _LONG_SECRET and any(map(str.isdigit, text)) and bool(_CODE.fullmatch(text))


def _looks_dialled(text: str) -> bool:
    """Say whether digits stand as people write numbers to call: a leading 0 and no fraction, or parts."""
    return text.startswith(("0", "(")) or bool(re.search(r"\d[ /()]\d|\)\s?\d", text))


def _digits(words: frozenset[str], text: str) -> str:
    """Show a number, other than one to call or one that says who or where somebody is."""
    hidden = words & _PERSONAL and not words & _REFERENCE
    return _phone(text) if hidden and len(text) > 6 else _shortened(text) if hidden else text


def _address(text: str) -> str:
    """Keep the domain of an address, and nothing of what stands around it."""
    found = _ADDRESS.search(text)
    if found is None:
        return _shortened(text)
    around = "… " if found.start() else ""
    return f"{around}{found[1][0]}…@{found[2]}{' …' if found.end() < len(text) else ''}"


def _phone(text: str) -> str:
    digits = "".join(sign for sign in text if sign.isdigit())
    return f"{'+' if '+' in text else ''}{digits[:2]}…{digits[-2:]}"


def _shortened(text: str) -> str:
    return f"{text.strip()[0]}…"
