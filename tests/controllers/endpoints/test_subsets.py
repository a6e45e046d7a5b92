"""What Endpoints say of a Service's pods: pure."""

from __future__ import annotations

from typing import Any

import pytest

from apimachinery.objects import Object
from controllers.endpoints.subsets import subsets, truncate, wanted_labels
from controllers.runtime.endpoint_subsets import repack
from tests.controllers.services import backend, port, service


def addresses(found: list[Object], field: str = "addresses") -> list[str]:
    return [a["ip"] for s in found for a in s.get(field) or ()]


def test_ready_and_unready_pods_share_a_subset() -> None:
    (found,) = subsets(
        service(), [backend("b", "10.0.0.2"), backend("a", "10.0.0.1"), backend("c", "10.0.0.3", ready=False)]
    )
    assert addresses([found]) == ["10.0.0.1", "10.0.0.2"]
    assert addresses([found], "notReadyAddresses") == ["10.0.0.3"]
    assert found["ports"] == [{"name": "", "port": 80, "protocol": "TCP"}]
    assert found["addresses"][0] == {
        "ip": "10.0.0.1",
        "nodeName": "n1",
        "targetRef": {"kind": "Pod", "namespace": "ns", "name": "a", "uid": "uid-a"},
    }


@pytest.mark.parametrize(
    ("pod", "tolerant", "field"),
    [
        (backend("p"), False, ""),
        (backend("p", "10.0.0.1", phase="Failed"), False, ""),
        (backend("p", "10.0.0.1", phase="Succeeded"), True, ""),
        (backend("p", "10.0.0.1", deleting=True), False, ""),
        (backend("p", "10.0.0.1", deleting=True), True, "addresses"),
        (backend("p", "10.0.0.1", ready=False), True, "addresses"),
        (backend("p", "10.0.0.1", ready=False), False, "notReadyAddresses"),
        (backend("p", "fd00::1"), False, ""),
        (backend("p", "fd00::1,10.0.0.1"), False, "addresses"),
    ],
)
def test_who_stands_behind_a_service(pod: Object, tolerant: bool, field: str) -> None:
    found = subsets(service(publishNotReadyAddresses=tolerant), [pod])
    assert [f for s in found for f in s if f != "ports"] == ([field] if field else [])


def test_a_named_target_port_is_looked_up_in_each_pod() -> None:
    other = backend("b", "10.0.0.2")
    other["spec"]["containers"][0]["ports"][0]["containerPort"] = 9090
    lacking = backend("c", "10.0.0.3")
    lacking["spec"]["containers"][0]["ports"] = []
    found = subsets(service(ports=[port(80, target="http")]), [backend("a", "10.0.0.1"), other, lacking])
    assert {s["addresses"][0]["ip"]: s["ports"][0]["port"] for s in found} == {"10.0.0.1": 8080, "10.0.0.2": 9090}


@pytest.mark.parametrize(("spec", "count"), [({"clusterIP": "None"}, 1), ({}, 0)])
def test_only_a_headless_service_needs_no_ports(spec: dict[str, Any], count: int) -> None:
    found = subsets(service(ports=[], **spec), [backend("a", "10.0.0.1")])
    assert len(addresses(found)) == count
    assert not any("ports" in s for s in found)


def test_a_hostname_is_published_for_the_subdomain_only() -> None:
    own = backend("a", "10.0.0.1", hostname="h", subdomain="web")
    other = backend("b", "10.0.0.2", hostname="h", subdomain="else")
    (found,) = subsets(service(), [own, other])
    assert [a.get("hostname") for a in found["addresses"]] == ["h", None]


def test_ports_stand_in_their_order_upstream() -> None:
    dns = service(ports=[port(53, "dns", protocol="UDP"), port(53, "dns-tcp"), port(9153, "metrics")])
    (found,) = subsets(dns, [backend("a", "10.0.0.1")])
    assert [p["name"] for p in found["ports"]] == ["dns-tcp", "dns", "metrics"]


def test_repacking_gathers_and_separates() -> None:
    one, two = {"ip": "10.0.0.1"}, {"ip": "10.0.0.2"}
    a, b = {"name": "a", "port": 1, "protocol": "TCP"}, {"name": "b", "port": 2, "protocol": "TCP"}
    (both,) = repack([{"addresses": [one], "ports": [a]}, {"addresses": [one], "ports": [b]}])
    assert both["addresses"] == [one] and sorted(p["port"] for p in both["ports"]) == [1, 2]
    (merged,) = repack([{"addresses": [two], "ports": [a]}, {"addresses": [one], "ports": [a]}])
    assert merged["addresses"] == [one, two]
    (unready,) = repack([{"addresses": [one], "ports": [a]}, {"notReadyAddresses": [one], "ports": [a]}])
    assert unready == {"notReadyAddresses": [one], "ports": [a]}
    (bare,) = repack([{"addresses": [one]}])
    assert bare == {"addresses": [one]}
    assert len(repack([{"addresses": [one], "ports": [a]}, {"addresses": [two], "ports": [b]}])) == 2


def many(count: int, field: str = "addresses") -> Object:
    return {field: [{"ip": f"10.0.{i // 250}.{i % 250 + 1}"} for i in range(count)], "ports": [port(80)]}


@pytest.mark.parametrize(
    ("given", "ready", "unready", "cut"),
    [
        ([many(1000)], [1000], [0], False),
        ([many(1001)], [1000], [0], True),
        ([many(900) | many(300, "notReadyAddresses")], [900], [100], True),
        ([many(1200) | many(300, "notReadyAddresses")], [1000], [0], True),
        ([many(900), many(600)], [600, 400], [0, 0], True),
        (
            [many(400) | many(600, "notReadyAddresses"), many(400) | many(200, "notReadyAddresses")],
            [400, 400],
            [150, 50],
            True,
        ),
    ],
)
def test_a_thousand_addresses_at_most(given: list[Object], ready: list[int], unready: list[int], cut: bool) -> None:
    found, truncated = truncate(given)
    assert truncated is cut
    assert [len(s.get("addresses") or ()) for s in found] == ready
    assert [len(s.get("notReadyAddresses") or ()) for s in found] == unready


@pytest.mark.parametrize(
    ("minor", "spec", "labels"),
    [
        (32, {}, {"s": "1"}),
        (33, {}, {"s": "1", "endpoints.kubernetes.io/managed-by": "endpoint-controller"}),
        (32, {"clusterIP": "None"}, {"s": "1", "service.kubernetes.io/headless": ""}),
    ],
)
def test_labels(minor: int, spec: dict[str, Any], labels: dict[str, str]) -> None:
    assert wanted_labels(service(**spec), (1, minor)) == labels
