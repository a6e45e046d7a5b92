"""DaemonSets. Models pkg/registry/apps/daemonset/strategy.go, pkg/apis/apps/validation and printDaemonSet."""

from __future__ import annotations

import re
from typing import Any, Final

from apimachinery import field, labels, meta, validation
from apimachinery.field import Error, Path
from apimachinery.objects import Object, View
from apimachinery.serializer import go_quote
from server.registry.config import RegistryConfig
from server.registry.core.internal import internal_value
from server.registry.core.podspec_options import Options
from server.registry.core.podspec_template import (
    CONTAINERS,
    IMAGES,
    container_cells,
    immutable_selector,
    labels_mismatch,
    parse_selector,
    selector_value,
    template_labels,
    validate_always_restarts,
    validate_template,
)
from server.registry.core.podspec_warnings import template_warnings
from server.registry.core.workload import (
    SPEC,
    STATUS,
    TEMPLATE,
    WorkloadStatusStrategy,
    WorkloadStrategy,
    amount,
    at_most_100_percent,
    collision_count,
    counters,
    int_or_percent,
)
from server.registry.declaration import declare
from server.registry.printing import age
from server.registry.rest import AGE, NAME, CellContext, Column, Context, Printer, Resource

TEMPLATE_GENERATION: Final = "deprecated.daemonset.template.generation"
"""The annotation that shows how often the template changed; clients can set it on create only."""

_STATUS_DOC: Final = "io.k8s.api.apps.v1.DaemonSetStatus"
_COUNTERS: Final = (
    ("Desired", "desiredNumberScheduled"),
    ("Current", "currentNumberScheduled"),
    ("Ready", "numberReady"),
    ("Up-to-date", "updatedNumberScheduled"),
    ("Available", "numberAvailable"),
)
_COLUMNS: Final = (
    NAME,
    *(Column(name, "integer", doc=f"{_STATUS_DOC}.{key}") for name, key in _COUNTERS),
    Column("Node Selector", doc="io.k8s.api.core.v1.PodSpec.nodeSelector"),
    AGE,
    CONTAINERS,
    IMAGES,
    Column("Selector", priority=1, doc="io.k8s.api.apps.v1.DaemonSetSpec.selector"),
)
_REQUIRED_COUNTERS: Final = ("currentNumberScheduled", "numberMisscheduled", "desiredNumberScheduled", "numberReady")
_INT64: Final = range(-(2**63), 2**63)


def template_generation(obj: View) -> int:
    """How often the template changed; 0 when the annotation does not say."""
    text = meta.annotations(obj).get(TEMPLATE_GENERATION) or "0"
    return int(text) if re.fullmatch(r"[+-]?[0-9]+", text) else 0


def _set_template_generation(obj: Object, value: int) -> None:
    annotations = dict(obj["metadata"].get("annotations") or {})
    obj["metadata"]["annotations"] = {**annotations, TEMPLATE_GENERATION: str(value)}


class DaemonSetStrategy(WorkloadStrategy):
    """The main endpoint."""

    new_status = dict.fromkeys(_REQUIRED_COUNTERS, 0)

    def default(self, obj: Object) -> None:
        _check_template_generation(obj)
        if TEMPLATE_GENERATION not in meta.annotations(obj):
            _set_template_generation(obj, 0)
        super().default(obj)

    def default_spec(self, spec: Object) -> None:
        strategy: Object = spec.setdefault("updateStrategy", {})
        if not strategy.get("type"):
            strategy["type"] = "RollingUpdate"
        if strategy["type"] == "RollingUpdate":
            rolling = strategy["rollingUpdate"] = dict(strategy.get("rollingUpdate") or {})
            if rolling.get("maxUnavailable") is None:
                rolling["maxUnavailable"] = 1
            if rolling.get("maxSurge") is None:
                rolling["maxSurge"] = 0
        if spec.get("revisionHistoryLimit") is None:
            spec["revisionHistoryLimit"] = 10

    def prepare_for_create(self, obj: Object, ctx: Context) -> None:
        super().prepare_for_create(obj, ctx)
        _set_template_generation(obj, max(1, template_generation(obj)))

    def prepare_for_update(self, obj: Object, old: View, ctx: Context) -> None:
        super().prepare_for_update(obj, old, ctx)
        changed = obj["spec"]["template"] != old["spec"]["template"]
        _set_template_generation(obj, template_generation(old) + changed)

    def validate_spec(self, spec: View, old: View | None) -> list[Error]:
        found = [] if old is None else immutable_selector(spec, old, SPEC)
        selector = spec.get("selector")
        found += validation.label_selector(selector, SPEC / "selector")
        parsed = parse_selector(selector)
        if parsed is not None and not parsed.matches(template_labels(spec["template"])):
            found.append(labels_mismatch(spec["template"], TEMPLATE))
        if selector is not None and not selector.get("matchLabels") and not selector.get("matchExpressions"):
            detail = "empty selector is invalid for daemonset"
            found.append(field.invalid(SPEC / "selector", selector_value(selector), detail))
        found += validate_template(spec["template"], TEMPLATE, self.options)
        found += validate_always_restarts(spec["template"], TEMPLATE, kind="DaemonSet")
        found += counters(spec, ["minReadySeconds"], SPEC)
        found += _update_strategy(spec.get("updateStrategy") or {}, SPEC / "updateStrategy")
        return found + counters(spec, ["revisionHistoryLimit"], SPEC)

    def warnings_on_update(self, obj: View, old: View, ctx: Context) -> list[str]:
        if template_generation(obj) == template_generation(old):
            return []
        return template_warnings(obj["spec"]["template"], TEMPLATE)


