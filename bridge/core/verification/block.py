"""A block of knobs as an operator wrote it, read key by key with errors that say what is possible."""

import difflib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

LONGEST_LIST = 16

Choice = TypeVar("Choice", bound=str)


@dataclass(frozen=True, slots=True)
class Block:
    """The keys of one block and the path where it stands; every method raises ValueError for an operator."""

    path: str
    knobs: Mapping[str, Any]

    def at(self, key: str) -> str:
        """Give the full path of a key."""
        return f"{self.path}.{key}" if self.path else key

    def only(self, possible: Collection[str], *, of: str = "") -> None:
        """Refuse keys that do not belong here."""
        for key in self.knobs:
            if key not in possible:
                hint = f" of {of}" if of else ""
                names = ", ".join(sorted(possible)) or "none"
                raise ValueError(f"{self.at(str(key))!r} is not a key{hint}; possible: {names}{_guess(key, possible)}")

    def text(self, key: str) -> str:
        """Give a text that must be there and not be empty."""
        text = self.optional_text(key)
        if text is None:
            raise ValueError(f"{self.at(key)!r} is missing; it must be a text")
        return text

    def optional_text(self, key: str) -> str | None:
        """Give a text, or None where the key is absent."""
        value = self.knobs.get(key)
        if value is None:
            return None
        if not isinstance(value, str):
            raise ValueError(f"{self.at(key)!r} must be a text; put it in quotes")  # noqa: TRY004 - one class for an operator's mistakes
        if not value:
            raise ValueError(f"{self.at(key)!r} must not be empty")
        return value

    def choice(self, key: str, possible: Collection[Choice], *, default: Choice | None = None) -> Choice:
        """Give one of the possible texts, or the default where the key is absent."""
        value = self.knobs.get(key)
        if value is None and default is not None:
            return default
        for choice in possible:
            if value == choice:
                return choice
        said = f"is {repr(value)[:40]}" if key in self.knobs else "is missing"
        raise impossible(self.at(key), said, value=value, possible=possible)

    def count(self, key: str, *, least: int, most: int) -> int | None:
        """Give a whole number within its bounds, or None where the key is absent."""
        value = self.knobs.get(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise ValueError(f"{self.at(key)!r} must be a whole number from {least} to {most}")
        return value

    def block(self, key: str, possible: Collection[str]) -> "Block | None":
        """Give a block with these possible keys, or None where the key is absent."""
        value = self.knobs.get(key)
        if value is None:
            return None
        block = self._block(self.at(key), value)
        block.only(possible, of=repr(self.at(key)))
        return block

    def blocks(self, key: str) -> tuple["Block", ...]:
        """Give a list of blocks that must be there and not be empty."""
        return tuple(self._block(f"{self.at(key)}[{index}]", value) for index, value in enumerate(self._list(key)))

    def texts(self, key: str) -> tuple[str, ...]:
        """Give a list of texts that must be there; a single text stands for a list of one."""
        value = self.knobs.get(key)
        texts = [value] if isinstance(value, str) else self._list(key)
        if not all(isinstance(text, str) and text for text in texts):
            raise ValueError(f"{self.at(key)!r} must be a list of texts; put each in quotes")
        return tuple(texts)

    def pairs(self, key: str) -> tuple[tuple[str, str], ...]:
        """Give a table of texts as pairs; values may be empty, the table may be absent."""
        value = self.knobs.get(key)
        table = self._block(self.at(key), {} if value is None else value).knobs
        if not all(isinstance(text, str) for pair in table.items() for text in pair):
            raise ValueError(f"{self.at(key)!r} must be a table of texts; put each value in quotes")
        return tuple(table.items())

    def _list(self, key: str) -> list[Any]:
        value = self.knobs.get(key)
        if not isinstance(value, list | tuple) or not 0 < len(value) <= LONGEST_LIST:
            raise ValueError(f"{self.at(key)!r} must be a list of 1 to {LONGEST_LIST} entries")
        return list(value)

    @staticmethod
    def _block(path: str, value: Any) -> "Block":
        if not isinstance(value, Mapping):
            raise ValueError(f"{path!r} must be a table of keys and values")  # noqa: TRY004 - one class for an operator's mistakes
        return Block(path, value)


def impossible(path: str, said: str, *, value: Any, possible: Collection[str]) -> ValueError:
    """Make the error for a value that is none of the possible ones, with what was probably meant."""
    return ValueError(f"{path!r} {said}; possible: {', '.join(possible)}{_guess(value, possible)}")


def _guess(value: Any, possible: Collection[str]) -> str:
    close = difflib.get_close_matches(value[:64], possible, n=1) if isinstance(value, str) else []
    return f" (did you mean {close[0]!r}?)" if close else ""
