"""Which pods stand behind a Service, and on which ports. Models staging/src/k8s.io/endpointslice/utils.go; pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from typing import Final

from apimachinery import meta
from apimachinery.objects import Object, View
from controllers.runtime.pods import is_ready, is_terminal

HEADLESS_LABEL: Final = "service.kubernetes.io/headless"
TRIGGER_TIME: Final = "endpoints.kubernetes.io/last-change-trigger-time"


def is_headless(service: View) -> bool:
    """Whether the Service has no cluster IP."""
    return bool(service["spec"].get("clusterIP") == "None")


def families(service: View) -> list[str]:
    """`IPv4` and `IPv6`, the Service's own order; IPv4 for one that does not say."""
    found = list(service["spec"].get("ipFamilies") or ())
    return found or ["IPv4"]


def family_of(address: str) -> str:
    """`IPv4` or `IPv6`."""
    return "IPv6" if ipaddress.ip_address(address).version == 6 else "IPv4"


def pod_address(pod: View, family: str) -> str:
    """The pod's address in a family, empty when it has none."""
    status = pod.get("status") or {}
    addresses = [e["ip"] for e in status.get("podIPs") or ()] or [status["podIP"]] if status.get("podIP") else []
    return next((a for a in addresses if family_of(a) == family), "")


def belongs(pod: View, *, include_terminating: bool) -> bool:
    """Whether a pod may stand behind a Service: it has an address and has not ended."""
    if is_terminal(pod) or not (pod.get("status") or {}).get("podIP"):
        return False
    return include_terminating or not meta.is_deleting(pod)


def find_port(pod: View, service_port: View) -> int | None:
    """The number of a Service port's target on the pod; None when a named port is not there."""
    target = service_port.get("targetPort")
    if target is None:
        return int(service_port["port"])
    if isinstance(target, int):
        return target or int(service_port["port"])
    protocol = service_port.get("protocol") or "TCP"
    spec = pod["spec"]
    sidecars = [c for c in spec.get("initContainers") or () if c.get("restartPolicy") == "Always"]
    for container in [*(spec.get("containers") or ()), *sidecars]:
        for port in container.get("ports") or ():
            if port.get("name") == target and (port.get("protocol") or "TCP") == protocol:
                return int(port["containerPort"])
    return None


def endpoint_ports(service: View, pod: View) -> list[Object]:
    """The EndpointPorts of a pod behind the Service."""
    ports: list[Object] = []
    for service_port in service["spec"].get("ports") or ():
        number = find_port(pod, service_port)
        if number is None:
            continue
        port: Object = {
            "name": service_port.get("name") or "",
            "port": number,
            "protocol": service_port.get("protocol") or "TCP",
        }
        if service_port.get("appProtocol"):
            port["appProtocol"] = service_port["appProtocol"]
        ports.append(port)
    return ports


def target_reference(pod: View) -> Object:
    """The targetRef of a pod's endpoint."""
    return {"kind": "Pod", "namespace": meta.namespace(pod), "name": meta.name(pod), "uid": meta.uid(pod)}


def hostname(pod: View, service: View) -> str:
    """The hostname published for the pod: only when its subdomain names the Service."""
    spec = pod["spec"]
    same = spec.get("subdomain") == meta.name(service) and meta.namespace(pod) == meta.namespace(service)
    return str(spec.get("hostname") or "") if same else ""


def serves(pod: View, service: View) -> tuple[bool, bool, bool]:
    """ready, serving and terminating of a pod's endpoint."""
    terminating = meta.is_deleting(pod)
    serving = is_ready(pod)
    ready = bool(service["spec"].get("publishNotReadyAddresses")) or (serving and not terminating)
    return ready, serving, terminating


def matter(old: View, new: View) -> bool:
    """Whether a pod's change can change endpoints. Models podEndpointsChanged."""

    def essence(pod: View) -> tuple[object, ...]:
        status = pod.get("status") or {}
        spec = pod["spec"]
        return (
            meta.is_deleting(pod),
            is_ready(pod),
            is_terminal(pod),
            status.get("podIP"),
            status.get("podIPs"),
            spec.get("nodeName"),
            spec.get("hostname"),
            spec.get("subdomain"),
            meta.labels(pod),
        )

    return essence(old) != essence(new)


def selects(service: View, labels: Mapping[str, str]) -> bool:
    """Whether a Service's selector matches; a Service without one selects nothing."""
    selector = service["spec"].get("selector")
    return bool(selector) and all(labels.get(k) == v for k, v in selector.items())


def selecting(services: Iterable[View], *pods: View) -> set[str]:
    """The keys of the Services that select any of the pods."""
    return {meta.key(s) for s in services for p in pods if selects(s, meta.labels(p))}
