"""Cells of the core group's kinds that are no workloads, and of events."""

from __future__ import annotations

from typing import Any

import pytest

from server.registry import builtin
from server.registry.config import RegistryConfig
from tests.server.registry.printers.rows import ago, cells
from tests.server.registry.strategies import Kind


def service(kind: str, ingress: list[dict[str, Any]] | None = None, **spec: Any) -> dict[str, Any]:
    return {"spec": {"type": kind, **spec}, "status": {"loadBalancer": {"ingress": ingress or []}}}


PORT = {"port": 2233, "protocol": "TCP"}
SERVICES: list[tuple[dict[str, Any], tuple[str, str, str, str]]] = [
    (
        service("ClusterIP", clusterIPs=["10.9.8.7"], ports=[PORT], selector={"b": "2", "a": "1"}),
        ("10.9.8.7", "<none>", "2233/TCP", "a=1,b=2"),
    ),
    (service("ClusterIP", clusterIPs=["None"]), ("None", "<none>", "<none>", "<none>")),
    (
        service("ClusterIP", clusterIPs=["10.9.8.7", "fd00::1"], externalIPs=["1.1.1.1", "2.2.2.2"], ports=[PORT]),
        ("10.9.8.7", "1.1.1.1,2.2.2.2", "2233/TCP", "<none>"),
    ),
    (
        service(
            "NodePort",
            clusterIPs=["10.9.8.7"],
            ports=[{"port": 8888, "nodePort": 30000, "protocol": "UDP"}, {**PORT, "nodePort": 9999}, PORT],
        ),
        ("10.9.8.7", "<none>", "8888:30000/UDP,2233:9999/TCP,2233/TCP", "<none>"),
    ),
    (service("NodePort", externalIPs=["1.1.1.1"]), ("<none>", "1.1.1.1", "<none>", "<none>")),
    (service("LoadBalancer", clusterIPs=["10.9.8.7"]), ("10.9.8.7", "<pending>", "<none>", "<none>")),
    (
        service("LoadBalancer", [{"ip": "2.2.2.2"}, {"hostname": "lb.example.com"}, {"ip": "1.1.1.1"}, {}]),
        ("<none>", "1.1.1.1,2.2.2.2,lb.example.com", "<none>", "<none>"),
    ),
    (
        service("LoadBalancer", [{"ip": "2.2.2.2", "hostname": "h"}], externalIPs=["9.9.9.9", "8.8.8.8"]),
        ("<none>", "2.2.2.2,9.9.9.9,8.8.8.8", "<none>", "<none>"),
    ),
    (service("LoadBalancer", externalIPs=["9.9.9.9"]), ("<none>", "9.9.9.9", "<none>", "<none>")),
    (service("ExternalName", externalName="my.db.example.com"), ("<none>", "my.db.example.com", "<none>", "<none>")),
    (service("Other"), ("<none>", "<unknown>", "<none>", "<none>")),
]


@pytest.mark.parametrize(("obj", "expected"), SERVICES)
def test_services(obj: dict[str, Any], expected: tuple[str, str, str, str]) -> None:
    ip, external, ports, selector = expected
    shown = {"Cluster-IP": ip, "External-IP": external, "Port(s)": ports, "Selector": selector}
    assert cells("v1", "services", obj) == {"Type": obj["spec"]["type"], **shown}


def ready(status: str) -> dict[str, Any]:
    return {"conditions": [{"type": "DiskPressure", "status": "True"}, {"type": "Ready", "status": status}]}


