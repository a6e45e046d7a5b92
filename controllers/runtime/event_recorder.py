"""Events about objects, correlated before they are sent. Models client-go/tools/record and client-go/tools/events.

Recording is a plain call that never waits; a broadcaster sends what the correlator lets through.
"""

from __future__ import annotations

import asyncio
import logging
import zlib
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final, Generic, Literal, TypeVar

from apimachinery import errors, meta
from apimachinery.clock import Clock
from apimachinery.objects import Object, View
from apimachinery.timestamp import format_micro_time, format_time
from controllers.runtime.client import STRATEGIC_MERGE_PATCH, Client
from controllers.runtime.errors import TransportError
from controllers.runtime.rate_limiter import TokenBucket
from controllers.runtime.resources import EVENTS, EVENTS_V1

EventType = Literal["Normal", "Warning"]

COMBINED_PREFIX: Final = "(combined from similar events): "
_MAX_SIMILAR: Final = 10
_SIMILAR_SECONDS: Final = 600.0
_SPAM_BURST: Final = 25
_SPAM_QPS: Final = 1 / 300
_CACHE_SIZE: Final = 4096
_QUEUE_SIZE: Final = 10_000
_SENDERS: Final = 4
_PATIENCE_SECONDS: Final = 2.0
_TRIES: Final = 12
_RETRY_SECONDS: Final = 10.0
_SERIES_SECONDS: Final = 360.0

V = TypeVar("V")
log = logging.getLogger(__name__)


class _LRU(OrderedDict[tuple[str, ...], V], Generic[V]):
    def keep(self, key: tuple[str, ...], value: V) -> None:
        self[key] = value
        self.move_to_end(key)
        if len(self) > _CACHE_SIZE:
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


def object_reference(obj: View, field_path: str = "") -> Object:
    """What an event says about its object."""
    reference: Object = {"kind": obj.get("kind", ""), "apiVersion": obj.get("apiVersion", ""), "name": meta.name(obj)}
    for field, value in (
        ("namespace", meta.namespace(obj)),
        ("uid", meta.uid(obj)),
        ("resourceVersion", meta.resource_version(obj)),
        ("fieldPath", field_path),
    ):
        if value:
            reference[field] = value
    return reference


