"""S8: how long `bridge --help` takes, and `bridge serve` until it has accepted its first webhook.

Beside them, in the same run: an interpreter that does nothing, and a bare handler until it has answered. What is
imported, and how long that takes: `python -X importtime -m bridge --help`.
"""

import socket
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

from tests.bench.orders import Orders
from tests.bench.programs import Spoiled, environment, install, program, serving
from tests.bench.scenarios import Extent, Figures

_TIMES = 5  # starts of which the median counts


def started(folder: Path, extent: Extent) -> Figures:
    """Start each a few times, as many as `extent.most` allows."""
    times = min(_TIMES, extent.most)
    install(folder, "http://127.0.0.1:9")
    python = [sys.executable, "-c", "pass"]
    helping = [sys.executable, "-m", "bridge", "--help"]
    bare = median(_ran(python, folder) for _ in range(times))
    help_s = median(_ran(helping, folder) for _ in range(times))
    serve_s = median(_served(folder, number) for number in range(times))
    handler_s = median(_answered() for _ in range(times))
    return {
        "ratio": handler_s / serve_s,
        "help_s": help_s,
        "serve_s": serve_s,
        "python_s": bare,
        "handler_s": handler_s,
    }


def _ran(command: list[str], folder: Path) -> float:
    begin = time.monotonic()
    done = subprocess.run(command, check=False, env=environment(folder), stdout=subprocess.DEVNULL)
    if done.returncode != 0:
        raise Spoiled(f"{command} ended with {done.returncode}")
    return time.monotonic() - begin


def _served(folder: Path, number: int) -> float:
    begin = time.monotonic()
    with serving(folder) as serve:
        _post(serve.port, number)
        return time.monotonic() - begin


def _answered() -> float:
    begin = time.monotonic()
    with program("baselines", "ack") as handler:
        _post(handler.port, 0)
        return time.monotonic() - begin


def _post(port: int, number: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(Orders(f"127.0.0.1:{port}").request(number))
        if not (answer := connection.recv(4096)).startswith(b"HTTP/1.1 200 "):
            raise Spoiled(f"the first webhook was answered {answer[:80]!r}")
