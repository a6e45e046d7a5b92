"""Silent nodes: pure tables, and the controller against a real server on a clock of the test's own."""

from __future__ import annotations

import asyncio

import pytest

from apimachinery import meta
from apimachinery.clock import ManualClock
from apimachinery.objects import Object, View
from apimachinery.timestamp import format_micro_time, format_time
from controllers.nodelifecycle import health, taints
from controllers.nodelifecycle.node_lifecycle_controller import NodeLifecycleController, default_grace_period
from controllers.runtime.resources import LEASES, NODES, PODS, SERVICE_ACCOUNTS
from controllers.tainteviction.taint_eviction import TaintEvictionController
from tests.controllers.cluster import Cluster
from tests.controllers.factories import node, taint

STAMP = "2026-01-02T03:04:05Z"


def with_conditions(**conditions: str) -> Object:
    found = node()
    found["status"]["conditions"] = [{"type": k, "status": v} for k, v in conditions.items()]
    return found


@pytest.mark.parametrize(
    ("conditions", "unschedulable", "expected"),
    [
        ({"Ready": "True"}, False, []),
        ({"Ready": "False"}, False, ["not-ready"]),
        ({"Ready": "Unknown"}, False, ["unreachable"]),
        ({"Ready": "True", "DiskPressure": "True", "PIDPressure": "True"}, False, ["disk-pressure", "pid-pressure"]),
        ({"Ready": "True", "NetworkUnavailable": "True"}, True, ["network-unavailable", "unschedulable"]),
    ],
)
def test_no_schedule_taints(conditions: dict[str, str], unschedulable: bool, expected: list[str]) -> None:
    found = with_conditions(**conditions)
    found["spec"]["unschedulable"] = unschedulable
    assert [k.rpartition("/")[2] for k in taints.wanted_no_schedule(found)] == expected


def test_foreign_taints_stay() -> None:
    found = with_conditions(Ready="True")
    found["spec"]["taints"] = [taint("mine:NoSchedule"), taint("node.kubernetes.io/not-ready:NoSchedule")]
    assert taints.with_no_schedule(found, STAMP) == [taint("mine:NoSchedule")]
    found["spec"]["taints"] = [taint("mine:NoSchedule")]
    assert taints.with_no_schedule(found, STAMP) is None


@pytest.mark.parametrize(
    ("ready", "expected"),
    [
        ([True] * 3, ("Normal", 3)),
        ([False] * 3, ("FullDisruption", 3)),
        ([False, False, True], ("Normal", 3)),
        ([False] * 3 + [True] * 2, ("PartialDisruption", 5)),
        ([False] * 3 + [True] * 3, ("Normal", 6)),
        ([], ("Normal", 0)),
    ],
)
def test_zone_states(ready: list[bool], expected: tuple[str, int]) -> None:
    assert health.zone_state(ready, 0.55) == expected


@pytest.mark.parametrize(("minor", "seconds"), [(29, 40.0), (31, 40.0), (32, 50.0), (36, 50.0)])
def test_the_grace_period_grew_with_1_32(minor: int, seconds: float) -> None:
    assert default_grace_period((1, minor)) == seconds


async def beat(cluster: Cluster, name: str, clock: ManualClock) -> None:
    """Renew a node's lease as a kubelet does."""
    patch = {"spec": {"renewTime": format_micro_time(clock.now())}}
    await cluster.merge(LEASES, name, patch, "kube-node-lease")


async def register(cluster: Cluster, name: str, clock: ManualClock) -> None:
    body = node(name)
    stamp = format_time(clock.now())
    ready = {"type": "Ready", "status": "True", "reason": "KubeletReady", "lastTransitionTime": stamp}
    body["status"]["conditions"] = [{**ready, "lastHeartbeatTime": stamp}]
    await cluster.client.create(NODES, body)
    lease: Object = {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {"name": name},
        "spec": {"holderIdentity": name, "renewTime": format_micro_time(clock.now())},
    }
    await cluster.client.create(LEASES, lease, namespace="kube-node-lease")


def pod_on(name: str, node_name: str, tolerations: list[Object]) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name},
        "spec": {
            "nodeName": node_name,
            "serviceAccountName": "default",
            "automountServiceAccountToken": False,
            "containers": [{"name": "c", "image": "nginx"}],
            "tolerations": tolerations,
        },
    }


def find(objects: list[View], name: str) -> View:
    return next(o for o in objects if meta.name(o) == name)


@pytest.mark.slow
async def test_a_silent_node_is_marked_tainted_and_emptied(bare: Cluster) -> None:
    clock = ManualClock()
    for name in ("silent", "alive", "well"):
        await register(bare, name, clock)
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default"}}
    await bare.client.create(SERVICE_ACCOUNTS, account, namespace="default")
    forever = [{"key": "node.kubernetes.io/unreachable", "operator": "Exists", "effect": "NoExecute"}]
    for pod in (pod_on("daemon", "silent", forever), pod_on("web", "silent", [])):
        await bare.client.create(PODS, pod, namespace="default")
        ready = {"phase": "Running", "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": STAMP}]}
        await bare.merge(PODS, meta.name(pod), {"status": ready}, "default", "status")
    context = bare.context(clock)
    lifecycle, eviction = NodeLifecycleController(context), TaintEvictionController(context)
    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(r.run()) for r in (lifecycle, eviction, context.events)]
        await bare.events("default", "RegisteredNode", at_least=3)
        for _ in range(11):
            clock.advance(5)
            for name in ("alive", "well"):
                await beat(bare, name, clock)
            await bare.until(
                LEASES,
                lambda found: all(
                    l["spec"]["renewTime"] == format_micro_time(clock.now())
                    for l in found  # noqa: E741
                    if meta.name(l) != "silent"
                ),
                "kube-node-lease",
            )
        nodes = await bare.until(
            NODES, lambda found: (meta.condition(find(found, "silent"), "Ready") or {}).get("status") == "Unknown"
        )
        for kind in ("Ready", "MemoryPressure", "DiskPressure", "PIDPressure"):
            condition = meta.condition(find(nodes, "silent"), kind)
            assert condition is not None and condition["status"] == "Unknown"
        ready = meta.condition(find(nodes, "silent"), "Ready") or {}
        assert ready["reason"] == "NodeStatusUnknown"
        assert ready["message"] == "Kubelet stopped posting node status."
        assert all((meta.condition(find(nodes, n), "Ready") or {})["status"] == "True" for n in ("alive", "well"))
        await bare.events("default", "NodeNotReady")
        await bare.until(
            PODS,
            lambda pods: all((meta.condition(p, "Ready") or {}).get("status") == "False" for p in pods),
            "default",
        )
        clock.advance(5)
        await asyncio.sleep(0)
        clock.advance(0.2)
        nodes = await bare.until(NODES, lambda found: _taints(find(found, "silent")) == {"NoSchedule", "NoExecute"})
        assert {t["key"] for t in find(nodes, "silent")["spec"]["taints"]} == {taints.UNREACHABLE}
        await bare.until(PODS, lambda pods: len(pods) == 2, "default")
        clock.advance(301)
        await bare.until(PODS, lambda pods: any(meta.name(p) == "web" and meta.is_deleting(p) for p in pods), "default")
        assert not meta.is_deleting(find(await bare.live(PODS, "default"), "daemon"))
        await bare.events("default", "TaintManagerEviction")
        for task in running:
            task.cancel()


def _taints(found: View) -> set[str]:
    return {t["effect"] for t in (found.get("spec") or {}).get("taints") or ()}
