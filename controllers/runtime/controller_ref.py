"""Claiming what matches a selector, releasing what no longer does. Models pkg/controller/controller_ref_manager.go."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from apimachinery import errors, meta
from apimachinery.gvk import GroupVersionKind, GroupVersionResource
from apimachinery.labels import LabelSelector
from apimachinery.objects import Object, View
from controllers.runtime.client import Client
from controllers.runtime.errors import ReconcileError


class ControllerRefManager:
    """Adopts orphans that match the owner's selector and releases controlled objects that do not.

    What is adopted gets `finalizers`, what is released loses them.
    Before the first adoption the owner is read live once: it must have the same UID and not be going.
    """

    def __init__(
        self,
        client: Client,
        resource: GroupVersionResource,
        *,
        owner: View,
        owner_kind: GroupVersionKind,
        owner_resource: GroupVersionResource,
        selector: LabelSelector,
        finalizers: Sequence[str] = (),
    ) -> None:
        self._client = client
        self._resource = resource
        self._finalizers = list(finalizers)
        self._owner = owner
        self._owner_kind = owner_kind
        self._owner_resource = owner_resource
        self._selector = selector
        self._checked = False

    async def claim(self, objects: Iterable[View], *, wanted: Callable[[View], bool] | None = None) -> list[View]:
        """The objects that are the owner's now, including the just adopted; `wanted` narrows what may be adopted."""
        claimed = []
        uid, matching = meta.uid(self._owner), self._selector.matches
        for obj in objects:
            ref = meta.controller_of(obj)
            matches = matching(meta.labels(obj)) and (wanted is None or wanted(obj))
            if ref is not None:
                if ref["uid"] != uid:
                    continue
                if matches:
                    claimed.append(obj)
                elif not meta.is_deleting(self._owner):
                    await self._release(obj)
            elif matches and self._may_adopt(obj) and await self._adopt(obj):
                claimed.append(obj)
        return claimed

    def _may_adopt(self, obj: View) -> bool:
        return (
            not meta.is_deleting(self._owner)
            and not meta.is_deleting(obj)
            and meta.namespace(obj) == meta.namespace(self._owner)
        )

    async def _adopt(self, obj: View) -> bool:
        if not self._checked:
            await check_owner(self._client, self._owner_resource, self._owner)
            self._checked = True
        ref = meta.new_controller_ref(self._owner, self._owner_kind)
        patch: Object = {"metadata": {"ownerReferences": [ref], "uid": meta.uid(obj)}}
        if self._finalizers:
            patch["metadata"]["finalizers"] = self._finalizers
        try:
            await self._client.patch(self._resource, meta.name(obj), patch, namespace=meta.namespace(obj))
        except errors.NotFound:
            return False
        return True

    async def _release(self, obj: View) -> None:
        patch: Object = {
            "metadata": {
                "ownerReferences": [{"$patch": "delete", "uid": meta.uid(self._owner)}],
                "uid": meta.uid(obj),
            }
        }
        if self._finalizers:
            patch["metadata"]["$deleteFromPrimitiveList/finalizers"] = self._finalizers
        try:
            await self._client.patch(self._resource, meta.name(obj), patch, namespace=meta.namespace(obj))
        except (errors.NotFound, errors.Invalid):
            return


async def check_owner(client: Client, resource: GroupVersionResource, owner: View) -> None:
    """Read the owner live; raise ReconcileError if it was replaced or is going. Models RecheckDeletionTimestamp."""
    fresh = await client.get(resource, meta.name(owner), namespace=meta.namespace(owner))
    kind = owner.get("kind", resource.resource)
    if meta.uid(fresh) != meta.uid(owner):
        raise ReconcileError(
            f"original {kind} {meta.key(owner)} is gone: got uid {meta.uid(fresh)}, wanted {meta.uid(owner)}"
        )
    if (at := fresh["metadata"].get("deletionTimestamp")) is not None:
        raise ReconcileError(f"{meta.key(owner)} has just been deleted at {at}")
