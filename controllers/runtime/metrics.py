"""Counters, gauges and histograms in Prometheus' text form. Models component-base/metrics."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import Final, Literal

DURATION_BUCKETS: Final = (
    0.001,
    0.002,
    0.004,
    0.008,
    0.016,
    0.032,
    0.064,
    0.128,
    0.256,
    0.512,
    1.024,
    2.048,
    4.096,
    8.192,
)
QUEUE_BUCKETS: Final = (1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0, 10.0, 100.0, 1000.0)

_Labels = tuple[str, ...]


def _label_text(names: Sequence[str], values: Sequence[str], extra: str = "") -> str:
    pairs = [f'{n}="{_escape(v)}"' for n, v in zip(names, values, strict=True)]
    if extra:
        pairs.append(extra)
    return "{" + ",".join(pairs) + "}" if pairs else ""


def _escape(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(value)


class Metric:
    """A counter or a gauge with labels; `inc` and `set` take the label values in the declared order."""

    def __init__(
        self, name: str, help_text: str, kind: Literal["counter", "gauge"], labels: Sequence[str] = ()
    ) -> None:
        self.name = name
        self._help = help_text
        self._kind = kind
        self._names = tuple(labels)
        self._values: dict[_Labels, float] = {}

    def inc(self, *labels: str, by: float = 1) -> None:
        """Add to the value of these labels."""
        self._values[labels] = self._values.get(labels, 0) + by

    def set(self, value: float, *labels: str) -> None:
        """Set the value of these labels."""
        self._values[labels] = value

    def value(self, *labels: str) -> float:
        """The value of these labels, 0 before the first write."""
        return self._values.get(labels, 0)

    def total(self) -> float:
        """The sum over all labels."""
        return sum(self._values.values())

    def render(self) -> Iterable[str]:
        """The lines of the text exposition format."""
        yield f"# HELP {self.name} {self._help}"
        yield f"# TYPE {self.name} {self._kind}"
        for labels, value in sorted(self._values.items()):
            yield f"{self.name}{_label_text(self._names, labels)} {_number(value)}"


class Histogram:
    """Observations counted in buckets, with labels."""

    def __init__(self, name: str, help_text: str, buckets: Sequence[float], labels: Sequence[str] = ()) -> None:
        self.name = name
        self._help = help_text
        self._bounds = tuple(buckets)
        self._names = tuple(labels)
        self._counts: dict[_Labels, list[int]] = {}
        self._sums: dict[_Labels, float] = {}

    def observe(self, value: float, *labels: str) -> None:
        """Count one observation."""
        counts = self._counts.get(labels)
        if counts is None:
            counts = self._counts[labels] = [0] * (len(self._bounds) + 1)
        counts[bisect_left(self._bounds, value)] += 1
        self._sums[labels] = self._sums.get(labels, 0.0) + value

    def render(self) -> Iterable[str]:
        """The lines of the text exposition format."""
        yield f"# HELP {self.name} {self._help}"
        yield f"# TYPE {self.name} histogram"
        for labels, counts in sorted(self._counts.items()):
            total = 0
            for bound, count in zip((*self._bounds, None), counts, strict=True):
                total += count
                le = 'le="+Inf"' if bound is None else f'le="{_number(bound)}"'
                yield f"{self.name}_bucket{_label_text(self._names, labels, le)} {total}"
            yield f"{self.name}_sum{_label_text(self._names, labels)} {_number(self._sums[labels])}"
            yield f"{self.name}_count{_label_text(self._names, labels)} {total}"


class Registry:
    """All metrics of the process, under upstream's names."""

    def __init__(self) -> None:
        self._metrics: dict[str, Metric | Histogram] = {}
        queue = ("name",)
        self.queue_depth = self.gauge("workqueue_depth", "Current depth of workqueue", queue)
        self.queue_soon = self.gauge("workqueue_soon", "Items that come back within a second of real time", queue)
        self.queue_adds = self.counter("workqueue_adds_total", "Total number of adds handled by workqueue", queue)
        self.queue_retries = self.counter(
            "workqueue_retries_total", "Total number of retries handled by workqueue", queue
        )
        self.queue_duration = self.histogram(
            "workqueue_queue_duration_seconds",
            "How long an item stays in workqueue before being requested",
            QUEUE_BUCKETS,
            queue,
        )
        self.work_duration = self.histogram(
            "workqueue_work_duration_seconds", "How long processing an item from workqueue takes", QUEUE_BUCKETS, queue
        )
        self.queue_unfinished = self.gauge(
            "workqueue_unfinished_work_seconds",
            "Seconds of work in progress that work_duration has not observed yet",
            queue,
        )
        self.longest_running = self.gauge(
            "workqueue_longest_running_processor_seconds",
            "Seconds the longest running processor has been running",
            queue,
        )
        self.requests = self.counter(
            "rest_client_requests_total",
            "Number of HTTP requests by status code, method, and host",
            ("code", "host", "method"),
        )
        self.request_duration = self.histogram(
            "rest_client_request_duration_seconds",
            "Request latency in seconds, by verb and host",
            DURATION_BUCKETS,
            ("host", "verb"),
        )
        self.leader = self.gauge(
            "leader_election_master_status", "1 if this process holds the lease, else 0", ("name",)
        )

    def counter(self, name: str, help_text: str, labels: Sequence[str] = ()) -> Metric:
        """The counter of this name, made on first use."""
        return self._metric(name, help_text, "counter", labels)

    def gauge(self, name: str, help_text: str, labels: Sequence[str] = ()) -> Metric:
        """The gauge of this name, made on first use."""
        return self._metric(name, help_text, "gauge", labels)

    def histogram(self, name: str, help_text: str, buckets: Sequence[float], labels: Sequence[str] = ()) -> Histogram:
        """The histogram of this name, made on first use."""
        found = self._metrics.get(name)
        if not isinstance(found, Histogram):
            found = self._metrics[name] = Histogram(name, help_text, buckets, labels)
        return found

    def _metric(self, name: str, help_text: str, kind: Literal["counter", "gauge"], labels: Sequence[str]) -> Metric:
        found = self._metrics.get(name)
        if not isinstance(found, Metric):
            found = self._metrics[name] = Metric(name, help_text, kind, labels)
        return found

    def render(self) -> str:
        """Everything, for GET /metrics."""
        return "\n".join(line for name in sorted(self._metrics) for line in self._metrics[name].render()) + "\n"
