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
SERVICE_KIND: Final = GroupVersionKind("", "v1", "Service")
_RESERVED: Final = frozenset({MANAGED_BY, SERVICE_NAME, service_endpoints.HEADLESS_LABEL})
_ZONE: Final = "topology.kubernetes.io/zone"

Group = tuple[list[Object], list[Object]]
Identity = tuple[tuple[str, ...], str, str, str]


@dataclass(slots=True)
class Changes:
    """Slices to create, to update and to delete; `problems` are pods that could not be placed in one."""

    create: list[Object] = field(default_factory=list)
    update: list[Object] = field(default_factory=list)
    delete: list[View] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def recycle(self) -> None:
        """Update slices of the same address type instead of deleting them and creating others."""
        kept: list[View] = []
        for old in self.delete:
            if self.create and self.create[-1]["addressType"] == old.get("addressType"):
                new = self.create.pop()
                metadata = {k: v for k, v in new["metadata"].items() if k != "generateName"}
                own = ("name", "resourceVersion", "uid", "creationTimestamp", "generation", "generateName")
                metadata |= {k: v for k, v in old["metadata"].items() if k in own}
                self.update.append({**new, "metadata": metadata})
            else:
                kept.append(old)
        self.delete = kept


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
    labels = {k: v for k, v in meta.labels(service).items() if k not in _RESERVED}
    if service_endpoints.is_headless(service):
        labels[service_endpoints.HEADLESS_LABEL] = ""
    return labels | {SERVICE_NAME: meta.name(service), MANAGED_BY: CONTROLLER}


def plan(
    service: View,
    pods: Iterable[View],
    nodes: Mapping[str, View],
    present: Sequence[View],
    *,
    changed_at: str,
    limit: int,
) -> Changes:
    """The writes that bring the slices in line, moving as few endpoints as possible.

    `changed_at` becomes their trigger-time annotation, `limit` is how many endpoints a slice takes.
    """
    changes = Changes()
    pods = sorted(pods, key=meta.name)
    families = service_endpoints.families(service)
    stamp = {service_endpoints.TRIGGER_TIME: changed_at} if changed_at else {}
    for family in families:
        planner = _Planner(service, family, slice_labels(service), stamp, limit)
        wanted = _group(service, pods, nodes, family, changes.problems)
        mine = [s for s in present if s.get("addressType") == family]
        found = planner.plan(wanted, mine)
        changes.create += found.create
        changes.update += found.update
        changes.delete += found.delete
    changes.delete += [s for s in present if s.get("addressType") not in families]
    return changes


def _group(
    service: View, pods: Sequence[View], nodes: Mapping[str, View], family: str, problems: list[str]
) -> dict[bytes, Group]:
    """Ports and endpoints by the ports' canonical text."""
    groups: dict[bytes, Group] = {}
    for pod in pods:
        if not service_endpoints.belongs(pod, include_terminating=True):
            continue
        if not service_endpoints.pod_address(pod, family):
            continue
        name = pod["spec"].get("nodeName") or ""
        node = nodes.get(name)
        if name and node is None and not service["spec"].get("publishNotReadyAddresses"):
            text = f"skipping Pod {meta.name(pod)} for Service {meta.key(service)}: Node {name} Not Found"
            if text not in problems:
                problems.append(text)
            continue
        ports = service_endpoints.endpoint_ports(service, pod)
        group = groups.setdefault(port_key(ports), (ports, []))
        group[1].append(endpoint(pod, service, node, family))
    return groups


def port_key(ports: Iterable[View]) -> bytes:
    """What slices with the same ports have in common."""
    return serializer.canonical(sorted(ports, key=lambda p: (p.get("name") or "", p.get("port") or 0)))


def identity(item: View) -> Identity:
    """What makes an endpoint the same one: addresses, hostname and target."""
    target = item.get("targetRef") or {}
    return (
        tuple(sorted(item["addresses"])),
        item.get("hostname") or "",
        target.get("namespace") or "",
        target.get("name") or "",
    )


@dataclass(frozen=True, slots=True)
class _Planner:
    """One address family of one Service. Models reconcileByAddressType and reconcileByPortMapping."""

    service: View
    family: str
    labels: dict[str, str]
    stamp: dict[str, str]
    limit: int

    def plan(self, wanted: Mapping[bytes, Group], present: Sequence[View]) -> Changes:
        changes = Changes()
        by_ports: dict[bytes, list[View]] = {}
        for existing in present:
            by_ports.setdefault(port_key(existing.get("ports") or ()), []).append(existing)
        for key, (ports, endpoints) in wanted.items():
            self._fill(ports, endpoints, by_ports.get(key, []), changes)
        for key, slices in by_ports.items():
            if key not in wanted:
                changes.delete += slices
        if len(changes.delete) == len(present) and not changes.create:
            if len(changes.delete) == 1 and self._is_placeholder(changes.delete[0]):
                changes.delete = []
            else:
                changes.create.append(self._new([], []))
        changes.recycle()
        return changes

    def _fill(self, ports: list[Object], endpoints: list[Object], present: Sequence[View], changes: Changes) -> None:
        missing = {identity(e): e for e in endpoints}
        touched: list[Object] = []
        untouched: list[View] = []
        for existing in present:
            before = existing.get("endpoints") or []
            kept = [missing.pop(i) for e in before if (i := identity(e)) in missing]
            if kept != before and not kept:
                changes.delete.append(existing)
            elif kept != before or dict(meta.labels(existing)) != self.labels:
                touched.append(self._changed(existing, kept))
            else:
                untouched.append(existing)
        spare = list(missing.values())
        for item in sorted(touched, key=lambda s: -len(s["endpoints"])):
            room = self.limit - len(item["endpoints"])
            item["endpoints"] += spare[:room]
            spare = spare[room:]
        while spare:
            fitting = self._fitting(untouched, len(spare)) if len(spare) < self.limit else None
            if fitting is None:
                changes.create.append(self._new(ports, spare[: self.limit]))
                spare = spare[self.limit :]
            else:
                touched.append(self._changed(fitting, [*(fitting.get("endpoints") or ()), *spare]))
                spare = []
        changes.update += touched

    def _fitting(self, slices: Sequence[View], count: int) -> View | None:
        """The slice that so many endpoints fill most, if they fit into one."""
        rooms = [(self.limit - count - len(s.get("endpoints") or ()), s) for s in slices]
        return min(((r, s) for r, s in rooms if r >= 0), key=lambda found: found[0], default=(0, None))[1]

    def _is_placeholder(self, item: View) -> bool:
        return not item.get("endpoints") and not item.get("ports") and dict(meta.labels(item)) == self.labels

    def _new(self, ports: list[Object], endpoints: list[Object]) -> Object:
        return {
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "metadata": {
                "generateName": f"{meta.name(self.service)}-",
                "namespace": meta.namespace(self.service),
                "labels": self.labels,
                "annotations": dict(self.stamp),
                "ownerReferences": [meta.new_controller_ref(self.service, SERVICE_KIND)],
            },
            "addressType": self.family,
            "endpoints": list(endpoints),
            "ports": ports or None,
        }

    def _changed(self, existing: View, endpoints: list[Object]) -> Object:
        others = {k: v for k, v in meta.annotations(existing).items() if k != service_endpoints.TRIGGER_TIME}
        metadata = {**existing["metadata"], "labels": self.labels, "annotations": others | self.stamp}
        return {**existing, "metadata": metadata, "endpoints": list(endpoints)}
