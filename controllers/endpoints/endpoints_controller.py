"""Endpoints of Services with a selector. Models pkg/controller/endpoint/endpoints_controller.go, v1.36."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from apimachinery import errors, meta
from apimachinery.objects import Object, View
from controllers.endpoints.subsets import subsets, truncate, wanted_labels
from controllers.runtime import service_endpoints
from controllers.runtime.consistency import WrittenVersions
from controllers.runtime.context import ControllerContext
from controllers.runtime.controller import Controller
from controllers.runtime.errors import RETRIABLE
from controllers.runtime.flags import flag
from controllers.runtime.informer import wait_for_sync
from controllers.runtime.pod_control import is_namespace_terminating
from controllers.runtime.resources import ENDPOINTS
from controllers.runtime.service_pods import ServicePods, TriggerTimes

OVER_CAPACITY: Final = "endpoints.kubernetes.io/over-capacity"
LEADER: Final = "control-plane.alpha.kubernetes.io/leader"


@dataclass(frozen=True, slots=True)
class EndpointsOptions:
    """Flags of the Endpoints controller."""

    concurrent_endpoint_syncs: int = flag(5, "Services whose Endpoints are synced at once.")


class EndpointsController:
    """Keys are Services."""

    def __init__(self, context: ControllerContext) -> None:
        self._client = context.client
        self._version = context.version
        self._recorder = context.events.recorder("endpoint-controller")
        self._queue = context.queue("endpoint", str)
        self._behind = ServicePods(context.informers, self._queue)
        self._times = TriggerTimes()
        self._written = WrittenVersions()
        self._postponed: set[str] = set()
        self._endpoints = context.informers.informer(ENDPOINTS)
        self._endpoints.add_handler(
            on_add=self._seen, on_update=lambda _, new: self._seen(new), on_delete=self._deleted
        )
        self._controller = Controller(
            "endpoints-controller",
            self._queue,
            self.sync,
            workers=context.options(EndpointsOptions).concurrent_endpoint_syncs,
            informers=(self._behind.services, self._behind.pods, self._endpoints),
            max_retries=15,
        )

    async def run(self) -> None:
        """Sync until cancelled; first those whose Service went while nobody looked."""
        await wait_for_sync(self._endpoints)
        for endpoints in self._endpoints.list():
            if LEADER not in meta.annotations(endpoints):
                self._queue.add(meta.key(endpoints))
        await self._controller.run()

    def _seen(self, endpoints: View) -> None:
        key = meta.key(endpoints)
        if self._written.visible(key, endpoints) and key in self._postponed:
            self._postponed.discard(key)
            self._queue.add(key)

    def _deleted(self, endpoints: View) -> None:
        self._written.forget(meta.key(endpoints))
        self._queue.add(meta.key(endpoints))

    async def sync(self, key: str) -> None:
        """Write the Endpoints of one Service, or delete those of one that is gone."""
        service = self._behind.services.indexer.get(key)
        present = self._endpoints.indexer.get(key)
        if service is None:
            self._times.forget(key)
            if present is not None:
                await self._delete(present)
            return
        if not service["spec"].get("selector") or service["spec"].get("type") == "ExternalName":
            return
        if not (self._written.visible(key, present) if present is not None else not self._written.awaited(key)):
            self._postponed.add(key)
            return
        pods = self._behind.of(service)
        changed_at = self._times.last_change(service, pods)
        found, truncated = truncate(subsets(service, pods))
        labels = wanted_labels(service, self._version)
        annotations = dict(meta.annotations(present)) if present is not None else {}
        marked = annotations.pop(OVER_CAPACITY, None) == "truncated"
        if present is not None:
            same = (present.get("subsets") or []) == found and dict(meta.labels(present)) == labels
            if same and marked == truncated:
                return
        if truncated:
            annotations[OVER_CAPACITY] = "truncated"
        annotations.pop(service_endpoints.TRIGGER_TIME, None)
        if changed_at:
            annotations[service_endpoints.TRIGGER_TIME] = changed_at
        metadata = {"labels": labels, "annotations": annotations}
        await self._write(service, present, {"metadata": metadata, "subsets": found})

    async def _write(self, service: View, present: View | None, wanted: Object) -> None:
        namespace, name = meta.namespace(service), meta.name(service)
        base = present["metadata"] if present is not None else {"name": name, "namespace": namespace}
        metadata = {**base, **wanted["metadata"]}
        body: Object = {"apiVersion": "v1", "kind": "Endpoints", "metadata": metadata, "subsets": wanted["subsets"]}
        try:
            if present is None:
                written = await self._client.create(ENDPOINTS, body, namespace=namespace)
            else:
                written = await self._client.update(ENDPOINTS, body)
        except RETRIABLE as error:
            if is_namespace_terminating(error):
                return
            if present is None:
                told = ("FailedToCreateEndpoint", f"Failed to create endpoint for service {namespace}/{name}: {error}")
            else:
                told = ("FailedToUpdateEndpoint", f"Failed to update endpoint {namespace}/{name}: {error}")
            self._recorder.event(body, "Warning", *told)
            raise
        self._written.wrote(meta.key(service), written)

    async def _delete(self, present: View) -> None:
        try:
            await self._client.delete(ENDPOINTS, meta.name(present), namespace=meta.namespace(present))
        except errors.NotFound:
            return
