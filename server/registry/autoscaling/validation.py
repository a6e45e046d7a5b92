"""What is wrong with an autoscaler. Models pkg/apis/autoscaling/validation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from apimachinery import field, validation
from apimachinery.objects import View
from apimachinery.quantity import Quantity
from server.registry.core.podspec_resources import container_resource_name
from server.registry.generic import names
from server.registry.rest import Context

MAX_PERIOD: Final = 1800
MAX_WINDOW: Final = 3600
METRIC_TYPES: Final = ("ContainerResource", "External", "Object", "Pods", "Resource")
SELECT_POLICIES: Final = ("Disabled", "Max", "Min")
_SPEC: Final = field.Path("spec")
_RAW_OR_UTILIZATION: Final = "must set either a target raw value or a target utilization"
_NOT_BOTH: Final = "may not set both a target raw value and a target utilization"


def spec_errors(spec: View, ctx: Context, *, lowest: int) -> list[field.Error]:
    """Errors of a v2 spec; `lowest` is what minReplicas may be."""
    low, high = spec.get("minReplicas"), spec.get("maxReplicas") or 0
    found: list[field.Error] = []
    if low is not None and low < lowest:
        detail = f"must be greater than or equal to {lowest}"
        found.append(field.invalid(_SPEC / "minReplicas", low, detail))
    if high < 1:
        found.append(field.invalid(_SPEC / "maxReplicas", high, "must be greater than 0"))
    if low is not None and high < low:
        found.append(field.invalid(_SPEC / "maxReplicas", high, "must be greater than or equal to `minReplicas`"))
    found += _reference(spec.get("scaleTargetRef") or {}, _SPEC / "scaleTargetRef")
    metrics = spec.get("metrics") or []
    for i, metric in enumerate(metrics):
        found += _metric(metric, (_SPEC / "metrics")[i])
    if low == 0 and not any(m.get("type") in ("Object", "External") for m in metrics):
        detail = "must specify at least one Object or External metric to support scaling to zero replicas"
        found.append(field.forbidden(_SPEC / "metrics", detail))
    behavior = spec.get("behavior") or {}
    for name in ("scaleUp", "scaleDown"):
        if behavior.get(name) is not None:
            found += _scaling_rules(behavior[name], _SPEC / "behavior" / name)
    return found


def _reference(ref: View, path: field.Path) -> list[field.Error]:
    found: list[field.Error] = []
    for name in ("kind", "name"):
        value, at = ref.get(name) or "", path / name
        found += names(at, value, validation.path_segment_name) if value else [field.required(at)]
    version = ref.get("apiVersion") or ""
    if version.count("/") > 1:
        found.append(field.invalid(path / "apiVersion", version, f"unexpected GroupVersion string: {version}"))
    return found


def _scaling_rules(rules: View, path: field.Path) -> list[field.Error]:
    found: list[field.Error] = []
    window, select = rules.get("stabilizationWindowSeconds"), rules.get("selectPolicy")
    at = path / "stabilizationWindowSeconds"
    if window is not None and window < 0:
        found.append(field.invalid(at, window, "must be greater than or equal to zero"))
    if window is not None and window > MAX_WINDOW:
        found.append(field.invalid(at, window, f"must be less than or equal to {MAX_WINDOW}"))
    if select is not None and select not in SELECT_POLICIES:
        found.append(field.not_supported(path / "selectPolicy", select, SELECT_POLICIES))
    policies: Sequence[View] = rules.get("policies") or ()
    if not policies:
        found.append(field.required(path / "policies", "must specify at least one Policy"))
    for i, policy in enumerate(policies):
        found += _policy(policy, (path / "policies")[i])
    return found


def _policy(policy: View, path: field.Path) -> list[field.Error]:
    found: list[field.Error] = []
    kind, period = policy.get("type") or "", policy.get("periodSeconds") or 0
    if kind not in ("Percent", "Pods"):
        found.append(field.not_supported(path / "type", kind, ("Percent", "Pods")))
    if (policy.get("value") or 0) <= 0:
        found.append(field.invalid(path / "value", policy.get("value") or 0, "must be greater than zero"))
    if period <= 0:
        found.append(field.invalid(path / "periodSeconds", period, "must be greater than zero"))
    if period > MAX_PERIOD:
        found.append(field.invalid(path / "periodSeconds", period, f"must be less than or equal to {MAX_PERIOD}"))
    return found


def _metric(metric: View, path: field.Path) -> list[field.Error]:
    kind = metric.get("type") or ""
    found: list[field.Error] = []
    if not kind:
        found.append(field.required(path / "type", "must specify a metric source type"))
    if kind not in METRIC_TYPES:
        found.append(field.not_supported(path / "type", kind, METRIC_TYPES))
    present = [name for name in _RULES if metric.get(name) is not None]
    if present:
        found += _RULES[present[0]](metric[present[0]], path / present[0])
    expected = kind[:1].lower() + kind[1:]
    if kind in METRIC_TYPES:
        if expected not in present:
            found.append(field.required(path / expected, "must populate information for the given metric source"))
    else:
        found.append(field.not_supported(path / "type", kind, METRIC_TYPES))
    if len(present) != 1:
        detail = "must populate the given metric source only"
        found += [field.forbidden(path / name, detail) for name in sorted(present) if name != expected]
    return found


def _target(source: View, path: field.Path) -> list[field.Error]:
    target, at = source.get("target") or {}, path / "target"
    kind = target.get("type") or ""
    found: list[field.Error] = []
    if not kind:
        found.append(field.required(at / "type", "must specify a metric target type"))
    if kind not in ("Utilization", "Value", "AverageValue"):
        found.append(field.invalid(at / "type", kind, "must be either Utilization, Value, or AverageValue"))
    for name in ("value", "averageValue"):
        if target.get(name) is not None:
            quantity = Quantity.parse(str(target[name]))
            if quantity.sign() != 1:
                found.append(field.invalid(at / name, quantity.canonical(), "must be positive"))
    percent = target.get("averageUtilization")
    if percent is not None and percent < 1:
        found.append(field.invalid(at / "averageUtilization", percent, "must be greater than 0"))
    return found


def _identifier(source: View, path: field.Path) -> list[field.Error]:
    name, at = (source.get("metric") or {}).get("name") or "", path / "metric" / "name"
    if not name:
        return [field.required(at, "must specify a metric name")]
    return names(at, name, validation.path_segment_name)


def _has(source: View, name: str) -> bool:
    return (source.get("target") or {}).get(name) is not None


def _object(source: View, path: field.Path) -> list[field.Error]:
    found = _reference(source.get("describedObject") or {}, path / "describedObject")
    found += _identifier(source, path) + _target(source, path)
    if not _has(source, "value") and not _has(source, "averageValue"):
        at = path / "target" / "averageValue"
        found.append(field.required(at, "must set either a target value or averageValue"))
    return found


def _external(source: View, path: field.Path) -> list[field.Error]:
    found = _identifier(source, path) + _target(source, path)
    if not _has(source, "value") and not _has(source, "averageValue"):
        detail = "must set either a target value for metric or a per-pod target"
        found.append(field.required(path / "target" / "averageValue", detail))
    if _has(source, "value") and _has(source, "averageValue"):
        detail = "may not set both a target value for metric and a per-pod target"
        found.append(field.forbidden(path / "target" / "value", detail))
    return found


def _pods(source: View, path: field.Path) -> list[field.Error]:
    found = _identifier(source, path) + _target(source, path)
    if not _has(source, "averageValue"):
        at = path / "target" / "averageValue"
        found.append(field.required(at, "must specify a positive target averageValue"))
    return found


def _resource(source: View, path: field.Path) -> list[field.Error]:
    found = [] if source.get("name") else [field.required(path / "name", "must specify a resource name")]
    found += _target(source, path)
    if not _has(source, "averageUtilization") and not _has(source, "averageValue"):
        found.append(field.required(path / "target" / "averageUtilization", _RAW_OR_UTILIZATION))
    if _has(source, "averageUtilization") and _has(source, "averageValue"):
        found.append(field.forbidden(path / "target" / "averageValue", _NOT_BOTH))
    return found


def _container_resource(source: View, path: field.Path) -> list[field.Error]:
    name, container = source.get("name") or "", source.get("container") or ""
    at = path / "name"
    found = container_resource_name(name, at) if name else [field.required(at, "must specify a resource name")]
    at = path / "container"
    if container:
        found += names(at, container, validation.dns1123_label)
    else:
        found.append(field.required(at, "must specify a container"))
    return found + _resource({**source, "name": name or "x"}, path)


_RULES: Final[dict[str, Callable[[View, field.Path], list[field.Error]]]] = {
    "object": _object,
    "external": _external,
    "pods": _pods,
    "resource": _resource,
    "containerResource": _container_resource,
}
"""In the order in which upstream looks at them."""
