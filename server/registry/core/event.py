"""Event of the core group: what is stored, and its two views. Models pkg/registry/core/event and ValidateEvent*.

`to_core` and `from_core` convert between events.k8s.io and what is stored.
"""

from __future__ import annotations

from typing import Any, Final

from apimachinery import field, meta, validation
from apimachinery.objects import Object, View
from server.registry.config import RegistryConfig
from server.registry.declaration import declare
from server.registry.generic import PathSegmentNames
from server.registry.printing import since
from server.registry.rest import CellContext, Column, Context, Printer, Propagation, Resource

INSTANCE_LIMIT: Final = 128
NOTE_LIMIT: Final = 1024
FIELD_LABELS: Final = (
    "involvedObject.kind",
    "involvedObject.namespace",
    "involvedObject.name",
    "involvedObject.uid",
    "involvedObject.apiVersion",
    "involvedObject.resourceVersion",
    "involvedObject.fieldPath",
    "reason",
    "reportingComponent",
    "source",
    "type",
    "metadata.namespace",
    "metadata.name",
)
NEW_FIELD_LABELS: Final = tuple(
    label.replace("involvedObject.", "regarding.").replace("reportingComponent", "reportingController")
    for label in FIELD_LABELS
    if label != "source"
)
_RENAMED: Final = {
    "regarding": "involvedObject",
    "note": "message",
    "deprecatedSource": "source",
    "deprecatedFirstTimestamp": "firstTimestamp",
    "deprecatedLastTimestamp": "lastTimestamp",
    "deprecatedCount": "count",
    "reportingController": "reportingComponent",
}
_ALWAYS_THERE: Final[dict[str, Any]] = {
    "involvedObject": {},
    "source": {},
    "firstTimestamp": None,
    "lastTimestamp": None,
    "eventTime": None,
    "reportingComponent": "",
    "reportingInstance": "",
}


def to_core(obj: View) -> Object:
    """An event of events.k8s.io as it is stored."""
    core = {_RENAMED.get(k, k): v for k, v in obj.items()}
    core["apiVersion"] = "v1"
    for name, empty in _ALWAYS_THERE.items():
        core.setdefault(name, empty)
    return core


def from_core(obj: View) -> Object:
    """A stored event as events.k8s.io shows it."""
    back = {v: k for k, v in _RENAMED.items()}
    view = {back.get(k, k): v for k, v in obj.items()}
    view["apiVersion"] = "events.k8s.io/v1"
    for name in ("note", "deprecatedCount", "reportingController", "reportingInstance"):
        if not view.get(name):
            view.pop(name, None)
    return view


class EventStrategy(PathSegmentNames):
    """Events may be created by PUT, are never garbage collected, and vanish by themselves."""

    allow_create_on_update = True
    default_propagation: Propagation = "Unsupported"

    def validate(self, obj: View, ctx: Context) -> list[field.Error]:
        return event_errors(obj, "reportingComponent")


def event_errors(event: View, controller: str) -> list[field.Error]:
    """What both APIs ask of an event in its core form; `controller` is the API's name of reportingComponent."""
    namespace = meta.namespace(event)
    about = (event.get("involvedObject") or {}).get("namespace") or ""
    found: list[field.Error] = []
    mismatch = field.invalid(field.Path("involvedObject") / "namespace", about, "does not match event.namespace")
    if not event.get("eventTime"):
        if namespace != about if about else namespace not in ("", "default"):
            found.append(mismatch)
    else:
        if not about and namespace not in ("default", "kube-system"):
            found.append(mismatch)
        found += _new_style_errors(event, controller)
    found += [field.invalid(field.Path("namespace"), namespace, p) for p in validation.dns1123_subdomain(namespace)]
    return found


def _new_style_errors(event: View, controller: str) -> list[field.Error]:
    reporter = event.get("reportingComponent") or ""
    path = field.Path(controller)
    found = [] if reporter else [field.required(path)]
    found += [field.invalid(path, reporter, problem) for problem in validation.qualified_name(reporter)]
    for name in ("reportingInstance", "action", "reason"):
        value = event.get(name) or ""
        if not value:
            found.append(field.required(field.Path(name)))
        if len(value.encode()) > INSTANCE_LIMIT:
            found.append(_too_long(name, INSTANCE_LIMIT))
    if len((event.get("message") or "").encode()) > NOTE_LIMIT:
        found.append(_too_long("message", NOTE_LIMIT))
    return found


def _too_long(name: str, limit: int) -> field.Error:
    return field.invalid(field.Path(name), "", f"can have at most {limit} characters")


def selectable_fields(event: View) -> dict[str, str]:
    """The fields of a core event that selectors may use, under the names of both APIs."""
    about, source = event.get("involvedObject") or {}, event.get("source") or {}
    parts = ("kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath")
    found = {f"involvedObject.{part}": about.get(part) or "" for part in parts}
    found |= {f"regarding.{part}": found[f"involvedObject.{part}"] for part in parts}
    reporter = event.get("reportingComponent") or ""
    return found | {
        "reportingController": reporter,
        "reason": event.get("reason") or "",
        "reportingComponent": reporter,
        "source": source.get("component") or reporter,
        "type": event.get("type") or "",
    }


def cells(event: View, ctx: CellContext) -> list[Any]:
    """The row of an event in its core form."""
    first = since(event.get("firstTimestamp") or event.get("eventTime"), ctx)
    last = since(event["lastTimestamp"], ctx) if event.get("lastTimestamp") else first
    count = event.get("count") or 1
    series = event.get("series")
    if series is not None:
        last, count = since(series.get("lastObservedTime"), ctx), series.get("count") or 0
    about, source = event.get("involvedObject") or {}, event.get("source") or {}
    target = (about.get("kind") or "").lower()
    component = source.get("component") or event.get("reportingComponent") or ""
    host = source.get("host") or event.get("reportingInstance") or ""
    return [
        last,
        event.get("type") or "",
        event.get("reason") or "",
        f"{target}/{about['name']}" if about.get("name") else target,
        about.get("fieldPath") or "",
        f"{component}, {host}" if host else component,
        (event.get("message") or "").strip(),
        first,
        count,
        meta.name(event),
    ]


_EVENT: Final = "io.k8s.api.core.v1.Event"
COLUMNS: Final = (
    Column("Last Seen", doc=f"{_EVENT}.lastTimestamp"),
    Column("Type", doc=f"{_EVENT}.type"),
    Column("Reason", doc=f"{_EVENT}.reason"),
    Column("Object", doc=f"{_EVENT}.involvedObject"),
    Column("Subobject", priority=1, doc="io.k8s.api.core.v1.ObjectReference.fieldPath"),
    Column("Source", priority=1, doc=f"{_EVENT}.source"),
    Column("Message", doc=f"{_EVENT}.message"),
    Column("First Seen", priority=1, doc=f"{_EVENT}.firstTimestamp"),
    Column("Count", priority=1, doc=f"{_EVENT}.count"),
    Column("Name", priority=1, format="name", doc="io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta.name"),
)


def resource(config: RegistryConfig) -> Resource:
    """events."""
    return declare(
        "",
        "v1",
        "Event",
        namespaced=True,
        short_names=("ev",),
        strategy=EventStrategy(),
        printer=Printer(COLUMNS, cells),
        selectable_fields=selectable_fields,
        known_field_labels=FIELD_LABELS,
        ttl=lambda _: config.event_ttl,
    )
