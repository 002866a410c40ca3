"""The metrics, in a registry of their own; labels take only configured names and fixed words."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry, Counter, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from bridge.core.inquiry import Asked
from bridge.core.model import STATES, VERDICTS
from bridge.core.outcome import Settled
from bridge.telemetry.counts import Counts
from bridge.telemetry.story import finding_name, outcome_name, ruling_name

OTHER = "other"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """How things stand: the books' counters, the writer's figures, the ms by which the oldest due one is late.

    `commit_wait` is how long (s) a request that came now would wait for its commit.

    `touchpoints` says of each one whether its target is failing.
    """

    counters: Mapping[str, int] = field(default_factory=dict)
    commits: int = 0
    requests: int = 0
    commit_wait: float = 0.0
    oldest_due: int | None = None
    config_stale: bool = False
    store_up: bool = True
    touchpoints: Mapping[str, bool] = field(default_factory=dict)


class Metrics:
    """The counters of one process. `snapshot` is asked at each scrape and answers from memory."""

    def __init__(self, snapshot: Callable[[], Snapshot]) -> None:
        self._registry = registry = CollectorRegistry()
        registry.register(_Gauges(snapshot))
        self._requests = _counter(registry, "bridge_requests", "Requests to the hooks.", "source", "status")
        self._events = _counter(registry, "bridge_events", "Events received.", "source", "result")
        self._attempts = _counter(
            registry, "bridge_attempts", "Attempts at deliveries.", "touchpoint", "outcome", "ruling"
        )
        self._lookups = _counter(registry, "bridge_lookups", "Attempts at lookups.", "source", "finding")
        self._drifts = _counter(
            registry, "bridge_attribute_drift", "Attributes spelled or typed otherwise than accepted.", "touchpoint"
        )

    def answered(self, source: str, status: int) -> None:
        """Count an answer of the hooks; `source` is empty where no such source is configured."""
        self._requests(source or OTHER, str(status)).inc()

    def received(self, source: str, *, accepted: int, duplicates: int) -> None:
        """Count the events of an accepted request."""
        if accepted:
            self._events(source, "accepted").inc(accepted)
        if duplicates:
            self._events(source, "duplicate").inc(duplicates)

    def attempted(self, settled: Settled) -> None:
        """Count an attempt."""
        names = outcome_name(settled.outcome), ruling_name(settled.ruling)
        self._attempts(settled.delivery.touchpoint, *names).inc()

    def looked_up(self, asked: Asked) -> None:
        """Count an attempt at a lookup."""
        self._lookups(asked.inquiry.event.source, finding_name(asked.finding)).inc()

    def drifted(self, touchpoint: str) -> None:
        """Count an attribute of a planned body that drifts from what the touchpoint accepted so far."""
        self._drifts(touchpoint).inc()

    def add(self, counts: Counts) -> None:
        """Count what another process of this bridge has counted."""
        for source, status, number in counts.requests:
            self._requests(source or OTHER, status).inc(number)
        for source, result, number in counts.events:
            self._events(source, result).inc(number)
        for touchpoint, number in counts.drifts:
            self._drifts(touchpoint).inc(number)

    def render(self) -> tuple[bytes, str]:
        """Give the text that Prometheus reads, and its content type."""
        return generate_latest(self._registry), CONTENT_TYPE_PLAIN_0_0_4


def _counter(registry: CollectorRegistry, name: str, about: str, *labels: str) -> Callable[..., Counter]:
    """Make a counter; its children are remembered, since finding one by its labels costs more than counting."""
    counter = Counter(name, about, labels, registry=registry)
    children: dict[tuple[str, ...], Counter] = {}

    def child(*values: str) -> Counter:
        found = children.get(values)
        if found is None:
            found = children[values] = counter.labels(*values)
        return found

    return child


class _Gauges(Collector):
    """Asks for the snapshot at each scrape."""

    def __init__(self, snapshot: Callable[[], Snapshot]) -> None:
        self._snapshot = snapshot

    def describe(self) -> Iterable[Metric]:
        return ()  # so that registering does not ask for a snapshot yet

    def collect(self) -> Iterator[Metric]:
        now = self._snapshot()
        by_state = GaugeMetricFamily("bridge_deliveries", "Deliveries by state.", labels=["state"])
        for state in STATES:
            by_state.add_metric([state], now.counters.get(f"deliveries.{state}", 0))
        yield by_state
        looking = now.counters.get("events.waiting", 0)
        yield GaugeMetricFamily("bridge_events_waiting", "Events that wait for their lookup.", value=looking)
        decisions = CounterMetricFamily("bridge_decisions", "Decisions of mappings.", labels=["verdict"])
        for verdict in VERDICTS:
            decisions.add_metric([verdict], now.counters.get(f"decisions.{verdict}", 0))
        yield decisions
        yield CounterMetricFamily("bridge_commits", "Commits of accepted requests.", value=now.commits)
        yield CounterMetricFamily("bridge_committed_requests", "Requests in these commits.", value=now.requests)
        yield GaugeMetricFamily(
            "bridge_commit_wait_seconds", "How long a request would wait for its commit.", value=now.commit_wait
        )
        failing = GaugeMetricFamily(
            "bridge_touchpoint_failing",
            "1 while nothing, or one trial, is sent: the target fails.",
            labels=["touchpoint"],
        )
        for name, is_failing in now.touchpoints.items():
            failing.add_metric([name], float(is_failing))
        yield failing
        late = (now.oldest_due or 0) / 1_000
        yield GaugeMetricFamily("bridge_oldest_due_seconds", "How late the oldest due delivery is.", value=late)
        stale = float(now.config_stale)
        yield GaugeMetricFamily("bridge_config_stale", "1 while changed mapping files are not in force.", value=stale)
        yield GaugeMetricFamily("bridge_store_up", "1 while the store can be used.", value=float(now.store_up))
