"""Replaces what is somebody's wherever else it stands, such as a name in a note: one walk, however many people."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bridge.core.standins.choices import RUN


@dataclass(frozen=True, slots=True)
class Sweep:
    """What is to be replaced. `forms` are, by the first run of letters and digits, how long what begins with it is.

    A form is how many signs stand before that run, and how many there are in all; the longest come first.
    """

    standins: Mapping[str, str]
    forms: Mapping[str, tuple[tuple[int, int], ...]]

    def swept(self, text: str) -> str:
        """Give the text with stand-ins, in whatever case the originals are, but never for a part of a word."""
        made, end = "", 0
        for start, stop in self._found(text):
            made += text[end:start] + self.standins[text[start:stop].casefold()]
            end = stop
        return made + text[end:]

    def _found(self, text: str) -> Iterator[tuple[int, int]]:
        end = 0
        for run in RUN.finditer(text):
            for before, length in self.forms.get(run[0].casefold(), ()):
                start = run.start() - before
                stop = start + length
                if start >= end and self._is_original(text, start, stop):
                    yield start, stop
                    end = stop
                    break

    def _is_original(self, text: str, start: int, stop: int) -> bool:
        is_whole = stop <= len(text) and not text[stop : stop + 1].isalnum() and not text[start - 1 : start].isalnum()
        return is_whole and text[start:stop].casefold() in self.standins


def sweep_of(personal: Mapping[str, str]) -> Sweep:
    """Prepare for replacing these originals; those without any letter or digit are nobody's."""
    standins: dict[str, str] = {}
    forms: dict[str, set[tuple[int, int]]] = {}
    for original in sorted(personal, key=len, reverse=True):
        if run := RUN.search(original):
            standins[original.casefold()] = personal[original]
            forms.setdefault(run[0].casefold(), set()).add((run.start(), len(original)))
    ordered = {run: tuple(sorted(found, key=lambda form: (-form[0], -form[1]))) for run, found in forms.items()}
    return Sweep(standins, ordered)
