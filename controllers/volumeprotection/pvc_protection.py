"""Keeps PersistentVolumeClaims that pods use from going. Models pkg/controller/volume/pvcprotection."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from apimachinery import errors, meta
from apimachinery.objects import View
from controllers.runtime.context import ControllerContext
from controllers.runtime.controller import Controller
from controllers.runtime.resources import PERSISTENT_VOLUME_CLAIMS, PODS
from controllers.volumeprotection import finalizer

FINALIZER: Final = "kubernetes.io/pvc-protection"
_BY_CLAIM: Final = "claim"


def claims_of(pod: View) -> Iterator[str]:
    """Keys of the claims that a pod on a node uses; a pod that waits for a node uses none."""
    spec = pod["spec"]
    if not spec.get("nodeName"):
        return
    for volume in spec.get("volumes") or ():
        if volume.get("persistentVolumeClaim"):
            yield f"{meta.namespace(pod)}/{volume['persistentVolumeClaim'].get('claimName', '')}"
        elif volume.get("ephemeral"):
            yield f"{meta.namespace(pod)}/{meta.name(pod)}-{volume['name']}"


class PVCProtectionController:
    """Keys are PersistentVolumeClaims."""

    def __init__(self, context: ControllerContext) -> None:
        self._client = context.client
        self._queue = context.queue("pvcprotection", str)
        self._claims = context.informers.informer(PERSISTENT_VOLUME_CLAIMS)
        self._claims.add_handler(on_add=self._seen, on_update=lambda _, new: self._seen(new))
        self._pods = context.informers.informer(PODS)
        self._pods.add_index(_BY_CLAIM, claims_of)
        self._pods.add_handler(on_delete=self._let_go)
        self._controller = Controller(
            "persistentvolumeclaim-protection-controller",
            self._queue,
            self.sync,
            workers=1,
            informers=(self._claims, self._pods),
        )

    async def run(self) -> None:
        """Guard until cancelled."""
        await self._controller.run()

    def _seen(self, claim: View) -> None:
        if finalizer.decide(claim, FINALIZER, in_use=False):
            self._queue.add(meta.key(claim))

    def _let_go(self, pod: View) -> None:
        for key in claims_of(pod):
            self._queue.add(key)

    def _in_use(self, claim: View) -> bool:
        """Whether a pod uses the claim; one that the claim was made for counts while it is that very pod."""
        owner = meta.controller_of(claim)
        for pod in self._pods.indexer.by_index(_BY_CLAIM, meta.key(claim)):
            names = {(v.get("persistentVolumeClaim") or {}).get("claimName") for v in pod["spec"].get("volumes") or ()}
            if meta.name(claim) in names or (owner is not None and owner["uid"] == meta.uid(pod)):
                return True
        return False

    async def sync(self, key: str) -> None:
        """Put the finalizer on one claim, or take it off."""
        claim = self._claims.indexer.get(key)
        if claim is None:
            return
        if action := finalizer.decide(claim, FINALIZER, in_use=self._in_use(claim)):
            try:
                await self._client.update(PERSISTENT_VOLUME_CLAIMS, finalizer.changed(claim, FINALIZER, action))
            except errors.NotFound:
                return
