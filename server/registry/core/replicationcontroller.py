"""ReplicationControllers. Models pkg/registry/core/replicationcontroller/strategy.go and printReplicationController."""

from __future__ import annotations

from typing import Any, Final

from apimachinery import field, labels, meta
from apimachinery.field import Error
from apimachinery.labels import LabelSelector
from apimachinery.objects import Object, View
from server.registry.config import RegistryConfig
from server.registry.core.podspec_options import Options
from server.registry.core.podspec_template import (
    CONTAINERS,
    IMAGES,
    container_cells,
    name_warnings,
    template_labels,
    validate_selected_template,
)
from server.registry.core.workload import (
    REPLICA_FIELD_LABELS,
    SPEC,
    STATUS,
    TEMPLATE,
    WorkloadStatusStrategy,
    WorkloadStrategy,
    at_most,
    counters,
    replica_cells,
    replica_fields,
)
from server.registry.declaration import declare
from server.registry.printing import age
from server.registry.rest import AGE, NAME, CellContext, Column, Context, Printer, Resource
from server.registry.scale import Scaler, plain_selector, scale_subresource

_SPEC_DOC: Final = "io.k8s.api.core.v1.ReplicationControllerSpec"
_STATUS_DOC: Final = "io.k8s.api.core.v1.ReplicationControllerStatus"
_COLUMNS: Final = (
    NAME,
    Column("Desired", "integer", doc=f"{_SPEC_DOC}.replicas"),
    Column("Current", "integer", doc=f"{_STATUS_DOC}.replicas"),
    Column("Ready", "integer", doc=f"{_STATUS_DOC}.readyReplicas"),
    AGE,
    CONTAINERS,
    IMAGES,
    Column("Selector", priority=1, doc=f"{_SPEC_DOC}.selector"),
)


class ReplicationControllerStrategy(WorkloadStrategy):
    """The main endpoint: its selector is a plain map, defaulted from the template."""

    default_propagation = "Orphan"
    new_status = {"replicas": 0}  # noqa: RUF012 - never changed

    def default(self, obj: Object) -> None:
        spec: Object = obj.setdefault("spec", {})
        if spec.get("template") is not None:
            super().default(obj)
            own = dict(template_labels(spec["template"]))
            if own and not spec.get("selector"):
                spec["selector"] = dict(own)
            if own and not obj["metadata"].get("labels"):
                obj["metadata"]["labels"] = own
        if spec.get("replicas") is None:
            spec["replicas"] = 1

    def validate_spec(self, spec: View, old: View | None) -> list[Error]:
        found = counters(spec, ["minReadySeconds"], SPEC)
        selector = spec.get("selector") or {}
        if not selector:
            found.append(field.required(SPEC / "selector"))
        found += counters(spec, ["replicas"], SPEC)
        if spec.get("template") is None:
            found.append(field.required(TEMPLATE))
            return found
        return found + validate_selected_template(
            spec["template"], LabelSelector.from_set(selector), TEMPLATE, self.options, kind="ReplicationController"
        )

    def warnings_on_create(self, obj: View, ctx: Context) -> list[str]:
        found = name_warnings(obj)
        return found + super().warnings_on_create(obj, ctx) if obj["spec"].get("template") is not None else found


class ReplicationControllerStatusStrategy(WorkloadStatusStrategy):
    """What the controller reports."""

    def validate_status(self, status: View, old: View) -> list[Error]:
        counts = ("fullyLabeledReplicas", "readyReplicas", "availableReplicas")
        found = counters(status, ("replicas", *counts, "observedGeneration"), STATUS)
        found += at_most(status, counts, "replicas", STATUS, shown="status.replicas")
        return found + at_most(status, ["availableReplicas"], "readyReplicas", STATUS, shown="readyReplicas")


def _cells(obj: View, ctx: CellContext) -> list[Any]:
    spec = obj.get("spec") or {}
    return [
        meta.name(obj),
        *replica_cells(obj),
        age(obj, ctx),
        *container_cells(spec.get("template") or {}),
        labels.format_labels(spec.get("selector")),
    ]


def resource(config: RegistryConfig) -> Resource:
    """ReplicationControllers of core/v1."""
    strategy = ReplicationControllerStrategy(Options(config.version, allow_privileged=config.allow_privileged))
    return declare(
        "",
        "v1",
        "ReplicationController",
        namespaced=True,
        short_names=("rc",),
        categories=("all",),
        strategy=strategy,
        status=ReplicationControllerStatusStrategy(strategy),
        subresources=(scale_subresource(Scaler(selector=plain_selector)),),
        printer=Printer(_COLUMNS, _cells),
        selectable_fields=replica_fields,
        known_field_labels=REPLICA_FIELD_LABELS,
    )
