"""Nodes that fall silent or are deleted, at upstream's own delays: numbers 26 and 45 of the acceptance list.

The cluster's clock is moved, so that minutes pass in a moment.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest

from mockube.nodes import NodeTemplate
from tests.acceptance.objects import (
    ALL_NODES,
    DAEMONSETS,
    PODS,
    condition,
    container_status,
    daemonset,
    events,
    image_patch,
    is_deleting,
    is_ready,
    name_of,
    names,
    node_of,
    pod,
    start,
)
from tests.support.live import CLOCK, Api, Obj
from tests.support.machine import ClusterTime, fail, recover

NODES = 4
LEASES = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases"
SILENT = "node-4"
DELETED = "node-3"


@pytest.fixture
def clock(api: Api) -> ClusterTime:
    """The cluster's clock."""
    return ClusterTime(api)


@pytest.fixture
def replaced(api: Api) -> Iterator[None]:
    """Another node in the place of the deleted one, afterwards."""
    yield
    api.create(ALL_NODES, NodeTemplate(name=DELETED).to_node(DELETED))
    recover(api, DELETED)


def taints(api: Api, node: str) -> set[tuple[str, str]]:
    return {(t["key"], t["effect"]) for t in api.get(f"{ALL_NODES}/{node}")["spec"].get("taints") or []}


def silence(api: Api, node: str) -> float:
    """Seconds since the last heartbeat of a node."""
    now = datetime.fromisoformat(api.get(CLOCK)["now"])
    return (now - datetime.fromisoformat(api.get(f"{LEASES}/{node}")["spec"]["renewTime"])).total_seconds()


def test_45_a_silent_node(api: Api, namespace: str, clock: ClusterTime) -> None:
    pods = PODS.format(namespace)
    start(api, namespace, nodes=4)
    api.create(pods, pod("other", nodeName=SILENT))
    api.create(pods, pod("patient", nodeName=SILENT, tolerations=[{"operator": "Exists"}]))
    api.until(pods, lambda found: len(found) == 6 and all(map(is_ready, found)))
    here = {name_of(p) for p in api.items(pods) if node_of(p) == SILENT}
    tolerated = {(t["key"], t["tolerationSeconds"]) for t in api.get(f"{pods}/other")["spec"]["tolerations"]}
    assert tolerated == {("node.kubernetes.io/not-ready", 300), ("node.kubernetes.io/unreachable", 300)}

    with clock.stopped():
        fail(api, SILENT)
        clock.advance(45 - silence(api, SILENT))
        assert is_ready(api.get(f"{ALL_NODES}/{SILENT}")), "within the grace period nothing happens"
        clock.advance(30)
        node = api.until(
            f"{ALL_NODES}?fieldSelector=metadata.name%3D{SILENT}",
            lambda found: (
                condition(found[0], "Ready")["status"] == "Unknown" and len(found[0]["spec"].get("taints", [])) == 2
            ),
        )[0]
        for kind in ("MemoryPressure", "DiskPressure", "PIDPressure", "Ready"):
            found = condition(node, kind)
            assert (found["status"], found["reason"]) == ("Unknown", "NodeStatusUnknown")
            assert found["message"] == "Kubelet stopped posting node status."
        assert taints(api, SILENT) == {
            ("node.kubernetes.io/unreachable", "NoSchedule"),
            ("node.kubernetes.io/unreachable", "NoExecute"),
        }
        assert all("timeAdded" in t for t in node["spec"]["taints"])

        def unready(found: list[Obj]) -> bool:
            return all(is_ready(p) != (node_of(p) == SILENT) for p in found)

        for lost in api.until(pods, unready):
            if node_of(lost) == SILENT:
                assert condition(lost, "ContainersReady")["status"] == "True"
                assert container_status(lost)["ready"] is True
        told = events(api, namespace, "NodeNotReady", at_least=3)
        assert {e["involvedObject"]["name"] for e in told} == here
        assert {(e["type"], e["count"], e["message"]) for e in told} == {("Warning", 1, "Node is not ready")}

        clock.advance(200)
        assert not any(map(is_deleting, api.items(pods)))
        clock.advance(120)
        api.until(pods, lambda found: any(is_deleting(p) for p in found))
        assert [name_of(p) for p in api.items(pods) if is_deleting(p)] == ["other"]
        target = condition(api.get(f"{pods}/other"), "DisruptionTarget")
        assert (target["reason"], target["message"]) == (
            "DeletionByTaintManager",
            "Taint manager: deleting due to NoExecute taint",
        )
        (marked,) = events(api, namespace, "TaintManagerEviction")
        assert marked["message"] == f"Marking for deletion Pod {namespace}/other"
        clock.advance(600)
        assert [name_of(p) for p in api.items(pods) if is_deleting(p)] == ["other"], "daemon pods are never evicted"

    recover(api, SILENT)
    back = api.until(pods, lambda found: len(found) == 5 and all(map(is_ready, found)))
    assert names(back) >= here - {"other"}
    assert taints(api, SILENT) == set()


@pytest.mark.usefixtures("replaced")
def test_26_pods_of_a_deleted_node(api: Api, namespace: str, clock: ClusterTime) -> None:
    pods = PODS.format(namespace)
    port = {"ports": [{"containerPort": 80, "hostPort": 9090}]}
    assigned = {p["spec"]["nodeName"]: p for p in start(api, namespace, daemonset(container=port), nodes=4)}[DELETED]
    api.create(DAEMONSETS.format(namespace), daemonset("waits", container=port))
    pending = api.until(
        f"{pods}?labelSelector=app%3Dwaits",
        lambda found: len(found) == 4 and all(condition(p, "PodScheduled") for p in found),
    )
    (tied,) = [p for p in pending if node_of(p) == DELETED]
    assert "nodeName" not in tied["spec"]
    with clock.stopped(), api.watch(pods) as watch:
        api.delete(f"{ALL_NODES}/{DELETED}")
        clock.advance(0)
        # Nothing wakes the controller when a node goes, as upstream; its next sync sees the pending pod.
        api.patch(f"{DAEMONSETS.format(namespace)}/waits", {"metadata": {"labels": {"touched": "yes"}}})
        watch.until(lambda found: name_of(tied) not in names(found))
        clock.advance(30)
        assert name_of(assigned) in names(watch.objects), "forty seconds of quarantine"
        clock.advance(45)
        watch.until(lambda found: name_of(assigned) not in names(found))
    last = [p for kind, p in watch.events if name_of(p) == name_of(assigned)][-1]
    assert last["status"]["phase"] == "Failed"
    target = condition(last, "DisruptionTarget")
    assert (target["reason"], target["message"]) == ("DeletionByPodGC", "PodGC: node no longer exists")

    api.patch(f"{DAEMONSETS.format(namespace)}/ds", image_patch("nginx:1.26"))
    api.until(DAEMONSETS.format(namespace), lambda found: {d["status"]["desiredNumberScheduled"] for d in found} == {3})
