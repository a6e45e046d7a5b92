"""What a Service's EndpointSlices should be, and how few writes bring them there: pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from apimachinery import meta
from apimachinery.objects import Object, View
from controllers.endpointslice.slices import Changes, plan, slice_labels
from tests.controllers.factories import node
from tests.controllers.services import backend, port, service

NODES: dict[str, View] = {"n1": node("n1", labels={"topology.kubernetes.io/zone": "z1"})}
TRIGGER = "endpoints.kubernetes.io/last-change-trigger-time"


def run(
    present: list[View], *pods: Object, svc: Object | None = None, limit: int = 100, changed_at: str = "T"
) -> Changes:
    return plan(svc or service(), pods, NODES, present, changed_at=changed_at, limit=limit)


def stored(changes: Changes, present: list[View] | None = None) -> list[View]:
    """The slices after the changes, named in the order of their making."""
    gone = {meta.name(s) for s in changes.delete}
    updated = {meta.name(s): s for s in changes.update}
    kept = [updated.get(meta.name(s), s) for s in present or () if meta.name(s) not in gone]
    made = [{**s, "metadata": {**s["metadata"], "name": f"s{len(kept) + i}"}} for i, s in enumerate(changes.create)]
    return [*kept, *made]


def pods(*numbers: int, **spec: Any) -> list[Object]:
    return [backend(f"p{n:02}", f"10.0.0.{n}", **spec) for n in numbers]


def addresses(item: View) -> list[str]:
    return [e["addresses"][0] for e in item["endpoints"]]


def sizes(slices: Sequence[View]) -> list[int]:
    return [len(s["endpoints"]) for s in slices]


def test_a_service_without_pods_has_an_empty_slice() -> None:
    (made,) = run([]).create
    assert (made["endpoints"], made["ports"], made["addressType"]) == ([], None, "IPv4")
    assert made["metadata"]["generateName"] == "web-"
    assert meta.labels(made) == {
        "s": "1",
        "kubernetes.io/service-name": "web",
        "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
    }
    assert meta.annotations(made) == {TRIGGER: "T"}
    again = run(stored(run([])))
    assert (again.create, again.update, again.delete) == ([], [], [])


def test_the_empty_slice_becomes_the_first() -> None:
    present = stored(run([]))
    changes = run(present, *pods(1))
    (updated,) = changes.update
    assert not changes.create and not changes.delete
    assert meta.name(updated) == "s0" and addresses(updated) == ["10.0.0.1"]
    assert updated["ports"] == [{"name": "", "port": 80, "protocol": "TCP"}]
    emptied = run([updated])
    assert [meta.name(s) for s in emptied.update] == ["s0"] and emptied.update[0]["endpoints"] == []


def test_an_endpoint() -> None:
    (made,) = run([], backend("a", "10.0.0.1", hostname="h", subdomain="web")).create
    assert made["endpoints"] == [
        {
            "addresses": ["10.0.0.1"],
            "conditions": {"ready": True, "serving": True, "terminating": False},
            "targetRef": {"kind": "Pod", "namespace": "ns", "name": "a", "uid": "uid-a"},
            "nodeName": "n1",
            "zone": "z1",
            "hostname": "h",
        }
    ]


@pytest.mark.parametrize(
    ("state", "tolerant", "conditions"),
    [
        ({}, False, (True, True, False)),
        ({"ready": False}, False, (False, False, False)),
        ({"ready": False}, True, (True, False, False)),
        ({"deleting": True}, False, (False, True, True)),
        ({"deleting": True, "ready": False}, False, (False, False, True)),
        ({"deleting": True}, True, (True, True, True)),
    ],
)
def test_conditions(state: dict[str, Any], tolerant: bool, conditions: tuple[bool, bool, bool]) -> None:
    (made,) = run([], backend("a", "10.0.0.1", **state), svc=service(publishNotReadyAddresses=tolerant)).create
    found = made["endpoints"][0]["conditions"]
    assert (found["ready"], found["serving"], found["terminating"]) == conditions


def test_slices_are_filled_and_the_rest_gets_its_own() -> None:
    assert sizes(run([], *pods(*range(1, 8)), limit=3).create) == [3, 3, 1]


def test_a_changed_slice_takes_what_is_new() -> None:
    present = stored(run([], *pods(1, 2, 3), limit=3))
    changes = run(present, *pods(1, 2, 4), limit=3)
    assert not changes.create and not changes.delete
    assert sorted(addresses(changes.update[0])) == ["10.0.0.1", "10.0.0.2", "10.0.0.4"]


def test_new_endpoints_go_into_the_slice_that_they_fill_most() -> None:
    present = stored(run([], *pods(1, 2, 3, 4, 5, 6), limit=4))
    assert sizes(present) == [4, 2]
    changes = run(present, *pods(1, 2, 3, 4, 5, 6, 7), limit=4)
    assert [(meta.name(s), len(s["endpoints"])) for s in changes.update] == [("s1", 3)]
    changes = run(present, *pods(1, 2, 3, 4, 5, 6, 7, 8, 9), limit=4)
    assert sizes(changes.create) == [3] and not changes.update


def test_an_emptied_slice_goes() -> None:
    present = stored(run([], *pods(1, 2, 3), limit=2))
    changes = run(present, *pods(1, 2), limit=2)
    assert [meta.name(s) for s in changes.delete] == ["s1"]
    assert not changes.update and not changes.create


def test_nothing_moves_when_only_a_condition_changes() -> None:
    present = stored(run([], *pods(1, 2, 3), limit=2))
    changes = run(present, *pods(1, 3), backend("p02", "10.0.0.2", ready=False), limit=2, changed_at="")
    (updated,) = changes.update
    assert addresses(updated) == ["10.0.0.1", "10.0.0.2"]
    assert TRIGGER not in meta.annotations(updated)


def test_labels_follow_the_service() -> None:
    present = stored(run([], *pods(1)))
    relabelled = service()
    relabelled["metadata"]["labels"] = {"s": "2", "kubernetes.io/service-name": "mine"}
    (updated,) = run(present, *pods(1), svc=relabelled).update
    assert meta.labels(updated)["s"] == "2" and meta.labels(updated)["kubernetes.io/service-name"] == "web"
    assert slice_labels(service(clusterIP="None"))["service.kubernetes.io/headless"] == ""


def test_each_set_of_ports_has_its_own_slices() -> None:
    other = backend("b", "10.0.0.2")
    other["spec"]["containers"][0]["ports"][0]["containerPort"] = 9090
    made = run([], backend("a", "10.0.0.1"), other, svc=service(ports=[port(80, target="http")])).create
    assert {s["ports"][0]["port"]: addresses(s) for s in made} == {8080: ["10.0.0.1"], 9090: ["10.0.0.2"]}


def test_changed_ports_are_written_into_the_slice_that_there_is() -> None:
    present = stored(run([], *pods(1)))
    changes = run(present, *pods(1), svc=service(ports=[port(81)]))
    (updated,) = changes.update
    assert meta.name(updated) == "s0" and updated["ports"][0]["port"] == 81
    assert not changes.create and not changes.delete


def test_two_families() -> None:
    dual = service(ipFamilies=["IPv4", "IPv6"])
    both = [backend("a", "10.0.0.1,fd00::1"), backend("b", "10.0.0.2")]
    made = run([], *both, svc=dual).create
    assert {s["addressType"]: addresses(s) for s in made} == {"IPv4": ["10.0.0.1", "10.0.0.2"], "IPv6": ["fd00::1"]}
    single = run(stored(run([], *both, svc=dual)), *both)
    assert [s["addressType"] for s in single.delete] == ["IPv6"]


@pytest.mark.parametrize(("tolerant", "count"), [(False, 0), (True, 1)])
def test_a_pod_on_a_missing_node(tolerant: bool, count: int) -> None:
    lost = backend("a", "10.0.0.1")
    lost["spec"]["nodeName"] = "gone"
    changes = run([], lost, svc=service(publishNotReadyAddresses=tolerant))
    assert sizes(changes.create) == [count]
    assert changes.problems == ([] if tolerant else ["skipping Pod a for Service ns/web: Node gone Not Found"])
