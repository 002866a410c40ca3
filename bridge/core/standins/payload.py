"""Walks a payload and replaces whatever may say whom it is about; what nobody can tell to be harmless is replaced."""

import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import partial
from typing import Any

from bridge.core.standins import lists
from bridge.core.standins.choices import RUN, Choices
from bridge.core.standins.meanings import Meaning, meaning_of, words
from bridge.core.standins.sweep import sweep_of

_EMAIL = re.compile(r"[^\s@<>,;:\"'()\[\]/?&=]+@[^\s@<>,;:\"'()\[\]/?&=]+\.[^\s@<>,;:\"'()\[\]/?&=.]+")
_PHONE = re.compile(r"\+\d[\d ()/.-]{5,22}\d")
_DATE = re.compile(
    r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?\s?(Z|UTC|[+-]\d{2}:?\d{2})?)?"
    r"|\d{1,2}[./]\d{1,2}[./]\d{2,4}( \d{1,2}:\d{2}(:\d{2})?)?|\d{1,2}:\d{2}(:\d{2})?|\d{8}T\d{6}Z?"
)
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://\S*")
_HOST = re.compile(r"[\w-]+(\.[\w-]+)*\.[A-Za-z]{2,}")
_DECIMAL = re.compile(r"[-+]?\d{1,3}([ ,.']?\d{3})*[.,]\d{1,4}|[-+]?\d{1,4}")
_WORD = re.compile(
    r"[a-z]{1,30}([_./:-][a-z][a-z0-9]{0,20}){0,6}|[A-Z]{2,3}|[A-Z]{2,20}(_[A-Z0-9]{1,20}){0,5}|[a-z]{2}-[A-Z]{2}"
)
_IP4 = re.compile(r"\d{1,3}(\.\d{1,3}){3}")
_PLAIN = frozenset({"True", "False", "Yes", "No", "null", "None", "yes", "no"})
_NESTED = 256 * 1024  # characters of a text up to which JSON in it is read
_EPOCH = (range(946_684_800, 4_102_444_800), range(946_684_800_000, 4_102_444_800_000))  # 2000 to 2100, s and ms


def stand_in(payload: Any, *, kept: Collection[str] = ()) -> Any:
    """Give the payload with stand-ins for names, addresses, numbers, ids and all free text.

    Structure, types, nulls, formats and, but for names, lengths stay; so do amounts, currencies, states, dates and
    words of a code's form. The same original has the same stand-in everywhere. `kept` are texts that stay as they
    are where no key says that they are somebody's, such as the topic and what the mappings compare with.
    """
    texts = list(_texts(payload))
    taken = frozenset(word for text in texts for word in (text.casefold(), *RUN.findall(text.casefold())))
    choices = Choices(taken, _regions(payload, kept))
    walk = _Walk(choices, frozenset(kept) | _PLAIN)
    walk.value(payload)  # learns who is spoken of, so that the second pass finds them in what comes before, too
    choices.forget_addresses()
    made = walk.value(payload)
    return _swept(made, choices, walk.kept)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, child in value.items():
            yield key
            yield from _texts(child)
    elif isinstance(value, list):
        for child in value:
            yield from _texts(child)
    elif value is not None and not isinstance(value, bool):
        yield str(value)


def _regions(payload: Any, kept: Collection[str]) -> tuple[str, ...]:
    """Give the countries that the payload and the mappings name, so that a national number can be read."""
    found = [text for key, text in _pairs(payload) if "country" in words(key) and re.fullmatch("[A-Z]{2}", text)]
    return tuple(dict.fromkeys((*found, *sorted(text for text in kept if re.fullmatch("[A-Z]{2}", text)))))


