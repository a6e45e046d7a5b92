"""Events about objects, correlated before they are sent. Models client-go/tools/record and client-go/tools/events.

Recording is a plain call that never waits; what the correlator lets through goes to the sink.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal

from apimachinery import meta
from apimachinery.clock import Clock
from apimachinery.objects import Object, View
from apimachinery.timestamp import format_micro_time, format_time
from controllers.runtime.client import Client
from controllers.runtime.event_correlator import CACHE_SIZE, LRU, Correlator
from controllers.runtime.event_sink import EventSink, Source
from controllers.runtime.resources import EVENTS, EVENTS_V1

EventType = Literal["Normal", "Warning"]

_SERIES_SECONDS: Final = 360.0
_NONE: Final[Mapping[str, str]] = MappingProxyType({})


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


class EventBroadcaster:
    """Has the events of every recorder sent; run() it once."""

    def __init__(self, client: Client, clock: Clock) -> None:
        self._clock = clock
        self._sink = EventSink(client, clock)
        self._correlator = Correlator(clock)
        self._series: OrderedDict[tuple[str, ...], tuple[float, Object]] = OrderedDict()
        self._stamps: LRU[int] = LRU()

    def recorder(self, component: str, host: str = "") -> EventRecorder:
        """A classic recorder for a source."""
        return EventRecorder(self, component, host)

    def recorder_v1(self, controller: str, instance: str) -> EventRecorderV1:
        """An events.k8s.io recorder for a reporting controller."""
        return EventRecorderV1(self, controller, instance)

    async def run(self) -> None:
        """Send until cancelled."""
        await self._sink.run()

    async def drain(self) -> None:
        """Return once everything recorded so far was sent or given up."""
        await self._sink.drain()

    def publish(
        self, about: Object, event: Object, component: str, host: str, annotations: Mapping[str, str] = _NONE
    ) -> None:
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
        if annotations:
            full["metadata"]["annotations"] = dict(annotations)
        correlated = self._correlator.correlate(full)
        if correlated is not None:
            self._sink.put(Source(component, host), EVENTS, *correlated)

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
            self._put_v1(first, {"series": first["series"]})
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
        self._put_v1(full, None)

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
            if moment - at <= _SERIES_SECONDS and len(self._series) <= CACHE_SIZE:
                return
            del self._series[key]
            if event.get("series", {}).get("count", 0) > 2:
                self._put_v1(event, {"series": event["series"]})

    def _put_v1(self, event: Object, patch: Object | None) -> None:
        self._sink.put(Source(event["reportingController"]), EVENTS_V1, event, patch)


class EventRecorder:
    """Records core/v1 events of one source."""

    def __init__(self, broadcaster: EventBroadcaster, component: str, host: str) -> None:
        self._broadcaster = broadcaster
        self._component = component
        self._host = host

    def event(
        self,
        obj: View,
        kind: EventType,
        reason: str,
        message: str,
        *,
        field_path: str = "",
        annotations: Mapping[str, str] = _NONE,
    ) -> None:
        """Say something about an object that has its apiVersion and kind."""
        self.event_on(object_reference(obj, field_path), kind, reason, message, annotations=annotations)

    def event_on(
        self,
        reference: Object,
        kind: EventType,
        reason: str,
        message: str,
        *,
        annotations: Mapping[str, str] = _NONE,
    ) -> None:
        """Say something about whatever an object reference names."""
        event = {"reason": reason, "message": message, "type": kind}
        self._broadcaster.publish(reference, event, self._component, self._host, annotations)


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
