"""PodDisruptionBudgets over a real server: status, events, evictions that never come."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from apimachinery import errors, meta
from apimachinery.clock import ManualClock
from apimachinery.objects import Object, View
from apimachinery.timestamp import format_time
from controllers.disruption.disruption_controller import DisruptionController
from controllers.runtime.resources import (
    DAEMON_SETS,
    DEPLOYMENT_KIND,
    DEPLOYMENTS,
    POD_DISRUPTION_BUDGETS,
    PODS,
    REPLICA_SETS,
)
from tests.controllers.cluster import Cluster, at_work, daemonset, timer_set

pytestmark = pytest.mark.slow
LABELS = {"app": "web"}


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def working(bare: Cluster, clock: ManualClock) -> AsyncIterator[Cluster]:
    """A server with the disruption controller alone."""
    context = bare.context(clock)
    async with at_work(context, DisruptionController(context)):
        yield bare


async def add_budget(cluster: Cluster, namespace: str, name: str = "budget", **spec: Any) -> None:
    body: Object = {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": name},
        "spec": {"selector": {"matchLabels": LABELS}, **spec},
    }
    await cluster.client.create(POD_DISRUPTION_BUDGETS, body, namespace=namespace)


async def add_pods(
    cluster: Cluster, namespace: str, *names: str, owner: View | None = None, ready: bool = True
) -> None:
    """Running pods, bound to a node so that their deletion takes its time."""
    for name in names:
        metadata: Object = {"name": name, "labels": LABELS}
        if owner is not None:
            reference = {k: owner[k] for k in ("apiVersion", "kind")}
            reference |= {"name": meta.name(owner), "uid": meta.uid(owner), "controller": True}
            metadata["ownerReferences"] = [reference]
        spec = {
            "nodeName": "somewhere",
            "automountServiceAccountToken": False,
            "containers": [{"name": "c", "image": "nginx"}],
        }
        body: Object = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}
        await cluster.client.create(PODS, body, namespace=namespace)
        await set_ready(cluster, namespace, name, ready=ready)


async def set_ready(cluster: Cluster, namespace: str, name: str, *, ready: bool) -> None:
    condition = {"type": "Ready", "status": "True" if ready else "False"}
    await cluster.strategic(
        PODS, name, {"status": {"phase": "Running", "conditions": [condition]}}, namespace, "status"
    )


async def status(cluster: Cluster, namespace: str, name: str = "budget", **numbers: int) -> View:
    """The budget's status once it has these numbers."""

    def reached(found: list[View]) -> bool:
        return any(meta.name(b) == name and numbers.items() <= (b.get("status") or {}).items() for b in found)

    found = await cluster.until(POD_DISRUPTION_BUDGETS, reached, namespace, what=f"{name} with {numbers}")
    written: View = next(b for b in found if meta.name(b) == name)["status"]
    return written


async def failed(cluster: Cluster, namespace: str, message: str) -> None:
    """Wait until the budget says that it could not be computed, and why."""

    def told(found: list[View]) -> bool:
        return any((meta.condition(b, "DisruptionAllowed") or {}).get("message") == message for b in found)

    (found,) = await cluster.until(POD_DISRUPTION_BUDGETS, told, namespace, what=message)
    condition = meta.condition(found, "DisruptionAllowed") or {}
    assert (condition["status"], condition["reason"]) == ("False", "SyncFailed")
    assert found["status"]["disruptionsAllowed"] == 0


async def test_pods_are_counted_as_they_come_and_go(working: Cluster, bare_namespace: str) -> None:
    await add_budget(working, bare_namespace, minAvailable=1)
    found = await status(working, bare_namespace, expectedPods=0, observedGeneration=1)
    assert found["disruptionsAllowed"] == 0
    await working.said(bare_namespace, "No matching pods found")
    await add_pods(working, bare_namespace, "a", "b")
    await status(working, bare_namespace, currentHealthy=2, desiredHealthy=1, expectedPods=2, disruptionsAllowed=1)
    await set_ready(working, bare_namespace, "b", ready=False)
    found = await status(working, bare_namespace, currentHealthy=1, disruptionsAllowed=0)
    assert found["conditions"][0]["reason"] == "InsufficientPods"


async def test_a_share_of_a_deployment(working: Cluster, bare_namespace: str) -> None:
    template = {"metadata": {"labels": LABELS}, "spec": {"containers": [{"name": "c", "image": "nginx"}]}}
    spec = {"replicas": 4, "selector": {"matchLabels": LABELS}, "template": template}
    create = working.client.create
    body: Object = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": spec}
    deployment = await create(DEPLOYMENTS, body, namespace=bare_namespace)
    owner = meta.new_controller_ref(deployment, DEPLOYMENT_KIND)
    metadata = {"name": "web-1", "ownerReferences": [owner]}
    body = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": metadata, "spec": {**spec, "replicas": 1}}
    rs = await create(REPLICA_SETS, body, namespace=bare_namespace)
    await add_pods(working, bare_namespace, "a", "b", "c", owner=rs)
    await add_budget(working, bare_namespace, maxUnavailable="50%")
    await status(working, bare_namespace, expectedPods=4, desiredHealthy=2, currentHealthy=3, disruptionsAllowed=1)
    await working.merge(DEPLOYMENTS, "web", {"spec": {"replicas": 2}}, bare_namespace)
    await status(working, bare_namespace, expectedPods=2, desiredHealthy=1, disruptionsAllowed=2)


