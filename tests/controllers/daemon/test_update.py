"""Tables of rolling updates: budgets, broken pods first, surge, sunset; and of the status numbers."""

from __future__ import annotations

import pytest

from apimachinery.objects import Object
from apimachinery.timestamp import parse_time
from controllers.daemon import placement, status
from controllers.daemon.facts import DaemonPod, Eligibility
from controllers.daemon.revisions import revisions_to_delete
from controllers.daemon.update import Rollout, plan_rolling_update
from controllers.runtime.errors import ReconcileError
from tests.controllers.factories import NOW, daemonset, node, pod

AT = parse_time(NOW)


def strategy(**parameters: int | str) -> Object:
    return {"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": parameters}}


def roll(spec: Object, nodes: list[Object], pods: list[Object]) -> Rollout:
    ds = daemonset(spec=spec)
    return plan_rolling_update(
        ds,
        Eligibility(ds).over(nodes),
        placement.group_by_node(map(DaemonPod, pods)),
        current_hash="new",
        now=AT,
    )


NODES = [node(f"n{i}") for i in range(1, 6)]


def old(*numbers: int, ready: bool = True, deleting: bool = False) -> list[Object]:
    return [pod(f"old{i}", f"n{i}", revision="old", ready=ready, deleting=deleting) for i in numbers]


def new(*numbers: int, ready: bool = True) -> list[Object]:
    return [pod(f"new{i}", f"n{i}", ready=ready) for i in numbers]


@pytest.mark.parametrize(
    ("parameters", "pods", "deleted"),
    [
        pytest.param({"maxUnavailable": 1}, old(1, 2, 3, 4, 5), ["old1"], id="one at a time"),
        pytest.param({"maxUnavailable": 1}, [*new(1, ready=False), *old(2, 3, 4, 5)], [], id="budget is used up"),
        pytest.param({"maxUnavailable": 1}, old(2, 3, 4, 5), [], id="a missing pod uses the budget"),
        pytest.param({"maxUnavailable": 1}, [*old(1, deleting=True), *old(2, 3, 4, 5)], [], id="so does a leaving one"),
        pytest.param(
            {"maxUnavailable": 1}, old(1, 2, 3, 4, 5, ready=False), [f"old{i}" for i in range(1, 6)], id="all broken"
        ),
        pytest.param({"maxUnavailable": "34%"}, old(1, 2, 3, 4, 5), ["old1", "old2"], id="percent rounds up"),
        pytest.param({"maxUnavailable": "1%"}, old(1, 2, 3, 4, 5), ["old1"], id="one percent is one"),
        pytest.param({"maxUnavailable": 0, "maxSurge": 0}, old(1, 2, 3, 4, 5), ["old1"], id="impossible means one"),
        pytest.param(
            {"maxUnavailable": 2}, [*old(1, 1), *old(2, 3, 4, 5)], ["old2"], id="two old pods are unavailable"
        ),
        pytest.param({"maxUnavailable": 1}, new(1, 2, 3, 4, 5), [], id="done"),
    ],
)
def test_without_surge(parameters: dict[str, int | str], pods: list[Object], deleted: list[str]) -> None:
    result = roll(strategy(**parameters), NODES, pods)
    assert (result.delete, result.create) == (deleted, [])


@pytest.mark.parametrize(
    ("nodes", "pods", "created", "deleted"),
    [
        pytest.param(NODES, old(1, 2, 3, 4, 5), ["n1", "n2"], [], id="as many as maxSurge"),
        pytest.param(NODES, [*old(1, 2, 3, 4, 5), *new(1, ready=False)], ["n2"], [], id="one is in flight"),
        pytest.param(NODES, [*old(1, 2, 3, 4, 5), *new(1)], ["n2", "n3"], ["old1"], id="one is done"),
        pytest.param(
            NODES, old(1, 2, 3, 4, 5, ready=False), ["n1", "n2", "n3", "n4", "n5"], [], id="broken ones need no budget"
        ),
        pytest.param(
            [node("n1", taints=["x:NoSchedule"]), *NODES[1:]],
            old(1, 2, 3, 4, 5, ready=False),
            ["n2", "n3", "n4", "n5"],
            ["old1"],
            id="broken on a node that is not wanted",
        ),
        pytest.param(
            [node("n1", taints=["x:NoSchedule"]), *NODES[1:]],
            old(1, 2, 3, 4, 5),
            ["n2", "n3"],
            ["old1"],
            id="sunset when enough are available",
        ),
        pytest.param(
            [node("n1", taints=["x:NoSchedule"]), *NODES[1:]],
            [*old(1, 2, 3, 4)],
            ["n2", "n3"],
            [],
            id="no sunset while availability is short",
        ),
    ],
)
def test_with_surge(nodes: list[Object], pods: list[Object], created: list[str], deleted: list[str]) -> None:
    result = roll(strategy(maxSurge=2, maxUnavailable=0), nodes, pods)
    assert (result.create, result.delete) == (created, deleted)


def test_surge_with_an_old_pod_on_a_missing_node_is_an_error() -> None:
    with pytest.raises(ReconcileError, match='couldn\'t get node for nodeName "n9"'):
        roll(strategy(maxSurge=1, maxUnavailable=0), NODES, [pod("a", "n9", revision="old")])


def test_the_template_generation_label_also_makes_a_pod_updated() -> None:
    mine = pod("a", revision="other")
    mine["metadata"]["labels"]["pod-template-generation"] = "1"
    assert DaemonPod(mine).is_updated("new", 1)
    assert not DaemonPod(mine).is_updated("new", 2)
    assert not DaemonPod(mine).is_updated("new", None)


def test_status_numbers() -> None:
    ds = daemonset()
    nodes = [*NODES[:3], node("n4", taints=["x:NoSchedule"]), node("n5", taints=["x:NoSchedule"])]
    pods = [*new(1), *old(2, ready=False), *old(4), pod("lost", "n9")]
    numbers = status.count(
        ds,
        Eligibility(ds).over(nodes),
        placement.group_by_node(map(DaemonPod, pods)),
        current_hash="new",
        now=AT,
    )
    assert numbers == status.Numbers(desired=3, current=2, misscheduled=1, ready=1, updated=1, available=1)
    assert numbers.unavailable == 2
    written = numbers.write({"collisionCount": 1, "numberUnavailable": 5}, 7)
    assert numbers.written_in(written)
    assert written["collisionCount"] == 1 and written["observedGeneration"] == 7
    assert status.Numbers(0, 0, 0, 0, 0, 0).write({}, None) == {
        "currentNumberScheduled": 0,
        "numberMisscheduled": 0,
        "desiredNumberScheduled": 0,
        "numberReady": 0,
    }


def revision(number: int) -> Object:
    return {
        "metadata": {"name": f"r{number}", "labels": {"controller-revision-hash": f"h{number}"}},
        "revision": number,
    }


@pytest.mark.parametrize(
    ("limit", "in_use", "deleted"),
    [(10, [], []), (2, [], ["r1", "r2"]), (2, ["h1"], ["r2", "r3"]), (0, ["h2"], ["r1", "r3", "r4"])],
)
def test_truncation_spares_what_pods_use(limit: int, in_use: list[str], deleted: list[str]) -> None:
    ds = daemonset(spec={"revisionHistoryLimit": limit})
    pods = [pod(f"p{h}", revision=h) for h in in_use]
    result = revisions_to_delete(ds, [revision(n) for n in (3, 1, 4, 2)], pods)
    assert [r["metadata"]["name"] for r in result] == deleted