NODES: list[tuple[dict[str, Any], dict[str, str]]] = [
    ({}, {"Status": "Unknown"}),
    ({"status": ready("True")}, {"Status": "Ready"}),
    ({"status": ready("False")}, {"Status": "NotReady"}),
    ({"status": ready("Unknown")}, {"Status": "NotReady"}),
    ({"spec": {"unschedulable": True}, "status": ready("True")}, {"Status": "Ready,SchedulingDisabled"}),
    ({"spec": {"unschedulable": True}, "status": ready("False")}, {"Status": "NotReady,SchedulingDisabled"}),
    ({"spec": {"unschedulable": True}}, {"Status": "Unknown,SchedulingDisabled"}),
    ({"metadata": {"labels": {"kubernetes.io/role": "node"}}}, {"Roles": "node"}),
    (
        {
            "metadata": {
                "labels": {
                    "node-role.kubernetes.io/worker": "",
                    "node-role.kubernetes.io/control-plane": "true",
                    "node-role.kubernetes.io/": "nobody",
                    "kubernetes.io/role": "zone",
                }
            }
        },
        {"Roles": "control-plane,worker,zone"},
    ),
    ({"metadata": {"labels": {"kubernetes.io/role": ""}}}, {"Roles": "<none>"}),
    (
        {
            "status": {
                "addresses": [
                    {"type": "Hostname", "address": "h"},
                    {"type": "ExternalIP", "address": "1.1.1.1"},
                    {"type": "InternalIP", "address": "10.0.0.1"},
                    {"type": "InternalIP", "address": "10.0.0.2"},
                ]
            }
        },
        {"Internal-IP": "10.0.0.1", "External-IP": "1.1.1.1"},
    ),
    (
        {
            "status": {
                "nodeInfo": {
                    "kubeletVersion": "v1.36.1",
                    "osImage": "Linux OS",
                    "kernelVersion": "6.1",
                    "architecture": "arm64",
                    "containerRuntimeVersion": "containerd://2",
                }
            }
        },
        {
            "Version": "v1.36.1",
            "OS-Image": "Linux OS",
            "Kernel-Version": "6.1 (arm64)",
            "Container-Runtime": "containerd://2",
        },
    ),
    ({"status": {"nodeInfo": {"kernelVersion": "6.1"}}}, {"Kernel-Version": "6.1"}),
]
BARE_NODE = {
    "Status": "Unknown",
    "Roles": "<none>",
    "Version": "",
    "Internal-IP": "<none>",
    "External-IP": "<none>",
    "OS-Image": "<unknown>",
    "Kernel-Version": "<unknown>",
    "Container-Runtime": "<unknown>",
}


@pytest.mark.parametrize(("obj", "expected"), NODES)
def test_nodes(obj: dict[str, Any], expected: dict[str, str]) -> None:
    assert cells("v1", "nodes", obj) == {**BARE_NODE, **expected}


def volume(*modes: str, **rest: Any) -> dict[str, Any]:
    return {"spec": {"capacity": {"storage": "4294967296"}, "accessModes": list(modes), **rest}}


VOLUMES: list[tuple[dict[str, Any], dict[str, str]]] = [
    (volume("ReadOnlyMany"), {"Capacity": "4294967296", "Access Modes": "ROX"}),
    (volume("ReadWriteMany", "ReadOnlyMany", "ReadWriteOnce"), {"Access Modes": "RWO,ROX,RWX"}),
    (volume("ReadWriteOncePod", "ReadWriteOncePod"), {"Access Modes": "RWOP"}),
    (volume(capacity={"storage": "4096Mi"}), {"Capacity": "4Gi"}),
    (volume(capacity={}), {"Capacity": "0"}),
    (volume(claimRef={"namespace": "default", "name": "test"}), {"Claim": "default/test"}),
    (volume(persistentVolumeReclaimPolicy="Retain"), {"Reclaim Policy": "Retain"}),
    (volume(storageClassName="slow"), {"StorageClass": "slow"}),
    (
        {
            **volume(storageClassName="slow"),
            "metadata": {"annotations": {"volume.beta.kubernetes.io/storage-class": "a"}},
        },
        {"StorageClass": "a"},
    ),
    (volume(volumeAttributesClassName="gold"), {"VolumeAttributesClass": "gold"}),
    (volume(volumeMode="Block"), {"VolumeMode": "Block"}),
    ({**volume(), "status": {"phase": "Failed", "reason": "Broken"}}, {"Status": "Failed", "Reason": "Broken"}),
    (
        {**volume(), "metadata": {"deletionTimestamp": ago(seconds=1)}, "status": {"phase": "Bound"}},
        {"Status": "Terminating"},
    ),
]
BARE_VOLUME = {
    "Capacity": "4294967296",
    "Access Modes": "",
    "Reclaim Policy": "",
    "Status": "",
    "Claim": "",
    "StorageClass": "",
    "VolumeAttributesClass": "<unset>",
    "Reason": "",
    "VolumeMode": "<unset>",
}