class Correlator:
    """Counts repeats, folds variants of a message into one event, and stops who says too much of an object."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._similar: _LRU[_Similar] = _LRU()
        self._seen: _LRU[_Seen] = _LRU()
        self._buckets: _LRU[TokenBucket] = _LRU()

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


class EventBroadcaster:
    """Sends events of every recorder; run() it once. What does not fit into its queues is dropped, as upstream does."""

    def __init__(self, client: Client, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._correlator = Correlator(clock)
        self._series: OrderedDict[tuple[str, ...], tuple[float, Object]] = OrderedDict()
        self._stamps: _LRU[int] = _LRU()
        self._queues: list[asyncio.Queue[_Sending]] = [asyncio.Queue(_QUEUE_SIZE) for _ in range(_SENDERS)]

    def recorder(self, component: str, host: str = "") -> EventRecorder:
        """A classic recorder for a source."""
        return EventRecorder(self, component, host)

    def recorder_v1(self, controller: str, instance: str) -> EventRecorderV1:
        """An events.k8s.io recorder for a reporting controller."""
        return EventRecorderV1(self, controller, instance)

    async def run(self) -> None:
        """Send until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for n, queue in enumerate(self._queues):
                tasks.create_task(self._send_all(queue), name=f"events-{n}")

    async def drain(self) -> None:
        """Return once everything recorded so far was sent or given up."""
        for queue in self._queues:
            await queue.join()

    def publish(self, about: Object, event: Object, component: str, host: str) -> None:
        """Complete, correlate and queue a core/v1 event."""
        now = self._clock.now()
        stamp = format_time(now)
        namespace = about.get("namespace") or "default"
        full: Object = {
            "metadata": {"name": self._event_name(about, now.timestamp()), "namespace": namespace},
            "involvedObject": about,
            **event,
            "source": {"component": component, "host": host} if host else {"component": component},
            "firstTimestamp": stamp,
            "lastTimestamp": stamp,
            "count": 1,
            "eventTime": None,
            "reportingComponent": component,
            "reportingInstance": host,
        }
        correlated = self._correlator.correlate(full)
        if correlated is not None:
            self._put(about, _Sending(False, *correlated))

    def publish_v1(self, regarding: Object, event: Object) -> None:
        """Complete and queue an events.k8s.io/v1 event; a repeat within six minutes becomes a series."""
        now = self._clock.now()
        related = event.get("related") or {}
        key = (
            event["type"],
            event["action"],
            event["reason"],
            event["reportingController"],
            *(regarding.get(f, "") for f in ("kind", "namespace", "name", "uid", "apiVersion", "fieldPath")),
            *(related.get(f, "") for f in ("kind", "namespace", "name", "uid")),
        )
        moment = self._clock.monotonic()
        self._expire_series(moment)
        known = self._series.get(key)
        if known is not None:
            first = known[1]
            if "series" in first:
                first["series"]["count"] += 1
                first["series"]["lastObservedTime"] = format_micro_time(now)
                self._touch(key, moment, first)
                return
            first["series"] = {"count": 2, "lastObservedTime": format_micro_time(now)}
            self._touch(key, moment, first)
            self._put(regarding, _Sending(True, {**first}, {"series": dict(first["series"])}))
            return
        full: Object = {
            "metadata": {
                "name": self._event_name(regarding, now.timestamp()),
                "namespace": regarding.get("namespace") or "default",
            },
            "eventTime": format_micro_time(now),
            "regarding": regarding,
            **event,
        }
        self._touch(key, moment, full)
        self._put(regarding, _Sending(True, {**full}, None))

    def _event_name(self, about: Object, timestamp: float) -> str:
        """The object's name and the nanosecond; two events of one moment are a nanosecond apart."""
        key = (about.get("kind", ""), about.get("namespace", ""), about["name"])
        stamp = max(int(timestamp * 1e9), self._stamps.get(key, 0) + 1)
        self._stamps.keep(key, stamp)
        return f"{about['name']}.{stamp:x}"

    def _touch(self, key: tuple[str, ...], moment: float, event: Object) -> None:
        self._series[key] = (moment, event)
        self._series.move_to_end(key)

    def _expire_series(self, moment: float) -> None:
        while self._series:
            key, (at, event) = next(iter(self._series.items()))
            if moment - at <= _SERIES_SECONDS and len(self._series) <= _CACHE_SIZE:
                return
            del self._series[key]
            if event.get("series", {}).get("count", 0) > 2:
                self._put(event["regarding"], _Sending(True, {**event}, {"series": dict(event["series"])}))

    def _put(self, about: Object, sending: _Sending) -> None:
        queue = self._queues[zlib.crc32(f"{about.get('namespace')}/{about.get('name')}".encode()) % _SENDERS]
        try:
            queue.put_nowait(sending)
        except asyncio.QueueFull:
            log.warning("event %s dropped: the queue is full", sending.event["metadata"]["name"])

    async def _send_all(self, queue: asyncio.Queue[_Sending]) -> None:
        while True:
            sending = await queue.get()
            await self._client.quiet(_PATIENCE_SECONDS)
            try:
                await self._send(sending)
            finally:
                queue.task_done()

    async def _send(self, sending: _Sending) -> None:
        for attempt in range(_TRIES):
            try:
                await self._write(sending)
                return
            except errors.StatusError as error:
                quiet = isinstance(error, errors.AlreadyExists) or error.has_cause("NamespaceTerminating")
                log.log(logging.DEBUG if quiet else logging.INFO, "event refused: %s", error)
                return
            except TransportError as error:
                log.debug("event not sent, attempt %d: %s", attempt + 1, error)
                await self._client.clock.sleep(_RETRY_SECONDS)

    async def _write(self, sending: _Sending) -> None:
        resource = EVENTS_V1 if sending.v1 else EVENTS
        metadata = sending.event["metadata"]
        if sending.patch is not None:
            try:
                await self._client.patch(
                    resource,
                    metadata["name"],
                    sending.patch,
                    namespace=metadata["namespace"],
                    content_type=STRATEGIC_MERGE_PATCH,
                )
                return
            except errors.NotFound:
                pass
        body = {"apiVersion": "events.k8s.io/v1" if sending.v1 else "v1", "kind": "Event", **sending.event}
        await self._client.create(resource, body, namespace=metadata["namespace"])


@dataclass(frozen=True, slots=True)
class _Sending:
    v1: bool
    event: Object
    patch: Object | None


class EventRecorder:
    """Records core/v1 events of one source."""

    def __init__(self, broadcaster: EventBroadcaster, component: str, host: str) -> None:
        self._broadcaster = broadcaster
        self._component = component
        self._host = host

    def event(self, obj: View, kind: EventType, reason: str, message: str, *, field_path: str = "") -> None:
        """Say something about an object that has its apiVersion and kind."""
        self.event_on(object_reference(obj, field_path), kind, reason, message)

    def event_on(self, reference: Object, kind: EventType, reason: str, message: str) -> None:
        """Say something about whatever an object reference names."""
        event = {"reason": reason, "message": message, "type": kind}
        self._broadcaster.publish(reference, event, self._component, self._host)


class EventRecorderV1:
    """Records events.k8s.io/v1 events of one reporting controller."""

    def __init__(self, broadcaster: EventBroadcaster, controller: str, instance: str) -> None:
        self._broadcaster = broadcaster
        self._controller = controller
        self._instance = instance

    def event(
        self, regarding: View, kind: EventType, reason: str, action: str, note: str, *, related: View | None = None
    ) -> None:
        """Say what was done about an object; the note is cut to 1024 characters."""
        event: Object = {
            "type": kind,
            "reason": reason,
            "action": action,
            "note": note if len(note) <= 1024 else note[:1020] + " ...",
            "reportingController": self._controller,
            "reportingInstance": self._instance,
        }
        if related is not None:
            event["related"] = object_reference(related)
        self._broadcaster.publish_v1(object_reference(regarding), event)
