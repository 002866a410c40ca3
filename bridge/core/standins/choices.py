"""Choosing stand-ins: the same original gets the same one everywhere, and none of them was in the original."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256

from bridge.core.contact import normal_email, normal_phone
from bridge.core.standins import lists
from bridge.core.standins.phones import Turns, example_phones

RUN = re.compile(r"[^\W_]+")
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_TURNS = 12  # tries to find letters and digits that nothing else has
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


@dataclass(slots=True)
class Choices:
    """The stand-ins of one payload, by kind and original. `taken` are the words of the original, in small letters.

    `personal` are the originals that must not be seen anywhere else, with what stands for them.
    """

    taken: frozenset[str]
    regions: tuple[str, ...] = ()
    personal: dict[str, str] = field(default_factory=dict)
    _made: dict[tuple[str, str], str] = field(default_factory=dict)
    _used: set[str] = field(default_factory=set)
    _turns: Turns = field(default_factory=dict)
    _counts: dict[str, int] = field(default_factory=dict)

    def forget_addresses(self) -> None:
        """Let go of the email addresses: made when all names are known, they fit them."""
        for place in [place for place in self._made if place[0] == "email"]:
            self._used.discard(self._made.pop(place).casefold())
        self._counts = {pattern: number for pattern, number in self._counts.items() if "@" not in pattern}

    # -- people ---------------------------------------------------------------------------------------------

    def first_name(self, word: str) -> str:
        """Give a first name for a word of a name; of the same length if there is one."""
        return self._person(word, lists.FIRST_NAMES)

    def last_name(self, word: str) -> str:
        """Give a last name for a word of a name."""
        return self._person(word, lists.LAST_NAMES)

    def _person(self, word: str, names: Iterable[str]) -> str:
        made = self._once("person", word.casefold(), lambda: self._nearest(word, names))
        return self._noted(word, as_written(word, made))

    def full_name(self, text: str) -> str:
        """Replace each word of a name, the last one by a last name."""
        runs = list(RUN.finditer(text))
        if len(runs) > 1:
            self._noted(text, "")
        made = text
        for place, run in reversed(list(enumerate(runs))):
            is_last = place and place == len(runs) - 1
            name = self.last_name(run[0]) if is_last else self.first_name(run[0])
            made = made[: run.start()] + name + made[run.end() :]
        return self._noted(text, made)

    def email(self, text: str) -> str:
        """Give a valid address at example.com for a valid one, and one that is as wrong for one that is not."""
        if not _passes(normal_email, text):
            made = self._once("email", text, lambda: self._unlike(text, normal_email))
            return self._noted(text, made)
        local = text.strip().partition("@")[0]
        words = [word for word in RUN.findall(local) if ("person", word.casefold()) in self._made]
        known = [self._made["person", word.casefold()] for word in words] or [self._nearest("anna", lists.FIRST_NAMES)]
        made = self._once("email", text.strip().casefold(), lambda: self._fresh(self._addresses(known), whole=True))
        return self._noted(text, made)

    def phone(self, text: str) -> str:
        """Give a number that is valid in the same country, or one that is as wrong."""
        made = self._once("phone", re.sub(r"[^\d+]", "", text), lambda: self._number(text))
        if normal := next(iter(example_phones(text, self.regions, {})), None):  # written as this one is
            same = len(re.sub(r"\D", "", normal)) == len(re.sub(r"\D", "", made))
            made = _in_form(normal, made) if same else made
        return self._noted(text, made)

    def _number(self, text: str) -> str:
        try:
            return self._fresh(example_phones(text, self.regions, self._turns), whole=True)
        except LookupError:
            return self._unlike(text, normal_phone)

    def of_list(self, kind: str, text: str, choices: Iterable[str]) -> str:
        """Give one of a list of cities, companies and the like; digits keep their number."""
        made = self._once(kind, text.casefold(), lambda: self._nearest(text, choices))
        digits = "".join(RUN.findall(text)[-1:])
        if kind == "street" and any(map(str.isdigit, digits)):
            made = f"{made} {self.run(digits)}"
        return self._noted(text, as_written(text, made) if text.isupper() or text.islower() else made)

    # -- ids and texts --------------------------------------------------------------------------------------

    def run(self, run: str) -> str:
        """Give letters for letters and digits for digits of a run of both; the same for the same run."""
        return self._once("run", run, lambda: self._scrambled(run))

    def code(self, text: str, *, letters: bool = False) -> str:
        """Replace the runs of an id that have digits in them or are long; with `letters` all but the first, too."""
        if _UUID.fullmatch(text):
            return self._once(
                "uuid", text.lower(), lambda: _letter_by_letter(text, f"uuid{len(self._made)}", is_hex=True)
            )

        def other(match: re.Match[str]) -> str:
            run = match[0]
            told = any(map(str.isdigit, run)) or len(run) > 14 or (letters and (len(run) > 4 or match.start() > 0))
            return self.run(run) if told and len(run) > 1 else run

        return RUN.sub(other, text)

    def prose(self, text: str) -> str:
        """Replace every word by one of the same length that means nothing here; entities, digits' places stay."""

        def other(match: re.Match[str]) -> str:
            run = match[0]
            if run.startswith("&"):
                return run
            return self.run(run) if any(map(str.isdigit, run)) else as_written(run, self._filler(run))

        return re.sub(r"&#?\w{2,8};|[^\W_]+", other, text)

    def _filler(self, run: str) -> str:
        fitting = [word for word in lists.FILLERS if len(word) == len(run)]
        return self._once("word", run.casefold(), lambda: self._nearest(run, fitting))

    def numbered(self, kind: str, text: str, pattern: str) -> str:
        """Give a name with a number in it, such as `shop-2.example`."""
        made = self._once(kind, text.casefold(), lambda: self._fresh(self._counted(pattern), whole=True))
        return self._noted(text, made)

    def _counted(self, pattern: str, *, begin: int = 1) -> Iterator[str]:
        """Give what was not given yet: where every search began anew, thousands of people would take minutes."""
        while True:
            number = self._counts.get(pattern, begin)
            self._counts[pattern] = number + 1
            yield pattern.format(number)

    def _addresses(self, words: list[str]) -> Iterator[str]:
        base = ".".join(_ascii(word) or "guest" for word in words)
        yield f"{base}@example.com"
        yield from self._counted(f"{base}.{{}}@example.com", begin=2)

    # -- choosing ---------------------------------------------------------------------------------------------

    def _noted(self, original: str, made: str) -> str:
        if len(original.strip()) > 1 and not (original.strip().isdigit() and len(original.strip()) < 7):
            self.personal[original.strip()] = made.strip()
        return made

    def _once(self, kind: str, original: str, make: Callable[[], str]) -> str:
        found = self._made.get((kind, original))
        if found is None:
            found = self._made[kind, original] = make()
            self._used.add(found.casefold())
        return found

    def _nearest(self, original: str, choices: Iterable[str]) -> str:
        ordered = sorted(choices, key=lambda choice: abs(len(choice) - len(original)))
        try:
            return self._fresh(ordered)
        except LookupError:
            return self._scrambled(original)

    def _fresh(self, candidates: Iterable[str], *, whole: bool = False) -> str:
        """Give the first that was not used yet and has no word of the original. Raises LookupError."""
        for candidate in candidates:
            folded = candidate.casefold()
            words = {folded} if whole else {folded, *RUN.findall(folded)}
            if folded not in self._used and self.taken.isdisjoint(words):
                return candidate
        raise LookupError

    def _unlike(self, text: str, check: Callable[[str], str]) -> str:
        """Scramble what is wrong so that it stays wrong."""
        made = RUN.sub(lambda match: self._scrambled(match[0]), text)
        return made if not _passes(check, made) else made.replace("@", " at ")

    def _scrambled(self, run: str) -> str:
        """Give other letters and digits; what is so short that all are taken may be the same as another's."""
        candidates = [_letter_by_letter(run, f"{len(self._made)}.{turn}") for turn in range(_TURNS)]
        try:
            return self._fresh(candidates)
        except LookupError:
            return next((each for each in candidates if each.casefold() != run.casefold()), candidates[0])


