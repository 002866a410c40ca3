"""Numbers that are valid in the country of the number that they stand for, made from the numbering plans' examples."""

import re
from collections.abc import Collection, Iterator

_TRIES = 400
_TAILS = 10_000  # the last four digits are varied

Turns = dict[str, int]  # by a numbering plan's example, how many of its tails were given


def example_phones(text: str, regions: Collection[str], turns: Turns) -> Iterator[str]:
    """Give stand-ins for a number, written as it is written; none if it is valid in no way that can be told.

    `regions` are the countries (two letters) that a number without `+` may be from, the likeliest first. `turns` is
    carried on, so that nothing is tried twice, however many numbers there are.
    """
    import phonenumbers  # noqa: PLC0415 - costs 100 ms at start

    region = next((each for each in _readings(text, regions) if _is_valid(text, each)), "")
    if not region:
        return
    number = phonenumbers.parse(text, None if region == "+" else region)
    kind, home = phonenumbers.number_type(number), phonenumbers.region_code_for_number(number)
    example = phonenumbers.example_number_for_type(home, kind) or phonenumbers.example_number_for_type(
        home, phonenumbers.PhoneNumberType.MOBILE
    )
    if example is None:
        return
    first, place = str(example.national_number), f"{home} {example.national_number}"
    begin = turns.get(place, 0)
    for turn in range(begin, min(begin + _TRIES, _TAILS)):
        turns[place] = turn + 1
        tail = str((int(first[-4:]) + 37 * turn) % _TAILS).zfill(4)
        example.national_number = int(first[:-4] + tail)
        if phonenumbers.is_valid_number(example):
            yield _written(text, phonenumbers.format_number(example, _format(text)))


def _readings(text: str, regions: Collection[str]) -> list[str]:
    return ["+"] if text.lstrip().startswith("+") else [*regions]


def _is_valid(text: str, region: str) -> bool:
    import phonenumbers  # noqa: PLC0415 - costs 100 ms at start

    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(text, None if region == "+" else region))
    except phonenumbers.NumberParseException:
        return False


def _format(text: str) -> int:
    import phonenumbers  # noqa: PLC0415 - costs 100 ms at start

    if not text.lstrip().startswith("+"):
        return phonenumbers.PhoneNumberFormat.NATIONAL
    plain = re.fullmatch(r"\+\d+", text.strip())
    return phonenumbers.PhoneNumberFormat.E164 if plain else phonenumbers.PhoneNumberFormat.INTERNATIONAL


def _written(text: str, number: str) -> str:
    return re.sub(r"\D", "", number) if text.strip().isdigit() else number