def _pairs(value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, child in value.items():
            if isinstance(child, str):
                yield key, child
            yield from _pairs(child)
    elif isinstance(value, list):
        for child in value:
            yield from _pairs(child)


def _bounded(text: str) -> str:
    """Give the pattern of a text that is no part of a longer word."""
    before, after = r"(?<![^\W_])" * text[0].isalnum(), r"(?![^\W_])" * text[-1].isalnum()
    return before + re.escape(text) + after


class _Walk:
    """One walk through a payload, with the stand-ins that were chosen so far."""

    def __init__(self, choices: Choices, kept: frozenset[str]) -> None:
        self._choices = choices
        self.kept = kept
        self._makers: Mapping[Meaning, Callable[[str], str]] = {
            "email": self._email,
            "phone": self._phone,
            "first": self._name,
            "last": self._last,
            "name": self._name,
            "company": partial(choices.of_list, "company", choices=lists.COMPANIES),
            "street": partial(choices.of_list, "street", choices=lists.STREETS),
            "city": partial(choices.of_list, "city", choices=lists.CITIES),
            "region": self._region,
            "zip": partial(choices.code, letters=True),
            "birth": _birth,
            "position": lambda text: re.sub(r"\d", "4", text),
            "ip": self._ip,
            "host": self._host,
        }
        long = sorted((_bounded(text) for text in kept if len(text) > 3), key=len, reverse=True)
        self._literals = re.compile(f"({'|'.join(long)})" if long else "(?!)()")

    def value(self, value: Any, key: str = "", siblings: Collection[str] = ()) -> Any:
        if isinstance(value, dict):
            return {self._key(name): self.value(child, name, value.keys()) for name, child in value.items()}
        if isinstance(value, list):
            return [self.value(child, key, siblings) for child in value]
        if isinstance(value, bool) or value is None:
            return value
        meaning = meaning_of(key, siblings) if key else "unknown"
        if isinstance(value, int):
            return self._whole(value, meaning)
        if isinstance(value, float):
            return round(48.2082, len(str(value).partition(".")[2])) if meaning == "position" else value
        return self._text(value, meaning) if isinstance(value, str) else value

    def _key(self, name: str) -> str:
        return self._found(name) if "@" in name or len(re.findall(r"\d", name)) > 6 else name

    def _whole(self, value: int, meaning: Meaning) -> int:
        digits = str(abs(value))
        if meaning in {"amount", "time", "kept"} or len(digits) < 3:
            return value
        is_time = any(value in times for times in _EPOCH)
        if meaning not in {"id", "phone", "zip", "email", "name", "birth"} and (len(digits) < 5 or is_time):
            return value
        if meaning == "phone":
            digits = re.sub(r"\D", "", self._choices.phone(f"+{digits}")) or digits
        else:
            digits = self._choices.run(digits)
        return int(digits) if value > 0 else -int(digits)

    def _text(self, text: str, meaning: Meaning) -> str:
        if not text.strip():
            return text
        nested = _nested(text)
        if nested is not None:
            return json.dumps(self.value(nested), ensure_ascii=False)
        if make := self._makers.get(meaning):
            return make(text)
        if text in self.kept or _DATE.fullmatch(text):
            return text
        return self._other(text, meaning)

    def _other(self, text: str, meaning: Meaning) -> str:
        if self._literals.search(text):  # `contains(tags, 'no_survey')` is to hold of the stand-in, too
            parts = [part or "" for part in self._literals.split(text)]
            is_kept = [part in self.kept or not part.strip() for part in parts]
            return "".join(
                part if kept else self._other(part, meaning) for part, kept in zip(parts, is_kept, strict=True)
            )
        if _EMAIL.search(text) or _PHONE.search(text) or _ADDRESS.search(text) or _IP4.fullmatch(text):
            return self._found(text)
        if meaning == "amount" and re.fullmatch(r"[^\w]*\d[\d.,' ]*[^\w]*([A-Z]{3})?", text):
            return text
        if meaning == "id":
            is_prose = " " in text.strip() and not any(map(str.isdigit, text))
            return self._choices.prose(text) if is_prose else self._choices.code(text, letters=True)
        if meaning in {"kept", "country", "time"} and len(text) <= 60 and not re.search(r"\d{5}", text):
            return text
        if _WORD.fullmatch(text) or _DECIMAL.fullmatch(text):
            return text
        return self._choices.prose(text) if " " in text or text.isalpha() else self._choices.code(text, letters=True)

    def _found(self, text: str) -> str:
        """Replace what can be told by its form within a text, and the words around it."""
        pieces = re.compile("|".join(f"(?:{each.pattern})" for each in (_ADDRESS, _EMAIL, _PHONE)))
        made, end = "", 0
        for found in pieces.finditer(text):
            made += self._choices.prose(text[end : found.start()]) + self._piece(found[0])
            end = found.end()
        rest = text[end:]
        return made + (self._ip(rest) if not made and _IP4.fullmatch(rest) else self._choices.prose(rest))

    def _piece(self, text: str) -> str:
        if _ADDRESS.fullmatch(text) and not _EMAIL.fullmatch(text):
            return self._url(text)
        return self._choices.email(text) if "@" in text else self._choices.phone(text)

    def _url(self, text: str) -> str:
        scheme, _, rest = text.partition("://")
        if scheme not in {"http", "https"}:
            return f"{scheme}://{self._choices.code(rest)}"
        path = rest[len(re.match(r"[^/?#]*", rest)[0]) :]  # type: ignore[index]  # matches also nothing
        return f"{scheme}://www.example.com{self._choices.prose(path)}"

    def _ip(self, text: str) -> str:
        if not re.search(r"[.:]", text):
            return self._choices.code(text, letters=True)
        return self._choices.numbered("ip", text, "2001:db8::{}" if ":" in text else "192.0.2.{}")

    def _host(self, text: str) -> str:
        if _ADDRESS.match(text):
            return self._url(text)
        if not _HOST.fullmatch(text):
            return self._choices.prose(text)
        return self._choices.numbered("host", text.lower(), "shop-{}.example")

    def _email(self, text: str) -> str:
        domain = "@" + text.strip().casefold().partition("@")[2]
        if domain in self.kept:  # one's own, which the mappings leave out
            return self._choices.email(text).partition("@")[0] + domain
        is_around = _EMAIL.search(text) and not _EMAIL.fullmatch(text.strip())
        return self._found(text) if is_around else self._choices.email(text)

    def _phone(self, text: str) -> str:
        return self._choices.phone(text) if re.search(r"\d", text) else self._choices.prose(text)

    def _name(self, text: str) -> str:
        if _EMAIL.search(text) or _PHONE.search(text) or _ADDRESS.search(text):
            return self._found(text)
        return self._choices.code(text) if re.search(r"\d", text) and " " not in text else self._choices.full_name(text)

    def _last(self, text: str) -> str:
        return self._choices.last_name(text) if RUN.fullmatch(text) else self._name(text)

    def _region(self, text: str) -> str:
        if re.fullmatch(r"[A-Z]{1,3}(-[A-Z]{1,3})?", text):  # a code, which is many people's
            return text
        return self._choices.of_list("region", text, lists.REGIONS)


def _birth(text: str) -> str:
    def other(match: re.Match[str]) -> str:
        return {4: "1980", 2: "02", 1: "2"}.get(len(match[0]), "19800202")

    made = re.sub(r"\d+", other, text)
    return made if made != text else made.replace("1980", "1981")


def _nested(text: str) -> Any:
    if text[0] not in "{[" or len(text) > _NESTED:
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _swept(value: Any, choices: Choices, kept: frozenset[str]) -> Any:
    """Replace what is somebody's wherever else it stands, such as a name in a note or in a file's name."""
    sweeping = sweep_of(choices.personal)

    def sweep(item: Any) -> Any:
        if isinstance(item, dict):
            return {key: sweep(child) for key, child in item.items()}
        if isinstance(item, list):
            return [sweep(child) for child in item]
        if not isinstance(item, str) or item in kept:
            return item
        return sweeping.swept(item)

    return sweep(value)
