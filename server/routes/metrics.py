"""/metrics in Prometheus' text form, and the filter that counts. Models apiserver/pkg/endpoints/metrics."""

from __future__ import annotations

import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Final

from server.endpoints.request import Handler, Request, Response
from server.filters.chain import Filter
from server.filters.timeout import long_running

_BUCKETS: Final = (0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0)
_Key = tuple[str, str, str, str, str]


class Metrics:
    """Counts and durations of requests; gauges are asked for when the page is read."""

    def __init__(self, gauges: Mapping[str, Callable[[], Mapping[str, float]]] | None = None) -> None:
        self.requests: Counter[tuple[_Key, int]] = Counter()
        self.durations: dict[_Key, list[int]] = {}
        self.sums: Counter[_Key] = Counter()
        self.in_flight = {"readOnly": 0, "mutating": 0}
        self.long_running = 0
        self._gauges = dict(gauges or {})

    def with_metrics(self) -> Filter:
        """Count every request."""

        def wrap(handler: Handler) -> Handler:
            async def count(request: Request) -> Response:
                lasting = long_running(request)
                kind = "readOnly" if request.method in ("GET", "HEAD") else "mutating"
                if not lasting:
                    self.in_flight[kind] += 1
                start = time.perf_counter()
                code = 500
                try:
                    answer = await handler(request)
                    code = answer.status
                    return answer
                finally:
                    if not lasting:
                        self.in_flight[kind] -= 1
                    self._observe(request, code, time.perf_counter() - start)

            return count

        return wrap

    def _observe(self, request: Request, code: int, seconds: float) -> None:
        info = request.info
        if info is None or not info.resource_request:
            key: _Key = ((info.verb if info else request.method).upper(), "", "", "", "")
        else:
            scope = "resource" if info.name else "namespace" if info.namespace else "cluster"
            key = (info.verb.upper(), info.api_group, info.api_version, info.resource, scope)
        self.requests[key, code] += 1
        buckets = self.durations.setdefault(key, [0] * (len(_BUCKETS) + 1))
        buckets[bisect_left(_BUCKETS, seconds)] += 1
        self.sums[key] += seconds  # type: ignore[assignment]

    async def __call__(self, request: Request) -> Response:
        """The page."""
        lines = ["# TYPE apiserver_request_total counter"]
        for (key, code), n in sorted(self.requests.items()):
            lines.append(f'apiserver_request_total{{{_labels(key)},code="{code}"}} {n}')
        lines.append("# TYPE apiserver_request_duration_seconds histogram")
        for key, buckets in sorted(self.durations.items()):
            total = 0
            for bound, n in zip((*map(str, _BUCKETS), "+Inf"), buckets, strict=True):
                total += n
                lines.append(f'apiserver_request_duration_seconds_bucket{{{_labels(key)},le="{bound}"}} {total}')
            lines.append(f"apiserver_request_duration_seconds_sum{{{_labels(key)}}} {self.sums[key]:.6f}")
            lines.append(f"apiserver_request_duration_seconds_count{{{_labels(key)}}} {total}")
        lines.append("# TYPE apiserver_current_inflight_requests gauge")
        for kind, n in self.in_flight.items():
            lines.append(f'apiserver_current_inflight_requests{{request_kind="{kind}"}} {n}')
        for name, read in self._gauges.items():
            lines.append(f"# TYPE {name} gauge")
            lines += [
                f"{name}{{{labels}}} {value:g}" if labels else f"{name} {value:g}" for labels, value in read().items()
            ]
        body = "\n".join(lines) + "\n"
        return Response(200, {"Content-Type": "text/plain; version=0.0.4; charset=utf-8"}, body.encode())


def _labels(key: _Key) -> str:
    verb, group, version, resource, scope = key
    return f'verb="{verb}",group="{group}",version="{version}",resource="{resource}",scope="{scope}"'
