"""Cells of workloads, autoscalers and budgets."""

from __future__ import annotations

from typing import Any

import pytest

from tests.server.registry.printers.rows import ago, cells

SELECTOR = {"matchLabels": {"z": "1"}, "matchExpressions": [{"key": "a", "operator": "In", "values": ["q", "b"]}]}
TEMPLATE = {
    "metadata": {"labels": {"b": "2", "a": "1"}},
    "spec": {
        "containers": [{"name": "c", "image": "i:1"}, {"name": "d", "image": "j:2"}],
        "nodeSelector": {"os": "linux", "arch": "arm"},
    },
}
POD_CELLS = {"Containers": "c,d", "Images": "i:1,j:2"}
JOB = {"spec": {"template": TEMPLATE, "selector": SELECTOR}}


def cpu(percent: int) -> dict[str, Any]:
    return {"type": "Resource", "resource": {"name": "cpu", "target": {"averageUtilization": percent}}}


WORKLOADS: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = [
    (
        "v1",
        "replicationcontrollers",
        {
            "spec": {"replicas": 5, "template": TEMPLATE, "selector": {"z": "1", "a": "q"}},
            "status": {"replicas": 3, "readyReplicas": 1},
        },
        {"Desired": 5, "Current": 3, "Ready": 1, **POD_CELLS, "Selector": "a=q,z=1"},
    ),
    (
        "v1",
        "replicationcontrollers",
        {"spec": {}},
        {"Desired": 0, "Current": 0, "Ready": 0, "Containers": "", "Images": "", "Selector": "<none>"},
    ),
    (
        "apps/v1",
        "replicasets",
        {
            "spec": {"replicas": 5, "template": TEMPLATE, "selector": SELECTOR},
            "status": {"replicas": 5, "readyReplicas": 2},
        },
        {"Desired": 5, "Current": 5, "Ready": 2, **POD_CELLS, "Selector": "a in (b,q),z=1"},
    ),
    (
        "apps/v1",
        "deployments",
        {
            "spec": {"replicas": 5, "template": TEMPLATE, "selector": SELECTOR},
            "status": {"replicas": 10, "readyReplicas": 2, "updatedReplicas": 2, "availableReplicas": 1},
        },
        {"Ready": "2/5", "Up-to-date": 2, "Available": 1, **POD_CELLS, "Selector": "a in (b,q),z=1"},
    ),
    (
        "apps/v1",
        "deployments",
        {"spec": {"replicas": 1, "template": {}, "selector": {}}},
        {"Ready": "0/1", "Up-to-date": 0, "Available": 0, "Containers": "", "Images": "", "Selector": ""},
    ),
    (
        "apps/v1",
        "statefulsets",
        {"spec": {"replicas": 5, "template": TEMPLATE, "selector": SELECTOR}, "status": {"readyReplicas": 2}},
        {"Ready": "2/5", **POD_CELLS},
    ),
    (
        "apps/v1",
        "daemonsets",
        {
            "spec": {
                "template": TEMPLATE,
                "selector": {"matchExpressions": [{"key": "a", "operator": "DoesNotExist"}]},
            },
            "status": {
                "desiredNumberScheduled": 3,
                "currentNumberScheduled": 2,
                "numberReady": 1,
                "updatedNumberScheduled": 2,
                "numberAvailable": 0,
            },
        },
        {
            "Desired": 3,
            "Current": 2,
            "Ready": 1,
            "Up-to-date": 2,
            "Available": 0,
            "Node Selector": "arch=arm,os=linux",
            **POD_CELLS,
            "Selector": "!a",
        },
    ),
    (
        "apps/v1",
        "controllerrevisions",
        {
            "revision": 1,
            "metadata": {
                "ownerReferences": [{"apiVersion": "apps/v1", "kind": "DaemonSet", "name": "foo", "controller": True}]
            },
        },
        {"Controller": "daemonset.apps/foo", "Revision": 1},
    ),
    (
        "apps/v1",
        "controllerrevisions",
        {
            "revision": 2,
            "metadata": {"ownerReferences": [{"apiVersion": "v1", "kind": "Node", "name": "n", "controller": True}]},
        },
        {"Controller": "node/n", "Revision": 2},
    ),
    (
        "apps/v1",
        "controllerrevisions",
        {"metadata": {"ownerReferences": [{"apiVersion": "v1", "kind": "Node", "name": "n"}]}},
        {"Controller": "<none>", "Revision": 0},
    ),
    (
        "batch/v1",
        "jobs",
        {
            **JOB,
            "status": {"succeeded": 1, "startTime": ago(minutes=20), "completionTime": ago(minutes=10, seconds=30)},
        },
        {"Status": "Running", "Completions": "1/1", "Duration": "9m30s", **POD_CELLS, "Selector": "a in (b,q),z=1"},
    ),
    (
        "batch/v1",
        "jobs",
        {"spec": {"template": TEMPLATE, "completions": 4, "parallelism": 2}, "status": {"startTime": ago(minutes=20)}},
        {"Status": "Running", "Completions": "0/4", "Duration": "20m", **POD_CELLS, "Selector": "<none>"},
    ),
    (
        "batch/v1",
        "jobs",
        {
            "metadata": {"deletionTimestamp": ago(seconds=1)},
            "spec": {"template": TEMPLATE, "parallelism": 20},
            "status": {
                "succeeded": 3,
                "conditions": [{"type": "Complete", "status": "False"}, {"type": "Failed", "status": "True"}],
            },
        },
        {"Status": "Failed", "Completions": "3/1 of 20", "Duration": "", **POD_CELLS, "Selector": "<none>"},
    ),
    (
        "batch/v1",
        "cronjobs",
        {
            "spec": {
                "schedule": "0/5 * * * ?",
                "timeZone": "America/New_York",
                "suspend": False,
                "jobTemplate": {"spec": {"template": TEMPLATE, "selector": SELECTOR}},
            },
            "status": {"active": [{}, {}], "lastScheduleTime": ago(minutes=10)},
        },
        {
            "Schedule": "0/5 * * * ?",
            "Timezone": "America/New_York",
            "Suspend": "False",
            "Active": 2,
            "Last Schedule": "10m",
            **POD_CELLS,
            "Selector": "a in (b,q),z=1",
        },
    ),
    (
        "batch/v1",
        "cronjobs",
        {"spec": {"schedule": "@daily", "jobTemplate": {"spec": {"template": TEMPLATE}}}},
        {
            "Schedule": "@daily",
            "Timezone": "<none>",
            "Suspend": "<unset>",
            "Active": 0,
            "Last Schedule": "<none>",
            **POD_CELLS,
            "Selector": "<none>",
        },
    ),
    (
        "v1",
        "podtemplates",
        {"template": TEMPLATE},
        {**POD_CELLS, "Pod Labels": "a=1,b=2"},
    ),
    (
        "policy/v1",
        "poddisruptionbudgets",
        {"spec": {"minAvailable": 22}, "status": {"disruptionsAllowed": 5}},
        {"Min Available": "22", "Max Unavailable": "N/A", "Allowed Disruptions": 5},
    ),
    (
        "policy/v1",
        "poddisruptionbudgets",
        {"spec": {"maxUnavailable": "30%"}},
        {"Min Available": "N/A", "Max Unavailable": "30%", "Allowed Disruptions": 0},
    ),
]


