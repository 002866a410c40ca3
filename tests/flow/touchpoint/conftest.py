"""Everything about sending runs on both event loops: asyncio's own, and uvloop, which writes in its own way."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping

import pytest
import uvloop

from bridge.touchpoint import Sender
from tests.support.deliveries import TLS, resolve


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    return {"asyncio": asyncio.SelectorEventLoop, "uvloop": uvloop.new_event_loop}


@pytest.fixture
async def sender() -> AsyncIterator[Sender]:
    """A sender that may reach this machine and knows one name, `localhost.test`; its clock stands at 14:03:07 UTC."""
    async with Sender(allow_private=True, resolve=resolve, tls=TLS, clock=lambda: 50_587.0) as made:
        yield made
