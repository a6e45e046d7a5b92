"""EndpointSlices of Services with a selector. Models pkg/controller/endpointslice, v1.36."""

from __future__ import annotations

from dataclasses import dataclass

from apimachinery import errors, meta
from apimachinery.objects import View
from apimachinery.timestamp import format_time
from controllers.endpointslice.slices import CONTROLLER, MANAGED_BY, SERVICE_NAME, plan
from controllers.runtime import service_endpoints
from controllers.runtime.context import ControllerContext
from controllers.runtime.controller import Controller
from controllers.runtime.errors import RETRIABLE
from controllers.runtime.flags import flag
from controllers.runtime.pod_control import is_namespace_terminating
from controllers.runtime.resources import ENDPOINT_SLICES, NODES, PODS, SERVICES

_GATHER_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class EndpointSliceOptions:
    """Flags of the EndpointSlice controller."""

    concurrent_service_endpoint_syncs: int = flag(5, "Services whose slices are synced at once.")


class EndpointSliceController:
    """Keys are Services."""

    def __init__(self, context: ControllerContext) -> None:
        self._client = context.client
        self._clock = context.clock
        self._recorder = context.events.recorder("endpoint-slice-controller")
        self._queue = context.queue("endpoint_slice", str)
        informers = context.informers
        self._services = informers.informer(SERVICES)
        self._pods = informers.informer(PODS)
        self._slices = informers.informer(ENDPOINT_SLICES)
        self._nodes = informers.informer(NODES)
        self._slices.add_index(SERVICE_NAME, _by_service)
        self._services.add_handler(
            on_add=self._enqueue, on_update=lambda _, new: self._enqueue(new), on_delete=self._enqueue
        )
        self._pods.add_handler(on_add=self._pod_moved, on_update=self._pod_updated, on_delete=self._pod_moved)
        self._slices.add_handler(on_update=lambda _, new: self._slice_changed(new), on_delete=self._slice_changed)
        self._controller = Controller(
            "endpointslice-controller",
            self._queue,
            self.sync,
            workers=context.options(EndpointSliceOptions).concurrent_service_endpoint_syncs,
            informers=(self._services, self._pods, self._slices, self._nodes),
            max_retries=15,
        )

    async def run(self) -> None:
        """Sync until cancelled."""
        await self._controller.run()

    def _enqueue(self, service: View) -> None:
        self._queue.add(meta.key(service))

    def _pod_moved(self, *pods: View) -> None:
        for key in service_endpoints.selecting(self._services.list(meta.namespace(pods[0])), *pods):
            self._queue.add_soon(key, _GATHER_SECONDS)

    def _pod_updated(self, old: View, new: View) -> None:
        if service_endpoints.matter(old, new):
            self._pod_moved(old, new)

    def _slice_changed(self, item: View) -> None:
        labels = meta.labels(item)
        if labels.get(MANAGED_BY) == CONTROLLER and labels.get(SERVICE_NAME):
            self._queue.add_soon(f"{meta.namespace(item)}/{labels[SERVICE_NAME]}", _GATHER_SECONDS)

    async def sync(self, key: str) -> None:
        """Write the slices of one Service."""
        service = self._services.indexer.get(key)
        if service is None or meta.is_deleting(service):
            return
        spec = service["spec"]
        if not spec.get("selector") or spec.get("type") == "ExternalName":
            return
        namespace = meta.namespace(service)
        pods = [p for p in self._pods.list(namespace) if service_endpoints.selects(service, meta.labels(p))]
        nodes = {n: node for p in pods if (n := p["spec"].get("nodeName")) and (node := self._nodes.get(n))}
        present = [
            s for s in self._slices.indexer.by_index(SERVICE_NAME, key) if meta.labels(s).get(MANAGED_BY) == CONTROLLER
        ]
        changes = plan(service, pods, nodes, present, trigger_time=format_time(self._clock.now()))
        try:
            for item in changes.create:
                await self._client.create(ENDPOINT_SLICES, item, namespace=namespace)
            for item in changes.update:
                await self._client.update(ENDPOINT_SLICES, item)
            for gone in changes.delete:
                await self._delete(gone)
        except RETRIABLE as error:
            if is_namespace_terminating(error):
                return
            if not isinstance(error, errors.Conflict):
                text = f"Error updating Endpoint Slices for Service {key}: {error}"
                self._recorder.event(service, "Warning", "FailedToUpdateEndpointSlices", text)
            raise

    async def _delete(self, item: View) -> None:
        try:
            await self._client.delete(ENDPOINT_SLICES, meta.name(item), namespace=meta.namespace(item))
        except errors.NotFound:
            return


def _by_service(item: View) -> tuple[str, ...]:
    name = meta.labels(item).get(SERVICE_NAME)
    return (f"{meta.namespace(item)}/{name}",) if name else ()
