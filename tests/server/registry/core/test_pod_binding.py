"""Binding pods to nodes."""

from __future__ import annotations

from typing import Any

import pytest

from apimachinery import errors
from server.registry.core.pod_binding import bind, validate_binding
from tests.server.registry.core.pods import stored
from tests.server.registry.strategies import NOW, texts, with_changes

BINDING = {"metadata": {"name": "p"}, "target": {"kind": "Node", "name": "n"}}


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ({"name": "n"}, []),
        ({"kind": "Node", "name": "n"}, []),
        (
            {"kind": "Pod"},
            [
                'target.kind: Unsupported value: "Pod": supported values: "Node", "<empty>"',
                "target.name: Required value",
            ],
        ),
    ],
)
def test_target(target: dict[str, Any], expected: list[str]) -> None:
    assert texts(validate_binding({"target": target})) == expected


def test_a_bound_pod_is_scheduled() -> None:
    pod = with_changes(stored(), {"status.nominatedNodeName": "m", "metadata.annotations": {"a": "1"}})
    given = {"annotations": {"a": "2"}, "labels": {"topology.kubernetes.io/zone": "z"}}
    bind(pod, with_changes(BINDING, {f"metadata.{k}": v for k, v in given.items()}), NOW)
    assert pod["spec"]["nodeName"] == "n"
    assert pod["metadata"]["annotations"] == {"a": "2"}
    assert pod["metadata"]["labels"] == {"app": "p", "topology.kubernetes.io/zone": "z"}
    assert pod["metadata"]["generation"] == 1
    assert pod["status"] == {
        "phase": "Pending",
        "qosClass": "BestEffort",
        "conditions": [
            {
                "type": "PodScheduled",
                "status": "True",
                "lastProbeTime": None,
                "lastTransitionTime": "2026-01-01T12:00:00Z",
            }
        ],
    }


def test_the_condition_is_replaced_where_it_is() -> None:
    before = [
        {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "observedGeneration": 1},
        {"type": "example.com/x", "status": "True"},
    ]
    pod = with_changes(stored(), {"status.conditions": before})
    bind(pod, BINDING, NOW)
    first, second = pod["status"]["conditions"]
    assert (first["type"], first["status"], first["observedGeneration"]) == ("PodScheduled", "True", 1)
    assert "reason" not in first
    assert second == before[1]


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"spec.nodeName": "m"}, 'pod p is already assigned to node "m"'),
        (
            {"metadata.deletionTimestamp": "2026-01-01T12:00:00Z"},
            "pod p is being deleted, cannot be assigned to a host",
        ),
        ({"spec.schedulingGates": [{"name": "g"}]}, "pod p has non-empty .spec.schedulingGates"),
    ],
)
def test_refusals(changes: dict[str, Any], why: str) -> None:
    with pytest.raises(errors.Conflict) as caught:
        bind(with_changes(stored(), changes), BINDING, NOW)
    assert caught.value.message == f'Operation cannot be fulfilled on pods/binding "p": {why}'
    assert caught.value.details == {"name": "p", "kind": "pods/binding"}
