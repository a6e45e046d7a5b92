"""The objects that an API server makes for itself when a cluster begins, but for RBAC's and the APIServices.

Models pkg/controlplane/controller/{systemnamespaces,kubernetesservice,defaultservicecidr} and the post-start hooks of
pkg/registry/{scheduling,flowcontrol}/rest.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from datetime import datetime
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Final

from apimachinery.objects import Object
from apimachinery.timestamp import format_time
from server.registry.flowcontrol import mandatory

NAMESPACES: Final = ("kube-system", "kube-public", "kube-node-lease", "default")
PRIORITY_CLASSES: Final = (
    (
        "system-node-critical",
        2000001000,
        "Used for system critical pods that must not be moved from their current node.",
    ),
    (
        "system-cluster-critical",
        2000000000,
        "Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.",
    ),
)
AUTO_UPDATE: Final = "apf.kubernetes.io/autoupdate-spec"


def objects(
    version: tuple[int, int], cidrs: Sequence[IPv4Network | IPv6Network], port: int, now: datetime
) -> Iterator[tuple[str, Object]]:
    """Collection path and object, in the order of creation; `cidrs` are the service ranges, `port` is the server's.

    A status that is given belongs to the status subresource.
    """
    for name in NAMESPACES:
        yield "/api/v1/namespaces", _object("v1", "Namespace", name)
    if version >= (1, 33):
        yield "/apis/networking.k8s.io/v1/servicecidrs", service_cidr(cidrs, now)
    yield "/api/v1/namespaces/default/services", kubernetes_service(cidrs, port)
    for name, value, description in PRIORITY_CLASSES:
        found = _object("scheduling.k8s.io/v1", "PriorityClass", name)
        found |= {"value": value, "description": description, "globalDefault": False}
        found["preemptionPolicy"] = "PreemptLowerPriority"
        yield "/apis/scheduling.k8s.io/v1/priorityclasses", found
    yield from flow_control(now)


def kubernetes_service(cidrs: Sequence[IPv4Network | IPv6Network], port: int) -> Object:
    """The Service of the API server, at the first address of the service range."""
    service = _object("v1", "Service", "kubernetes", namespace="default")
    service["metadata"]["labels"] = {"component": "apiserver", "provider": "kubernetes"}
    service["spec"] = {
        "clusterIP": str(cidrs[0][1]),
        "ipFamilyPolicy": "SingleStack",
        "ports": [{"name": "https", "port": 443, "protocol": "TCP", "targetPort": port or 443}],
        "sessionAffinity": "None",
        "type": "ClusterIP",
    }
    return service


def kubernetes_endpoints(address: IPv4Address | IPv6Address, port: int) -> Iterator[tuple[str, Object]]:
    """Endpoints and EndpointSlice behind the `kubernetes` Service. Models pkg/controlplane/reconcilers."""
    ports = [{"name": "https", "port": port, "protocol": "TCP"}]
    endpoints = _object("v1", "Endpoints", "kubernetes", namespace="default")
    endpoints["metadata"]["labels"] = {"endpointslice.kubernetes.io/skip-mirror": "true"}
    endpoints["subsets"] = [{"addresses": [{"ip": str(address)}], "ports": ports}]
    yield "/api/v1/namespaces/default/endpoints", endpoints
    slices = _object("discovery.k8s.io/v1", "EndpointSlice", "kubernetes", namespace="default")
    slices["metadata"]["labels"] = {"kubernetes.io/service-name": "kubernetes"}
    slices["addressType"] = f"IPv{address.version}"
    slices["endpoints"] = [{"addresses": [str(address)], "conditions": {"ready": True}}]
    slices["ports"] = ports
    yield "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices", slices


def service_cidr(cidrs: Sequence[IPv4Network | IPv6Network], now: datetime) -> Object:
    """The ServiceCIDR of the configured range, ready."""
    found = _object("networking.k8s.io/v1", "ServiceCIDR", "kubernetes")
    found["spec"] = {"cidrs": [str(cidr) for cidr in cidrs]}
    message = "Kubernetes default Service CIDR is ready"
    found["status"] = {"conditions": [_condition("Ready", "True", "", message, now)]}
    return found


def flow_control(now: datetime) -> Iterator[tuple[str, Object]]:
    """Priority levels and flow schemas, suggested ones first."""
    api_version = "flowcontrol.apiserver.k8s.io/v1"
    for levels, schemas in (
        (mandatory.SUGGESTED_LEVELS, mandatory.SUGGESTED_SCHEMAS),
        (mandatory.MANDATORY_LEVELS, mandatory.MANDATORY_SCHEMAS),
    ):
        for name, spec in levels.items():
            found = _auto_updated(_object(api_version, "PriorityLevelConfiguration", name), spec)
            yield f"/apis/{api_version}/prioritylevelconfigurations", found
        for name, spec in schemas.items():
            found = _auto_updated(_object(api_version, "FlowSchema", name), spec)
            level = spec["priorityLevelConfiguration"]["name"]
            message = f'This FlowSchema references the PriorityLevelConfiguration object named "{level}" and it exists'
            found["status"] = {"conditions": [_condition("Dangling", "False", "Found", message, now)]}
            yield f"/apis/{api_version}/flowschemas", found


def _auto_updated(obj: Object, spec: Object) -> Object:
    obj["metadata"]["annotations"] = {AUTO_UPDATE: "true"}
    obj["spec"] = copy.deepcopy(spec)
    return obj


def _condition(kind: str, status: str, reason: str, message: str, now: datetime) -> Object:
    return {
        "type": kind,
        "status": status,
        "lastTransitionTime": format_time(now),
        "reason": reason,
        "message": message,
    }


def _object(api_version: str, kind: str, name: str, *, namespace: str = "") -> Object:
    metadata: Object = {"name": name}
    if namespace:
        metadata["namespace"] = namespace
    return {"kind": kind, "apiVersion": api_version, "metadata": metadata}
