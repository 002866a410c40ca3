"""What each figure means, and which of them have a target."""

from dataclasses import dataclass

from tests.bench.drain import LATE, MANY
from tests.bench.overload import SENDERS, TIMES
from tests.bench.pages import SHORT
from tests.bench.scenarios import CONNECTIONS, RATE, WINDOW


@dataclass(frozen=True, slots=True)
class Target:
    """What a figure should reach, or stay below. `what` is said of it in the chart and the summary."""

    what: str
    bound: float
    below: bool = False

    def __str__(self) -> str:
        return f"{'<' if self.below else '>='} {self.bound:,g}"

    def is_met(self, value: float) -> bool:
        """Say whether the figure is as it should be."""
        return value < self.bound if self.below else value >= self.bound

    def margin(self, value: float) -> float:
        """Give how many times better than the bound the figure is; below 1 it is missed."""
        better, worse = (self.bound, value) if self.below else (value, self.bound)
        return better / worse if worse else float("inf")


TITLES = {
    "S1": f"S1 durable answer: {CONNECTIONS} connections, two mappings, sending paused; beside a bare handler",
    "S2": f"S2 end to end: every delivery taken, at most {WINDOW:,} orders on their way; beside an inline forwarder",
    "S3": f"S3 backlog: sent to a target that answers at once, or after {LATE:g} s ({MANY} at a time); beside the "
    "transport alone",
    "S4": "S4 mapping: ten expressions over a parsed order; beside jmespath",
    "S5": "S5 growth: S1 and S2 with a long past in the store; beside an empty store",
    "S6": f"S6 pages: console and API, server time, with a long past; beside {SHORT:,} deliveries",
    "S7": "S7 memory: idle, and after many orders were delivered; beside a bare handler",
    "S8": "S8 start: `bridge --help`, and `bridge serve` to its first accepted webhook; beside a bare handler",
    "overload": f"Overload: {TIMES:g} times what can be stored, over {SENDERS:,} connections; beside what fits",
    "posts": f"Sending alone: small POSTs over {CONNECTIONS} connections, in processor time; beside the default client",
}
TARGETS = {
    ("S1", "ratio"): Target("durable answers, of a handler that only reads", 0.2),
    ("S1", "p99_ms"): Target(f"durable answer, p99 at {RATE:,.0f}/s, ms", 25, below=True),
    ("S2", "ratio"): Target("end to end, of a forwarder that stores nothing", 1.0),
    ("S3", "ratio"): Target("backlog, of the transport alone", 0.5),
    ("S3", "late_per_s"): Target("backlog to a slow target, deliveries/s", 2_000),
    ("S4", "us_per_order"): Target("ten expressions, us", 30, below=True),
    ("S5", "ratio"): Target("with a long past, of an empty store", 0.9),
    ("S6", "slowest_page_p95_ms"): Target("slowest page with a long past, p95, ms", 100, below=True),
    ("S7", "idle_mb"): Target("memory, idle, MB", 90, below=True),
    ("S7", "more_mb"): Target("memory, more after many orders, MB", 40, below=True),
    ("S8", "help_s"): Target("bridge --help, s", 0.2, below=True),
    ("S8", "serve_s"): Target("bridge serve to the first webhook, s", 1.0, below=True),
    ("overload", "p99_ms"): Target("overload, p99 of the accepted, ms", 250, below=True),
    ("overload", "recovered_s"): Target("overload, back to normal, s", 5, below=True),
    ("posts", "posts_per_cpu_s"): Target("sending, POSTs per CPU-second", 6_000),
}
MEANINGS = {
    "ratio": "ratio to the baseline",
    "events_per_s": "bridge, orders/s",
    "baseline_per_s": "baseline, orders/s",
    "p50_ms": f"p50 at {RATE:,.0f}/s, ms",
    "p99_ms": f"p99 at {RATE:,.0f}/s, ms",
    "slowest_ms": f"slowest at {RATE:,.0f}/s, ms",
    "backlog_at_end": "orders on their way at the end",
    "rest_s": "until these were delivered, s",
    "commits_per_event": "accepting commits per order, each with one sync of the log",
    "bytes_per_event": "bytes stored per order",
    "written_per_event": "bytes written to the disk per order",
    "cpu_us_per_event": "processor time per order, us",
    "loop_us_per_event": "of that, receiving, mapping and sending; the rest is the store, us",
    "rss_start_mib": "memory at the start, MiB",
    "rss_after_mib": "memory after the load, MiB",
    "rss_bytes_per_event": "memory per order, bytes",
    # S3
    "late_ratio": "slow target, ratio to the transport alone",
    "late_per_s": "slow target, bridge, deliveries/s",
    "late_alone_per_s": "slow target, transport alone, requests/s",
    "deliveries_per_s": "bridge, deliveries/s",
    "alone_per_s": "transport alone, requests/s",
    # S4
    "us_per_order": "bridge, us",
    "jmespath_us_per_order": "jmespath, us",
    # S5
    "S1_ratio": "S1, ratio",
    "S2_ratio": "S2, ratio",
    "S1_empty_per_s": "S1, empty store, orders/s",
    "S1_grown_per_s": "S1, long past, orders/s",
    "S2_empty_per_s": "S2, empty store, orders/s",
    "S2_grown_per_s": "S2, long past, orders/s",
    # S6
    "slowest_page_p95_ms": "slowest page, p95, ms",
    "slowest_page_p50_ms": "slowest page, p50, ms",
    "page_p50_ms": "the page in the middle, p50, ms",
    "far_page_p50_ms": "list far back by cursor, p50, ms",
    "pages": "pages",
    # S7
    "idle_mb": "idle, MB",
    "more_mb": "more after the orders, MB",
    "events": "orders delivered",
    "bare_mb": "bare handler, MB",
    # S8
    "help_s": "bridge --help, s",
    "serve_s": "bridge serve to the first accepted webhook, s",
    "python_s": "an interpreter that does nothing, s",
    "handler_s": "bare handler to its first answer, s",
    # overload
    "recovered_s": "back to normal after, s",
    "capacity_per_s": "what can be stored, orders/s",
    "offered_times": "offered, times that",
    "accepted_per_s": "accepted, orders/s",
    "refused_share": "refused, share",
    "refused_p99_ms": "p99 of the refusals, ms",
    "lost": "accepted and not stored",
    # posts
    "posts_per_cpu_s": "bridge, POSTs per CPU-second",
    "default_posts_per_cpu_s": "httpx as it comes, POSTs per CPU-second",
    "cpu_us_per_post": "bridge, processor time per POST, us",
}
_OWN = {
    ("S4", "ratio"): "times as fast as the baseline",
    ("S6", "ratio"): "time of a page, ratio to the baseline",
    ("overload", "ratio"): "accepted, ratio to what can be stored",
    ("overload", "p50_ms"): "p50 of the accepted, ms",
    ("overload", "p99_ms"): "p99 of the accepted, ms",
    ("overload", "slowest_ms"): "slowest of the accepted, ms",
}


def meaning(name: str, key: str) -> str:
    """Say what a figure of a scenario is."""
    return _OWN.get((name, key)) or MEANINGS[key]
