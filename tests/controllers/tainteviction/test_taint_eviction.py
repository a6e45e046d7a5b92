"""Who has to leave a tainted node, when, and what is said about it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from apimachinery import meta
from apimachinery.clock import ManualClock
from apimachinery.objects import Object, View
from controllers.runtime.resources import NODES, PODS
from controllers.tainteviction.taint_eviction import TaintEvictionController, matching_tolerations, time_to_stay
from tests.controllers.cluster import Cluster, at_work, timer_set
from tests.controllers.factories import node, taint

NO_EXECUTE = "a=b:NoExecute"


@pytest.mark.parametrize(
    ("tolerations", "expected"),
    [
        ([], "leaves"),
        ([{"operator": "Exists"}], None),
        ([{"key": "a", "operator": "Exists", "tolerationSeconds": 300}], 300.0),
        ([{"key": "a", "operator": "Exists", "tolerationSeconds": -1}], 0.0),
        ([{"operator": "Exists", "tolerationSeconds": 30}, {"key": "a", "operator": "Exists"}], 30.0),
        ([{"key": "b", "operator": "Exists"}], "leaves"),
        ([{"key": "a", "value": "b", "effect": "NoExecute"}], None),
        ([{"key": "a", "value": "c", "effect": "NoExecute"}], "leaves"),
        ([{"key": "a", "operator": "Exists", "effect": "NoSchedule"}], "leaves"),
    ],
)
def test_time_to_stay(tolerations: list[Object], expected: float | str | None) -> None:
    used = matching_tolerations([taint(NO_EXECUTE)], tolerations)
    assert ("leaves" if used is None else time_to_stay(used)) == expected


def test_every_taint_has_to_be_tolerated() -> None:
    tolerations = [{"key": "a", "operator": "Exists", "tolerationSeconds": 9}]
    assert matching_tolerations([taint("a:NoExecute"), taint("b:NoExecute")], tolerations) is None


@pytest.fixture
async def namespace(bare: Cluster, bare_namespace: str) -> str:
    """A namespace, and a node of the same name without taints."""
    await bare.client.create(NODES, node(bare_namespace))
    return bare_namespace


async def add_pod(cluster: Cluster, namespace: str, name: str, *tolerations: Object) -> None:
    """A pod on the namespace's node."""
    body: Object = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name},
        "spec": {
            "nodeName": namespace,
            "automountServiceAccountToken": False,
            "containers": [{"name": "c", "image": "nginx"}],
            "tolerations": list(tolerations),
        },
    }
    await cluster.client.create(PODS, body, namespace=namespace)
    await cluster.until(PODS, lambda found: name in map(meta.name, found), namespace)


def tolerating(seconds: int) -> Object:
    return {"key": "a", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": seconds}


async def set_taints(cluster: Cluster, name: str, *texts: str) -> None:
    """Give the node these taints and no others."""
    wanted = [taint(t) for t in texts]
    await cluster.merge(NODES, name, {"spec": {"taints": wanted}})
    await cluster.until(
        NODES,
        lambda found: any(
            meta.name(n) == name and [t["key"] for t in n["spec"].get("taints") or ()] == [t["key"] for t in wanted]
            for n in found
        ),
    )


def deleting(name: str) -> Callable[[list[View]], bool]:
    return lambda found: any(meta.name(p) == name and meta.is_deleting(p) for p in found)


@pytest.mark.slow
async def test_who_tolerates_nothing_goes_at_once(bare: Cluster, namespace: str) -> None:
    clock = ManualClock()
    context = bare.context(clock)
    async with at_work(context, TaintEvictionController(context)):
        await add_pod(bare, namespace, "web")
        await set_taints(bare, namespace, NO_EXECUTE)
        (pod,) = await bare.until(PODS, deleting("web"), namespace)
        condition = meta.condition(pod, "DisruptionTarget") or {}
        assert (condition["status"], condition["reason"]) == ("True", "DeletionByTaintManager")
        assert condition["message"] == "Taint manager: deleting due to NoExecute taint"
        assert condition["observedGeneration"] == 1
        event = await bare.said(namespace, f"Marking for deletion Pod {namespace}/web")
        assert (event["type"], event["reason"]) == ("Normal", "TaintManagerEviction")
        assert event["source"] == {"component": "taint-eviction-controller"}
        assert "uid" not in event["involvedObject"]


@pytest.mark.slow
async def test_the_first_timer_stands(bare: Cluster, namespace: str) -> None:
    clock = ManualClock()
    context = bare.context(clock)
    async with at_work(context, TaintEvictionController(context)):
        await add_pod(bare, namespace, "web", tolerating(60))
        await set_taints(bare, namespace, NO_EXECUTE)
        await timer_set(clock)
        clock.advance(30)
        await bare.client.patch(
            PODS,
            "web",
            {"spec": {"tolerations": [tolerating(5)]}},
            namespace=namespace,
        )
        await bare.until(PODS, lambda found: tolerating(5) in found[0]["spec"]["tolerations"], namespace)
        clock.advance(29)
        assert not deleting("web")(await bare.live(PODS, namespace))
        clock.advance(1)
        await bare.until(PODS, deleting("web"), namespace)


@pytest.mark.slow
async def test_a_timer_that_stops_is_told_of(bare: Cluster, namespace: str) -> None:
    clock = ManualClock()
    context = bare.context(clock)
    async with at_work(context, TaintEvictionController(context)):
        await add_pod(bare, namespace, "web", tolerating(60))
        await set_taints(bare, namespace, NO_EXECUTE)
        await timer_set(clock)
        await set_taints(bare, namespace)
        await bare.said(namespace, f"Cancelling deletion of Pod {namespace}/web")
        clock.advance(61)
        assert not deleting("web")(await bare.live(PODS, namespace))
