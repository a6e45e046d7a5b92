"""What new autoscalers are refused for, and how their two versions mean the same."""

from __future__ import annotations

from typing import Any, Final

import pytest

from apimachinery.objects import Object
from tests.server.registry.kinds import kind
from tests.server.registry.strategies import with_changes

HORIZONTALPODAUTOSCALERS: Final[Object] = {
    "metadata": {"name": "h"},
    "spec": {"maxReplicas": 3, "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "d"}},
}


@pytest.mark.parametrize(
    ("changes", "refusals"),
    [
        (
            {"spec.maxReplicas": 0},
            [
                "spec.maxReplicas: Invalid value: 0: must be greater than 0",
                "spec.maxReplicas: Invalid value: 0: must be greater than or equal to `minReplicas`",
            ],
        ),
        (
            {"spec.minReplicas": 0},
            [
                "spec.minReplicas: Invalid value: 0: must be greater than or equal to 1",
                (
                    "spec.metrics: Forbidden: must specify at least one Object or External metric to "
                    "support scaling to zero replicas"
                ),
            ],
        ),
        (
            {"spec.minReplicas": 5},
            ["spec.maxReplicas: Invalid value: 3: must be greater than or equal to `minReplicas`"],
        ),
        ({"spec.scaleTargetRef.kind": None}, ["spec.scaleTargetRef.kind: Required value"]),
        ({"spec.scaleTargetRef.name": None}, ["spec.scaleTargetRef.name: Required value"]),
        (
            {"spec.metrics": [{"type": "Resource"}]},
            [("spec.metrics[0].resource: Required value: must populate information for the given metric source")],
        ),
        (
            {"spec.metrics": [{"type": "X"}]},
            [
                (
                    'spec.metrics[0].type: Unsupported value: "X": supported values: "ContainerResource", '
                    '"External", "Object", "Pods", "Resource"'
                ),
                (
                    'spec.metrics[0].type: Unsupported value: "X": supported values: "ContainerResource", '
                    '"External", "Object", "Pods", "Resource"'
                ),
            ],
        ),
        (
            {"spec.metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization"}}}]},
            [
                (
                    "spec.metrics[0].resource.target.averageUtilization: Required value: must set either "
                    "a target raw value or a target utilization"
                )
            ],
        ),
        (
            {"spec.behavior": {"scaleDown": {"stabilizationWindowSeconds": 4000}}},
            [
                (
                    "spec.behavior.scaleDown.stabilizationWindowSeconds: Invalid value: 4000: must be "
                    "less than or equal to 3600"
                )
            ],
        ),
        (
            {"spec.behavior": {"scaleUp": {"policies": [{"type": "Pods", "value": 0, "periodSeconds": 1}]}}},
            ["spec.behavior.scaleUp.policies[0].value: Invalid value: 0: must be greater than zero"],
        ),
    ],
)
def test_horizontalpodautoscalers(changes: dict[str, Any], refusals: list[str]) -> None:
    assert (
        kind("autoscaling/v2", "horizontalpodautoscalers").refusals(with_changes(HORIZONTALPODAUTOSCALERS, changes))
        == refusals
    )
