"""EndpointSlices of Services with a selector. Models pkg/controller/endpointslice, v1.36."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass

from apimachinery import errors, meta
from apimachinery.objects import Object, View
from controllers.endpointslice.slices import CONTROLLER, MANAGED_BY, SERVICE_NAME, Changes, plan
from controllers.endpointslice.tracker import SliceTracker
from controllers.runtime.context import ControllerContext
from controllers.runtime.controller import Controller
from controllers.runtime.errors import RETRIABLE, ReconcileError
from controllers.runtime.flags import flag
from controllers.runtime.pod_control import is_namespace_terminating
from controllers.runtime.resources import ENDPOINT_SLICES, NODES
from controllers.runtime.service_pods import GATHER_SECONDS, ServicePods, TriggerTimes


@dataclass(frozen=True, slots=True)
class EndpointSliceOptions:
    """Flags of the EndpointSlice controller."""

    concurrent_service_endpoint_syncs: int = flag(5, "Services whose slices are synced at once.")
    max_endpoints_per_slice: int = flag(100, "Endpoints that a slice takes, up to 1000.")


class EndpointSliceController:
    """Keys are Services."""

    def __init__(self, context: ControllerContext) -> None:
        options = context.options(EndpointSliceOptions)
        self._client = context.client
        self._limit = options.max_endpoints_per_slice
        self._recorder = context.events.recorder("endpoint-slice-controller")
        self._queue = context.queue("endpoint_slice", str)
        self._behind = ServicePods(context.informers, self._queue)
        self._times = TriggerTimes()
        self._tracker = SliceTracker()
        self._slices = context.informers.informer(ENDPOINT_SLICES)
        self._nodes = context.informers.informer(NODES)
        self._slices.add_index(SERVICE_NAME, _by_service)
        self._slices.add_handler(
            on_add=self._slice_seen, on_update=lambda _, new: self._slice_seen(new), on_delete=self._slice_gone
        )
        self._controller = Controller(
            "endpointslice-controller",
            self._queue,
            self.sync,
            workers=options.concurrent_service_endpoint_syncs,
            informers=(self._behind.services, self._behind.pods, self._slices, self._nodes),
            max_retries=15,
        )

    async def run(self) -> None:
        """Sync until cancelled."""
        await self._controller.run()

    def _slice_seen(self, item: View) -> None:
        for key in _by_service(item):
            if self._tracker.seen(key, item) or not self._tracker.expects(key, item):
                self._queue.add_soon(key, GATHER_SECONDS)

    def _slice_gone(self, item: View) -> None:
        for key in _by_service(item):
            expected = self._tracker.expects(key, item)
            if self._tracker.seen(key, item, gone=True) or not expected:
                self._queue.add_soon(key, GATHER_SECONDS)

    async def sync(self, key: str) -> None:
        """Write the slices of one Service."""
        service = self._behind.services.indexer.get(key)
        if service is None:
            self._times.forget(key)
            self._tracker.forget(key)
            return
        spec = service["spec"]
        if meta.is_deleting(service) or not spec.get("selector") or spec.get("type") == "ExternalName":
            return
        present = self._slices.indexer.by_index(SERVICE_NAME, key)
        if self._tracker.is_stale(key, present):
            return
        pods = self._behind.of(service)
        nodes = {n: node for p in pods if (n := p["spec"].get("nodeName")) and (node := self._nodes.get(n))}
        changed_at = self._times.last_change(service, pods)
        changes = plan(service, pods, nodes, present, changed_at=changed_at, limit=self._limit)
        try:
            await self._apply(key, changes)
            if changes.problems:
                raise ReconcileError(_aggregate(changes.problems))
        except RETRIABLE as error:
            text = f"Error updating Endpoint Slices for Service {key}: {error}"
            self._recorder.event(service, "Warning", "FailedToUpdateEndpointSlices", text)
            raise

    async def _apply(self, key: str, changes: Changes) -> None:
        namespace = key.partition("/")[0]
        for item in changes.create:
            try:
                written = await self._client.create(ENDPOINT_SLICES, item, namespace=namespace)
            except RETRIABLE as error:
                if is_namespace_terminating(error):
                    return
                raise ReconcileError(f"failed to create EndpointSlice for Service {key}: {error}") from error
            self._tracker.wrote(key, written)
        for item in changes.update:
            written = await _told(self._client.update(ENDPOINT_SLICES, item), "update", item, key)
            self._tracker.wrote(key, written)
        for gone in changes.delete:
            name = meta.name(gone)
            await _told(self._client.delete(ENDPOINT_SLICES, name, namespace=namespace), "delete", gone, key)
            self._tracker.deleted(key, gone)


async def _told(write: Awaitable[Object], verb: str, item: View, key: str) -> Object:
    """A write whose failure says what it was for; a slice that is gone already is as good as deleted."""
    try:
        return await write
    except RETRIABLE as error:
        if verb == "delete" and isinstance(error, errors.NotFound):
            return {}
        text = f"failed to {verb} {meta.name(item)} EndpointSlice for Service {key}: {error}"
        raise ReconcileError(text) from error


def _aggregate(texts: list[str]) -> str:
    return texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"


def _by_service(item: View) -> tuple[str, ...]:
    labels = meta.labels(item)
    name = labels.get(SERVICE_NAME)
    return (f"{meta.namespace(item)}/{name}",) if name and labels.get(MANAGED_BY) == CONTROLLER else ()
