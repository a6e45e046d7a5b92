"""Cells of networking.k8s.io and discovery.k8s.io."""

from __future__ import annotations

from typing import Any

import pytest

from server.registry.rest import CellContext
from tests.server.registry.kinds import kind
from tests.server.registry.printers.rows import ago, cells
from tests.server.registry.strategies import NOW


def ingress(*hosts: str, **rest: Any) -> dict[str, Any]:
    return {"spec": {"rules": [{"host": host} if host else {} for host in hosts], **rest}}


def balanced(*ingress: dict[str, str]) -> dict[str, Any]:
    return {"spec": {}, "status": {"loadBalancer": {"ingress": list(ingress)}}}


INGRESSES: list[tuple[dict[str, Any], dict[str, str]]] = [
    ({}, {}),
    (ingress("b", "a", tls=[{}]), {"Hosts": "b,a", "Ports": "80, 443"}),
    (ingress("a", "", "b"), {"Hosts": "a,b"}),
    (ingress("", ""), {"Hosts": "*"}),
    (ingress("a", "b", "c"), {"Hosts": "a,b,c"}),
    (ingress("a", "b", "c", "d", "e"), {"Hosts": "a,b,c + 2 more..."}),
    (ingress("a", "b", "c", ""), {"Hosts": "a,b,c + 1 more..."}),
    (ingress("a", "", "b", "c"), {"Hosts": "a,b,c"}),
    (ingress("a", "", "b", "c", ""), {"Hosts": "a,b,c + 2 more..."}),
    (ingress(ingressClassName="nginx"), {"Class": "nginx"}),
    (
        balanced({"ip": "2.2.2.2"}, {"hostname": "example.com"}, {"ip": "1.1.1.1"}, {"ip": "2.2.2.2"}),
        {"Address": "1.1.1.1,2.2.2.2,example.com"},
    ),
]


@pytest.mark.parametrize(("obj", "expected"), INGRESSES)
def test_ingresses(obj: dict[str, Any], expected: dict[str, str]) -> None:
    bare = {"Class": "<none>", "Hosts": "*", "Address": "", "Ports": "80"}
    assert cells("networking.k8s.io/v1", "ingresses", obj) == {**bare, **expected}


def slice_of(ports: list[dict[str, Any]], *addresses: list[str]) -> dict[str, Any]:
    return {"addressType": "IPv4", "ports": ports, "endpoints": [{"addresses": a} for a in addresses]}


KINDS: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = [
    (
        "networking.k8s.io/v1",
        "ingressclasses",
        {"spec": {"controller": "example.com/c", "parameters": {"kind": "K", "name": "n"}}},
        {"Controller": "example.com/c", "Parameters": "K/n"},
    ),
    (
        "networking.k8s.io/v1",
        "ingressclasses",
        {"spec": {"controller": "c", "parameters": {"kind": "K", "name": "n", "apiGroup": "example.com"}}},
        {"Controller": "c", "Parameters": "K.example.com/n"},
    ),
    (
        "networking.k8s.io/v1",
        "ingressclasses",
        {"spec": {"controller": "c"}},
        {"Controller": "c", "Parameters": "<none>"},
    ),
    ("networking.k8s.io/v1", "networkpolicies", {"spec": {"podSelector": {}}}, {"Pod-Selector": "<none>"}),
    (
        "networking.k8s.io/v1",
        "networkpolicies",
        {"spec": {"podSelector": {"matchLabels": {"b": "2", "a": "1"}}}},
        {"Pod-Selector": "a=1,b=2"},
    ),
    (
        "networking.k8s.io/v1",
        "servicecidrs",
        {"spec": {"cidrs": ["10.1.0.0/16", "fd00:1:1::/64"]}},
        {"CIDRs": "10.1.0.0/16,fd00:1:1::/64"},
    ),
    (
        "discovery.k8s.io/v1",
        "endpointslices",
        slice_of([{"name": "http", "port": 80}], ["10.1.2.3", "10.2.3.4"]),
        {"AddressType": "IPv4", "Ports": "80", "Endpoints": "10.1.2.3,10.2.3.4"},
    ),
    (
        "discovery.k8s.io/v1",
        "endpointslices",
        slice_of([{"port": n} for n in (1, 2, 3, 4, 5)], ["a"], ["b", "c"], ["d"]),
        {"AddressType": "IPv4", "Ports": "1,2,3 + 2 more...", "Endpoints": "a,b,c + 1 more..."},
    ),
    (
        "discovery.k8s.io/v1",
        "endpointslices",
        slice_of([{"name": "http"}, {}, {"name": "", "port": 3}]),
        {"AddressType": "IPv4", "Ports": "http,*,3", "Endpoints": "<unset>"},
    ),
    (
        "discovery.k8s.io/v1",
        "endpointslices",
        {**slice_of([{"name": ""}]), "ports": [{"name": ""}]},
        {"AddressType": "IPv4", "Ports": "<unset>", "Endpoints": "<unset>"},
    ),
]


@pytest.mark.parametrize(("group_version", "plural", "obj", "expected"), KINDS, ids=[k[1] for k in KINDS])
def test_kinds(group_version: str, plural: str, obj: dict[str, Any], expected: dict[str, Any]) -> None:
    assert cells(group_version, plural, obj) == expected


def test_the_age_of_an_address_has_no_column() -> None:
    printer = kind("networking.k8s.io/v1", "ipaddresses").resource.printer
    assert printer is not None
    parent = {"group": "MyGroup", "resource": "MyResource", "namespace": "mynamespace", "name": "myname"}
    metadata = {"name": "192.168.2.2", "creationTimestamp": ago(minutes=2)}
    rows = [
        printer.cells({"metadata": metadata, "spec": spec}, CellContext(NOW))
        for spec in ({"parentRef": parent}, {"parentRef": {"resource": "services", "name": "s"}}, {})
    ]
    assert rows == [
        ["192.168.2.2", "myresource.mygroup/mynamespace/myname", "2m"],
        ["192.168.2.2", "services/s", "2m"],
        ["192.168.2.2", "<none>", "2m"],
    ]
