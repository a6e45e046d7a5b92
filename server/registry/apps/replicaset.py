"""ReplicaSets. Models pkg/registry/apps/replicaset/strategy.go, pkg/apis/apps/validation and printReplicaSet."""

from __future__ import annotations

from typing import Any, Final

from apimachinery import field, labels, meta
from apimachinery.field import Error
from apimachinery.objects import Object, View
from server.registry.config import RegistryConfig
from server.registry.core.podspec_options import Options
from server.registry.core.podspec_template import (
    CONTAINERS,
    IMAGES,
    container_cells,
    immutable_selector,
    name_warnings,
    parse_selector,
    selector_value,
    validate_selected_template,
    validate_selector,
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
from server.registry.scale import scale_subresource

_SPEC_DOC: Final = "io.k8s.api.apps.v1.ReplicaSetSpec"
_STATUS_DOC: Final = "io.k8s.api.apps.v1.ReplicaSetStatus"
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


class ReplicaSetStrategy(WorkloadStrategy):
    """The main endpoint."""

    new_status = {"replicas": 0}  # noqa: RUF012 - never changed

    def default_spec(self, spec: Object) -> None:
        if spec.get("replicas") is None:
            spec["replicas"] = 1

    def validate_spec(self, spec: View, old: View | None) -> list[Error]:
        found = counters(spec, ("replicas", "minReadySeconds"), SPEC)
        selector = spec.get("selector")
        found += validate_selector(selector, SPEC / "selector", kind="deployment")
        parsed = parse_selector(selector)
        if parsed is None:
            found.append(field.invalid(SPEC / "selector", selector_value(selector), "invalid label selector"))
        else:
            found += validate_selected_template(spec["template"], parsed, TEMPLATE, self.options, kind="ReplicaSet")
        return found if old is None else found + immutable_selector(spec, old, SPEC)

    def warnings_on_create(self, obj: View, ctx: Context) -> list[str]:
        return name_warnings(obj) + super().warnings_on_create(obj, ctx)


class ReplicaSetStatusStrategy(WorkloadStatusStrategy):
    """What the controller reports."""

    def validate_status(self, status: View, old: View) -> list[Error]:
        counts = ("fullyLabeledReplicas", "readyReplicas", "availableReplicas")
        found = counters(status, ("replicas", *counts, "observedGeneration", "terminatingReplicas"), STATUS)
        found += at_most(status, counts, "replicas", STATUS, shown="status.replicas")
        return found + at_most(status, ["availableReplicas"], "readyReplicas", STATUS, shown="readyReplicas")


def _cells(obj: View, ctx: CellContext) -> list[Any]:
    spec = obj.get("spec") or {}
    return [
        meta.name(obj),
        *replica_cells(obj),
        age(obj, ctx),
        *container_cells(spec.get("template") or {}),
        labels.format_selector(spec.get("selector")),
    ]


def resource(config: RegistryConfig) -> Resource:
    """ReplicaSets of apps/v1."""
    strategy = ReplicaSetStrategy(Options(config.version, allow_privileged=config.allow_privileged))
    return declare(
        "apps",
        "v1",
        "ReplicaSet",
        namespaced=True,
        short_names=("rs",),
        categories=("all",),
        strategy=strategy,
        status=ReplicaSetStatusStrategy(strategy),
        subresources=(scale_subresource(),),
        printer=Printer(_COLUMNS, _cells),
        selectable_fields=replica_fields,
        known_field_labels=REPLICA_FIELD_LABELS,
    )
