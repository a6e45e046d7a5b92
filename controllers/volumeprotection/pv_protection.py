"""Keeps bound PersistentVolumes from going. Models pkg/controller/volume/pvprotection."""

from __future__ import annotations

from typing import Final

from apimachinery import errors, meta
from apimachinery.objects import View
from controllers.runtime.context import ControllerContext
from controllers.runtime.controller import Controller
from controllers.runtime.resources import PERSISTENT_VOLUMES
from controllers.volumeprotection import finalizer

FINALIZER: Final = "kubernetes.io/pv-protection"


def in_use(volume: View) -> bool:
    """Whether a claim holds the volume."""
    return (volume.get("status") or {}).get("phase") == "Bound"


class PVProtectionController:
    """Keys are names of PersistentVolumes."""

    def __init__(self, context: ControllerContext) -> None:
        self._client = context.client
        self._queue = context.queue("pvprotection", str)
        self._volumes = context.informers.informer(PERSISTENT_VOLUMES)
        self._volumes.add_handler(on_add=self._seen, on_update=lambda _, new: self._seen(new))
        self._controller = Controller(
            "persistentvolume-protection-controller", self._queue, self.sync, workers=1, informers=(self._volumes,)
        )

    async def run(self) -> None:
        """Guard until cancelled."""
        await self._controller.run()

    def _seen(self, volume: View) -> None:
        if finalizer.decide(volume, FINALIZER, in_use=in_use(volume)):
            self._queue.add(meta.key(volume))

    async def sync(self, key: str) -> None:
        """Put the finalizer on one volume, or take it off."""
        volume = self._volumes.indexer.get(key)
        if volume is None:
            return
        if action := finalizer.decide(volume, FINALIZER, in_use=in_use(volume)):
            try:
                await self._client.update(PERSISTENT_VOLUMES, finalizer.changed(volume, FINALIZER, action))
            except errors.NotFound:
                return