@pytest.mark.parametrize(("group_version", "plural", "obj", "expected"), WORKLOADS, ids=[w[1] for w in WORKLOADS])
def test_workloads(group_version: str, plural: str, obj: dict[str, Any], expected: dict[str, Any]) -> None:
    assert cells(group_version, plural, obj) == expected


def metric(kind: str, **source: Any) -> dict[str, Any]:
    return {"type": kind, kind[0].lower() + kind[1:]: source}


METRICS: list[tuple[list[dict[str, Any]], list[dict[str, Any]], str]] = [
    ([], [], "<none>"),
    ([metric("External", target={"averageValue": "100m"})], [], "<unknown>/100m (avg)"),
    (
        [metric("External", target={"averageValue": "100m"})],
        [metric("External", current={"averageValue": "50m"})],
        "50m/100m (avg)",
    ),
    ([metric("External", target={"averageValue": "100m"})], [metric("External", current={})], "<unknown>/100m (avg)"),
    ([metric("External", target={"value": "100m"})], [], "<unknown>/100m"),
    ([metric("External", target={"value": "100m"})], [metric("External", current={"value": "50m"})], "50m/100m"),
    ([metric("External", target={"value": "100m"})], [metric("External", current={})], "<nil>/100m"),
    ([metric("Pods", target={"averageValue": "100m"})], [], "<unknown>/100m"),
    ([metric("Pods", target={"averageValue": "1000m"})], [metric("Pods", current={"averageValue": "0.05"})], "50m/1"),
    ([metric("Object", target={"value": "100m"})], [], "<unknown>/100m"),
    (
        [metric("Object", target={"averageValue": "100m"})],
        [metric("Object", current={"averageValue": "50m"})],
        "50m/100m (avg)",
    ),
    ([metric("Resource", name="cpu", target={"averageValue": "100m"})], [], "cpu: <unknown>/100m"),
    (
        [metric("Resource", name="cpu", target={"averageValue": "100m"})],
        [metric("Resource", name="cpu", current={})],
        "cpu: <nil>/100m",
    ),
    ([cpu(80)], [], "cpu: <unknown>/80%"),
    ([cpu(80)], [metric("Resource", name="cpu", current={"averageUtilization": 50})], "cpu: 50%/80%"),
    ([metric("Resource", name="cpu", target={})], [], "cpu: <unknown>/<auto>"),
    (
        [metric("ContainerResource", name="memory", container="c", target={"averageUtilization": 30})],
        [metric("ContainerResource", name="memory", container="c", current={"averageUtilization": 40})],
        "memory: 40%/30%",
    ),
    ([metric("Other")], [], "<unknown type>"),
    (
        [metric("Pods", target={"averageValue": "1"}), metric("Other")],
        [metric("Pods", current={"averageValue": "2"})],
        "2/1, <unknown type>",
    ),
    ([cpu(1), cpu(2), cpu(3), cpu(4)], [], "cpu: <unknown>/1%, cpu: <unknown>/2% + 2 more..."),
]


