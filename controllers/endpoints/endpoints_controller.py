"""Endpoints of Services with a selector. Models pkg/controller/endpoint/endpoints_controller.go, v1.36."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from apimachinery import errors, meta, serializer
from apimachinery.objects import Object, View
from apimachinery.timestamp import format_time
from controllers.runtime import service_endpoints
from controllers.runtime.context import ControllerContext
from controllers.runtime.controller import Controller
from controllers.runtime.errors import RETRIABLE
from controllers.runtime.flags import flag
from controllers.runtime.pod_control import is_namespace_terminating
from controllers.runtime.resources import ENDPOINTS, PODS, SERVICES

MANAGED_BY: Final = "endpoints.kubernetes.io/managed-by"
CONTROLLER: Final = "endpoint-controller"
OVER_CAPACITY: Final = "endpoints.kubernetes.io/over-capacity"
CAPACITY: Final = 1000
_GATHER_SECONDS: Final = 0.05


@dataclass(frozen=True, slots=True)
class EndpointsOptions:
    """Flags of the Endpoints controller."""

    concurrent_endpoint_syncs: int = flag(5, "Services whose Endpoints are synced at once.")


def subsets(service: View, pods: Iterable[View]) -> list[Object]:
    """The pods behind a Service by their ports, in canonical order. Models RepackSubsets; pure."""
    groups: dict[bytes, tuple[list[Object], dict[str, Object], dict[str, Object]]] = {}
    family = service_endpoints.families(service)[0]
    tolerate = bool(service["spec"].get("publishNotReadyAddresses"))
    for pod in pods:
        if not service_endpoints.belongs(pod, include_terminating=tolerate):
            continue
        address = _address(pod, service, family)
        if address is None:
            continue
        ready = service_endpoints.serves(pod, service)[0]
        ports = service_endpoints.endpoint_ports(service, pod)
        if not ports and not service_endpoints.is_headless(service):
            continue
        for single in [[p] for p in ports] or [[]]:
            _, available, unavailable = groups.setdefault(serializer.canonical(single), (single, {}, {}))
            (available if ready else unavailable)[meta.uid(pod)] = address
    return _pack(groups.values())


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


def _pack(groups: Iterable[tuple[list[Object], dict[str, Object], dict[str, Object]]]) -> list[Object]:
    """Ports with the same addresses share a subset."""
    merged: dict[bytes, Object] = {}
    for ports, ready, unready in groups:
        lists = (_sorted(ready.values()), _sorted(unready.values()))
        subset = merged.setdefault(serializer.canonical(lists), {})
        for field, found in (("addresses", lists[0]), ("notReadyAddresses", lists[1])):
            if found:
                subset[field] = found
        if ports:
            subset.setdefault("ports", []).extend(ports)
    for subset in merged.values():
        if "ports" in subset:
            subset["ports"].sort(key=lambda p: (p.get("name") or "", p["port"], p["protocol"]))
    return sorted(merged.values(), key=lambda s: serializer.canonical(s.get("ports") or []))


def _sorted(addresses: Iterable[Object]) -> list[Object]:
    return sorted(addresses, key=lambda a: (a["ip"], a["targetRef"]["uid"]))


def truncate(found: list[Object]) -> tuple[list[Object], bool]:
    """At most 1000 addresses, the ready ones first; whether some had to go; pure."""
    total = sum(len(s.get("addresses") or ()) + len(s.get("notReadyAddresses") or ()) for s in found)
    if total <= CAPACITY:
        return found, False
    room = CAPACITY
    result: list[Object] = [{k: v for k, v in s.items() if k == "ports"} for s in found]
    for field in ("addresses", "notReadyAddresses"):
        for source, target in zip(found, result, strict=True):
            taken = (source.get(field) or [])[:room]
            if taken:
                target[field] = taken
            room -= len(taken)
    return [s for s in result if s.get("addresses") or s.get("notReadyAddresses")], True


class EndpointsController:
    """Keys are Services."""

    def __init__(self, context: ControllerContext) -> None:
        self._client = context.client
        self._clock = context.clock
        self._recorder = context.events.recorder("endpoint-controller")
        self._queue = context.queue("endpoint", str)
        informers = context.informers
        self._services = informers.informer(SERVICES)
        self._pods = informers.informer(PODS)
        self._endpoints = informers.informer(ENDPOINTS)
        self._services.add_handler(
            on_add=self._enqueue, on_update=lambda _, new: self._enqueue(new), on_delete=self._enqueue
        )
        self._pods.add_handler(on_add=self._pod_moved, on_update=self._pod_updated, on_delete=self._pod_moved)
        self._endpoints.add_handler(on_delete=self._enqueue)
        self._controller = Controller(
            "endpoints-controller",
            self._queue,
            self.sync,
            workers=context.options(EndpointsOptions).concurrent_endpoint_syncs,
            informers=(self._services, self._pods, self._endpoints),
            max_retries=15,
        )

    async def run(self) -> None:
        """Sync until cancelled."""
        await self._controller.run()

    def _enqueue(self, obj: View) -> None:
        self._queue.add(meta.key(obj))

    def _pod_moved(self, *pods: View) -> None:
        for key in service_endpoints.selecting(self._services.list(meta.namespace(pods[0])), *pods):
            self._queue.add_soon(key, _GATHER_SECONDS)

    def _pod_updated(self, old: View, new: View) -> None:
        if service_endpoints.matter(old, new):
            self._pod_moved(old, new)

    async def sync(self, key: str) -> None:
        """Write the Endpoints of one Service, or delete those of one that is gone."""
        service = self._services.indexer.get(key)
        present = self._endpoints.indexer.get(key)
        if service is None:
            if present is not None and meta.labels(present).get(MANAGED_BY) == CONTROLLER:
                await self._delete(present)
            return
        if not service["spec"].get("selector") or service["spec"].get("type") == "ExternalName":
            return
        namespace = meta.namespace(service)
        pods = [p for p in self._pods.list(namespace) if service_endpoints.selects(service, meta.labels(p))]
        found, truncated = truncate(subsets(service, pods))
        labels = {k: v for k, v in meta.labels(service).items() if k != service_endpoints.HEADLESS_LABEL}
        labels[MANAGED_BY] = CONTROLLER
        if service_endpoints.is_headless(service):
            labels[service_endpoints.HEADLESS_LABEL] = ""
        annotations = dict(meta.annotations(present)) if present is not None else {}
        annotations.pop(OVER_CAPACITY, None)
        if truncated:
            annotations[OVER_CAPACITY] = "truncated"
        if present is not None and (present.get("subsets") or []) == found and dict(meta.labels(present)) == labels:
            return
        annotations[service_endpoints.TRIGGER_TIME] = format_time(self._clock.now())
        await self._write(service, present, labels, annotations, found)

    async def _write(
        self,
        service: View,
        present: View | None,
        labels: dict[str, str],
        annotations: dict[str, str],
        found: list[Object],
    ) -> None:
        namespace = meta.namespace(service)
        base: Object = {"name": meta.name(service), "namespace": namespace}
        metadata = {**(present["metadata"] if present else base), "labels": labels, "annotations": annotations}
        body: Object = {"apiVersion": "v1", "kind": "Endpoints", "metadata": metadata, "subsets": found}
        try:
            if present is None:
                await self._client.create(ENDPOINTS, body, namespace=namespace)
            else:
                await self._client.update(ENDPOINTS, body)
        except RETRIABLE as error:
            if is_namespace_terminating(error):
                return
            verb = "create" if present is None else "update"
            text = f"Failed to {verb} endpoint {meta.key(service)}: {error}"
            reason = "FailedToCreateEndpoint" if present is None else "FailedToUpdateEndpoint"
            self._recorder.event(service, "Warning", reason, text)
            raise

    async def _delete(self, present: View) -> None:
        try:
            await self._client.delete(ENDPOINTS, meta.name(present), namespace=meta.namespace(present))
        except errors.NotFound:
            return
