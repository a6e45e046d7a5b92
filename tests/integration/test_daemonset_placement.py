"""Where daemon pods go, and what they look like; semantics 7 to 11, 28 and 29."""

from __future__ import annotations

from typing import Any

import pytest

from apimachinery import meta
from apimachinery.objects import Object, View
from apimachinery.quantity import Quantity
from controllers.runtime.resources import DAEMON_SETS, NODES, PODS
from tests.controllers.cluster import Cluster, daemonset, simulated_node

pytestmark = pytest.mark.slow


def only_on(label: str) -> dict[str, Any]:
    return {"nodeSelector": {"test": label}}


async def own_node(cluster: Cluster, name: str, **labels: str) -> None:
    """A node for one test, chosen by the label test=<name>."""
    await cluster.add_node(simulated_node(name, labels={"test": name, **labels}))


def by_status(name: str, **wanted: int) -> Any:
    def satisfied(sets: list[View]) -> bool:
        for ds in sets:
            if meta.name(ds) == name and ds.get("status"):
                return all(ds["status"].get(k, 0) == v for k, v in wanted.items())
        return False

    return satisfied


async def test_one_pod_a_node_made_as_upstream_makes_them(cluster: Cluster, namespace: str) -> None:
    ds = await cluster.client.create(DAEMON_SETS, daemonset(), namespace=namespace)
    await cluster.rolled_out(namespace, nodes=3)
    pods = await cluster.live(PODS, namespace)
    assert sorted(p["spec"]["nodeName"] for p in pods) == ["n1", "n2", "n3"]
    for pod in pods:
        metadata, spec = pod["metadata"], pod["spec"]
        assert metadata["generateName"] == "ds-"
        assert metadata["name"].startswith("ds-") and len(metadata["name"]) == 8
        assert metadata["ownerReferences"] == [
            {
                "apiVersion": "apps/v1",
                "kind": "DaemonSet",
                "name": "ds",
                "uid": meta.uid(ds),
                "controller": True,
                "blockOwnerDeletion": True,
            }
        ]
        assert set(metadata["labels"]) == {"app", "controller-revision-hash", "pod-template-generation"}
        assert metadata["labels"]["pod-template-generation"] == "1"
        assert [(t["key"].partition("/")[2], t["operator"], t["effect"]) for t in spec["tolerations"]] == [
            ("not-ready", "Exists", "NoExecute"),
            ("unreachable", "Exists", "NoExecute"),
            ("disk-pressure", "Exists", "NoSchedule"),
            ("memory-pressure", "Exists", "NoSchedule"),
            ("pid-pressure", "Exists", "NoSchedule"),
            ("unschedulable", "Exists", "NoSchedule"),
        ]
        assert spec["affinity"] == {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": name_term(spec)}}
    created = await cluster.events(namespace, "SuccessfulCreate", at_least=3)
    assert {e["message"] for e in created} == {f"Created pod: {meta.name(p)}" for p in pods}
    assert {e["source"]["component"] for e in created} == {"daemonset-controller"}


def name_term(spec: View) -> Object:
    field = {"key": "metadata.name", "operator": "In", "values": [spec["nodeName"]]}
    return {"nodeSelectorTerms": [{"matchFields": [field]}]}


async def test_pods_are_created_unbound(cluster: Cluster, namespace: str) -> None:
    names: list[str | None] = []
    informer = cluster.informers.informer(PODS)

    def look(pod: View) -> None:
        if meta.namespace(pod) == namespace:
            names.append(pod["spec"].get("nodeName"))

    handler = informer.add_handler(on_add=look)
    await cluster.client.create(DAEMON_SETS, daemonset(schedulerName="nobody"), namespace=namespace)
    await cluster.until(PODS, lambda pods: len(pods) == 3, namespace)
    informer.remove_handler(handler)
    assert names == [None, None, None]


async def test_required_affinity_chooses_nodes_and_is_not_inherited(cluster: Cluster, namespace: str) -> None:
    await own_node(cluster, "zone-a", zone="a")
    terms = {"nodeSelectorTerms": [{"matchExpressions": [{"key": "zone", "operator": "In", "values": ["a"]}]}]}
    affinity = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": terms}}
    await cluster.client.create(DAEMON_SETS, daemonset(affinity=affinity), namespace=namespace)
    await cluster.rolled_out(namespace, nodes=1)
    (pod,) = await cluster.live(PODS, namespace)
    assert pod["spec"]["nodeName"] == "zone-a"
    node_affinity = pod["spec"]["affinity"]["nodeAffinity"]
    assert node_affinity["requiredDuringSchedulingIgnoredDuringExecution"] == name_term(pod["spec"])
    await cluster.client.delete(NODES, "zone-a")


async def test_automatic_tolerations_replace_the_template_s(cluster: Cluster, namespace: str) -> None:
    toleration = {
        "key": "node.kubernetes.io/not-ready",
        "operator": "Exists",
        "effect": "NoExecute",
        "tolerationSeconds": 30,
    }
    await cluster.client.create(DAEMON_SETS, daemonset(tolerations=[toleration]), namespace=namespace)
    pods = await cluster.until(PODS, lambda found: len(found) == 3, namespace)
    assert all("tolerationSeconds" not in pod["spec"]["tolerations"][0] for pod in pods)


async def test_labels_and_taints_move_pods(cluster: Cluster, namespace: str) -> None:
    await own_node(cluster, "moving")
    await cluster.client.create(DAEMON_SETS, daemonset(**only_on("moving")), namespace=namespace)
    await cluster.rolled_out(namespace, nodes=1)

    await cluster.strategic(NODES, "moving", {"spec": {"taints": [{"key": "x", "effect": "NoSchedule"}]}})
    await cluster.settled()
    await cluster.merge(DAEMON_SETS, "ds", {"metadata": {"labels": {"touched": "yes"}}}, namespace)
    await cluster.until(
        DAEMON_SETS,
        by_status("ds", desiredNumberScheduled=0, currentNumberScheduled=0, numberMisscheduled=1),
        namespace,
        what="misscheduled",
    )
    assert len(await cluster.live(PODS, namespace)) == 1

    await cluster.strategic(NODES, "moving", {"spec": {"taints": [{"key": "x", "effect": "NoExecute"}]}})
    await cluster.until(PODS, lambda pods: not pods, namespace)
    await cluster.events(namespace, "TaintManagerEviction")
    await cluster.until(DAEMON_SETS, by_status("ds", desiredNumberScheduled=0, numberMisscheduled=0), namespace)

    await cluster.merge(NODES, "moving", {"spec": {"taints": None}})
    await cluster.rolled_out(namespace, nodes=1)
    await cluster.merge(NODES, "moving", {"metadata": {"labels": {"test": "elsewhere"}}})
    await cluster.until(PODS, lambda pods: not pods, namespace)
    deleted = await cluster.events(namespace, "SuccessfulDelete")
    assert deleted
    await cluster.client.delete(NODES, "moving")


async def test_cordoned_nodes_get_pods_and_tainted_control_planes_do_not(cluster: Cluster, namespace: str) -> None:
    await own_node(cluster, "cordoned")
    await cluster.strategic(NODES, "cordoned", {"spec": {"unschedulable": True}})
    taint = {"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"}
    await cluster.add_node(simulated_node("plane", labels={"test": "cordoned"}, taints=[taint]))
    await cluster.until(
        NODES,
        lambda nodes: any(
            t["key"] == "node.kubernetes.io/unschedulable" for n in nodes for t in n["spec"].get("taints") or ()
        ),
    )
    await cluster.client.create(DAEMON_SETS, daemonset(**only_on("cordoned")), namespace=namespace)
    await cluster.rolled_out(namespace, nodes=1)
    (pod,) = await cluster.live(PODS, namespace)
    assert pod["spec"]["nodeName"] == "cordoned"
    for name in ("cordoned", "plane"):
        await cluster.client.delete(NODES, name)


async def test_a_pod_that_does_not_fit_says_why(cluster: Cluster, namespace: str) -> None:
    node = await cluster.client.get(NODES, "n1")
    most = Quantity.parse(node["status"]["allocatable"]["cpu"]).milli_value() * 6 // 10
    container = {"name": "c", "image": "nginx:1.25", "resources": {"requests": {"cpu": f"{most}m"}}}
    await cluster.settled()
    for name in ("first", "second"):
        body = daemonset(name)
        body["spec"]["template"]["spec"]["containers"] = [container]
        await cluster.client.create(DAEMON_SETS, body, namespace=namespace)
    failed = await cluster.events(namespace, "FailedScheduling")
    message = failed[0].get("message") or failed[0].get("note") or ""
    assert "1 Insufficient cpu, 2 node(s) didn't satisfy plugin(s) [NodeAffinity]" in message


async def test_two_sets_want_the_same_host_port(cluster: Cluster, namespace: str) -> None:
    for name in ("port-a", "port-b"):
        body = daemonset(name)
        ports = [{"containerPort": 8080, "hostPort": 8080}]
        body["spec"]["template"]["spec"]["containers"][0]["ports"] = ports
        await cluster.client.create(DAEMON_SETS, body, namespace=namespace)
        if name == "port-a":
            await cluster.rolled_out(namespace, "port-a", nodes=3)
    failed = await cluster.events(namespace, "FailedScheduling", at_least=3)
    assert all("1 node(s) didn't have free ports for the requested pod ports" in _text(e) for e in failed)


def _text(event: View) -> str:
    return str(event.get("message") or event.get("note") or "")
