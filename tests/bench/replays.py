"""How fast a replay is made, and what accepting costs meanwhile: `python -m tests.bench.replays [DELIVERIES]`.

Makes a bridge of its own on a temporary folder with so many dead deliveries (100,000), replays them detached and then
in the foreground, and posts 50 webhooks a second all the while. Nothing is sent: the deliveries are to wait an hour.
"""

import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

from bridge.outbox.store import open_store
from tests.process.test_replaying import dead, job_of
from tests.support.processes import Installation, Process, Serving, eventually, installed, receipt

RATE = 50  # webhooks a second
QUIET = 10.0  # seconds of posting before the replay begins


class Posting:
    """Posts webhooks at a steady rate in a thread, and notes how long (ms) each answer took."""

    def __init__(self, serving: Serving) -> None:
        self._serving = serving
        self._stop = threading.Event()
        self._number = 0
        self.took: list[float] = []
        self.wrong = 0
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        due = time.perf_counter()
        while not self._stop.is_set():
            due += 1 / RATE
            self._number += 1
            begun = time.perf_counter()
            status = self._serving.post(receipt(f"live-{id(self)}-{self._number}")).status
            self.took.append((time.perf_counter() - begun) * 1000)
            self.wrong += status != 200
            self._stop.wait(max(0.0, due - time.perf_counter()))

    def end(self) -> str:
        """Stop; gives the figures."""
        self._stop.set()
        self._thread.join()
        cuts = statistics.quantiles(self.took, n=100)
        return (
            f"{len(self.took)} webhooks, {self.wrong} not answered 200; "
            f"p50 {cuts[49]:.1f} ms, p99 {cuts[98]:.1f} ms, worst {max(self.took):.1f} ms"
        )


def replayed(bridge: Installation, serving: Serving, *words: str) -> str:
    """Replay everything that is dead, undo it; gives the figures of the replay and of accepting meanwhile."""
    posting = Posting(serving)
    begun = time.perf_counter()
    command = ("replay", "--state", "dead", "--wait", "1h", "--yes", *words)
    process = Process([sys.executable, "-m", "bridge", *command], bridge.environment)
    bridge.started.append(process)
    store = open_store(bridge.data / "bridge.db", create=False, reads_only=True)
    try:
        eventually(lambda: store.replays.jobs(limit=1), "the replay is on record")
        eventually(lambda: job_of(store).state == "done", "the replay is made", patience=600)
        seconds = time.perf_counter() - begun
        job = job_of(store)
    finally:
        store.close()
    process.wait()
    accepting = posting.end()
    posting = Posting(serving)
    begun = time.perf_counter()
    bridge.command("replays", "undo", job.id)
    undone = time.perf_counter() - begun
    return (
        f"made {job.made} in {seconds:.1f} s, {job.made / seconds:.0f}/s\n  meanwhile {accepting}\n"
        f"  undone in {undone:.1f} s, {job.made / undone:.0f}/s\n  meanwhile {posting.end()}"
    )


def main(count: int) -> None:
    """Measure and print."""
    for words in (("--detach",), ()):
        with tempfile.TemporaryDirectory() as folder, installed(Path(folder)) as bridge:
            bridge.write_all("http://127.0.0.1:9")
            bridge.store_secrets()
            dead(bridge, count)
            serving = bridge.serve()
            posting = Posting(serving)
            time.sleep(QUIET)
            sys.stdout.write(f"before: {posting.end()}\n")
            sys.stdout.write(f"{' '.join(words) or 'in the foreground'}: {replayed(bridge, serving, *words)}\n")
            serving.terminate()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