def as_written(original: str, made: str) -> str:
    """Give capitals where the original has them."""
    if original.isupper() and len(original) > 1:
        return made.upper()
    if original[:1].islower():
        return made.lower()
    return made[:1].upper() + made[1:]


def _ascii(word: str) -> str:
    return re.sub(r"[^a-z]", "", word.lower().translate(str.maketrans("äöü", "aou")))


def _passes(check: Callable[[str], str], text: str) -> bool:
    try:
        check(text)
    except ValueError:
        return False
    return True


def _letter_by_letter(run: str, seed: str, *, is_hex: bool = False) -> str:
    noise = sha256(seed.encode()).digest()
    hexadecimal = is_hex or (set(run.lower()) <= set("0123456789abcdef") and any(map(str.isdigit, run)))
    made = []
    for place, sign in enumerate(run):
        if place % 32 == 31:
            noise = sha256(noise).digest()
        dice = noise[place % 32]
        if sign.isdecimal():
            made.append(str(1 + dice % 9) if sign != "0" or place else "0")
        elif sign.isalpha():
            letter = "abcdef"[dice % 6] if hexadecimal else _LETTERS[dice % 26]
            made.append(letter.upper() if sign.isupper() else letter)
        else:
            made.append(sign)
    return "".join(made)


def _in_form(form: str, number: str) -> str:
    digits = iter(re.sub(r"\D", "", number))
    return re.sub(r"\d", lambda _: next(digits), form)
