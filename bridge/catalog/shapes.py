"""The shapes that values in mapping files can have, as data: the reader and the editors' JSON Schema share them."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Word:
    """A text; `pattern` (full match) with `hint`, which says it in words, narrows it."""

    pattern: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """One of these words."""

    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number within bounds."""

    least: int
    most: int


@dataclass(frozen=True, slots=True)
class Decimal:
    """A number within bounds."""

    least: float
    most: float


@dataclass(frozen=True, slots=True)
class Switch:
    """`true` or `false`."""


@dataclass(frozen=True, slots=True)
class Duration:
    """A duration such as `15s`; bounds in ms."""

    least: int
    most: int


@dataclass(frozen=True, slots=True)
class Rating:
    """A rate such as `10/s`."""


@dataclass(frozen=True, slots=True)
class Formula:
    """A JMESPath expression over the event's payload. `or_constant`: `{value: …}` could be written instead."""

    or_constant: bool = False


@dataclass(frozen=True, slots=True)
class Reference:
    """A text with `${secret:NAME}` and `${env:NAME}` in it. `secret`: it must have one, literals are refused."""

    secret: bool = False


@dataclass(frozen=True, slots=True)
class Constant:
    """A text, number or boolean that is sent as it is."""


@dataclass(frozen=True, slots=True)
class Anything:
    """Whatever its own reader makes of it; `schema` is what editors are told."""

    schema: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Listing:
    """A list; with `or_one` a single value stands for a list of one."""

    of: "Shape"
    or_one: bool = False
    least: int = 0


@dataclass(frozen=True, slots=True)
class Table:
    """Keys of the operator's choice, each with a value of one shape."""

    of: "Shape"


@dataclass(frozen=True, slots=True)
class Key:
    """A key of a block: the shape of its value, what it means, whether it must be there."""

    shape: "Shape"
    meaning: str
    required: bool = False


@dataclass(frozen=True, slots=True)
class Block:
    """A table with known keys. With `short`, a value of that shape stands for a block with only that key."""

    name: str
    keys: Mapping[str, Key]
    short: str = ""


Shape = (
    Word
    | Choice
    | Whole
    | Decimal
    | Switch
    | Duration
    | Rating
    | Formula
    | Reference
    | Constant
    | Anything
    | Listing
    | Table
    | Block
)
