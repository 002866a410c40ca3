"""From the runs' figures to a table for people and a file for programs."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median

from tabulate import tabulate

from tests.bench.scenarios import CONNECTIONS, RATE, WINDOW, Figures

TITLES = {
    "S1": f"S1 durable answer: {CONNECTIONS} connections, two mappings, sending paused; beside a bare handler",
    "S2": f"S2 end to end: every delivery taken, at most {WINDOW:,} orders on their way; beside an inline forwarder",
    "posts": f"Sending alone: small POSTs over {CONNECTIONS} connections, in processor time; beside the default client",
}
_TARGETS = {
    ("S1", "ratio"): ">= 0.2",
    ("S1", "p99_ms"): "< 25",
    ("S2", "ratio"): ">= 1.0",
    ("posts", "posts_per_cpu_s"): ">= 6,000",
}
_MEANINGS = {
    "ratio": "ratio to the baseline",
    "events_per_s": "bridge, orders/s",
    "baseline_per_s": "baseline, orders/s",
    "p50_ms": f"p50 at {RATE:,.0f}/s, ms",
    "p99_ms": f"p99 at {RATE:,.0f}/s, ms",
    "slowest_ms": f"slowest at {RATE:,.0f}/s, ms",
    "backlog_at_end": "orders on their way at the end",
    "rest_s": "until these were delivered, s",
    "commits_per_event": "accepting commits per order",
    "bytes_per_event": "bytes stored per order",
    "cpu_us_per_event": "processor time per order, us",
    "posts_per_cpu_s": "bridge, POSTs per CPU-second",
    "default_posts_per_cpu_s": "httpx as it comes, POSTs per CPU-second",
    "cpu_us_per_post": "bridge, processor time per POST, us",
    "rss_start_mib": "memory at the start, MiB",
    "rss_after_mib": "memory after the load, MiB",
    "rss_bytes_per_event": "memory per order, bytes",
}


def table(name: str, runs: Sequence[Figures]) -> str:
    """Write one scenario's figures as median, least and most, the ratio first."""
    rows = []
    for key in runs[0]:
        values = [run[key] for run in runs]
        spread = f"{_number(min(values))} to {_number(max(values))}"
        rows.append([_MEANINGS[key], _number(median(values)), spread, _TARGETS.get((name, key), "")])
    heads = ["", f"median of {len(runs)}", "from, to", "target"]
    return f"{TITLES[name]}\n" + tabulate(
        rows, heads, disable_numparse=True, colalign=("left", "right", "right", "left")
    )


def _number(value: float) -> str:
    if value == 0 or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.3f}"


def document(machine: Mapping[str, object], runs: Mapping[str, Sequence[Figures]], seconds: Mapping[str, float]) -> str:
    """Write everything as JSON."""
    medians = {name: {key: median(run[key] for run in each) for key in each[0]} for name, each in runs.items()}
    content = {"machine": machine, "seconds": seconds, "median": medians, "runs": runs}
    return json.dumps(content, indent=2) + "\n"


def keep(path: Path, text: str) -> None:
    """Write the file, making its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
