"""Removes the instances of a CustomResourceDefinition that is being deleted, then lets it go.

Models apiextensions-apiserver/pkg/controller/finalizer/crd_finalizer.go.
"""

from __future__ import annotations

import logging
from typing import Final

from apimachinery import errors, meta
from apimachinery.objects import Object, View
from server.apiextensions import naming
from server.apiextensions.serving import CustomResources
from server.apiextensions.status import PATH, with_conditions
from server.endpoints.scope import Services
from server.loopback import LoopbackClient
from server.registry.apiextensions.customresourcedefinition import CLEANUP
from server.registry.store import Store
from storage.errors import StorageError
from storage.interfaces import WatchOptions

_log = logging.getLogger(__name__)

_IN_PROGRESS: Final = {
    "type": "Terminating",
    "status": "True",
    "reason": "InstanceDeletionInProgress",
    "message": "CustomResource deletion is in progress",
}


class Finalizer:
    """Cleans up after one definition at a time and name; finalizers of instances are waited for."""

    def __init__(self, services: Services, serving: CustomResources, client: LoopbackClient) -> None:
        self._services = services
        self._serving = serving
        self._client = client

    async def run(self, crd: View) -> None:
        """Delete every instance, wait until the last is gone, and take our finalizer away."""
        if CLEANUP not in meta.finalizers(crd):
            return
        if naming.is_true(crd, "Established"):
            await self._write("/status", crd, with_conditions(crd, (_IN_PROGRESS,), self._services.clock.now()))
            try:
                await self._remove_instances(crd)
            except (errors.StatusError, StorageError) as e:
                _log.warning("removing the instances of %s: %s", meta.name(crd), e)
                return
        await self._release(meta.name(crd), meta.uid(crd))

    async def _remove_instances(self, crd: View) -> None:
        spec = crd["spec"]
        served = self._serving.versions(meta.name(crd))
        if not served:
            return
        gvr = served[0]
        root = f"/apis/{gvr.group}/{gvr.version}"
        store = self._services.registry.find(f"{gvr.resource}.{gvr.group}")
        while True:
            found = await store.get_list()
            if not found.items:
                return
            namespaces = dict.fromkeys(item.key.rpartition("/")[0] for item in found.items)
            for namespace in namespaces:
                place = f"/namespaces/{namespace}" if spec.get("scope") == "Namespaced" else ""
                await self._client.send("DELETE", f"{root}{place}/{gvr.resource}")
            await self._until_empty(store)

    async def _until_empty(self, store: Store) -> None:
        """Returns when no instance is left, or a new look is due because the watch ended."""
        found = await store.get_list()
        left = {item.key for item in found.items}
        watch = store.watch("", WatchOptions(resource_version=found.resource_version))
        try:
            if left:
                async for event in watch:
                    if event.object is not None and event.type == "DELETED":
                        left.discard(event.object.key)
                    if not left:
                        return
        finally:
            watch.stop()

    async def _release(self, name: str, uid: str) -> None:
        store = self._services.registry.find("customresourcedefinitions.apiextensions.k8s.io")
        while (stored := await store.find("", name)) is not None and meta.uid(stored.view) == uid:
            crd = stored.thaw()
            left = [f for f in meta.finalizers(crd) if f != CLEANUP]
            crd["metadata"]["finalizers"] = left
            answer = await self._client.send("PUT", f"{PATH}/{name}", crd)
            if answer.status == 200 and not left:
                self._serving.remove(name)
            if answer.status != 409:
                return

    async def _write(self, part: str, crd: View, wanted: Object) -> None:
        answer = await self._client.send("PUT", f"{PATH}/{meta.name(crd)}{part}", wanted)
        if answer.status not in (200, 404, 409):
            _log.warning("writing the status of %s: %d", meta.name(crd), answer.status)
