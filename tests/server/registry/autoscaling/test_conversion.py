"""autoscaling/v1 and v2 show the same autoscaler, whatever one of them has no field for."""

from __future__ import annotations

import json
from typing import Any, Final

import pytest

from server.registry.autoscaling.conversion import from_v2, to_v2

TARGET: Final = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "d"}
CPU: Final = {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 60}}
MEMORY: Final = {"name": "memory", "target": {"type": "AverageValue", "averageValue": "1Gi"}}


def v2(**spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "h"},
        "spec": {"scaleTargetRef": TARGET, "maxReplicas": 3, **spec},
        "status": {"currentReplicas": 1, "desiredReplicas": 2, "currentMetrics": None},
    }


def test_cpu_has_a_field_of_its_own() -> None:
    seen = from_v2(v2(metrics=[{"type": "Resource", "resource": CPU}]))
    assert seen["apiVersion"] == "autoscaling/v1"
    assert seen["spec"] == {"scaleTargetRef": TARGET, "maxReplicas": 3, "targetCPUUtilizationPercentage": 60}
    assert "annotations" not in seen["metadata"]


def test_other_metrics_are_annotations() -> None:
    metrics = [{"type": "Resource", "resource": CPU}, {"type": "Resource", "resource": MEMORY}]
    seen = from_v2(v2(metrics=metrics, behavior={"scaleDown": {"selectPolicy": "Disabled"}}))
    annotations = seen["metadata"]["annotations"]
    [memory] = json.loads(annotations["autoscaling.alpha.kubernetes.io/metrics"])
    assert memory == {"type": "Resource", "resource": {"name": "memory", "targetAverageValue": "1Gi"}}
    behavior = json.loads(annotations["autoscaling.alpha.kubernetes.io/behavior"])
    assert behavior["ScaleDown"]["SelectPolicy"] == "Disabled"


@pytest.mark.parametrize(
    "spec",
    [
        {"metrics": [{"type": "Resource", "resource": CPU}]},
        {"metrics": [{"type": "Resource", "resource": CPU}, {"type": "Resource", "resource": MEMORY}]},
        {
            "metrics": [{"type": "Resource", "resource": MEMORY}],
            "behavior": {"scaleUp": {"stabilizationWindowSeconds": 0, "policies": []}},
            "minReplicas": 2,
        },
    ],
)
def test_there_and_back(spec: dict[str, Any]) -> None:
    stored = v2(**spec)
    assert to_v2(from_v2(stored)) == stored
