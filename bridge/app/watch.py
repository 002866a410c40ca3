"""Notices changed mapping files: editors, deployments and symlink swaps; polls where the system gives no notice."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

from watchfiles import Change, awatch

_QUIET = 150  # ms without a change until a burst counts as over
_AGAIN = 1.0  # seconds until a folder that is gone, or cannot be watched, is looked at again


def _matters(_: Change, path: str) -> bool:
    """Say whether a changed path can be a mapping file; editors' temporary files and examples cannot."""
    name = Path(path).name
    return not name.startswith((".", "#", "~")) and not name.endswith(("~", ".swp", ".tmp"))


async def changes(folder: Path) -> AsyncIterator[None]:
    """Give a tick after every burst of changes to the folder's files; never ends, also while there is no folder."""
    while True:
        try:
            async for _ in awatch(
                folder, watch_filter=_matters, step=_QUIET, recursive=False, yield_on_timeout=True, rust_timeout=5_000
            ):
                yield None
        except OSError:
            await asyncio.sleep(_AGAIN)
            yield None
