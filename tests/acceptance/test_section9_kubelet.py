"""How pods fail on their nodes, and how they are evicted: numbers 30, 31 and 43 of the acceptance list."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from tests.acceptance.objects import (
    PODS,
    condition,
    container_status,
    events,
    is_deleting,
    is_ready,
    name_of,
    pod,
    waiting,
)
from tests.support.live import Answer, Api, Obj
from tests.support.machine import ClusterTime

BUDGETS = "/apis/policy/v1/namespaces/{}/poddisruptionbudgets"
NO_GRACE: dict[str, Any] = {"terminationGracePeriodSeconds": 1}


def running(pods: list[Obj]) -> bool:
    return bool(pods) and all(is_ready(p) for p in pods)


@pytest.fixture
def fast(api: Api) -> Iterator[None]:
    """Ten seconds of the cluster's time in one."""
    with ClusterTime(api).speed(10):
        yield


@pytest.mark.usefixtures("fast")
def test_30_a_missing_configmap_of_the_environment(api: Api, namespace: str) -> None:
    path = PODS.format(namespace)
    env = [{"name": "MODE", "valueFrom": {"configMapKeyRef": {"name": "settings", "key": "mode"}}}]
    api.create(path, pod("p", container={"env": env}))
    (stuck,) = api.until(path, lambda pods: "reason" in waiting(pods[0]) and "message" in waiting(pods[0]))
    assert waiting(stuck) == {"reason": "CreateContainerConfigError", "message": 'configmap "settings" not found'}
    assert stuck["status"]["phase"] == "Pending"
    told = events(api, namespace, "Failed")
    assert {(e["type"], e["message"]) for e in told} == {("Warning", 'Error: configmap "settings" not found')}
    settings = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings"}, "data": {"other": "x"}}
    api.create(f"/api/v1/namespaces/{namespace}/configmaps", settings)
    expected = f"couldn't find key mode in ConfigMap {namespace}/settings"
    api.until(path, lambda pods: waiting(pods[0]).get("message") == expected)
    api.patch(f"/api/v1/namespaces/{namespace}/configmaps/settings", {"data": {"mode": "fast"}})
    (started,) = api.until(path, running)
    assert container_status(started)["restartCount"] == 0


def test_31_crash_loops(api: Api, namespace: str) -> None:
    path = PODS.format(namespace)
    crashing = {"image": "busybox:1.36", "command": ["sh", "-c", "echo dying; exit 3"]}
    clock = ClusterTime(api)
    with clock.stopped(), api.watch(path) as watch:
        uid = api.create(path, pod("p", container=crashing))["metadata"]["uid"]
        for _ in range(60):
            clock.advance(1)
            watch.catch_up()
            if "20s" in waiting(watch.objects[0]).get("message", ""):
                break
    seen = [p for _, p in watch.events]
    messages = [waiting(p)["message"] for p in seen if waiting(p).get("reason") == "CrashLoopBackOff"]
    assert list(dict.fromkeys(messages)) == [
        f"back-off {delay} restarting failed container=c pod=p_{namespace}({uid})" for delay in ("10s", "20s")
    ]
    for looping in (p for p in seen if waiting(p).get("reason") == "CrashLoopBackOff"):
        last = container_status(looping)["lastState"]["terminated"]
        assert (last["exitCode"], last["reason"]) == (3, "Error")
        assert looping["status"]["phase"] == "Running"
        assert container_status(looping)["ready"] is False
        assert condition(looping, "Ready")["reason"] == "ContainersNotReady"
    counts = [container_status(p).get("restartCount", 0) for p in seen if container_status(p)]
    assert counts == sorted(counts)
    ends: dict[str, datetime] = {}
    for p in seen:
        for state in (container_status(p).get("state", {}), container_status(p).get("lastState", {})):
            if ended := state.get("terminated"):
                ends[ended["containerID"]] = datetime.fromisoformat(ended["finishedAt"])
    times = sorted(ends.values())
    gaps = [(b - a).total_seconds() for a, b in itertools.pairwise(times)]
    assert gaps[0] <= 4, f"the first restart is immediate: {gaps}"
    assert 9 <= gaps[1] <= 14, f"the second one waits ten seconds: {gaps}"
    backing = events(api, namespace, "BackOff")
    assert {(e["type"], e["message"]) for e in backing} == {
        ("Warning", f"Back-off restarting failed container c in pod p_{namespace}({uid})")
    }


def evict(api: Api, namespace: str, name: str) -> Answer:
    eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": name, "namespace": namespace}}
    return api.request("POST", f"{PODS.format(namespace)}/{name}/eviction", eviction)


def budget(least: int) -> Obj:
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": "budget"},
        "spec": {"minAvailable": least, "selector": {"matchLabels": {"app": "guarded"}}},
    }


def test_43_evictions(api: Api, namespace: str) -> None:
    path = PODS.format(namespace)
    guarded = {"app": "guarded"}
    api.create(path, pod("free", **NO_GRACE))
    api.create(path, pod("held", labels=guarded, **NO_GRACE))
    api.until(path, lambda pods: len(pods) == 2 and running(pods))
    api.create(path, pod("pending", labels=guarded, nodeSelector={"no": "node"}))
    api.create(BUDGETS.format(namespace), budget(1))
    api.until(
        BUDGETS.format(namespace),
        lambda found: (
            found[0].get("status", {}).get("currentHealthy") == 1 and found[0]["status"]["disruptionsAllowed"] == 0
        ),
    )
    with api.watch(path) as watch:
        answer = evict(api, namespace, "free")
        assert (answer.code, answer.json()["status"]) == (201, "Success")
        refused = evict(api, namespace, "held")
        assert refused.code == 429
        body = refused.json()
        assert body["reason"] == "TooManyRequests"
        assert body["message"] == "Cannot evict pod as it would violate the pod's disruption budget."
        assert body["details"]["causes"] == [
            {
                "reason": "DisruptionBudget",
                "message": "The disruption budget budget needs 1 healthy pods and has 1 currently",
            }
        ]
        assert "retry-after" not in refused.headers
        assert evict(api, namespace, "pending").code == 201
        watch.until(lambda pods: {name_of(p) for p in pods} == {"held"})
    condemned = next(p for _, p in watch.events if name_of(p) == "free" and is_deleting(p))
    target = condition(condemned, "DisruptionTarget")
    assert (target["status"], target["reason"]) == ("True", "EvictionByEvictionAPI")
    assert target["message"] == "Eviction API: evicting"
    api.create(path, pod("spare", labels=guarded, **NO_GRACE))
    api.until(BUDGETS.format(namespace), lambda found: found[0]["status"]["disruptionsAllowed"] == 1)
    assert evict(api, namespace, "held").code == 201
    assert evict(api, namespace, "spare").code == 429
