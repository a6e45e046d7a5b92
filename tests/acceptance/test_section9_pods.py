"""How lost, failed and finished daemon pods are replaced: numbers 12 to 14 and 24 of the acceptance list."""

from __future__ import annotations

import itertools
from datetime import datetime

import pytest

from tests.acceptance.objects import (
    PODS,
    daemonset,
    events,
    is_deleting,
    is_ready,
    name_of,
    node_of,
    start,
    strategy,
)
from tests.support.live import Api, Obj
from tests.support.machine import ClusterTime


def on(node: str, pods: list[Obj]) -> list[Obj]:
    return [p for p in pods if node_of(p) == node]


def test_12_no_replacement_before_the_old_pod_is_gone(api: Api, namespace: str) -> None:
    path = PODS.format(namespace)
    stubborn = {"image": "busybox:1.36", "command": ["sh", "-c", "trap '' TERM; sleep 1000"]}
    old = start(api, namespace, daemonset(container=stubborn, terminationGracePeriodSeconds=3))[0]
    node = node_of(old)
    with api.watch(path) as watch:
        api.delete(f"{path}/{name_of(old)}")
        api.advance(5)
        watch.until(lambda pods: any(name_of(p) != name_of(old) for p in on(node, pods)))
    kinds = [(kind, name_of(p) == name_of(old)) for kind, p in watch.events if node_of(p) == node]
    assert kinds.index(("DELETED", True)) < kinds.index(("ADDED", False))


def test_12_with_surge_the_replacement_comes_at_once(api: Api, namespace: str) -> None:
    path = PODS.format(namespace)
    ds = daemonset(spec=strategy(maxSurge=1, maxUnavailable=0), terminationGracePeriodSeconds=30)
    ds["spec"]["template"]["spec"]["containers"][0]["lifecycle"] = {"preStop": {"sleep": {"seconds": 20}}}
    old = start(api, namespace, ds)[0]
    with ClusterTime(api).stopped(), api.watch(path) as watch:
        api.delete(f"{path}/{name_of(old)}")
        pods = watch.until(lambda pods: len(on(node_of(old), pods)) == 2)
        assert [name_of(p) for p in on(node_of(old), pods) if is_deleting(p)] == [name_of(old)]
        api.delete(f"{path}/{name_of(old)}", {"gracePeriodSeconds": 0})


def test_13_failed_pods_are_replaced_under_back_off(api: Api, namespace: str) -> None:
    path = PODS.format(namespace)
    first = start(api, namespace)[0]
    node = node_of(first)
    killed: list[datetime] = []
    with api.watch(path) as watch:
        victim = first
        for _ in range(4):
            api.patch(f"{path}/{name_of(victim)}/status", {"status": {"phase": "Failed"}})
            uid = victim["metadata"]["uid"]

            def replaced(pods: list[Obj], uid: str = uid) -> bool:
                return any(is_ready(p) and p["metadata"]["uid"] != uid for p in on(node, pods))

            for _ in range(20):
                api.advance(1)
                watch.catch_up()
                if replaced(watch.objects):
                    break
            victim = next(p for p in on(node, watch.objects) if p["metadata"]["uid"] != uid)
            killed.append(datetime.fromisoformat(victim["metadata"]["creationTimestamp"]))
    gone = [p for kind, p in watch.events if kind == "DELETED" and name_of(p) == name_of(first)]
    assert [p["metadata"].get("deletionGracePeriodSeconds") for p in gone] in ([0], [None])
    warned = events(api, namespace, "FailedDaemonPod", at_least=4)
    expected = f"Found failed daemon pod {namespace}/{name_of(first)} on node {node}, will try to kill it"
    assert expected in {e["message"] for e in warned}
    assert {e["type"] for e in warned} == {"Warning"}
    gaps = [(b - a).total_seconds() for a, b in itertools.pairwise(killed)]
    for gap, least in zip(gaps, (1, 2, 4), strict=True):
        assert gap >= least - 1, f"whole seconds: {gaps}"
    assert sum(gaps) >= 6, f"1 s, 2 s and 4 s within whole seconds: {gaps}"


def test_14_finished_pods_are_replaced_without_delay(api: Api, namespace: str) -> None:
    path = PODS.format(namespace)
    victim = start(api, namespace)[0]
    node = node_of(victim)
    with api.watch(path) as watch:
        for _ in range(3):
            api.patch(f"{path}/{name_of(victim)}/status", {"status": {"phase": "Succeeded"}})
            uid = victim["metadata"]["uid"]

            def replaced(pods: list[Obj], uid: str = uid) -> bool:
                return any(is_ready(p) and p["metadata"]["uid"] != uid for p in on(node, pods))

            watch.until(replaced)
            victim = next(p for p in on(node, watch.objects) if p["metadata"]["uid"] != uid)
    told = events(api, namespace, "SucceededDaemonPod", at_least=3)
    assert {e["type"] for e in told} == {"Normal"}
    assert all(
        e["message"].startswith(f"Found succeeded daemon pod {namespace}/ds-")
        and e["message"].endswith(f" on node {node}, will try to delete it")
        for e in told
    )


@pytest.mark.parametrize("label", [{"app": "other"}, {"app": None}], ids=["relabelled", "unlabelled"])
def test_24_a_pod_out_of_the_selector_is_released(api: Api, namespace: str, label: Obj) -> None:
    path = PODS.format(namespace)
    released = start(api, namespace)[0]
    api.patch(f"{path}/{name_of(released)}", {"metadata": {"labels": label}})
    with api.watch(path) as watch:
        pods = watch.until(lambda pods: len(on(node_of(released), pods)) == 2)
        assert len(pods) == 4
        watch.until(
            lambda pods: not any(p["metadata"].get("ownerReferences") for p in pods if name_of(p) == name_of(released))
        )
