"""The counters of a station for Prometheus, kept from its events; no unit is ever in a label.

Names of steps come from recipes, names of endpoints from the tables of `systems`, so there are only
so many of them; a station that runs without a reader of metrics pays next to nothing for them.
"""

from collections import Counter as Count
from collections.abc import Iterator
from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_1_0_0
from prometheus_client.metrics_core import CounterMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from orchestrator.domain.clock import Clock
from orchestrator.domain.events import (
    Event,
    RunFinished,
    SlotState,
    StepFinished,
    StepStarted,
)
from orchestrator.station.figures import Figures
from orchestrator.station.snapshot import StationSnapshot

CONTENT_TYPE = CONTENT_TYPE_PLAIN_1_0_0
_SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800)
_UNFINISHED = 4096


class Metrics:
    """The counters of one station; `take` is told every event, `text` writes them all."""

    def __init__(
        self, *, station: str, operation: str, part: str, clock: Clock, figures: Figures
    ) -> None:
        self._clock = clock
        self._begun: dict[tuple[str, str, int], float] = {}
        self._registry = registry = CollectorRegistry()
        self._names = {"station": station, "operation": operation, "part": part}
        self._runs = Counter(
            "orchestrator_runs_total",
            "Runs that ended, by outcome.",
            (*self._names, "outcome"),
            registry=registry,
        )
        self._steps = Histogram(
            "orchestrator_step_seconds",
            "How long attempts of steps took.",
            ("step", "outcome"),
            buckets=_SECONDS,
            registry=registry,
        )
        self._slots = _gauge(registry, "orchestrator_slots", "Slots in each state.", "state")
        self._line = _gauge(
            registry, "orchestrator_line_holds", "Reasons why no run may begin.", "kind"
        )
        self._prompts = _gauge(registry, "orchestrator_prompts", "Open prompts.")
        self._writable = _gauge(
            registry, "orchestrator_audit_writable", "1 while evidence can be written, else 0."
        )
        self._commits = _gauge(
            registry, "orchestrator_audit_commits", "Transactions of the audit since the start."
        )
        self._waiting = _gauge(
            registry, "orchestrator_outbox_rows", "Events that are not written yet."
        )
        self._oldest = _gauge(
            registry,
            "orchestrator_outbox_oldest_seconds",
            "How long the oldest event waits that is not written yet; 0 without one.",
        )
        self._free = _gauge(
            registry, "orchestrator_audit_free_bytes", "Free space on the disk of the audit."
        )
        registry.register(_Measured(figures))

    def take(self, event: Event) -> None:
        """Follow what happens."""
        match event:
            case RunFinished():
                self._runs.labels(**self._names, outcome=event.outcome.value).inc()
            case StepStarted():
                if len(self._begun) < _UNFINISHED:
                    key = (event.run_id, event.step_id, event.attempt)
                    self._begun[key] = self._clock.monotonic()
            case StepFinished():
                begun = self._begun.pop((event.run_id, event.step_id, event.attempt), None)
                if begun is not None:
                    seconds = max(0.0, self._clock.monotonic() - begun)
                    outcome = event.outcome.value
                    self._steps.labels(step=event.step_id, outcome=outcome).observe(seconds)
            case _:
                return

    def text(self, snapshot: StationSnapshot) -> bytes:
        """Return all counters as they are now."""
        states = Count(slot.state for slot in snapshot.slots)
        for state in SlotState:
            self._slots.labels(state=state.value).set(states[state])
        self._line.clear()
        for kind, count in Count(reason.kind for reason in snapshot.reasons).items():
            self._line.labels(kind=kind).set(count)
        self._prompts.set(len(snapshot.prompts))
        audit = snapshot.audit
        self._writable.set(audit.writable)
        self._commits.set(audit.commits)
        self._waiting.set(audit.waiting)
        self._oldest.set(self._age(audit.waiting_since))
        if audit.free_mib is not None:
            self._free.set(audit.free_mib << 20)
        return generate_latest(self._registry)

    def _age(self, moment: str | None) -> float:
        """Return how many seconds ago a moment was, 0 for none or one that is still to come."""
        if moment is None:
            return 0.0
        return max(0.0, (self._clock.now() - datetime.fromisoformat(moment)).total_seconds())


class _Measured(Collector):
    """The distributions that a station keeps by itself, in the form of the library."""

    def __init__(self, figures: Figures) -> None:
        self._figures = figures

    def describe(self) -> list[Metric]:
        """Return nothing: the names are free, and there is nothing to read before the start."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Return all of them as they are now."""
        yield self._commits()
        yield from self._exchanges()

    def _commits(self) -> Metric:
        commits = self._figures.commits
        name = "orchestrator_audit_commit_seconds"
        found = HistogramMetricFamily(name, "How long transactions of the audit took.")
        found.add_metric((), commits.at_or_below(), commits.seconds)
        return found

    def _exchanges(self) -> Iterator[Metric]:
        outside = self._figures.outside
        took = HistogramMetricFamily(
            "orchestrator_external_seconds",
            "How long exchanges with outside systems took.",
            labels=("system", "endpoint"),
        )
        for names, each in outside.seconds.items():
            took.add_metric(names, each.at_or_below(), each.seconds)
        yield took
        wrong = CounterMetricFamily(
            "orchestrator_external_errors_total",
            "Exchanges with outside systems that did not end as agreed, by code.",
            labels=("system", "code"),
        )
        for names, count in outside.errors.items():
            wrong.add_metric(names, count)
        yield wrong


def _gauge(registry: CollectorRegistry, name: str, words: str, *labels: str) -> Gauge:
    return Gauge(name, words, labels, registry=registry)
