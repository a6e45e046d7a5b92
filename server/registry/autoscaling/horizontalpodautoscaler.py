"""HorizontalPodAutoscaler in both versions, stored as v2. Models pkg/registry/autoscaling/horizontalpodautoscaler."""

from __future__ import annotations

from typing import Any, Final

from apimachinery import field, meta, validation
from apimachinery.objects import Object, View
from apimachinery.quantity import canonical
from server.registry.autoscaling import conversion
from server.registry.autoscaling.validation import spec_errors
from server.registry.config import RegistryConfig
from server.registry.declaration import declare
from server.registry.generic import SpecStrategy, StatusStrategy
from server.registry.printing import NONE, UNKNOWN, UNSET, age
from server.registry.rest import AGE, NAME, CellContext, Column, Context, Printer, Resource

CPU_UTILIZATION: Final = 80
_SCALE_UP: Final[dict[str, Any]] = {
    "stabilizationWindowSeconds": 0,
    "selectPolicy": "Max",
    "policies": [
        {"type": "Pods", "value": 4, "periodSeconds": 15},
        {"type": "Percent", "value": 100, "periodSeconds": 15},
    ],
}
_SCALE_DOWN: Final[dict[str, Any]] = {
    "selectPolicy": "Max",
    "policies": [{"type": "Percent", "value": 100, "periodSeconds": 15}],
}


def _default(obj: Object) -> None:
    spec = obj.setdefault("spec", {})
    if spec.get("minReplicas") is None:
        spec["minReplicas"] = 1
    if not spec.get("metrics"):
        target = {"type": "Utilization", "averageUtilization": CPU_UTILIZATION}
        spec["metrics"] = [{"type": "Resource", "resource": {"name": "cpu", "target": target}}]
    behavior = spec.get("behavior")
    if behavior is not None:
        for name, rules in (("scaleUp", _SCALE_UP), ("scaleDown", _SCALE_DOWN)):
            given = {k: v for k, v in (behavior.get(name) or {}).items() if v is not None}
            behavior[name] = {**rules, **given}


def _default_v1(obj: Object) -> None:
    spec = obj.setdefault("spec", {})
    if spec.get("minReplicas") is None:
        spec["minReplicas"] = 1
    if spec.get("targetCPUUtilizationPercentage") is None and conversion.METRICS not in meta.annotations(obj):
        spec["targetCPUUtilizationPercentage"] = CPU_UTILIZATION


class HorizontalPodAutoscalerStrategy(SpecStrategy):
    """What to scale, between which bounds, by which metrics."""

    new_status = {"currentMetrics": None, "desiredReplicas": 0}  # noqa: RUF012 - copied for each object

    def default(self, obj: Object) -> None:
        _default(obj)

    def validate(self, obj: View, ctx: Context) -> list[field.Error]:
        return super().validate(obj, ctx) + spec_errors(obj["spec"], ctx, lowest=1)

    def validate_update(self, obj: View, old: View, ctx: Context) -> list[field.Error]:
        lowest = 0 if old["spec"].get("minReplicas") == 0 else 1
        return super().validate(obj, ctx) + spec_errors(obj["spec"], ctx, lowest=lowest)


class HorizontalPodAutoscalerStatusStrategy(StatusStrategy):
    """What the autoscaler saw and wants."""

    def default(self, obj: Object) -> None:
        _default(obj)

    def validate_update(self, obj: View, old: View, ctx: Context) -> list[field.Error]:
        found, status = super().validate_update(obj, old, ctx), obj.get("status") or {}
        for name in ("currentReplicas", "desiredReplicas"):
            found += validation.non_negative(status.get(name) or 0, field.Path("status") / name)
        return found


class HorizontalPodAutoscalerV1Strategy(HorizontalPodAutoscalerStrategy):
    """The same rules for autoscaling/v1."""

    new_status = {"currentReplicas": 0, "desiredReplicas": 0}  # noqa: RUF012 - copied for each object

    def default(self, obj: Object) -> None:
        _default_v1(obj)

    def validate(self, obj: View, ctx: Context) -> list[field.Error]:
        return super().validate(conversion.to_v2(obj), ctx)

    def validate_update(self, obj: View, old: View, ctx: Context) -> list[field.Error]:
        lowest = 0 if old["spec"].get("minReplicas") == 0 else 1
        return SpecStrategy.validate(self, obj, ctx) + spec_errors(conversion.to_v2(obj)["spec"], ctx, lowest=lowest)


