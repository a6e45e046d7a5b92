"""How daemon pods are replaced; semantics 12 to 14, 24 and 27."""

from __future__ import annotations

import pytest

from apimachinery import meta
from apimachinery.objects import Object, View
from apimachinery.timestamp import parse_time
from controllers.runtime.resources import DAEMON_SETS, PODS, RESOURCE_QUOTAS
from tests.controllers.cluster import Cluster, daemonset

pytestmark = pytest.mark.slow

SURGE: Object = {"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}}


async def pods_of(cluster: Cluster, namespace: str) -> list[View]:
    return await cluster.live(PODS, namespace)


async def on_one_node(cluster: Cluster, namespace: str, spec: Object | None = None) -> View:
    """A DaemonSet with one pod, on n1; the pod."""
    body = daemonset(spec=spec, nodeSelector={"kubernetes.io/hostname": "n1"})
    await cluster.client.create(DAEMON_SETS, body, namespace=namespace)
    await cluster.rolled_out(namespace, nodes=1)
    (pod,) = await pods_of(cluster, namespace)
    return pod


@pytest.mark.parametrize("surge", [False, True])
async def test_a_deleted_pod_is_replaced(cluster: Cluster, namespace: str, surge: bool) -> None:
    pod = await on_one_node(cluster, namespace, SURGE if surge else None)
    name = meta.name(pod)

    async def delete() -> None:
        await cluster.client.delete(PODS, name, namespace=namespace)
        await cluster.until(PODS, lambda pods: len(pods) == 1 and meta.name(pods[0]) != name, namespace)

    seen = await cluster.history(PODS, namespace, delete)
    order = [kind for kind, _ in seen]
    if surge:
        assert order.index("ADDED") < order.index("DELETED")
    else:
        assert order[0] in ("ENDED", "DELETED"), "a pod that still runs keeps its place"
    assert (order.count("ADDED"), order.count("DELETED")) == (1, 1)


async def test_a_failed_pod_is_killed_with_back_off(cluster: Cluster, namespace: str) -> None:
    pod = await on_one_node(cluster, namespace)
    killed = []
    for _ in range(3):
        name = meta.name(pod)
        await cluster.merge(PODS, name, {"status": {"phase": "Failed"}}, namespace, "status")
        await cluster.until(
            PODS,
            lambda pods, gone=name: len(pods) == 1 and meta.name(pods[0]) != gone,  # type: ignore[misc]
            namespace,
            what="a new pod",
        )
        (pod,) = await pods_of(cluster, namespace)
        killed.append(parse_time(pod["metadata"]["creationTimestamp"]))
        await cluster.rolled_out(namespace, nodes=1)
    assert (killed[2] - killed[1]).total_seconds() >= 1
    events = await cluster.events(namespace, "FailedDaemonPod", at_least=3)
    assert all(e["type"] == "Warning" for e in events)
    assert all("will try to kill it" in e["message"] and "on node n1" in e["message"] for e in events)


async def test_a_succeeded_pod_is_replaced_without_delay(cluster: Cluster, namespace: str) -> None:
    pod = await on_one_node(cluster, namespace)
    await cluster.merge(PODS, meta.name(pod), {"status": {"phase": "Succeeded"}}, namespace, "status")
    (event,) = await cluster.events(namespace, "SucceededDaemonPod")
    assert event["type"] == "Normal"
    assert event["message"] == (
        f"Found succeeded daemon pod {namespace}/{meta.name(pod)} on node n1, will try to delete it"
    )
    await cluster.until(PODS, lambda pods: len(pods) == 1 and meta.name(pods[0]) != meta.name(pod), namespace)


async def test_a_pod_labelled_out_of_the_selector_is_released_and_replaced(cluster: Cluster, namespace: str) -> None:
    pod = await on_one_node(cluster, namespace)
    await cluster.merge(PODS, meta.name(pod), {"metadata": {"labels": {"app": "other"}}}, namespace)
    pods = await cluster.until(
        PODS, lambda found: len(found) == 2 and any(not meta.owner_references(p) for p in found), namespace
    )
    released = next(p for p in pods if meta.name(p) == meta.name(pod))
    assert meta.owner_references(released) == []
    await cluster.merge(PODS, meta.name(pod), {"metadata": {"labels": {"app": "ds"}}}, namespace)
    await cluster.until(PODS, lambda found: len(found) == 1, namespace, what="one of the two adopted pods is deleted")


async def test_a_quota_stops_the_slow_start_and_status_goes_on(cluster: Cluster, namespace: str) -> None:
    quota: Object = {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "two"},
        "spec": {"hard": {"pods": "2"}},
    }
    await cluster.client.create(RESOURCE_QUOTAS, quota, namespace=namespace)
    await cluster.until(
        RESOURCE_QUOTAS, lambda q: bool(q) and (q[0].get("status") or {}).get("hard") == {"pods": "2"}, namespace
    )
    await cluster.client.create(DAEMON_SETS, daemonset(), namespace=namespace)
    events = await cluster.events(namespace, "FailedCreate")
    assert events[0]["type"] == "Warning"
    assert events[0]["message"].startswith('Error creating: pods "ds-')
    assert "exceeded quota: two, requested: pods=1, used: pods=2, limited: pods=2" in events[0]["message"]
    await cluster.until(
        DAEMON_SETS,
        lambda sets: any(
            (d.get("status") or {}).get("desiredNumberScheduled") == 3
            and d["status"].get("currentNumberScheduled") == 2
            and d["status"].get("observedGeneration") == 1
            for d in sets
        ),
        namespace,
    )
    await cluster.merge(RESOURCE_QUOTAS, "two", {"spec": {"hard": {"pods": "10"}}}, namespace)
    await cluster.rolled_out(namespace, nodes=3)
