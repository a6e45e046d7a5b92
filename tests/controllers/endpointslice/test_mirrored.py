"""Endpoints kept by hand, as slices: pure."""

from __future__ import annotations

from typing import Any

import pytest

from apimachinery import meta
from apimachinery.objects import Object, View
from controllers.endpointslice.mirrored import is_mirrored, plan_mirror
from tests.controllers.services import service


def endpoints(*subsets: Object, **metadata: Any) -> Object:
    base = {"name": "web", "namespace": "ns", "uid": "uid-web", "labels": {"s": "1"}}
    return {
        "apiVersion": "v1",
        "kind": "Endpoints",
        "metadata": {**base, **metadata},
        "subsets": [{"ports": [{"name": "p", "port": 80, "protocol": "TCP"}], **s} for s in subsets],
    }


def ips(*found: str) -> list[Object]:
    return [{"ip": ip} for ip in found]


def made(found: Object, present: list[View] | None = None, limit: int = 1000) -> list[Object]:
    return plan_mirror(found, present or [], limit)[0].create


def named(slices: list[Object]) -> list[View]:
    return [{**s, "metadata": {**s["metadata"], "name": f"s{i}"}} for i, s in enumerate(slices)]


def test_a_slice_for_each_family() -> None:
    found = made(endpoints({"addresses": ips("10.0.0.1", "fd00::1"), "notReadyAddresses": ips("10.0.0.2")}))
    four, six = sorted(found, key=lambda s: str(s["addressType"]))
    assert [(e["addresses"], e["conditions"]) for e in four["endpoints"]] == [
        (["10.0.0.1"], {"ready": True}),
        (["10.0.0.2"], {"ready": False}),
    ]
    assert [e["addresses"] for e in six["endpoints"]] == [["fd00::1"]]
    assert meta.labels(four) == {
        "s": "1",
        "kubernetes.io/service-name": "web",
        "endpointslice.kubernetes.io/managed-by": "endpointslicemirroring-controller.k8s.io",
    }
    (owner,) = meta.owner_references(four)
    assert (owner["kind"], owner["uid"]) == ("Endpoints", "uid-web")


def test_annotations_but_two_are_mirrored() -> None:
    annotations = {
        "a": "1",
        "kubectl.kubernetes.io/last-applied-configuration": "{}",
        "endpoints.kubernetes.io/last-change-trigger-time": "T",
    }
    (found,) = made(endpoints({"addresses": ips("10.0.0.1")}, annotations=annotations))
    assert meta.annotations(found) == {"a": "1"}


def test_a_slice_is_updated_in_place() -> None:
    present = named(made(endpoints({"addresses": ips("10.0.0.1")})))
    same, *_ = plan_mirror(endpoints({"addresses": ips("10.0.0.1")}), present, 1000)
    assert (same.create, same.update, same.delete) == ([], [], [])
    changes, *_ = plan_mirror(endpoints({"addresses": ips("10.0.0.2")}), present, 1000)
    assert [meta.name(s) for s in changes.update] == ["s0"]
    assert [e["addresses"] for e in changes.update[0]["endpoints"]] == [["10.0.0.2"]]
    relabelled, *_ = plan_mirror(endpoints({"addresses": ips("10.0.0.1")}, labels={"s": "2"}), present, 1000)
    assert meta.labels(relabelled.update[0])["s"] == "2"
    gone, *_ = plan_mirror(endpoints(), present, 1000)
    assert [meta.name(s) for s in gone.delete] == ["s0"]


def test_what_cannot_be_mirrored_is_counted() -> None:
    given = endpoints({"addresses": ips("10.0.0.1", "not-an-ip", "10.0.0.2", "10.0.0.3")})
    changes, invalid, skipped = plan_mirror(given, [], 2)
    assert (len(changes.create[0]["endpoints"]), invalid) == (2, 0)
    assert skipped == 2
    changes, invalid, skipped = plan_mirror(given, [], 1000)
    assert (len(changes.create[0]["endpoints"]), invalid, skipped) == (3, 1, 1)


@pytest.mark.parametrize(
    ("metadata", "spec", "expected"),
    [
        ({}, {"selector": None}, True),
        ({}, {}, False),
        ({"labels": {"endpointslice.kubernetes.io/skip-mirror": "true"}}, {"selector": None}, False),
        ({"labels": {"endpointslice.kubernetes.io/skip-mirror": "false"}}, {"selector": None}, True),
        ({"labels": {"endpoints.kubernetes.io/managed-by": "x"}}, {"selector": None}, False),
        ({"annotations": {"control-plane.alpha.kubernetes.io/leader": "{}"}}, {"selector": None}, False),
    ],
)
def test_what_is_mirrored(metadata: Object, spec: Object, expected: bool) -> None:
    assert is_mirrored(endpoints(**metadata), service(**spec)) is expected
    assert not is_mirrored(endpoints(**metadata), None)
