"""EndpointSlices for Endpoints that somebody keeps by hand. Models pkg/controller/endpointslicemirroring, v1.36."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from apimachinery import errors, meta
from apimachinery.objects import View
from controllers.endpointslice.mirrored import CONTROLLER, is_mirrored, plan_mirror
from controllers.endpointslice.slices import MANAGED_BY, SERVICE_NAME, Changes
from controllers.endpointslice.tracker import SliceTracker
from controllers.runtime.context import ControllerContext
from controllers.runtime.controller import Controller
from controllers.runtime.errors import RETRIABLE
from controllers.runtime.flags import flag
from controllers.runtime.pod_control import is_namespace_terminating
from controllers.runtime.resources import ENDPOINT_SLICES, ENDPOINTS, SERVICES
from controllers.runtime.service_pods import GATHER_SECONDS

_BY_MIRROR: Final = "mirrored-endpoints"


@dataclass(frozen=True, slots=True)
class MirroringOptions:
    """Flags of the mirroring controller."""

    mirroring_concurrent_service_endpoint_syncs: int = flag(5, "Endpoints mirrored at once.")
    mirroring_max_endpoints_per_subset: int = flag(1000, "Addresses of a subset that are mirrored, up to 1000.")


class EndpointSliceMirroringController:
    """Keys are Endpoints, which are Services' keys too."""

    def __init__(self, context: ControllerContext) -> None:
        options = context.options(MirroringOptions)
        self._client = context.client
        self._limit = options.mirroring_max_endpoints_per_subset
        self._recorder = context.events.recorder("endpoint-slice-mirroring-controller")
        self._queue = context.queue("endpoint_slice_mirroring", str)
        self._tracker = SliceTracker()
        informers = context.informers
        self._services = informers.informer(SERVICES)
        self._endpoints = informers.informer(ENDPOINTS)
        self._slices = informers.informer(ENDPOINT_SLICES)
        self._slices.add_index(_BY_MIRROR, _by_mirror)
        for informer in (self._services, self._endpoints):
            informer.add_handler(
                on_add=self._enqueue, on_update=lambda _, new: self._enqueue(new), on_delete=self._enqueue
            )
        self._slices.add_handler(
            on_add=self._slice_seen, on_update=lambda _, new: self._slice_seen(new), on_delete=self._slice_gone
        )
        self._controller = Controller(
            "endpointslice-mirroring-controller",
            self._queue,
            self.sync,
            workers=options.mirroring_concurrent_service_endpoint_syncs,
            informers=(self._services, self._endpoints, self._slices),
            max_retries=15,
        )

    async def run(self) -> None:
        """Sync until cancelled."""
        await self._controller.run()

    def _enqueue(self, obj: View) -> None:
        self._queue.add(meta.key(obj))

    def _slice_seen(self, item: View) -> None:
        for key in _by_mirror(item):
            if self._tracker.seen(key, item) or not self._tracker.expects(key, item):
                self._queue.add_soon(key, GATHER_SECONDS)

    def _slice_gone(self, item: View) -> None:
        for key in _by_mirror(item):
            expected = self._tracker.expects(key, item)
            if self._tracker.seen(key, item, gone=True) or not expected:
                self._queue.add_soon(key, GATHER_SECONDS)

    async def sync(self, key: str) -> None:
        """Write the slices of one Endpoints object, or remove them."""
        endpoints = self._endpoints.indexer.get(key)
        present = self._slices.indexer.by_index(_BY_MIRROR, key)
        if endpoints is None or not is_mirrored(endpoints, self._services.indexer.get(key)):
            self._tracker.forget(key)
            for item in present:
                await self._delete(item)
            return
        if self._tracker.is_stale(key, present):
            return
        changes, invalid, skipped = plan_mirror(endpoints, present, self._limit)
        if invalid:
            text = f"Skipped {invalid} invalid IP addresses when mirroring to EndpointSlices"
            self._recorder.event(endpoints, "Warning", "InvalidIPAddress", text)
        if skipped > invalid:
            text = (
                f"A max of {self._limit} addresses can be mirrored to EndpointSlices per Endpoints subset."
                f" {skipped} addresses were skipped"
            )
            self._recorder.event(endpoints, "Warning", "TooManyAddressesToMirror", text)
        await self._apply(key, endpoints, changes)

    async def _apply(self, key: str, endpoints: View, changes: Changes) -> None:
        for item in changes.create if not meta.is_deleting(endpoints) else ():
            try:
                created = await self._client.create(ENDPOINT_SLICES, item, namespace=meta.namespace(endpoints))
            except RETRIABLE as error:
                if is_namespace_terminating(error):
                    return
                raise
            self._tracker.wrote(key, created)
        for item in changes.update:
            self._tracker.wrote(key, await self._client.update(ENDPOINT_SLICES, item))
        for gone in changes.delete:
            await self._delete(gone)
            self._tracker.deleted(key, gone)

    async def _delete(self, item: View) -> None:
        try:
            await self._client.delete(ENDPOINT_SLICES, meta.name(item), namespace=meta.namespace(item))
        except errors.NotFound:
            return


def _by_mirror(item: View) -> Iterable[str]:
    labels = meta.labels(item)
    if labels.get(MANAGED_BY) != CONTROLLER:
        return ()
    return (f"{meta.namespace(item)}/{labels.get(SERVICE_NAME, '')}",)
