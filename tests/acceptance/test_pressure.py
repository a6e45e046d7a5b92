"""Machines that run short of memory or disk: conditions, taints, evictions and refusals, in the cluster's time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.acceptance.objects import ALL_NODES, EVENTS, PODS, condition, daemonset, name_of, pod, start
from tests.support.live import MERGE, Api, Obj
from tests.support.machine import FAULT

NODES = 1
NODE = "node-1"


@pytest.fixture
def settled(api: Api) -> Iterator[Api]:
    """A node that is well before and after."""
    yield api
    api.patch(f"{ALL_NODES}/{NODE}", {"metadata": {"annotations": {FAULT: None}}}, MERGE)
    api.advance(320)
    assert not api.get(f"{ALL_NODES}/{NODE}")["spec"].get("taints")


def press(api: Api, kind: str) -> None:
    """Let the node run short; nothing has been evicted yet but what the first cycle takes."""
    api.patch(f"{ALL_NODES}/{NODE}", {"metadata": {"annotations": {FAULT: f"pressure={kind}"}}}, MERGE)


def using(name: str, memory: str, request: str = "", **spec: Any) -> Obj:
    """A pod on the node that uses some memory."""
    container = {"resources": {"requests": {"memory": request}}} if request else {}
    found = pod(name, container=container, nodeName=NODE, **spec)
    found["metadata"]["annotations"] = {"mockube.dev/behaviour": f"usage: {{memory: {memory}}}"}
    return found


def node_events(api: Api, reason: str) -> list[Obj]:
    return [e for e in api.items(EVENTS.format("default")) if e["reason"] == reason]


def test_memory_pressure_evicts_one_after_the_other(settled: Api, namespace: str) -> None:
    api, path = settled, PODS.format(namespace)
    for wanted in (
        using("within", "50Mi", "64Mi"),
        using("little", "20Mi"),
        using("much", "300Mi", "16Mi"),
        using("guarded", "400Mi", priorityClassName="system-node-critical"),
    ):
        api.create(path, wanted)
    api.advance(5)
    with api.watch(path) as watch:
        press(api, "memory")
        api.advance(60)
        watch.catch_up()
        order = [name_of(p) for _, p in watch.events if p["status"]["phase"] == "Failed"]
    assert list(dict.fromkeys(order)) == ["much", "little", "within"]
    pods = {name_of(p): p for p in api.items(path)}
    assert pods["guarded"]["status"]["phase"] == "Running"
    status = pods["much"]["status"]
    assert (status["phase"], status["reason"]) == ("Failed", "Evicted")
    assert status["message"] == (
        "The node was low on resource: memory. Threshold quantity: 100Mi, available: 50Mi. "
        "Container c was using 300Mi, request is 16Mi, has larger consumption of memory. "
    )
    target = condition(pods["much"], "DisruptionTarget")
    assert (target["status"], target["reason"], target["message"]) == (
        "True",
        "TerminationByKubelet",
        status["message"],
    )
    assert status["conditions"][0]["type"] == "DisruptionTarget"
    assert condition(pods["much"], "Ready")["reason"] == "PodFailed"
    told = {e["involvedObject"]["name"]: e for e in api.items(EVENTS.format(namespace)) if e["reason"] == "Evicted"}
    assert set(told) == {"much", "little", "within"}
    assert (told["much"]["type"], told["much"]["message"]) == ("Warning", status["message"])
    assert told["much"]["metadata"]["annotations"] == {
        "offending_containers": "c",
        "offending_containers_usage": "300Mi",
        "starved_resource": "memory",
    }
    assert told["within"]["message"].endswith("available: 50Mi. "), "it uses no more than it asked for"


def test_memory_pressure_marks_the_node_and_refuses_best_effort_pods(settled: Api, namespace: str) -> None:
    api, path = settled, PODS.format(namespace)
    press(api, "memory")
    api.advance(15)
    node = api.get(f"{ALL_NODES}/{NODE}")
    found, taints = condition(node, "MemoryPressure"), node["spec"]["taints"]
    assert (found["status"], found["reason"]) == ("True", "KubeletHasInsufficientMemory")
    assert ("node.kubernetes.io/memory-pressure", "NoSchedule") in {(t["key"], t["effect"]) for t in taints}
    assert node_events(api, "NodeHasInsufficientMemory")
    told = {(e["type"], e["message"]) for e in node_events(api, "EvictionThresholdMet")}
    assert ("Warning", "Attempting to reclaim memory") in told
    tolerating = [{"key": "node.kubernetes.io/memory-pressure", "operator": "Exists"}]
    api.create(path, pod("refused", nodeName=NODE))
    api.advance(0)
    refused = api.get(f"{path}/refused")["status"]
    assert (refused["phase"], refused["reason"]) == ("Failed", "Evicted")
    assert refused["message"] == "Pod was rejected: The node had condition: [MemoryPressure]. "
    api.create(path, pod("tolerating", nodeName=NODE, tolerations=tolerating))
    api.advance(0)
    assert api.get(f"{path}/tolerating")["status"].get("reason") != "Evicted"


def test_the_condition_stays_for_five_minutes(settled: Api) -> None:
    api = settled
    press(api, "memory")
    api.advance(5)
    api.patch(f"{ALL_NODES}/{NODE}", {"metadata": {"annotations": {FAULT: None}}}, MERGE)
    api.advance(280)
    assert condition(api.get(f"{ALL_NODES}/{NODE}"), "MemoryPressure")["status"] == "True"
    api.advance(30)
    assert condition(api.get(f"{ALL_NODES}/{NODE}"), "MemoryPressure")["status"] == "False"


def test_disk_pressure_evicts_daemon_pods_and_refuses_their_successors(settled: Api, namespace: str) -> None:
    api, path = settled, PODS.format(namespace)
    start(api, namespace, daemonset(), nodes=1)
    press(api, "disk")
    api.advance(60)
    messages = {e["message"] for e in api.items(EVENTS.format(namespace)) if e["reason"] == "Evicted"}
    assert any(
        m.startswith("The node was low on resource: ephemeral-storage. Threshold quantity: 10Gi, available: 5Gi. ")
        for m in messages
    )
    assert "The node had condition: [DiskPressure]. " in messages
    assert not any(p["status"]["phase"] == "Running" for p in api.items(path))
    told = {e["message"] for e in node_events(api, "EvictionThresholdMet")}
    assert "Attempting to reclaim ephemeral-storage" in told