@pytest.mark.parametrize(("obj", "expected"), VOLUMES)
def test_volumes(obj: dict[str, Any], expected: dict[str, str]) -> None:
    assert cells("v1", "persistentvolumes", obj) == {**BARE_VOLUME, **expected}


CLAIM_STATUS = {"phase": "Bound", "accessModes": ["ReadOnlyMany"], "capacity": {"storage": "4Gi"}}
CLAIMS: list[tuple[dict[str, Any], dict[str, str]]] = [
    ({"spec": {}, "status": {"phase": "Lost"}}, {"Status": "Lost"}),
    (
        {"spec": {"volumeName": "my-volume"}, "status": CLAIM_STATUS},
        {"Status": "Bound", "Volume": "my-volume", "Capacity": "4Gi", "Access Modes": "ROX"},
    ),
    ({"spec": {"volumeName": "v"}}, {"Volume": "v", "Capacity": "0"}),
    ({"spec": {"resources": {"requests": {"storage": "1Gi"}}}, "status": CLAIM_STATUS}, {"Status": "Bound"}),
    (
        {"spec": {"storageClassName": "slow", "volumeMode": "Filesystem", "volumeAttributesClassName": "gold"}},
        {"StorageClass": "slow", "VolumeMode": "Filesystem", "VolumeAttributesClass": "gold"},
    ),
    ({"spec": {"volumeAttributesClassName": ""}}, {"VolumeAttributesClass": ""}),
    (
        {"metadata": {"deletionTimestamp": ago(seconds=1)}, "spec": {}, "status": {"phase": "Pending"}},
        {"Status": "Terminating"},
    ),
]
BARE_CLAIM = {
    "Status": "",
    "Volume": "",
    "Capacity": "",
    "Access Modes": "",
    "StorageClass": "",
    "VolumeAttributesClass": "<unset>",
    "VolumeMode": "<unset>",
}


@pytest.mark.parametrize(("obj", "expected"), CLAIMS)
def test_claims(obj: dict[str, Any], expected: dict[str, str]) -> None:
    assert cells("v1", "persistentvolumeclaims", obj) == {**BARE_CLAIM, **expected}


ABOUT = {"kind": "Pod", "name": "Pod Name", "fieldPath": "spec.containers{foo}"}
EVENTS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    (
        {
            "type": "Warning",
            "reason": "Reason",
            "message": "\tMessage Data\n",
            "involvedObject": ABOUT,
            "source": {"component": "kubelet", "host": "Node1"},
            "firstTimestamp": ago(days=3),
            "lastTimestamp": ago(hours=1),
            "count": 6,
        },
        {
            "Last Seen": "60m",
            "Type": "Warning",
            "Reason": "Reason",
            "Object": "pod/Pod Name",
            "Subobject": "spec.containers{foo}",
            "Source": "kubelet, Node1",
            "Message": "Message Data",
            "First Seen": "3d",
            "Count": 6,
        },
    ),
    ({"involvedObject": {"kind": "Deployment"}}, {"Object": "deployment"}),
    ({"source": {"component": "kubelet"}}, {"Source": "kubelet"}),
    ({"reportingComponent": "c", "reportingInstance": "i"}, {"Source": "c, i"}),
    ({"source": {"host": "h"}, "reportingComponent": "c"}, {"Source": "c, h"}),
    (
        {"eventTime": "2026-01-01T11:57:00.000001Z"},
        {"Last Seen": "2m59s", "First Seen": "2m59s"},
    ),
    (
        {
            "firstTimestamp": ago(days=3),
            "lastTimestamp": ago(days=2),
            "count": 4,
            "series": {"count": 9, "lastObservedTime": "2026-01-01T11:59:00.000000Z"},
        },
        {"Last Seen": "60s", "First Seen": "3d", "Count": 9},
    ),
    ({"firstTimestamp": ago(days=3), "count": 1}, {"Last Seen": "3d", "First Seen": "3d"}),
]
BARE_EVENT: dict[str, Any] = {
    "Last Seen": "<unknown>",
    "Type": "",
    "Reason": "",
    "Object": "",
    "Subobject": "",
    "Source": "",
    "Message": "",
    "First Seen": "<unknown>",
    "Count": 1,
}


