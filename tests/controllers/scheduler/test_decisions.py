"""Filters, their words, scores and preemption: pure."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any

import pytest

from controllers.scheduler.framework import Decision, decide
from controllers.scheduler.types import NodeInfo, PodInfo

SUFFIX = "no new claims to deallocate, preemption: "


def node(
    name: str, *, cpu: str = "4", pods: str = "110", labels: dict[str, str] | None = None, **spec: Any
) -> NodeInfo:
    return NodeInfo.of(
        {
            "metadata": {"name": name, "labels": {"kubernetes.io/hostname": name, **(labels or {})}},
            "spec": spec,
            "status": {"allocatable": {"cpu": cpu, "memory": "8Gi", "pods": pods}},
        }
    )


def pod(
    name: str = "p", *, cpu: str = "", labels: dict[str, str] | None = None, priority: int = 0, **spec: Any
) -> PodInfo:
    container: dict[str, Any] = {"name": "c", "image": "x", "resources": {"requests": {"cpu": cpu}} if cpu else {}}
    if "ports" in spec:
        container["ports"] = spec.pop("ports")
    metadata = {"name": name, "namespace": "n", "uid": f"uid-{name}", "labels": labels or {}}
    return PodInfo.of({"metadata": metadata, "spec": {"containers": [container], "priority": priority, **spec}})


def run(info: PodInfo, nodes: Sequence[NodeInfo], **kwargs: Any) -> Decision:
    return decide(info, {n.name: n for n in nodes}, namespaces={}, random=Random(1), **kwargs)


def daemon_affinity(name: str) -> dict[str, Any]:
    term = {"matchFields": [{"key": "metadata.name", "operator": "In", "values": [name]}]}
    return {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}}}


def test_no_nodes() -> None:
    assert run(pod(), []).message == "no nodes available to schedule pods"


def test_the_specified_example() -> None:
    nodes = [node("a"), node("b"), node("c")]
    nodes[0].add(pod("big", cpu="3900m"))
    decision = run(pod(cpu="200m", affinity=daemon_affinity("a")), nodes)
    assert decision.message == (
        "0/3 nodes are available: 1 Insufficient cpu, 2 node(s) didn't satisfy plugin(s) [NodeAffinity]. "
        + SUFFIX
        + "0/3 nodes are available: 1 No preemption victims found for incoming pod, "
        "2 Preemption is not helpful for scheduling."
    )


def test_more_than_all_is_hopeless() -> None:
    decision = run(pod(cpu="9"), [node("a")])
    assert decision.message == (
        f"0/1 nodes are available: 1 Insufficient cpu. {SUFFIX}"
        "0/1 nodes are available: 1 Preemption is not helpful for scheduling."
    )


@pytest.mark.parametrize(
    ("info", "target", "reason"),
    [
        (pod(), node("a", unschedulable=True), "node(s) were unschedulable"),
        (pod(nodeName="b"), node("a"), "node(s) didn't match the requested node name"),
        (pod(), node("a", taints=[{"key": "k", "effect": "NoSchedule"}]), "node(s) had untolerated taint(s)"),
        (pod(nodeSelector={"d": "ssd"}), node("a"), "node(s) didn't match Pod's node affinity/selector"),
        (pod(), node("a", pods="0"), "Too many pods"),
    ],
)
def test_reasons(info: PodInfo, target: NodeInfo, reason: str) -> None:
    assert run(info, [target]).message.startswith(f"0/1 nodes are available: 1 {reason}. ")


def test_older_words_for_taints() -> None:
    tainted = node("a", taints=[{"key": "k", "value": "v", "effect": "NoSchedule"}])
    message = run(pod(), [tainted], version=(1, 33)).message
    assert message == (
        "0/1 nodes are available: 1 node(s) had untolerated taint {k: v}. "
        "preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling."
    )


def test_tolerations_and_prefer_no_schedule() -> None:
    taint = {"key": "k", "effect": "NoSchedule"}
    assert run(pod(tolerations=[{"operator": "Exists"}]), [node("a", taints=[taint])]).node == "a"
    soft = node("a", taints=[{"key": "k", "effect": "PreferNoSchedule"}])
    assert run(pod(), [soft, node("b")]).node == "b"


def test_host_ports() -> None:
    port = [{"containerPort": 80, "hostPort": 80}]
    taken = node("a")
    taken.add(pod("first", ports=port))
    text = "node(s) didn't have free ports for the requested pod ports"
    assert f"1 {text}." in run(pod(ports=port), [taken]).message
    assert run(pod(ports=[{"containerPort": 80, "hostPort": 80, "protocol": "UDP"}]), [taken]).node == "a"


def test_reasons_are_sorted_as_texts() -> None:
    nodes = [node(f"n{i}", unschedulable=True) for i in range(10)] + [node("x", cpu="0"), node("y", cpu="0")]
    message = run(pod(cpu="1"), nodes).message
    assert message.startswith("0/12 nodes are available: 10 node(s) were unschedulable, 2 Insufficient cpu. ")


def spread(key: str, skew: int = 1) -> dict[str, Any]:
    return {
        "maxSkew": skew,
        "topologyKey": key,
        "whenUnsatisfiable": "DoNotSchedule",
        "labelSelector": {"matchLabels": {"app": "w"}},
    }


def test_topology_spread() -> None:
    a, b = node("a", labels={"zone": "1"}), node("b", labels={"zone": "2"})
    a.add(pod("w1", labels={"app": "w"}))
    wanted = pod("w2", labels={"app": "w"}, topologySpreadConstraints=[spread("zone")])
    assert run(wanted, [a, b]).node == "b"
    text = "node(s) didn't match pod topology spread constraints"
    full = node("b", labels={"zone": "2"}, unschedulable=True)
    assert f"1 {text}, 1 node(s) were unschedulable." in run(wanted, [a, full]).message
    assert f"1 {text} (missing required label)." in run(wanted, [node("c")]).message


def anti(app: str) -> dict[str, Any]:
    term = {"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {"app": app}}}
    return {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}


def together(app: str) -> dict[str, Any]:
    term = {"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {"app": app}}}
    return {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}


def test_pod_affinity_and_anti_affinity() -> None:
    a, b = node("a"), node("b")
    a.add(pod("db", labels={"app": "db"}))
    assert run(pod(affinity=together("db")), [a, b]).node == "a"
    assert run(pod(affinity=anti("db")), [a, b]).node == "b"
    assert "1 node(s) didn't match pod anti-affinity rules." in run(pod(affinity=anti("db")), [a]).message
    assert "2 node(s) didn't match pod affinity rules." in run(pod(affinity=together("cache")), [a, b]).message
    first = pod("cache", labels={"app": "cache"}, affinity=together("cache"))
    assert run(first, [a, b]).node in ("a", "b")


def test_anti_affinity_of_pods_already_there() -> None:
    a = node("a")
    a.add(pod("shy", affinity=anti("loud")))
    text = "1 node(s) didn't satisfy existing pods anti-affinity rules."
    assert text in run(pod(labels={"app": "loud"}), [a]).message


def test_spreads_over_equal_nodes_and_prefers_the_empty_one() -> None:
    nodes = [node("a"), node("b"), node("c")]
    nodes[0].add(pod("x", cpu="1"))
    nodes[1].add(pod("y", cpu="1"))
    assert run(pod(cpu="1"), nodes).node == "c"


def test_preemption_takes_the_least_important() -> None:
    a, b = node("a"), node("b")
    a.add(pod("a1", cpu="3", priority=5))
    b.add(pod("b1", cpu="2", priority=1))
    b.add(pod("b2", cpu="2", priority=2))
    plan = run(pod("vip", cpu="2", priority=10), [a, b]).preemption
    assert plan.node == "b"
    assert [v.key for v in plan.victims] == ["n/b1"]


def test_preemption_can_be_refused() -> None:
    a = node("a")
    a.add(pod("a1", cpu="4"))
    message = run(pod(cpu="1", priority=5, preemptionPolicy="Never"), [a]).message
    assert message.endswith("preemption: not eligible due to preemptionPolicy=Never.")


def test_claims() -> None:
    message = run(pod(), [node("a")], claim_problem='persistentvolumeclaim "x" not found').message
    assert message.startswith('0/1 nodes are available: persistentvolumeclaim "x" not found. no new claims')


def test_requests_of_init_containers_and_sidecars() -> None:
    info = PodInfo.of(
        {
            "metadata": {"name": "p", "namespace": "n", "uid": "u"},
            "spec": {
                "containers": [{"name": "c", "resources": {"requests": {"cpu": "100m"}}}],
                "initContainers": [
                    {"name": "s", "restartPolicy": "Always", "resources": {"requests": {"cpu": "200m"}}},
                    {"name": "i", "resources": {"requests": {"cpu": "500m", "memory": "1Mi"}}},
                ],
                "overhead": {"cpu": "10m"},
            },
        }
    )
    assert info.requests == {"cpu": 710, "memory": 1024 * 1024}
