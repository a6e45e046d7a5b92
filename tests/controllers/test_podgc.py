"""Pods of lost nodes, and ended ones by the thousand."""

from __future__ import annotations

import pytest

from apimachinery import meta
from apimachinery.clock import ManualClock
from apimachinery.objects import Object
from controllers.podgc.pod_gc import PodGC, is_out_of_service, terminated_excess
from controllers.runtime.resources import NODES, PODS, SERVICE_ACCOUNTS
from tests.controllers.cluster import Cluster
from tests.controllers.factories import node, pod


def test_evicted_pods_go_first_then_the_oldest() -> None:
    evicted = pod("evicted", phase="Failed", created="2026-01-02T03:04:09Z")
    evicted["status"]["reason"] = "Evicted"
    pods = [
        pod("young", phase="Succeeded", created="2026-01-02T03:04:08Z"),
        pod("old", phase="Failed", created="2026-01-02T03:04:01Z"),
        evicted,
        pod("running"),
    ]
    assert [meta.name(p) for p in terminated_excess(pods, 1)] == ["evicted", "old"]
    assert terminated_excess(pods, 3) == []


@pytest.mark.parametrize(
    ("ready", "marked", "expected"), [("True", True, False), ("False", True, True), ("False", False, False)]
)
def test_out_of_service(ready: str, marked: bool, expected: bool) -> None:
    found = node(taints=["node.kubernetes.io/out-of-service=nodeshutdown:NoExecute"] if marked else [])
    found["status"]["conditions"] = [{"type": "Ready", "status": ready}]
    assert is_out_of_service(found) is expected


@pytest.mark.slow
async def test_pods_of_a_deleted_node_go_after_the_quarantine(bare: Cluster) -> None:
    clock = ManualClock()
    account: Object = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default"}}
    await bare.client.create(SERVICE_ACCOUNTS, account, namespace="default")
    await bare.client.create(NODES, node("there"))
    for name, where in (("kept", "there"), ("lost", "nowhere")):
        body: Object = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": name, "finalizers": ["example.com/keep"]},
            "spec": {
                "nodeName": where,
                "automountServiceAccountToken": False,
                "containers": [{"name": "c", "image": "nginx"}],
            },
        }
        await bare.client.create(PODS, body, namespace="default")
    await bare.until(PODS, lambda found: len(found) == 2, "default")
    collector = PodGC(bare.context(clock, terminated_pod_gc_threshold=10))
    await collector.collect()
    clock.advance(39)
    await collector.collect()
    assert not any(meta.is_deleting(p) for p in await bare.live(PODS, "default"))
    clock.advance(1)
    await collector.collect()
    kept, lost = sorted(await bare.live(PODS, "default"), key=meta.name)
    assert not meta.is_deleting(kept)
    assert meta.is_deleting(lost) and lost["status"]["phase"] == "Failed"
    condition = meta.condition(lost, "DisruptionTarget") or {}
    assert (condition["reason"], condition["message"]) == ("DeletionByPodGC", "PodGC: node no longer exists")


@pytest.mark.slow
@pytest.mark.parametrize("minor", [33, 36])
async def test_who_hangs_unscheduled_or_out_of_service_ends_without_a_reason(
    bare: Cluster, bare_namespace: str, minor: int
) -> None:
    away = node(bare_namespace, taints=["node.kubernetes.io/out-of-service:NoExecute"])
    await bare.client.create(NODES, away)
    for name, where in (("unscheduled", ""), ("out-of-service", bare_namespace), ("stays", bare_namespace)):
        body: Object = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": name, "finalizers": ["example.com/keep"]},
            "spec": {
                **({"nodeName": where} if where else {}),
                "automountServiceAccountToken": False,
                "containers": [{"name": "c", "image": "nginx"}],
            },
        }
        await bare.client.create(PODS, body, namespace=bare_namespace)
        if name != "stays":
            await bare.client.delete(PODS, name, namespace=bare_namespace)
    await bare.until(PODS, lambda found: sum(map(meta.is_deleting, found)) == 2 and len(found) == 3, bare_namespace)
    context = bare.context(ManualClock(), version=(1, minor), terminated_pod_gc_threshold=10)
    collector = PodGC(context)
    await bare.until(NODES, lambda found: any(meta.name(n) == bare_namespace for n in found))
    await collector.collect()
    out, stays, unscheduled = sorted(await bare.live(PODS, bare_namespace), key=meta.name)
    assert stays["status"]["phase"] == "Pending"
    for ended in (out, unscheduled):
        assert ended["status"]["phase"] == "Failed"
        assert ended["metadata"]["deletionGracePeriodSeconds"] == 0
        assert meta.condition(ended, "DisruptionTarget") is None
        assert ended["status"].get("observedGeneration") == (meta.generation(ended) if minor == 36 else None)
