"""Who is asked: valid addresses and numbers, and keyed hashes by which people and orders are found again."""

import re
import unicodedata
from functools import lru_cache
from hashlib import blake2b

_PHONE = re.compile(r"\+(?:[^\w@+]*\d){5,20}[^\w@+]*")
_LONGEST_ADDRESS = 320  # characters: 64 before the @ and 255 after it (RFC 5321, 4.5.3.1)
# An address of which only the domain is worth a look: its part before the @ is a dot-atom of ASCII (RFC 5322, 3.2.3).
_ATOM = r"[A-Za-z0-9_!#$%&'*+\-/=?^`{|}~]+"
_PLAIN = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@([A-Za-z0-9.\-]+)")
_LONGEST_PLAIN = 254  # characters (RFC 3696, erratum 1690)
_LONGEST_SEARCHED = 512  # characters of a contact or reference that count


def normal_email(text: str) -> str:
    """Give the address without surrounding blanks, spelled as it came.

    Raises ValueError, without the address, if it is not valid (RFC 5321, RFC 6531; the domain is not looked up).
    """
    address = text.strip()
    plain = _PLAIN.fullmatch(address) if len(address) <= _LONGEST_PLAIN else None
    # Customers are many and their domains few: the library, which takes 40 us, need not look at a domain twice.
    if not (_is_domain(plain[1]) if plain else _is_address(address)):
        raise ValueError("is not a valid email address")
    return address


@lru_cache(maxsize=4096)
def _is_domain(domain: str) -> bool:
    return _is_address(f"a@{domain}")


@lru_cache(maxsize=64)  # two mappings of one event ask the same
def _is_address(address: str) -> bool:
    from email_validator import validate_email  # noqa: PLC0415 - costs 60 ms at start

    if len(address) > _LONGEST_ADDRESS:  # the parser's time grows with what it is given
        return False
    try:
        validate_email(address, check_deliverability=False, test_environment=True)
    except ValueError:  # EmailNotValidError is one
        return False
    return True


@lru_cache(maxsize=4096)
def normal_phone(text: str) -> str:
    """Give the number as E.164 (`+` and up to 15 digits, ITU-T E.164).

    Raises ValueError, without the number, if it does not begin with `+` and a country code, or is not valid.
    """
    import phonenumbers  # noqa: PLC0415 - costs 100 ms at start, and most bridges send no SMS

    try:
        number = phonenumbers.parse(text.strip(), None)
    except phonenumbers.NumberParseException:
        raise ValueError("is not a number in international form; e164(phone, 'DE') makes it one") from None
    if not phonenumbers.is_valid_number(number):
        raise ValueError("is not a valid phone number")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


@lru_cache(maxsize=256)  # whoever asks for a hash has asked for this before
def searchable(text: str) -> str:
    """Reduce a contact or reference to what counts when people search.

    Case, surrounding and repeated blanks, a leading `#`, the punctuation of an international number and Unicode's
    several ways to write one character do not count. Total: empty where nothing is left.
    """
    short = text.strip()[:_LONGEST_SEARCHED]
    if not (plain := short.isascii()):
        short = unicodedata.normalize("NFKC", short)
    if _PHONE.fullmatch(short):  # in `+49 (0)30` the zero is for callers at home
        return "+" + "".join(str(unicodedata.decimal(sign)) for sign in short.replace("(0)", "") if sign.isdecimal())
    folded = short.lower() if plain else unicodedata.normalize("NFKC", short.casefold())
    return " ".join(folded.split()).lstrip("# ")


@lru_cache(maxsize=256)  # one event asks for the hash of its contact and of its key more than once
def digest(index_key: bytes, text: str) -> bytes:
    """Give the keyed hash (BLAKE2b, 16 bytes, RFC 7693) under which a contact or reference is indexed."""
    return blake2b(searchable(text).encode("utf-8", "surrogatepass"), key=index_key, digest_size=16).digest()
