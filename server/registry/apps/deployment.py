"""Deployments. Models pkg/registry/apps/deployment/strategy.go, pkg/apis/apps/validation and printDeployment."""

from __future__ import annotations

from typing import Any, Final

from apimachinery import field, labels, meta
from apimachinery.field import Error, Path
from apimachinery.objects import Object, View
from server.registry.config import RegistryConfig
from server.registry.core.internal import internal_value
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
    SPEC,
    STATUS,
    TEMPLATE,
    WorkloadStatusStrategy,
    WorkloadStrategy,
    amount,
    at_most,
    at_most_100_percent,
    collision_count,
    counters,
    int_or_percent,
)
from server.registry.declaration import declare
from server.registry.printing import age
from server.registry.rest import AGE, NAME, CellContext, Column, Context, Printer, Resource
from server.registry.scale import scale_subresource

_STATUS_DOC: Final = "io.k8s.api.apps.v1.DeploymentStatus"
_COLUMNS: Final = (
    NAME,
    Column("Ready", description="Number of the pod with ready state"),
    Column("Up-to-date", doc=f"{_STATUS_DOC}.updatedReplicas"),
    Column("Available", doc=f"{_STATUS_DOC}.availableReplicas"),
    AGE,
    CONTAINERS,
    IMAGES,
    Column("Selector", priority=1, doc="io.k8s.api.apps.v1.DeploymentSpec.selector"),
)


class DeploymentStrategy(WorkloadStrategy):
    """The main endpoint; changed annotations count as a new generation too."""

    def default_spec(self, spec: Object) -> None:
        if spec.get("replicas") is None:
            spec["replicas"] = 1
        strategy: Object = spec.setdefault("strategy", {})
        if not strategy.get("type"):
            strategy["type"] = "RollingUpdate"
        if strategy["type"] == "RollingUpdate":
            rolling = strategy["rollingUpdate"] = dict(strategy.get("rollingUpdate") or {})
            for name in ("maxUnavailable", "maxSurge"):
                if rolling.get(name) is None:
                    rolling[name] = "25%"
        if spec.get("revisionHistoryLimit") is None:
            spec["revisionHistoryLimit"] = 10
        if spec.get("progressDeadlineSeconds") is None:
            spec["progressDeadlineSeconds"] = 600

    def prepare_for_update(self, obj: Object, old: View, ctx: Context) -> None:
        super().prepare_for_update(obj, old, ctx)
        if obj["spec"] == old["spec"] and meta.annotations(obj) != meta.annotations(old):
            obj["metadata"]["generation"] = meta.generation(old) + 1

    def validate_spec(self, spec: View, old: View | None) -> list[Error]:
        found = counters(spec, ["replicas"], SPEC)
        selector = spec.get("selector")
        found += validate_selector(selector, SPEC / "selector", kind="deployment")
        parsed = parse_selector(selector)
        if parsed is None:
            found.append(field.invalid(SPEC / "selector", selector_value(selector), "invalid label selector"))
        else:
            found += validate_selected_template(spec["template"], parsed, TEMPLATE, self.options, kind="ReplicaSet")
        found += _strategy(spec.get("strategy") or {}, SPEC / "strategy")
        found += counters(spec, ("minReadySeconds", "revisionHistoryLimit"), SPEC)
        deadline = spec.get("progressDeadlineSeconds")
        if deadline is not None:
            found += counters(spec, ["progressDeadlineSeconds"], SPEC)
            if deadline <= int(spec.get("minReadySeconds") or 0):
                detail = "must be greater than minReadySeconds"
                found.append(field.invalid(SPEC / "progressDeadlineSeconds", deadline, detail))
        return found if old is None else found + immutable_selector(spec, old, SPEC)

    def warnings_on_create(self, obj: View, ctx: Context) -> list[str]:
        return name_warnings(obj) + super().warnings_on_create(obj, ctx)


def _strategy(strategy: View, path: Path) -> list[Error]:
    kind, rolling, at = strategy.get("type") or "", strategy.get("rollingUpdate"), path / "rollingUpdate"
    if kind == "Recreate":
        detail = "may not be specified when strategy `type` is 'Recreate'"
        return [] if rolling is None else [field.forbidden(at, detail)]
    if kind != "RollingUpdate":
        shown = internal_value("DeploymentStrategy", strategy)
        return [field.not_supported(path, shown, ["Recreate", "RollingUpdate"])]
    if rolling is None:
        return [field.required(at, "this should be defaulted and never be nil")]
    unavailable, surge = rolling.get("maxUnavailable", 0), rolling.get("maxSurge", 0)
    found = int_or_percent(unavailable, at / "maxUnavailable")
    found += int_or_percent(surge, at / "maxSurge")
    if not amount(unavailable) and not amount(surge):
        found.append(field.invalid(at / "maxUnavailable", unavailable, "may not be 0 when `maxSurge` is 0"))
    return found + at_most_100_percent(unavailable, at / "maxUnavailable")


class DeploymentStatusStrategy(WorkloadStatusStrategy):
    """What the controller reports; labels cannot be written through it."""

    def prepare_for_update(self, obj: Object, old: View, ctx: Context) -> None:
        super().prepare_for_update(obj, old, ctx)
        if "labels" in old["metadata"]:
            obj["metadata"]["labels"] = old["metadata"]["labels"]
        else:
            obj["metadata"].pop("labels", None)

    def validate_status(self, status: View, old: View) -> list[Error]:
        counts = ("updatedReplicas", "readyReplicas", "availableReplicas")
        every = (
            "observedGeneration",
            "replicas",
            *counts,
            "unavailableReplicas",
            "terminatingReplicas",
            "collisionCount",
        )
        found = counters(status, every, STATUS)
        found += at_most(status, counts, "replicas", STATUS, shown="status.replicas")
        found += at_most(status, ["availableReplicas"], "readyReplicas", STATUS, shown="readyReplicas")
        return found + collision_count(status, old, STATUS)


_SELECTORS: Final = {"<none>": "", "<error>": "<invalid>"}
"""What deployments alone print of selectors that select nothing or cannot be read."""


def _cells(obj: View, ctx: CellContext) -> list[Any]:
    spec, status = obj.get("spec") or {}, obj.get("status") or {}
    selector = labels.format_selector(spec.get("selector"))
    return [
        meta.name(obj),
        f"{status.get('readyReplicas') or 0}/{spec.get('replicas') or 0}",
        status.get("updatedReplicas") or 0,
        status.get("availableReplicas") or 0,
        age(obj, ctx),
        *container_cells(spec.get("template") or {}),
        _SELECTORS.get(selector, selector),
    ]


def resource(config: RegistryConfig) -> Resource:
    """Deployments of apps/v1."""
    strategy = DeploymentStrategy(Options(config.version, allow_privileged=config.allow_privileged))
    return declare(
        "apps",
        "v1",
        "Deployment",
        namespaced=True,
        short_names=("deploy",),
        categories=("all",),
        strategy=strategy,
        status=DeploymentStatusStrategy(strategy),
        subresources=(scale_subresource(),),
        printer=Printer(_COLUMNS, _cells),
    )
