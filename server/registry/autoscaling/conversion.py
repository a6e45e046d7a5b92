"""autoscaling/v1 and v2: what v1 has no field for travels in annotations.

Models pkg/apis/autoscaling/v1/conversion.go.
"""

from __future__ import annotations

import json
from typing import Any, Final

from apimachinery import meta, serializer
from apimachinery.objects import Object, View

METRICS: Final = "autoscaling.alpha.kubernetes.io/metrics"
CURRENT_METRICS: Final = "autoscaling.alpha.kubernetes.io/current-metrics"
CONDITIONS: Final = "autoscaling.alpha.kubernetes.io/conditions"
BEHAVIOR: Final = "autoscaling.alpha.kubernetes.io/behavior"
_ROUND_TRIP: Final = (METRICS, CURRENT_METRICS, CONDITIONS, BEHAVIOR)
_TARGETS: Final = {
    "object": {"value": "targetValue", "averageValue": "averageValue"},
    "pods": {"averageValue": "targetAverageValue"},
    "external": {"value": "targetValue", "averageValue": "targetAverageValue"},
    "resource": {"averageUtilization": "targetAverageUtilization", "averageValue": "targetAverageValue"},
}
_CURRENTS: Final = {
    "object": {"value": "currentValue", "averageValue": "averageValue"},
    "pods": {"averageValue": "currentAverageValue"},
    "external": {"value": "currentValue", "averageValue": "currentAverageValue"},
    "resource": {"averageUtilization": "currentAverageUtilization", "averageValue": "currentAverageValue"},
}
_TARGET_TYPES: Final = {"averageUtilization": "Utilization", "averageValue": "AverageValue", "value": "Value"}


def to_v2(obj: View) -> Object:
    """An autoscaling/v1 object as it is stored."""
    spec, status = dict(obj.get("spec") or {}), dict(obj.get("status") or {})
    annotations = dict(meta.annotations(obj))
    metrics = [_metric_to_v2(m, _TARGETS, "target") for m in _load(annotations, METRICS)]
    percent = spec.pop("targetCPUUtilizationPercentage", None)
    if percent is not None:
        target = {"type": "Utilization", "averageUtilization": percent}
        metrics.insert(0, {"type": "Resource", "resource": {"name": "cpu", "target": target}})
    spec["metrics"] = metrics
    behavior = _read_behavior(_load(annotations, BEHAVIOR, {}))
    if behavior:
        spec["behavior"] = behavior
    seen = [_metric_to_v2(m, _CURRENTS, "current") for m in _load(annotations, CURRENT_METRICS)]
    percent = status.pop("currentCPUUtilizationPercentage", None)
    if percent is not None:
        seen.insert(0, {"type": "Resource", "resource": {"name": "cpu", "current": {"averageUtilization": percent}}})
    status["currentMetrics"] = seen or None
    if not status.get("currentReplicas"):
        status.pop("currentReplicas", None)
    conditions = _load(annotations, CONDITIONS)
    if conditions:
        status["conditions"] = conditions
    kept = {k: v for k, v in annotations.items() if k not in _ROUND_TRIP}
    return _with(obj, "autoscaling/v2", spec, status, kept)


def from_v2(obj: View) -> Object:
    """A stored object as autoscaling/v1 shows it."""
    spec, status = dict(obj.get("spec") or {}), dict(obj.get("status") or {})
    annotations = dict(meta.annotations(obj))
    metrics = list(spec.pop("metrics", None) or ())
    percent = _take_cpu(metrics, "target")
    if percent is not None:
        spec["targetCPUUtilizationPercentage"] = percent
    seen = list(status.pop("currentMetrics", None) or ())
    percent = _take_cpu(seen, "current")
    if percent is not None:
        status["currentCPUUtilizationPercentage"] = percent
    status.setdefault("currentReplicas", 0)
    status.setdefault("desiredReplicas", 0)
    for key, value in (
        (METRICS, [_metric_from_v2(m, _TARGETS, "target") for m in metrics]),
        (CURRENT_METRICS, [_metric_from_v2(m, _CURRENTS, "current") for m in seen]),
        (BEHAVIOR, _written_behavior(spec.pop("behavior", None))),
        (CONDITIONS, status.pop("conditions", None)),
    ):
        if value:
            annotations[key] = serializer.go_json(value, sort=False)
    return _with(obj, "autoscaling/v1", spec, status, annotations)


