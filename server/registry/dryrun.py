"""Storage writes that can be asked to change nothing. Models apiserver/pkg/registry/generic/registry/dryrun.go."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from apimachinery import meta, serializer
from apimachinery.objects import Object, StoredObject, View
from storage import errors as storage_errors
from storage import preconditions as precondition_rules
from storage.interfaces import DeleteFunc, Preconditions, Storage, UpdateFunc

Settle: TypeAlias = Callable[[Object, View | None], Object]
"""Given an object, which it takes over, and what is stored of it, if anything."""


class DryRunnableStorage:
    """The writes of a Storage; with `dry_run` everything is checked and nothing stored.

    `settle` brings what is about to be stored, or would be, to the form in which it is read back.
    """

    def __init__(self, storage: Storage, settle: Settle) -> None:
        self.storage = storage
        self._settle = settle

    async def create(self, key: str, obj: Object, *, ttl: int, dry_run: bool) -> StoredObject:
        """As Storage.create; a dry run's object has no resourceVersion."""
        obj = self._settle(obj, None)
        if not dry_run:
            return await self.storage.create(key, obj, ttl=ttl)
        try:
            await self.storage.get(key)
        except storage_errors.KeyNotFound:
            return _unsaved(key, obj)
        raise storage_errors.KeyExists(key)

    async def guaranteed_update(
        self,
        key: str,
        update: UpdateFunc,
        *,
        preconditions: Preconditions | None,
        ignore_not_found: bool,
        ttl: int = 0,
        dry_run: bool,
    ) -> StoredObject:
        """As Storage.guaranteed_update; a dry run's object keeps the resourceVersion that it was based on."""

        async def settled(current: StoredObject | None) -> Object | None:
            changed = await update(current)
            return None if changed is None else self._settle(changed, current.view if current is not None else None)

        if not dry_run:
            return await self.storage.guaranteed_update(
                key, settled, preconditions=preconditions, ignore_not_found=ignore_not_found, ttl=ttl
            )
        current: StoredObject | None = None
        try:
            current = await self.storage.get(key)
        except storage_errors.KeyNotFound:
            if not ignore_not_found:
                raise
        if current is not None:
            precondition_rules.check(key, current, preconditions)
        changed = await settled(current)
        if changed is None:
            if current is None:
                raise storage_errors.KeyNotFound(key)
            return current
        return _unsaved(key, changed)

    async def delete(
        self, key: str, *, preconditions: Preconditions | None, validate: DeleteFunc | None, dry_run: bool
    ) -> StoredObject:
        """As Storage.delete."""
        if not dry_run:
            return await self.storage.delete(key, preconditions=preconditions, validate=validate)
        current = await self.storage.get(key)
        precondition_rules.check(key, current, preconditions)
        if validate is not None:
            await validate(current)
        return current


def _unsaved(key: str, obj: Object) -> StoredObject:
    version = meta.resource_version(obj)
    return StoredObject(
        key, int(version) if version.isdecimal() else 0, serializer.dumps(obj), labels=meta.labels(obj), fields={}
    )