class HorizontalPodAutoscalerV1StatusStrategy(HorizontalPodAutoscalerStatusStrategy):
    """The same rules for autoscaling/v1."""

    def default(self, obj: Object) -> None:
        _default_v1(obj)


_SOURCES: Final = {
    "External": "external",
    "Pods": "pods",
    "Object": "object",
    "Resource": "resource",
    "ContainerResource": "containerResource",
}


def format_metrics(spec: View, status: View) -> str:
    """The Targets cell: `cpu: 10%/80%, …`, two at most."""
    metrics, seen = spec.get("metrics") or [], status.get("currentMetrics") or []
    if not metrics:
        return NONE
    shown = [_metric(m, seen[i] if i < len(seen) else {}) for i, m in enumerate(metrics)]
    text = ", ".join(shown[:2])
    return f"{text} + {len(shown) - 2} more..." if len(shown) > 2 else text


def _metric(metric: View, status: View) -> str:
    part = _SOURCES.get(metric.get("type", ""))
    if part is None:
        return "<unknown type>"
    source = metric.get(part) or {}
    target = source.get("target") or {}
    current = None if status.get(part) is None else status[part].get("current") or {}
    prefix = f"{source.get('name', '')}: " if part in ("resource", "containerResource") else ""
    if target.get("averageValue") is not None:
        if part not in ("external", "object"):
            return f"{prefix}{_quantity(current, 'averageValue')}/{_quantity(target, 'averageValue')}"
        average = None if current is None or current.get("averageValue") is None else current
        return f"{_quantity(average, 'averageValue')}/{_quantity(target, 'averageValue')} (avg)"
    if prefix:
        return f"{prefix}{_percent(current or {}, UNKNOWN)}/{_percent(target, '<auto>')}"
    name = "averageValue" if part == "pods" else "value"
    return f"{_quantity(current, name)}/{_quantity(target, name)}"


def _quantity(holder: View | None, name: str) -> str:
    """A quantity as text; `<nil>` is what Go makes of one that is missing in a metric that is there."""
    if holder is None:
        return UNKNOWN
    return "<nil>" if holder.get(name) is None else canonical(str(holder[name]))


def _percent(holder: View, missing: str) -> str:
    value = holder.get("averageUtilization")
    return missing if value is None else f"{value}%"


def _cells(obj: View, ctx: CellContext) -> list[Any]:
    spec, status = obj["spec"], obj.get("status") or {}
    target = spec.get("scaleTargetRef") or {}
    low = spec.get("minReplicas")
    return [
        meta.name(obj),
        f"{target.get('kind', '')}/{target.get('name', '')}",
        format_metrics(spec, status),
        UNSET if low is None else str(low),
        spec.get("maxReplicas") or 0,
        status.get("currentReplicas") or 0,
        age(obj, ctx),
    ]


def _columns() -> tuple[Column, ...]:
    spec = "io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerSpec"
    return (
        NAME,
        Column("Reference", doc=f"{spec}.scaleTargetRef"),
        Column("Targets", doc=f"{spec}.metrics"),
        Column("MinPods", doc=f"{spec}.minReplicas"),
        Column("MaxPods", doc=f"{spec}.maxReplicas"),
        Column("Replicas", doc="io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerStatus.currentReplicas"),
        AGE,
    )


def resources(config: RegistryConfig) -> list[Resource]:
    """horizontalpodautoscalers, preferred version first."""
    names: dict[str, Any] = {
        "namespaced": True,
        "stored_as": ("autoscaling", "v2"),
        "short_names": ("hpa",),
        "categories": ("all",),
    }
    return [
        declare(
            "autoscaling",
            "v2",
            "HorizontalPodAutoscaler",
            strategy=HorizontalPodAutoscalerStrategy(),
            status=HorizontalPodAutoscalerStatusStrategy(),
            printer=Printer(_columns(), _cells),
            **names,
        ),
        declare(
            "autoscaling",
            "v1",
            "HorizontalPodAutoscaler",
            strategy=HorizontalPodAutoscalerV1Strategy(),
            status=HorizontalPodAutoscalerV1StatusStrategy(),
            printer=Printer(_columns(), lambda o, ctx: _cells(conversion.to_v2(o), ctx)),
            to_storage=conversion.to_v2,
            from_storage=conversion.from_v2,
            **names,
        ),
    ]
