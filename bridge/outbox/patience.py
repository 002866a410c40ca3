"""Waiting, as those do who work through the outbox: for news, and for a store that cannot be used now."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from bridge.core.errors import StoreUnavailable

FIRST_PAUSE, LONGEST_PAUSE = 0.05, 5.0  # seconds, when the store cannot be used

T = TypeVar("T")


async def rest_until(event: asyncio.Event, seconds: float) -> bool:
    """Wait for the event, at most so long; True if the time ran out."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return True
    return False


async def insist(work: Callable[[], Awaitable[T]], *, on_failure: Callable[[float], None]) -> T:
    """Ask the store until it can be used; `on_failure` hears how many seconds the next pause takes."""
    pause = FIRST_PAUSE
    while True:
        try:
            return await work()
        except StoreUnavailable:
            on_failure(pause)
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)
