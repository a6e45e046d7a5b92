"""What a Service's EndpointSlices should be. Models staging/src/k8s.io/endpointslice/reconciler.go; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from apimachinery import meta, serializer
from apimachinery.gvk import GroupVersionKind
from apimachinery.objects import Object, View
from controllers.runtime import service_endpoints

MANAGED_BY: Final = "endpointslice.kubernetes.io/managed-by"
SERVICE_NAME: Final = "kubernetes.io/service-name"
CONTROLLER: Final = "endpointslice-controller.k8s.io"
MAX_ENDPOINTS: Final = 100
SERVICE_KIND: Final = GroupVersionKind("", "v1", "Service")
_ZONE: Final = "topology.kubernetes.io/zone"


@dataclass(slots=True)
class Changes:
    """Slices to create, to update and to delete."""

    create: list[Object] = field(default_factory=list)
    update: list[Object] = field(default_factory=list)
    delete: list[View] = field(default_factory=list)


def endpoint(pod: View, service: View, node: View | None, family: str) -> Object:
    """The Endpoint of a pod."""
    ready, serving, terminating = service_endpoints.serves(pod, service)
    result: Object = {
        "addresses": [service_endpoints.pod_address(pod, family)],
        "conditions": {"ready": ready, "serving": serving, "terminating": terminating},
        "targetRef": service_endpoints.target_reference(pod),
    }
    if name := pod["spec"].get("nodeName"):
        result["nodeName"] = name
    zone = meta.labels(node).get(_ZONE) if node is not None else None
    if zone:
        result["zone"] = zone
    if hostname := service_endpoints.hostname(pod, service):
        result["hostname"] = hostname
    return result


def slice_labels(service: View) -> dict[str, str]:
    """The labels that a Service's slices carry."""
    labels = {k: v for k, v in meta.labels(service).items() if k not in (MANAGED_BY, SERVICE_NAME)}
    labels.pop(service_endpoints.HEADLESS_LABEL, None)
    labels |= {SERVICE_NAME: meta.name(service), MANAGED_BY: CONTROLLER}
    if service_endpoints.is_headless(service):
        labels[service_endpoints.HEADLESS_LABEL] = ""
    return labels


def plan(
    service: View, pods: Iterable[View], nodes: Mapping[str, View], present: Sequence[View], *, trigger_time: str
) -> Changes:
    """The writes that bring the slices in line, moving as few endpoints as possible."""
    changes = Changes()
    pods = sorted(pods, key=meta.name)
    families = service_endpoints.families(service)
    changes.delete += [s for s in present if s.get("addressType") not in families]
    for family in families:
        wanted = _group(service, pods, nodes, family)
        mine = [s for s in present if s.get("addressType") == family]
        _plan_family(service, family, wanted, mine, changes, trigger_time)
    return changes


def _group(
    service: View, pods: Sequence[View], nodes: Mapping[str, View], family: str
) -> dict[bytes, tuple[list[Object], list[Object]]]:
    """Ports and endpoints by the ports' canonical text."""
    groups: dict[bytes, tuple[list[Object], list[Object]]] = {}
    for pod in pods:
        if not service_endpoints.belongs(pod, include_terminating=True):
            continue
        if not service_endpoints.pod_address(pod, family):
            continue
        ports = service_endpoints.endpoint_ports(service, pod)
        node = nodes.get(pod["spec"].get("nodeName") or "")
        group = groups.setdefault(_port_key(ports), (ports, []))
        group[1].append(endpoint(pod, service, node, family))
    return groups


def _port_key(ports: Iterable[View]) -> bytes:
    return serializer.canonical(sorted(ports, key=lambda p: (p.get("name") or "", p.get("port") or 0)))


def _plan_family(
    service: View,
    family: str,
    wanted: dict[bytes, tuple[list[Object], list[Object]]],
    present: Sequence[View],
    changes: Changes,
    trigger_time: str,
) -> None:
    labels = slice_labels(service)
    if not wanted:
        keep = next((s for s in present if not s.get("endpoints")), None)
        changes.delete += [s for s in present if s is not keep]
        if keep is None:
            changes.create.append(_new_slice(service, family, labels, None, None, trigger_time))
        elif dict(meta.labels(keep)) != labels:
            changes.update.append(_changed(keep, labels, None, trigger_time))
        return
    by_ports: dict[bytes, list[View]] = {}
    for existing in present:
        by_ports.setdefault(_port_key(existing.get("ports") or ()), []).append(existing)
    for key, slices in by_ports.items():
        if key not in wanted:
            changes.delete += slices
    for key, (ports, endpoints) in wanted.items():
        _plan_ports(service, family, labels, ports, endpoints, by_ports.get(key, []), changes, trigger_time)


def _plan_ports(
    service: View,
    family: str,
    labels: dict[str, str],
    ports: list[Object],
    endpoints: list[Object],
    present: list[View],
    changes: Changes,
    trigger_time: str,
) -> None:
    missing = {_identity(e): e for e in endpoints}
    kept: list[tuple[View, list[Object]]] = []
    for existing in present:
        own = [missing.pop(i) for e in existing.get("endpoints") or () if (i := _identity(e)) in missing]
        kept.append((existing, own))
    spare = list(missing.values())
    for existing, own in kept:
        room = MAX_ENDPOINTS - len(own)
        if spare and room > 0 and (own or len(kept) == 1):
            own += spare[:room]
            spare = spare[room:]
        if not own:
            changes.delete.append(existing)
        elif own != list(existing.get("endpoints") or ()) or dict(meta.labels(existing)) != labels:
            changes.update.append(_changed(existing, labels, own, trigger_time))
    while spare:
        changes.create.append(_new_slice(service, family, labels, ports, spare[:MAX_ENDPOINTS], trigger_time))
        spare = spare[MAX_ENDPOINTS:]


def _identity(item: View) -> tuple[str, str]:
    return (item.get("targetRef") or {}).get("uid", ""), item["addresses"][0]


def _new_slice(
    service: View,
    family: str,
    labels: dict[str, str],
    ports: list[Object] | None,
    endpoints: list[Object] | None,
    trigger_time: str,
) -> Object:
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {
            "generateName": f"{meta.name(service)}-",
            "namespace": meta.namespace(service),
            "labels": labels,
            "annotations": {service_endpoints.TRIGGER_TIME: trigger_time},
            "ownerReferences": [meta.new_controller_ref(service, SERVICE_KIND)],
        },
        "addressType": family,
        "endpoints": endpoints if endpoints is not None else [],
        "ports": ports,
    }


def _changed(existing: View, labels: dict[str, str], endpoints: list[Object] | None, trigger_time: str) -> Object:
    annotations = {**meta.annotations(existing), service_endpoints.TRIGGER_TIME: trigger_time}
    changed: Object = {**existing, "metadata": {**existing["metadata"], "labels": labels, "annotations": annotations}}
    if endpoints is not None:
        changed["endpoints"] = endpoints
    return changed