@pytest.mark.parametrize(("metrics", "current", "targets"), METRICS, ids=[f"{m[2]} {i}" for i, m in enumerate(METRICS)])
def test_autoscalers(metrics: list[dict[str, Any]], current: list[dict[str, Any]], targets: str) -> None:
    spec = {"scaleTargetRef": {"kind": "ReplicationController", "name": "some-rc"}, "maxReplicas": 10}
    obj: dict[str, Any] = {"spec": {**spec, "metrics": metrics}, "status": {"currentMetrics": current}}
    shown = {"Reference": "ReplicationController/some-rc", "MaxPods": 10, "Replicas": 0, "Targets": targets}
    assert cells("autoscaling/v2", "horizontalpodautoscalers", obj) == {**shown, "MinPods": "<unset>"}
    obj["spec"]["minReplicas"], obj["status"]["currentReplicas"] = 2, 4
    assert cells("autoscaling/v2", "horizontalpodautoscalers", obj) == {**shown, "MinPods": "2", "Replicas": 4}


def test_an_autoscaler_of_v1_is_printed_as_one_of_v2() -> None:
    spec = {"scaleTargetRef": {"kind": "Deployment", "name": "d"}, "maxReplicas": 3}
    obj = {
        "kind": "HorizontalPodAutoscaler",
        "apiVersion": "autoscaling/v1",
        "spec": {**spec, "minReplicas": 1, "targetCPUUtilizationPercentage": 80},
        "status": {"currentReplicas": 2, "currentCPUUtilizationPercentage": 50},
    }
    assert cells("autoscaling/v1", "horizontalpodautoscalers", obj) == {
        "Reference": "Deployment/d",
        "Targets": "cpu: 50%/80%",
        "MinPods": "1",
        "MaxPods": 3,
        "Replicas": 2,
    }
