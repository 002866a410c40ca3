"""The function of the mapping language that makes phone numbers international."""

from typing import Any

from bridge.core.errors import MappingFailed
from bridge.core.language.arguments import Function, read_text, table
from bridge.core.language.context import Context
from bridge.core.language.text_functions import to_text

_LONGEST = 250  # what the library itself looks at


def read_region(value: Any) -> str | None:
    """Give the region in capitals; none for null and empty. Raises MappingFailed if it is not two letters."""
    if value is None or value == "":
        return None
    region = read_text("e164", value).upper()
    if len(region) != 2 or not region.isalpha() or not region.isascii():
        raise MappingFailed("e164 takes a country of two letters (ISO 3166), such as 'DE'")
    return region


def _e164(_context: Context, value: Any, region: Any = None) -> str | None:
    import phonenumbers  # noqa: PLC0415 - costs 100 ms at start, and most bridges send no SMS

    text = to_text("e164", value).strip()
    if not text:
        return None
    country = read_region(region)
    try:
        number = phonenumbers.parse(text[:_LONGEST], country)
    except phonenumbers.NumberParseException:
        raise MappingFailed("e164 was given what is no phone number, or one without its country") from None
    if not phonenumbers.is_valid_number(number):
        raise MappingFailed("e164 was given a phone number that is not valid")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


PHONE_FUNCTIONS = table(
    Function(
        "e164",
        1,
        2,
        _e164,
        "a phone number as +4930123456, read as in the country of two letters; one that is not valid fails",
        cost=200,
        skips_null=True,
        checks={1: read_region},
    ),
)
