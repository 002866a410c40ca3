"""A running bridge tells those who listen what happens, and an open stream does not keep it from ending."""

import http.client
import json
import signal
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bridge.outbox.store import open_store
from tests.support.office import an_api_key
from tests.support.processes import PATIENCE, Installation, installed, receipt
from tests.support.recorder import recording


def a_key(bridge: Installation) -> str:
    store = open_store(bridge.data / "bridge.db", create=False)
    try:
        return an_api_key(store, "viewer")
    finally:
        store.close()


@contextmanager
def listening(admin: str, key: str) -> Iterator[http.client.HTTPResponse]:
    connection = http.client.HTTPConnection(urlsplit(admin).netloc, timeout=PATIENCE)
    with closing(connection):
        connection.request("GET", "/api/stream", headers={"Authorization": f"Bearer {key}"})
        with connection.getresponse() as stream:
            yield stream


def news(stream: http.client.HTTPResponse) -> dict[str, Any]:
    """Read the data of the next news."""
    for line in stream:
        if line.startswith(b"data: "):
            data: dict[str, Any] = json.loads(line.removeprefix(b"data: "))
            return data
    raise EOFError


def test_what_is_received_and_sent_is_told_and_the_stream_ends_with_the_bridge(tmp_path: Path) -> None:
    with recording() as target, installed(tmp_path) as bridge:
        bridge.write_all(target.url)
        bridge.store_secrets()
        serving = bridge.serve()
        with listening(serving.admin, a_key(bridge)) as stream:
            assert news(stream)["anew"] is True
            assert serving.post(receipt("o1")).status == 200
            events: list[Any] = []
            attempts: list[Any] = []
            states: dict[str, str] = {}
            while not attempts or "delivered" not in states.values():
                told = news(stream)
                events += told["events"]
                attempts += told["attempts"]
                states |= {each["id"]: each["state"] for each in told["deliveries"]}
            begun = time.monotonic()
            serving.signal(signal.SIGTERM)
            rest = stream.read()
            assert serving.wait() == 0, serving.said
            took = time.monotonic() - begun
    assert [each["source"] for each in events] == ["till"]
    assert [(each["touchpoint"], each["status"], each["ruling"]) for each in attempts] == [("steady", 200, "delivered")]
    assert list(states.values()) == ["delivered"]
    assert b"anew" not in rest
    assert took < 3, "uvicorn cuts streams off after three seconds"
    assert [line for line in serving.lines if line.get("level") == "error"] == []
