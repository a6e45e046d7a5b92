"""What the Endpoints of a Service should say. Models pkg/controller/endpoint/endpoints_controller.go; pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from apimachinery import meta
from apimachinery.objects import Object, View
from controllers.runtime import service_endpoints
from controllers.runtime.endpoint_subsets import repack

CAPACITY: Final = 1000
MANAGED_BY: Final = "endpoints.kubernetes.io/managed-by"
CONTROLLER: Final = "endpoint-controller"


def subsets(service: View, pods: Iterable[View]) -> list[Object]:
    """The pods behind a Service by their ports, in canonical order."""
    family = service_endpoints.families(service)[0]
    tolerate = bool(service["spec"].get("publishNotReadyAddresses"))
    headless = service_endpoints.is_headless(service)
    found: list[Object] = []
    for pod in pods:
        if not service_endpoints.belongs(pod, include_terminating=tolerate):
            continue
        address = _address(pod, service, family)
        ports = service_endpoints.endpoint_ports(service, pod)
        if address is None or not (ports or (headless and not service["spec"].get("ports"))):
            continue
        field = "addresses" if service_endpoints.serves(pod, service)[0] else "notReadyAddresses"
        found.append({field: [address], "ports": ports})
    return repack(found)


def _address(pod: View, service: View, family: str) -> Object | None:
    ip = service_endpoints.pod_address(pod, family)
    if not ip:
        return None
    address: Object = {"ip": ip, "targetRef": service_endpoints.target_reference(pod)}
    if node := pod["spec"].get("nodeName"):
        address["nodeName"] = node
    if hostname := service_endpoints.hostname(pod, service):
        address["hostname"] = hostname
    return address


def truncate(found: list[Object]) -> tuple[list[Object], bool]:
    """At most 1000 addresses: unready ones go first, each subset giving up its share; whether some had to go."""
    ready = sum(len(s.get("addresses") or ()) for s in found)
    unready = sum(len(s.get("notReadyAddresses") or ()) for s in found)
    if ready + unready <= CAPACITY:
        return found, False
    field, total, room = (
        ("addresses", ready, CAPACITY) if ready > CAPACITY else ("notReadyAddresses", unready, CAPACITY - ready)
    )
    left = room
    result: list[Object] = []
    for source in found:
        own = source.get(field) or []
        share = own[: min(left, -(-len(own) * room // total))]
        left -= len(share)
        kept = {k: v for k, v in source.items() if k != field and (field, k) != ("addresses", "notReadyAddresses")}
        result.append({**kept, field: share} if share else kept)
    return result, True


def wanted_labels(service: View, version: tuple[int, int]) -> dict[str, str]:
    """The Service's labels, and since 1.33 whose object it is."""
    labels = {k: v for k, v in meta.labels(service).items() if k != service_endpoints.HEADLESS_LABEL}
    if version >= (1, 33):
        labels[MANAGED_BY] = CONTROLLER
    if service_endpoints.is_headless(service):
        labels[service_endpoints.HEADLESS_LABEL] = ""
    return labels
