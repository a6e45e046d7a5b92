"""Event of events.k8s.io, stored as a core event. Models pkg/apis/events/v1 and ValidateEventCreate."""

from __future__ import annotations

from typing import Final

from apimachinery import field, validation
from apimachinery.gvk import GroupResource
from apimachinery.objects import View
from server.registry.config import RegistryConfig
from server.registry.core import event as core
from server.registry.core.internal import internal_value
from server.registry.declaration import declare
from server.registry.rest import Context, Printer, Resource

_UNSET: Final = "needs to be unset"
_FIXED: Final = (
    "involvedObject",
    "reason",
    "message",
    "source",
    "firstTimestamp",
    "lastTimestamp",
    "count",
    "reason",
    "type",
    "eventTime",
    "action",
    "related",
    "reportingComponent",
    "reportingInstance",
)
_STRUCTURES: Final = {"involvedObject": "ObjectReference", "source": "EventSource", "related": "ObjectReference"}
_INTERNAL_NAMES: Final = {"reportingComponent": "reportingController"}


class EventStrategy(core.EventStrategy):
    """The stricter rules of the newer API; errors name the fields as they are stored."""

    def validate(self, obj: View, ctx: Context) -> list[field.Error]:
        event = core.to_core(obj)
        found = core.event_errors(event, "reportingController") + _series_errors(event)
        if not event.get("eventTime"):
            found.append(field.required(field.Path("eventTime")))
        kind = event.get("type") or ""
        if kind not in ("Normal", "Warning"):
            found.append(field.invalid(field.Path("type"), "", f"has invalid value: {kind}"))
        for name in ("firstTimestamp", "lastTimestamp", "count"):
            if event.get(name):
                found.append(field.invalid(field.Path(name), "", _UNSET))
        source = event.get("source") or {}
        if source.get("component") or source.get("host"):
            found.append(field.invalid(field.Path("source"), "", _UNSET))
        return found

    def validate_update(self, obj: View, old: View, ctx: Context) -> list[field.Error]:
        event, stored = core.to_core(obj), core.to_core(old)
        found = core.event_errors(event, "reportingController")
        if event.get("series") != stored.get("series"):
            found += _series_errors(event)
        for name in _FIXED:
            path = field.Path(_INTERNAL_NAMES.get(name, name))
            value = event.get(name)
            if (value or None) != (stored.get(name) or None):
                kind = _STRUCTURES.get(name)
                shown = internal_value(kind, value) if kind else value
                found.append(field.invalid(path, shown, validation.FIELD_IMMUTABLE))
        return found


def _series_errors(event: View) -> list[field.Error]:
    series = event.get("series")
    if series is None:
        return []
    found = []
    if (series.get("count") or 0) < 2:
        found.append(field.invalid(field.Path("series") / "count", "", "should be at least 2"))
    if not series.get("lastObservedTime"):
        found.append(field.required(field.Path("series") / "lastObservedTime"))
    return found


def resource(config: RegistryConfig) -> Resource:
    """events.events.k8s.io."""
    return declare(
        "events.k8s.io",
        "v1",
        "Event",
        namespaced=True,
        stored_as=("", "v1"),
        short_names=("ev",),
        strategy=EventStrategy(),
        printer=Printer(core.COLUMNS, lambda o, ctx: core.cells(core.to_core(o), ctx)),
        storage=GroupResource("", "events"),
        to_storage=core.to_core,
        from_storage=core.from_core,
        selectable_fields=lambda o: core.selectable_fields(o if o.get("apiVersion") == "v1" else core.to_core(o)),
        known_field_labels=core.NEW_FIELD_LABELS,
        ttl=lambda _: config.event_ttl,
    )
