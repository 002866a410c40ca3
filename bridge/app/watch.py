"""Notices changed mapping files: editors, deployments, swapped links; looks now and then where the system is silent."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path

from watchfiles import awatch

from bridge.catalog import Look, example_folders, look

_QUIET = 0.15  # seconds without a change until what was written counts as complete
_SLOW = 2_000  # ms between looks at a folder that gives no notice: network file systems, a swapped link above it
_AGAIN = 1.0  # seconds until a folder that is gone, or cannot be watched, is looked at again
_MOST_LOOKS = 200  # at files that never come to rest; then they are read as they are


async def changes(folder: Path, *, look_every: int = _SLOW) -> AsyncGenerator[None, None]:
    """Give a tick at the beginning, and whenever mapping files or examples have changed and are at rest again.

    Never ends, also while there is no folder. What else happens in the folder, such as editors' files, is no change.
    `look_every` is how often, in ms, a folder is looked at that gives no notice.
    """
    seen: Look | str | None = "nothing yet"
    async with aclosing(_notices(folder, look_every)) as notices:
        async for _ in notices:
            found = await asyncio.to_thread(look, folder)
            if found != seen:
                seen = await _at_rest(folder, found)
                yield None


async def _at_rest(folder: Path, found: Look | None) -> Look | None:
    """Wait until nothing has changed for a moment: whoever writes several files, or a long one, is not done at once."""
    for _ in range(_MOST_LOOKS):
        await asyncio.sleep(_QUIET)
        before, found = found, await asyncio.to_thread(look, folder)
        if found == before:
            break
    return found


async def _notices(folder: Path, look_every: int) -> AsyncGenerator[None, None]:
    """Give a tick when anything may have happened in the folder, and every `look_every` ms."""
    while True:
        yield None
        watched = _watched(folder)
        # Nothing is filtered: where links are swapped, the only thing that changes in the folder is called `..data`.
        bursts = awatch(
            *watched, watch_filter=None, step=50, recursive=False, yield_on_timeout=True, rust_timeout=look_every
        )
        try:
            async with aclosing(bursts):
                async for _ in bursts:
                    yield None
                    if _watched(folder) != watched:
                        break  # another folder has taken its place, or a folder of examples has come or gone
        except OSError:
            await asyncio.sleep(_AGAIN)


def _watched(folder: Path) -> dict[Path, tuple[int, int] | None]:
    """Give the folders that are watched, and which they are: names alone do not tell after a swap."""
    folders = [folder, *(path for path in (folder / "examples",) if path.is_dir()), *example_folders(folder)]
    return {path: _identity(path) for path in folders}


def _identity(folder: Path) -> tuple[int, int] | None:
    try:
        seen = folder.stat()
    except OSError:
        return None
    return seen.st_dev, seen.st_ino
