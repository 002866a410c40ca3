"""Where mapping files are worked on in a running bridge: the folder checked when it changed, edits, plans."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from bridge.app.checking import Checked, check_draft
from bridge.app.drafts import Draft, Edit, draft
from bridge.app.inforce import with_allowance
from bridge.app.planner import Planner, Read
from bridge.catalog import look
from bridge.core.drift import Vocabulary, vocabulary
from bridge.settings import Settings

_SECONDS = 5.0  # that the examples of an edited file may take
_WHOLE = 10.0  # seconds that those of the folder may take, as when it comes into force
_AT_ONCE = 2  # checks at a time: each takes a processor


class Workshop:
    """Checks and plans. Files are read and checked in threads, so that nothing waits for them.

    `read` runs short work on a reading store, `study` long work, one at a time.
    """

    def __init__(
        self, settings: Settings, environment: Mapping[str, str], *, read: Read[Any], study: Read[Any]
    ) -> None:
        self._settings = settings
        self._environment = with_allowance(settings, environment)
        self._read = read
        self._known: tuple[object, Draft, Checked] | None = None
        self._seats = asyncio.Semaphore(_AT_ONCE)
        self.planner = Planner(settings, self._environment, study)
        self.writing = asyncio.Lock()  # held by whoever writes into the folder

    async def folder(self) -> tuple[Draft, Checked]:
        """Give the folder as it is, checked with all its examples. Raises ConfigInvalid if there is none."""
        known = await self._vocabulary()
        async with self._seats:
            state = (await asyncio.to_thread(look, self._settings.mappings), known.exact)
            if self._known is None or self._known[0] != state:
                read, checked = await asyncio.to_thread(self._check, (), known, _WHOLE)
                self._known = (state, read, checked)
            return self._known[1:]

    async def edited(self, edits: Sequence[Edit], *, quick: bool = False) -> tuple[Draft, Checked]:
        """Give the folder with these edits, checked. Raises ConfigInvalid for what is no mapping file.

        A `quick` check, while somebody types, runs only the examples of what was edited.
        """
        if not edits:
            return await self.folder()
        known = await self._vocabulary()
        async with self._seats:
            return await asyncio.to_thread(self._check, edits, known, _SECONDS, quick=quick)

    async def _vocabulary(self) -> Vocabulary:
        attributes = await self._read(lambda store: store.ledger.attributes())
        return vocabulary(attributes)

    def _check(
        self, edits: Sequence[Edit], known: Vocabulary, seconds: float, *, quick: bool = False
    ) -> tuple[Draft, Checked]:
        made = draft(self._settings.mappings, edits, self._environment)
        return made, check_draft(made, self._environment, known=known, seconds=seconds, quick=quick)