def _check_template_generation(obj: View) -> None:
    text = meta.annotations(obj).get(TEMPLATE_GENERATION)
    if text is None:
        return
    if re.fullmatch(r"[+-]?[0-9]+", text):
        problem = "" if int(text) in _INT64 else "value out of range"
    else:
        problem = "invalid syntax"
    if problem:
        raise ValueError(f"strconv.ParseInt: parsing {go_quote(text)}: {problem}")


def _update_strategy(strategy: View, path: Path) -> list[Error]:
    kind, rolling = strategy.get("type") or "", strategy.get("rollingUpdate")
    if kind == "OnDelete":
        return []
    if kind != "RollingUpdate":
        shown = internal_value("DaemonSetUpdateStrategy", strategy)
        return [field.not_supported(path, shown, ["RollingUpdate", "OnDelete"])]
    at = path / "rollingUpdate"
    if rolling is None:
        return [field.required(at)]
    unavailable, surge = rolling.get("maxUnavailable", 0), rolling.get("maxSurge", 0)
    found = int_or_percent(unavailable, at / "maxUnavailable")
    found += int_or_percent(surge, at / "maxSurge")
    found += at_most_100_percent(unavailable, at / "maxUnavailable")
    found += at_most_100_percent(surge, at / "maxSurge")
    if amount(unavailable) and amount(surge):
        found.append(field.invalid(at / "maxSurge", surge, "may not be set when maxUnavailable is non-zero"))
    elif not amount(unavailable) and not amount(surge):
        found.append(field.required(at / "maxUnavailable", "cannot be 0 when maxSurge is 0"))
    return found


class DaemonSetStatusStrategy(WorkloadStatusStrategy):
    """What the controller reports."""

    def prepare_for_update(self, obj: Object, old: View, ctx: Context) -> None:
        super().prepare_for_update(obj, old, ctx)
        _set_template_generation(obj, template_generation(old))

    def validate_status(self, status: View, old: View) -> list[Error]:
        optional = (
            "observedGeneration",
            "updatedNumberScheduled",
            "numberAvailable",
            "numberUnavailable",
            "collisionCount",
        )
        found = counters(status, (*_REQUIRED_COUNTERS, *optional), STATUS)
        return found + collision_count(status, old, STATUS)


def _cells(obj: View, ctx: CellContext) -> list[Any]:
    spec, status = obj.get("spec") or {}, obj.get("status") or {}
    template = spec.get("template") or {}
    return [
        meta.name(obj),
        *(status.get(key) or 0 for _, key in _COUNTERS),
        labels.format_labels((template.get("spec") or {}).get("nodeSelector")),
        age(obj, ctx),
        *container_cells(template),
        labels.format_selector(spec.get("selector")),
    ]


def resource(config: RegistryConfig) -> Resource:
    """DaemonSets of apps/v1."""
    strategy = DaemonSetStrategy(Options(config.version, allow_privileged=config.allow_privileged))
    return declare(
        "apps",
        "v1",
        "DaemonSet",
        namespaced=True,
        short_names=("ds",),
        categories=("all",),
        strategy=strategy,
        status=DaemonSetStatusStrategy(strategy),
        printer=Printer(_COLUMNS, _cells),
        derived_annotations=(TEMPLATE_GENERATION,),
    )