def _with(obj: View, version: str, spec: Object, status: Object, annotations: dict[str, str]) -> Object:
    metadata = {k: v for k, v in obj["metadata"].items() if k != "annotations"}
    if annotations:
        metadata["annotations"] = annotations
    return {"kind": obj["kind"], "apiVersion": version, "metadata": metadata, "spec": spec, "status": status}


def _load(annotations: dict[str, str], key: str, empty: Any = ()) -> Any:
    try:
        return json.loads(annotations[key]) if annotations.get(key) else empty
    except json.JSONDecodeError:
        return empty


def _written_behavior(behavior: View | None) -> Object | None:
    """A behavior as Go prints its internal type, which has no JSON names."""
    if behavior is None:
        return None
    written: Object = {}
    for name in ("scaleUp", "scaleDown"):
        rules = behavior.get(name)
        written[_upper(name)] = rules and {
            "StabilizationWindowSeconds": rules.get("stabilizationWindowSeconds"),
            "SelectPolicy": rules.get("selectPolicy"),
            "Policies": [
                {_upper(n): policy.get(n) for n in ("type", "value", "periodSeconds")}
                for policy in rules.get("policies") or ()
            ],
            "Tolerance": rules.get("tolerance"),
        }
    return written


def _read_behavior(value: Any) -> Any:
    """The reverse, in either case and without what is null."""
    if isinstance(value, list):
        return [_read_behavior(v) for v in value]
    if not isinstance(value, dict):
        return value
    return {k[:1].lower() + k[1:]: _read_behavior(v) for k, v in value.items() if v is not None}


def _upper(name: str) -> str:
    return name[:1].upper() + name[1:]


def _take_cpu(metrics: list[Any], part: str) -> int | None:
    for i, metric in enumerate(metrics):
        source = metric.get("resource") or {}
        percent = (source.get(part) or {}).get("averageUtilization")
        if metric.get("type") == "Resource" and source.get("name") == "cpu" and percent is not None:
            del metrics[i]
            return int(percent)
    return None


def _part(metric: View) -> str:
    kind = str(metric.get("type") or "")
    return kind[:1].lower() + kind[1:]


def _metric_to_v2(metric: View, table: dict[str, dict[str, str]], holder: str) -> Object:
    part = _part(metric)
    source = dict(metric.get(part) or {})
    values: Object = {}
    for name, flat in table.get("resource" if part == "containerResource" else part, {}).items():
        if source.get(flat) is not None:
            values[name] = source.pop(flat)
            if holder == "target":
                values["type"] = _TARGET_TYPES[name]
    if "metricName" in source:
        identifier: Object = {"name": source.pop("metricName")}
        selector = source.pop("metricSelector", None) or source.pop("selector", None)
        if selector:
            identifier["selector"] = selector
        source["metric"] = identifier
    if "target" in source and part == "object":
        source["describedObject"] = source.pop("target")
    source[holder] = values
    return {"type": metric.get("type", ""), part: source}


def _metric_from_v2(metric: View, table: dict[str, dict[str, str]], holder: str) -> Object:
    part = _part(metric)
    source = dict(metric.get(part) or {})
    values = source.pop(holder, None) or {}
    if "describedObject" in source:
        source["target"] = source.pop("describedObject")
    identifier = source.pop("metric", None)
    if identifier is not None:
        source["metricName"] = identifier.get("name", "")
        if identifier.get("selector"):
            source["metricSelector" if part == "external" else "selector"] = identifier["selector"]
    for name, flat in table.get("resource" if part == "containerResource" else part, {}).items():
        if values.get(name) is not None:
            source[flat] = values[name]
    return {"type": metric.get("type", ""), part: source}
