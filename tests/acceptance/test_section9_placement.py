"""Which nodes get which pods: numbers 7 to 11, 28 and 29 of the acceptance list."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mockube.nodes import NodeTemplate
from tests.acceptance.objects import (
    ALL_NODES,
    DAEMONSETS,
    HASH,
    PODS,
    REVISIONS,
    condition,
    daemonset,
    events,
    is_deleting,
    name_of,
    names,
    node_of,
    rolled_out,
    start,
)
from tests.support.kubectl import Kubectl
from tests.support.live import MERGE, Api, Obj

NODES = (
    NodeTemplate(name="a", labels={"zone": "a"}),
    NodeTemplate(name="b", labels={"zone": "b"}),
    NodeTemplate(name="c", labels={"zone": "b"}),
)

AUTOMATIC = [
    ("node.kubernetes.io/not-ready", "NoExecute"),
    ("node.kubernetes.io/unreachable", "NoExecute"),
    ("node.kubernetes.io/disk-pressure", "NoSchedule"),
    ("node.kubernetes.io/memory-pressure", "NoSchedule"),
    ("node.kubernetes.io/pid-pressure", "NoSchedule"),
    ("node.kubernetes.io/unschedulable", "NoSchedule"),
]


def only(node: str) -> list[Obj]:
    """The terms that tie a pod to its node."""
    return [{"matchFields": [{"key": "metadata.name", "operator": "In", "values": [node]}]}]


def terms(pod: Obj) -> list[Obj]:
    required = pod["spec"]["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    return list(required["nodeSelectorTerms"])


@pytest.fixture
def restored(api: Api) -> Iterator[None]:
    """Nodes without taints and cordons afterwards."""
    yield
    for node in api.items(ALL_NODES):
        api.patch(f"{ALL_NODES}/{name_of(node)}", {"spec": {"taints": None, "unschedulable": None}}, MERGE)
    api.until(ALL_NODES, lambda nodes: not any(n["spec"].get("taints") for n in nodes))


def test_07_three_nodes_three_pods(api: Api, namespace: str) -> None:
    with api.watch(PODS.format(namespace)) as watch:
        pods = start(api, namespace)
        watch.catch_up()
    ds = api.get(f"{DAEMONSETS.format(namespace)}/ds")
    (revision,) = api.items(REVISIONS.format(namespace))
    assert sorted(node_of(p) for p in pods) == ["a", "b", "c"]
    for pod in pods:
        meta = pod["metadata"]
        assert meta["generateName"] == "ds-"
        assert meta["name"].startswith("ds-") and len(meta["name"]) == 8
        assert meta["ownerReferences"] == [
            {
                "apiVersion": "apps/v1",
                "kind": "DaemonSet",
                "name": "ds",
                "uid": ds["metadata"]["uid"],
                "controller": True,
                "blockOwnerDeletion": True,
            }
        ]
        assert meta["labels"] == {
            "app": "ds",
            HASH: revision["metadata"]["labels"][HASH],
            "pod-template-generation": "1",
        }
        assert pod["spec"]["tolerations"] == [
            {"key": key, "operator": "Exists", "effect": effect} for key, effect in AUTOMATIC
        ]
        assert terms(pod) == only(node_of(pod))
    created = [o for kind, o in watch.events if kind == "ADDED"]
    assert len(created) == 3
    assert not any("nodeName" in p["spec"] for p in created)
    assert {tuple(terms(p)[0]["matchFields"][0]["values"]) for p in created} == {("a",), ("b",), ("c",)}


def test_08_required_affinity_chooses_nodes_and_is_replaced(api: Api, namespace: str) -> None:
    zone = {"nodeSelectorTerms": [{"matchExpressions": [{"key": "zone", "operator": "In", "values": ["a"]}]}]}
    affinity = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": zone}}
    (pod,) = start(api, namespace, daemonset(affinity=affinity), nodes=1)
    assert node_of(pod) == "a"
    assert terms(pod) == only("a")


def test_09_a_toleration_of_ones_own_loses_its_seconds(api: Api, namespace: str) -> None:
    own = {
        "key": "node.kubernetes.io/not-ready",
        "operator": "Exists",
        "effect": "NoExecute",
        "tolerationSeconds": 30,
    }
    for pod in start(api, namespace, daemonset(tolerations=[own])):
        found = [t for t in pod["spec"]["tolerations"] if t["key"] == own["key"]]
        assert found == [{k: v for k, v in own.items() if k != "tolerationSeconds"}]


@pytest.mark.usefixtures("restored")
def test_10_taints_on_a_node_with_a_running_pod(api: Api, namespace: str, kubectl: Kubectl) -> None:
    before = {node_of(p): name_of(p) for p in start(api, namespace)}

    def status(found: list[Obj]) -> tuple[int, int, int]:
        s = found[0]["status"]
        return s["desiredNumberScheduled"], s["currentNumberScheduled"], s["numberMisscheduled"]

    with api.watch(PODS.format(namespace)) as pods, api.watch(DAEMONSETS.format(namespace)) as sets:
        kubectl("taint", "node", "a", "team=other:NoSchedule")
        api.advance()
        # As upstream, the taint alone does not wake the controller; the next sync sees it.
        api.patch(f"{DAEMONSETS.format(namespace)}/ds", {"metadata": {"labels": {"touched": "yes"}}})
        sets.until(lambda found: status(found) == (2, 2, 1))
        assert names(pods.objects) == set(before.values())
        kubectl("taint", "node", "a", "team=other:NoExecute")
        pods.until(lambda found: names(found) == set(before.values()) - {before["a"]})
        sets.until(lambda found: status(found) == (2, 2, 0))
        pods.stays(lambda found: len(found) == 2, during=60)
    reasons = {c["reason"] for kind, p in pods.events if is_deleting(p) and (c := condition(p, "DisruptionTarget"))}
    deletions = events(api, namespace, "SuccessfulDelete") + events(api, namespace, "TaintManagerEviction")
    assert {e["source"]["component"] for e in deletions} == {"daemonset-controller", "taint-eviction-controller"}
    assert reasons <= {"DeletionByTaintManager"}


@pytest.mark.usefixtures("restored")
def test_11_cordoned_nodes_get_pods_and_a_control_plane_taint_keeps_them_away(
    api: Api, namespace: str, kubectl: Kubectl
) -> None:
    kubectl("cordon", "a")
    api.until(ALL_NODES, lambda nodes: any(n["spec"].get("taints") for n in nodes), what="unschedulable taint")
    kubectl("taint", "node", "b", "node-role.kubernetes.io/control-plane:NoSchedule")
    api.advance()
    pods = start(api, namespace, nodes=2)
    assert {node_of(p) for p in pods} == {"a", "c"}
    kubectl("taint", "node", "b", "node-role.kubernetes.io/control-plane:NoSchedule-")
    rolled_out(api, namespace, nodes=3)


def test_28_a_pod_that_asks_for_more_cpu_than_is_free(api: Api, namespace: str) -> None:
    cpu = int(float(api.get(f"{ALL_NODES}/a")["status"]["allocatable"]["cpu"]) * 1000)
    share = {"requests": {"cpu": f"{cpu * 6 // 10}m"}}
    start(api, namespace, daemonset("first", container={"resources": share}, nodeSelector={"zone": "a"}), nodes=1)
    api.create(
        DAEMONSETS.format(namespace),
        daemonset("second", container={"resources": share}, nodeSelector={"zone": "a"}),
    )
    inner = "1 No preemption victims found for incoming pod, 2 Preemption is not helpful for scheduling."
    message = (
        "0/3 nodes are available: 1 Insufficient cpu, 2 node(s) didn't satisfy plugin(s) [NodeAffinity]. "
        f"no new claims to deallocate, preemption: 0/3 nodes are available: {inner}"
    )
    unschedulable(api, namespace, "second", message)


def test_29_two_daemonsets_on_one_host_port(api: Api, namespace: str) -> None:
    port = {"ports": [{"containerPort": 80, "hostPort": 8080}]}
    start(api, namespace, daemonset("first", container=port))
    api.create(DAEMONSETS.format(namespace), daemonset("second", container=port))
    inner = "1 No preemption victims found for incoming pod, 2 Preemption is not helpful for scheduling."
    message = (
        "0/3 nodes are available: 1 node(s) didn't have free ports for the requested pod ports, "
        "2 node(s) didn't satisfy plugin(s) [NodeAffinity]. "
        f"no new claims to deallocate, preemption: 0/3 nodes are available: {inner}"
    )
    unschedulable(api, namespace, "second", message, pods=3)


def unschedulable(api: Api, namespace: str, app: str, message: str, *, pods: int = 1) -> None:
    """The pods of an app stay Pending for a reason that condition and event both carry."""
    path = f"{PODS.format(namespace)}?labelSelector=app%3D{app}"
    found = api.until(path, lambda ps: len(ps) == pods and all(condition(p, "PodScheduled").get("reason") for p in ps))
    for pod in found:
        assert pod["status"]["phase"] == "Pending"
        scheduled = condition(pod, "PodScheduled")
        assert (scheduled["status"], scheduled["reason"]) == ("False", "Unschedulable")
        assert scheduled["message"] == message
    told = events(api, namespace, "FailedScheduling", at_least=pods)
    assert {e["message"] for e in told} == {message}
    assert {(e["type"], e["reportingComponent"], e["action"]) for e in told} == {
        ("Warning", "default-scheduler", "Scheduling")
    }
