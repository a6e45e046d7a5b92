"""Services: addresses and ports taken and given back, changes of type, and what is refused."""

from __future__ import annotations

from typing import Any, Final

import pytest

from apimachinery.objects import Object
from tests.support.api import InProcess

PATH: Final = "/api/v1/namespaces/default/services"
MERGE: Final = {"Content-Type": "application/merge-patch+json"}


def service(name: str, **spec: Any) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name},
        "spec": {"ports": [{"port": 80}], "selector": {"app": "a"}, **spec},
    }


async def patched(api: InProcess, name: str, **spec: Any) -> Any:
    answer = await api.request("PATCH", f"{PATH}/{name}", {"spec": spec}, headers=MERGE)
    return answer.json()


def causes(body: Any) -> list[str]:
    return [f"{c['field']}: {c['message']}" for c in body.get("details", {}).get("causes", [])]


async def test_defaults_and_allocation(api: InProcess) -> None:
    created = await api.create(PATH, service("a"))
    spec = created["spec"]
    assert spec["clusterIPs"] == [spec["clusterIP"]]
    assert {k: v for k, v in spec.items() if not k.startswith("clusterIP")} == {
        "ports": [{"protocol": "TCP", "port": 80, "targetPort": 80}],
        "selector": {"app": "a"},
        "type": "ClusterIP",
        "sessionAffinity": "None",
        "ipFamilies": ["IPv4"],
        "ipFamilyPolicy": "SingleStack",
        "internalTrafficPolicy": "Cluster",
    }
    assert created["status"] == {"loadBalancer": {}}
    address = (await api.request("GET", f"/apis/networking.k8s.io/v1/ipaddresses/{spec['clusterIP']}")).json()
    parent = {"group": "", "resource": "services", "namespace": "default", "name": "a"}
    assert address["spec"]["parentRef"] == {k: v for k, v in parent.items() if v}


async def test_address_is_free_again_after_deletion(api: InProcess) -> None:
    wanted = "10.0.0.77"
    await api.create(PATH, service("a", clusterIP=wanted))
    refused = (await api.request("POST", PATH, service("b", clusterIP=wanted))).json()
    assert causes(refused) == [
        (
            'spec.clusterIPs: Invalid value: ["10.0.0.77"]: '
            "failed to allocate IP 10.0.0.77: provided IP is already allocated"
        )
    ]
    assert (await api.request("DELETE", f"{PATH}/a")).status == 200
    await api.create(PATH, service("b", clusterIP=wanted))


async def test_a_dry_run_takes_nothing(api: InProcess) -> None:
    wanted = service("a", type="NodePort", clusterIP="10.0.0.78", ports=[{"port": 80, "nodePort": 30078}])
    assert (await api.request("POST", f"{PATH}?dryRun=All", wanted)).status == 201
    await api.create(PATH, wanted)


async def test_node_ports_are_not_shared(api: InProcess) -> None:
    await api.create(PATH, service("a", type="NodePort", ports=[{"port": 80, "nodePort": 30080}]))
    same = service("b", type="NodePort", ports=[{"port": 80, "nodePort": 30080}])
    refused = (await api.request("POST", PATH, same)).json()
    assert causes(refused) == [
        "spec.ports[0].nodePort: Invalid value: 30080: provided port is already allocated",
    ]
    outside = service("b", type="NodePort", ports=[{"port": 80, "nodePort": 80}])
    refused = (await api.request("POST", PATH, outside)).json()
    assert causes(refused) == [
        (
            "spec.ports[0].nodePort: Invalid value: 80: provided port is not in the valid range. "
            "The range of valid ports is 30000-32767"
        )
    ]


async def test_the_same_node_port_for_two_protocols(api: InProcess) -> None:
    ports = [{"name": p, "port": 53, "nodePort": 30053, "protocol": p.upper()} for p in ("tcp", "udp")]
    created = await api.create(PATH, service("dns", type="NodePort", ports=ports))
    assert [p["nodePort"] for p in created["spec"]["ports"]] == [30053, 30053]


async def test_changes_of_type(api: InProcess) -> None:
    created = await api.create(PATH, service("a"))
    node_port = await patched(api, "a", type="NodePort")
    assert node_port["spec"]["clusterIP"] == created["spec"]["clusterIP"]
    port = node_port["spec"]["ports"][0]["nodePort"]
    assert 30000 <= port <= 32767
    plain = await patched(api, "a", type="ClusterIP")
    assert "nodePort" not in plain["spec"]["ports"][0]
    external = await patched(api, "a", type="ExternalName", externalName="example.com", clusterIP=None, clusterIPs=None)
    assert not {"clusterIP", "clusterIPs", "ipFamilies"} & external["spec"].keys()
    again = service("b", type="NodePort", clusterIP=created["spec"]["clusterIP"], ports=[{"port": 1, "nodePort": port}])
    await api.create(PATH, again)


async def test_headless(api: InProcess) -> None:
    created = await api.create(PATH, service("a", clusterIP="None"))
    assert created["spec"]["clusterIPs"] == ["None"]
    refused = await patched(api, "a", clusterIP="10.0.0.5", clusterIPs=["10.0.0.5"])
    assert causes(refused)[0] == 'spec.clusterIPs[0]: Invalid value: ["10.0.0.5"]: may not change once set'


@pytest.mark.parametrize(
    ("spec", "refusals"),
    [
        ({"ports": []}, ["spec.ports: Required value"]),
        (
            {"type": "Mesh"},
            [
                (
                    'spec.type: Unsupported value: "Mesh": supported values: "ClusterIP", "ExternalName", '
                    '"LoadBalancer", "NodePort"'
                )
            ],
        ),
        (
            {"ports": [{"port": 0}]},
            [
                f"spec.ports[0].{n}: Invalid value: 0: must be between 1 and 65535, inclusive"
                for n in ("port", "targetPort")
            ],
        ),
        (
            {"sessionAffinity": "Sticky"},
            [('spec.sessionAffinity: Unsupported value: "Sticky": supported values: "ClientIP", "None"')],
        ),
        ({"type": "ExternalName"}, ["spec.externalName: Required value"]),
        (
            {"clusterIP": "x"},
            [('spec.clusterIPs[0]: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)')],
        ),
        (
            {"externalTrafficPolicy": "Local"},
            [
                (
                    'spec.externalTrafficPolicy: Invalid value: "Local": may only be set '
                    "for externally-accessible services"
                )
            ],
        ),
    ],
)
async def test_refusals(api: InProcess, spec: dict[str, Any], refusals: list[str]) -> None:
    answer = await api.request("POST", PATH, service("a", **spec))
    assert answer.status == 422
    assert causes(answer.json()) == refusals


async def test_addresses_outside_the_range(api: InProcess) -> None:
    answer = await api.request("POST", PATH, service("a", clusterIP="192.168.0.1"))
    assert causes(answer.json()) == [
        (
            'spec.clusterIPs: Invalid value: ["192.168.0.1"]: failed to allocate IP 192.168.0.1: '
            "the provided network does not match the current range"
        )
    ]
