"""What becomes of an event that repeats another, or is one of many. Models client-go/tools/record/events_cache.go."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from apimachinery.clock import Clock
from apimachinery.objects import Object
from controllers.runtime.rate_limiter import TokenBucket

COMBINED_PREFIX: Final = "(combined from similar events): "
CACHE_SIZE: Final = 4096
_MAX_SIMILAR: Final = 10
_SIMILAR_SECONDS: Final = 600.0
_SPAM_BURST: Final = 25
_SPAM_QPS: Final = 1 / 300

V = TypeVar("V")


class LRU(OrderedDict[tuple[str, ...], V], Generic[V]):
    """The entries used last, as many as upstream keeps."""

    def keep(self, key: tuple[str, ...], value: V) -> None:
        """Add or renew an entry; the oldest goes when there are too many."""
        self[key] = value
        self.move_to_end(key)
        if len(self) > CACHE_SIZE:
            self.popitem(last=False)


@dataclass(slots=True)
class _Similar:
    messages: dict[str, None]
    last: float


@dataclass(slots=True)
class _Seen:
    name: str
    first: str
    count: int


class Correlator:
    """Counts repeats, folds variants of a message into one event, and stops who says too much of an object."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._similar: LRU[_Similar] = LRU()
        self._seen: LRU[_Seen] = LRU()
        self._buckets: LRU[TokenBucket] = LRU()

    def correlate(self, event: Object) -> tuple[Object, Object | None] | None:
        """The event to create and, when it repeats one, the patch to try first; None when it is to be dropped."""
        event, key = self._aggregate(event)
        patch: Object | None = None
        seen = self._seen.get(key)
        if seen is not None:
            seen.count += 1
            event["metadata"]["name"] = seen.name
            event["firstTimestamp"] = seen.first
            event["count"] = seen.count
            patch = {"count": seen.count, "lastTimestamp": event["lastTimestamp"], "message": event["message"]}
        else:
            seen = _Seen(event["metadata"]["name"], event["firstTimestamp"], 1)
        self._seen.keep(key, seen)
        return (event, patch) if self._allowed(event) else None

    def _aggregate(self, event: Object) -> tuple[Object, tuple[str, ...]]:
        source, about = _source_key(event), event["involvedObject"]
        key = (
            *source,
            *(about.get(f, "") for f in ("kind", "namespace", "name", "uid", "apiVersion")),
            event["type"],
            event["reason"],
            event.get("reportingComponent", ""),
            event.get("reportingInstance", ""),
        )
        now = self._clock.monotonic()
        similar = self._similar.get(key)
        if similar is None or now - similar.last > _SIMILAR_SECONDS:
            similar = _Similar({}, now)
        similar.messages[event["message"]] = None
        similar.last = now
        self._similar.keep(key, similar)
        if len(similar.messages) < _MAX_SIMILAR:
            fields = ("kind", "namespace", "name", "fieldPath", "uid", "apiVersion")
            full = (*source, *(about.get(f, "") for f in fields), event["type"], event["reason"], event["message"])
            return event, full
        similar.messages.popitem()
        combined = {k: v for k, v in event.items() if k not in ("reportingComponent", "reportingInstance")}
        combined["metadata"] = {"name": event["metadata"]["name"], "namespace": event["metadata"]["namespace"]}
        combined["message"] = COMBINED_PREFIX + event["message"]
        return combined, key

    def _allowed(self, event: Object) -> bool:
        about = event["involvedObject"]
        key = (*_source_key(event), *(about.get(f, "") for f in ("kind", "namespace", "name", "uid", "apiVersion")))
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = TokenBucket(self._clock, qps=_SPAM_QPS, burst=_SPAM_BURST)
        self._buckets.keep(key, bucket)
        return bucket.try_accept()


def _source_key(event: Object) -> tuple[str, str]:
    source = event["source"]
    return source.get("component", ""), source.get("host", "")