async def test_a_share_of_what_cannot_be_scaled(working: Cluster, bare_namespace: str) -> None:
    ds = await working.client.create(DAEMON_SETS, daemonset(), namespace=bare_namespace)
    await add_pods(working, bare_namespace, "a", owner=ds)
    await add_budget(working, bare_namespace, maxUnavailable=1)
    text = "daemonsets.apps does not implement the scale subresource"
    await failed(working, bare_namespace, text)
    event = await working.said(bare_namespace, f"Failed to calculate the number of expected pods: {text}")
    assert (event["type"], event["reason"]) == ("Warning", "CalculateExpectedPodCountFailed")


async def test_a_share_of_nobody(working: Cluster, bare_namespace: str) -> None:
    gone = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": {"name": "gone", "uid": "0-0-0-0-0"}}
    await add_pods(working, bare_namespace, "a", owner=gone)
    await add_budget(working, bare_namespace, minAvailable="50%")
    await failed(working, bare_namespace, 'found no controllers for pod "a"')


async def test_pods_without_a_controller(working: Cluster, bare_namespace: str) -> None:
    await add_pods(working, bare_namespace, "a")
    await add_budget(working, bare_namespace, maxUnavailable=1)
    await status(working, bare_namespace, expectedPods=0, disruptionsAllowed=0)
    (event,) = await working.events(bare_namespace, "UnmanagedPods")
    assert event["message"].startswith(
        "Pods selected by this PodDisruptionBudget (selector: &LabelSelector{MatchLabels:map[string]string{app: web,},"
        "MatchExpressions:[]LabelSelectorRequirement{},}) were found to be unmanaged. As a result,"
    )


async def test_only_one_budget_hears_of_a_pod(working: Cluster, bare_namespace: str) -> None:
    await add_budget(working, bare_namespace, "one", minAvailable=1)
    await add_budget(working, bare_namespace, "two", minAvailable=1)
    await working.until(
        POD_DISRUPTION_BUDGETS,
        lambda found: all((b.get("status") or {}).get("conditions") for b in found),
        bare_namespace,
    )
    await add_pods(working, bare_namespace, "a")
    (event,) = (await working.events(bare_namespace, "MultiplePodDisruptionBudgets"))[:1]
    assert event["message"] == (
        f'Pod "{bare_namespace}"/"a" matches multiple PodDisruptionBudgets.  Chose "one" arbitrarily.'
    )
    assert event["involvedObject"]["name"] == "a"
    await status(working, bare_namespace, "one", currentHealthy=1)


async def test_an_eviction_is_remembered_until_the_pod_goes(working: Cluster, bare_namespace: str) -> None:
    await add_budget(working, bare_namespace, minAvailable=1)
    await add_pods(working, bare_namespace, "a", "b")
    await status(working, bare_namespace, disruptionsAllowed=1)
    eviction: Object = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "a"}}
    await working.client.create(PODS, eviction, namespace=bare_namespace, name="a", subresource="eviction")
    await status(working, bare_namespace, currentHealthy=1, disruptionsAllowed=0)
    with pytest.raises(errors.TooManyRequests):
        await working.client.create(
            PODS, {**eviction, "metadata": {"name": "b"}}, namespace=bare_namespace, name="b", subresource="eviction"
        )
    await working.client.delete(PODS, "a", namespace=bare_namespace, grace_period_seconds=0)
    found = await status(working, bare_namespace, expectedPods=1)
    assert not found.get("disruptedPods")


async def test_an_eviction_that_never_comes(working: Cluster, bare_namespace: str, clock: ManualClock) -> None:
    await add_pods(working, bare_namespace, "a", "b")
    await add_budget(working, bare_namespace, minAvailable=1)
    await status(working, bare_namespace, disruptionsAllowed=1)
    evicted = {"status": {"disruptedPods": {"a": format_time(clock.now())}, "disruptionsAllowed": 0}}
    await working.merge(POD_DISRUPTION_BUDGETS, "budget", evicted, bare_namespace, "status")
    await status(working, bare_namespace, currentHealthy=1)
    await timer_set(clock)
    clock.advance(121)
    found = await status(working, bare_namespace, currentHealthy=2, disruptionsAllowed=1)
    assert not found.get("disruptedPods")
    text = f"Pod was expected by PDB {bare_namespace}/{bare_namespace} to be deleted but it wasn't"
    assert (await working.said(bare_namespace, text))["reason"] == "NotDeleted"


async def test_a_stale_condition_is_taken_back(working: Cluster, bare_namespace: str, clock: ManualClock) -> None:
    await add_pods(working, bare_namespace, "a")
    condition = {
        "type": "DisruptionTarget",
        "status": "True",
        "reason": "EvictionByEvictionAPI",
        "lastTransitionTime": format_time(clock.now()),
    }
    await working.strategic(PODS, "a", {"status": {"conditions": [condition]}}, bare_namespace, "status")
    await timer_set(clock)
    clock.advance(119)
    await working.never(PODS, lambda found: target(found[0])["status"] == "False", bare_namespace, during=0.2)
    clock.advance(1)
    (pod,) = await working.until(PODS, lambda found: target(found[0])["status"] == "False", bare_namespace)
    assert "reason" not in target(pod)


def target(pod: View) -> View:
    return meta.condition(pod, "DisruptionTarget") or {}