@pytest.mark.parametrize(("obj", "expected"), EVENTS)
def test_events(obj: dict[str, Any], expected: dict[str, Any]) -> None:
    assert cells("v1", "events", obj) == {**BARE_EVENT, **expected}


def test_events_of_the_newer_group_are_printed_alike() -> None:
    obj = {"regarding": ABOUT, "note": " n ", "reportingController": "c", "eventTime": "2026-01-01T11:59:00.000000Z"}
    expected = {"Object": "pod/Pod Name", "Subobject": ABOUT["fieldPath"], "Message": "n", "Source": "c"}
    expected |= {"Last Seen": "60s", "First Seen": "60s"}
    assert cells("events.k8s.io/v1", "events", obj) == {**BARE_EVENT, **expected}


OTHERS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("namespaces", {"status": {"phase": "Terminating"}}, {"Status": "Terminating"}),
    ("namespaces", {}, {"Status": ""}),
    ("configmaps", {"data": {"a": "b"}, "binaryData": {"c": "", "d": ""}}, {"Data": 3}),
    ("configmaps", {}, {"Data": 0}),
    ("secrets", {"type": "kubernetes.io/tls", "data": {"a": "", "b": ""}}, {"Type": "kubernetes.io/tls", "Data": 2}),
    ("serviceaccounts", {"secrets": [{"name": "s"}]}, {}),
    (
        "resourcequotas",
        {
            "status": {
                "hard": {
                    "requests.memory": "1048576Ki",
                    "limits.cpu": "2000m",
                    "cpu": "1",
                    "limits.example.com/x": "3",
                    "limitsx.example.com/y": "4",
                },
                "used": {"cpu": "500m", "limits.cpu": "1"},
            }
        },
        {
            "Request": "cpu: 500m/1, limitsx.example.com/y: 0/4, requests.memory: 0/1Gi",
            "Limit": "limits.cpu: 1/2, limits.example.com/x: 0/3",
        },
    ),
    ("resourcequotas", {"spec": {"hard": {"cpu": "1"}}}, {"Request": "", "Limit": ""}),
    ("endpoints", {}, {"Endpoints": "<none>"}),
    ("endpoints", {"subsets": [{"notReadyAddresses": [{"ip": "1.1.1.1"}], "ports": [{"port": 1}]}]}, {"Endpoints": ""}),
    (
        "endpoints",
        {"subsets": [{"addresses": [{"ip": "1.1.1.1"}, {"ip": "fd00::1"}], "ports": [{"port": 80}, {"port": 81}]}]},
        {"Endpoints": "1.1.1.1:80,[fd00::1]:80,1.1.1.1:81 + 1 more..."},
    ),
    (
        "endpoints",
        {
            "subsets": [
                {"addresses": [{"ip": "1.1.1.1"}, {"ip": "2.2.2.2"}]},
                {"addresses": [{"ip": "3.3.3.3"}], "ports": [{"port": 80}]},
            ]
        },
        {"Endpoints": "1.1.1.1,2.2.2.2,3.3.3.3:80"},
    ),
    (
        "componentstatuses",
        {"conditions": [{"type": "Healthy", "status": "True", "message": "ok", "error": ""}]},
        {"Status": "Healthy", "Message": "ok", "Error": ""},
    ),
    (
        "componentstatuses",
        {"conditions": [{"type": "Healthy", "status": "Unknown", "message": "m", "error": "e"}]},
        {"Status": "Unhealthy", "Message": "m", "Error": "e"},
    ),
    ("componentstatuses", {}, {"Status": "Unknown", "Message": "", "Error": ""}),
]


@pytest.mark.parametrize(("plural", "obj", "expected"), OTHERS, ids=[f"{o[0]}{i}" for i, o in enumerate(OTHERS)])
def test_others(plural: str, obj: dict[str, Any], expected: dict[str, Any]) -> None:
    assert cells("v1", plural, obj) == expected


def test_service_accounts_were_printed_with_their_secrets_before_1_36() -> None:
    older = RegistryConfig(version=(1, 35))
    accounts = Kind(next(r for r in builtin.resources(older) if r.plural == "serviceaccounts"))
    assert accounts.row({"metadata": {"name": "a"}, "secrets": [{}, {}]}) == {
        "Name": "a",
        "Secrets": 2,
        "Age": "<unknown>",
    }
