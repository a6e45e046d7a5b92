"""What objects use of a quota: pure."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from apimachinery.gvk import GroupResource
from apimachinery.objects import Object
from apimachinery.quota import evaluator_for

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
GONE = {"deletionTimestamp": "2026-01-02T03:03:00Z", "deletionGracePeriodSeconds": 30}


def quota(hard: list[str], **spec: Any) -> Object:
    return {"metadata": {"name": "q"}, "spec": {"hard": dict.fromkeys(hard, "9"), **spec}}


def pod(phase: str = "Running", metadata: Object | None = None, **spec: Any) -> Object:
    resources = {"requests": {"cpu": "250m", "memory": "1Gi"}, "limits": {"cpu": "1"}}
    return {
        "metadata": {"name": "p", **(metadata or {})},
        "spec": {"containers": [{"name": "c", "resources": resources}], **spec},
        "status": {"phase": phase},
    }


def total(resource: str, q: Object, *objects: Object) -> dict[str, str]:
    return {n: str(a) for n, a in evaluator_for(GroupResource.parse(resource)).total(q, objects, NOW).items()}


@pytest.mark.parametrize(
    ("hard", "pods", "used"),
    [
        (["pods"], [], {"pods": "0"}),
        (["pods", "secrets"], [pod(), pod()], {"pods": "2"}),
        (["pods", "count/pods"], [pod(), pod("Succeeded"), pod("Failed")], {"pods": "1", "count/pods": "3"}),
        (["pods"], [pod(metadata=GONE)], {"pods": "0"}),
        (["pods"], [pod(metadata={**GONE, "deletionGracePeriodSeconds": 300})], {"pods": "1"}),
        (["requests.cpu", "limits.cpu"], [pod(), pod()], {"requests.cpu": "500m", "limits.cpu": "2"}),
        (["cpu", "requests.memory"], [pod()], {"cpu": "250m", "requests.memory": "1Gi"}),
        (["limits.memory"], [pod()], {"limits.memory": "0"}),
    ],
)
def test_pods(hard: list[str], pods: list[Object], used: dict[str, str]) -> None:
    assert total("pods", quota(hard), *pods) == used


@pytest.mark.parametrize(
    ("scopes", "matching"),
    [
        (["Terminating"], {"deadline"}),
        (["NotTerminating"], {"plain", "idle", "important"}),
        (["BestEffort"], {"idle"}),
        (["NotBestEffort", "NotTerminating"], {"plain", "important"}),
        (["PriorityClass"], {"important"}),
    ],
)
def test_scopes(scopes: list[str], matching: set[str]) -> None:
    pods = {
        "plain": pod(),
        "deadline": pod(activeDeadlineSeconds=5),
        "idle": pod(containers=[{"name": "c"}]),
        "important": pod(priorityClassName="high"),
    }
    evaluator = evaluator_for(GroupResource("", "pods"))
    found = {n for n, p in pods.items() if evaluator.in_scopes(quota(["pods"], scopes=scopes), p)}
    assert found == matching


@pytest.mark.parametrize(
    ("operator", "values", "count"),
    [("In", ["high"], 1), ("NotIn", ["high"], 1), ("Exists", None, 1), ("DoesNotExist", None, 1), ("In", ["low"], 0)],
)
def test_scope_selectors(operator: str, values: list[str] | None, count: int) -> None:
    expression = {"scopeName": "PriorityClass", "operator": operator, **({"values": values} if values else {})}
    q = quota(["pods"], scopeSelector={"matchExpressions": [expression]})
    assert total("pods", q, pod(), pod(priorityClassName="high")) == {"pods": str(count)}


def test_services() -> None:
    ports = [{"port": 1}, {"port": 2, "nodePort": 30002}]
    services: list[Object] = [
        {"spec": {"type": "ClusterIP", "ports": ports}},
        {"spec": {"type": "NodePort", "ports": ports}},
        {"spec": {"type": "LoadBalancer", "ports": ports}},
        {"spec": {"type": "LoadBalancer", "ports": ports, "allocateLoadBalancerNodePorts": False}},
    ]
    hard = ["services", "services.nodeports", "services.loadbalancers", "count/services"]
    assert total("services", quota(hard), *services) == {
        "services": "4",
        "services.nodeports": "5",
        "services.loadbalancers": "2",
        "count/services": "4",
    }


def test_claims() -> None:
    gold = "gold.storageclass.storage.k8s.io/"
    asked = {"resources": {"requests": {"storage": "1Gi"}}}
    claims: list[Object] = [{"spec": asked}, {"spec": {**asked, "storageClassName": "gold"}}]
    hard = ["persistentvolumeclaims", "requests.storage", gold + "requests.storage", gold + "persistentvolumeclaims"]
    assert total("persistentvolumeclaims", quota(hard), *claims) == {
        "persistentvolumeclaims": "2",
        "requests.storage": "2Gi",
        gold + "requests.storage": "1Gi",
        gold + "persistentvolumeclaims": "1",
    }


@pytest.mark.parametrize("resource", ["configmaps", "deployments.apps", "widgets.example.com"])
def test_everything_else_is_counted(resource: str) -> None:
    assert total(resource, quota([f"count/{resource}"]), {}, {}) == {f"count/{resource}": "2"}
    assert total(resource, quota([f"count/{resource}"], scopes=["BestEffort"]), {}) == {f"count/{resource}": "0"}
