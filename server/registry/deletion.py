"""Removing objects: preconditions, grace, finalizers and propagation.

Models apiserver/pkg/registry/rest/delete.go and the delete half of registry/generic/registry/store.go.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final, TypeAlias

from apimachinery import errors, field, meta, serializer
from apimachinery.gvk import GroupResource
from apimachinery.objects import Object, StoredObject, View
from apimachinery.timestamp import format_time, parse_time
from server.registry.errors import storage_errors_of
from server.registry.rest import Context, Strategy
from storage import errors as storage_errors
from storage.interfaces import Preconditions

if TYPE_CHECKING:
    from server.registry.store import Store

ORPHAN: Final = "orphan"
FOREGROUND: Final = "foregroundDeletion"

ValidateDelete: TypeAlias = Callable[[View], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class DeleteOptions:
    """How to delete: None is what the client did not say."""

    grace_period_seconds: int | None = None
    uid: str | None = None
    resource_version: str | None = None
    propagation: str | None = None
    orphan_dependents: bool | None = None

    @property
    def propagation_given(self) -> bool:
        """Whether the client said what happens to dependents."""
        return self.propagation is not None or self.orphan_dependents is not None

    @property
    def preconditions(self) -> Preconditions:
        """What storage must check."""
        return Preconditions(uid=self.uid, resource_version=self.resource_version)


@dataclass(frozen=True, slots=True)
class Deleted:
    """What is left of a deletion: the last or current state, and whether the object is gone."""

    stored: StoredObject
    immediate: bool
    returns_object: bool
    """Whether the answer is the object rather than a Status."""


class EmptiedFinalizers(Exception):
    """An update took the last finalizer from an object that is being deleted."""


class _AlreadyDeleting(Exception):
    """The deletion asked for is under way."""


class _DeleteNow(Exception):
    """Nothing holds the object."""


@dataclass(slots=True)
class _Plan:
    """What one look at an object decides."""

    graceful: bool = False
    pending: bool = False
    grace: int | None = None


def validate_options(options: DeleteOptions) -> list[field.Error]:
    """What is wrong with delete options."""
    path = field.Path()
    if options.propagation is not None and options.orphan_dependents is not None:
        return [
            field.invalid(
                path / "propagationPolicy",
                options.propagation,
                "orphanDependents and deletionPropagation cannot be both set",
            )
        ]
    supported = ("Foreground", "Background", "Orphan", "nil")
    if options.propagation is not None and options.propagation not in supported[:3]:
        return [field.not_supported(path / "propagationPolicy", options.propagation, supported)]
    return []


def check_preconditions(obj: View, options: DeleteOptions, group: str, kind: str) -> None:
    """Conflict when the object is not the one that the client meant."""
    name, uid, version = meta.name(obj), meta.uid(obj), meta.resource_version(obj)
    resource = GroupResource(group, kind)
    if options.uid is not None and options.uid != uid:
        raise errors.Conflict.of(
            resource,
            name,
            f"the UID in the precondition ({options.uid}) does not match the UID in record ({uid}). "
            "The object might have been deleted and then recreated",
        )
    if options.resource_version is not None and options.resource_version != version:
        raise errors.Conflict.of(
            resource,
            name,
            f"the ResourceVersion in the precondition ({options.resource_version}) does not match the "
            f"ResourceVersion in record ({version}). The object might have been modified",
        )


def before_delete(strategy: Strategy, obj: Object, options: DeleteOptions, ctx: Context) -> _Plan:
    """Set the deletion's time and grace on the object where its kind knows grace. Models rest.BeforeDelete."""
    metadata = obj["metadata"]
    asked = options.grace_period_seconds
    if asked is not None and asked < 0:
        asked = 1
    held = metadata.get("deletionGracePeriodSeconds")
    if metadata.get("deletionTimestamp"):
        if not strategy.graceful or held is None:
            return _Plan()
        if asked is None or asked >= held:
            return _Plan(pending=True, grace=held)
        start = parse_time(metadata["deletionTimestamp"]) - timedelta(seconds=held)
        end = start + timedelta(seconds=asked)
        if end < ctx.now:
            end = ctx.now
            asked = min(asked, 1)
        metadata["deletionTimestamp"] = format_time(end)
        metadata["deletionGracePeriodSeconds"] = asked
        return _Plan(graceful=True, grace=asked)
    grace = strategy.check_graceful_delete(obj, asked, ctx)
    if grace is None:
        return _Plan()
    metadata["deletionTimestamp"] = format_time(ctx.now + timedelta(seconds=grace))
    metadata["deletionGracePeriodSeconds"] = grace
    if metadata.get("generation"):
        metadata["generation"] += 1
    return _Plan(graceful=True, grace=grace)


def garbage_collection_finalizers(strategy: Strategy, obj: View, options: DeleteOptions) -> list[str]:
    """The object's finalizers with orphan and foregroundDeletion as the options ask."""
    found = list(meta.finalizers(obj))
    if strategy.default_propagation == "Unsupported":
        return found
    orphan = _wants(ORPHAN, "Orphan", strategy, found, options)
    foreground = _wants(FOREGROUND, "Foreground", strategy, found, options)
    kept = [f for f in found if f not in (ORPHAN, FOREGROUND)]
    wanted = kept + [ORPHAN] * orphan + [FOREGROUND] * foreground
    return found if set(wanted) == set(found) else wanted


def _wants(finalizer: str, policy: str, strategy: Strategy, found: list[str], options: DeleteOptions) -> bool:
    if options.orphan_dependents is not None:
        return options.orphan_dependents and policy == "Orphan"
    if options.propagation is not None:
        return options.propagation == policy
    for held in found:
        if held in (ORPHAN, FOREGROUND):
            return held == finalizer
    return strategy.default_propagation == policy


def mark_as_deleting(obj: Object, ctx: Context) -> None:
    """Deletion time now and no grace, for an object that finalizers hold."""
    metadata = obj["metadata"]
    if not metadata.get("deletionTimestamp") and metadata.get("generation"):
        metadata["generation"] += 1
    if not metadata.get("deletionTimestamp") or parse_time(metadata["deletionTimestamp"]) > ctx.now:
        metadata["deletionTimestamp"] = format_time(ctx.now)
    metadata["deletionGracePeriodSeconds"] = 0


def should_delete_during_update(obj: View, old: View) -> bool:
    """Whether an update leaves nothing that holds an object which is being deleted."""
    metadata = old["metadata"]
    going = bool(metadata.get("deletionTimestamp")) and not metadata.get("deletionGracePeriodSeconds")
    return going and not meta.finalizers(obj)


async def delete(
    store: Store, name: str, ctx: Context, options: DeleteOptions, validate: ValidateDelete | None
) -> Deleted:
    """Remove an object, or start its removal. NotFound, Conflict, Invalid."""
    resource, strategy = store.resource, store.resource.strategy
    key = store.key(ctx.namespace, name)
    with storage_errors_of(store.group_resource, name):
        current = store.served(await store.storage.get(key))
    obj = current.thaw()
    if found := validate_options(options):
        raise errors.Invalid.of("DeleteOptions.meta.k8s.io", "", found)
    check_preconditions(obj, options, resource.group, resource.kind)
    holds = strategy.hold_deletion(obj, ctx)
    plan = before_delete(strategy, obj, options, ctx)
    if plan.pending:
        return _result(store, current, immediate=False)
    finalizers = garbage_collection_finalizers(strategy, obj, options)
    last: StoredObject | None = None
    ignore_not_found = False
    if holds or plan.graceful or finalizers or finalizers != meta.finalizers(obj):
        try:
            last, gone = await _update_for_deletion(store, name, ctx, options, validate)
        except _AlreadyDeleting:
            return _result(store, current, immediate=False)
        except _DeleteNow:
            pass
        else:
            if not gone:
                return _result(store, last, immediate=False)
            ignore_not_found = True
            options = replace(options, resource_version=None)
            if ctx.dry_run:
                return _result(store, last, immediate=True)
    return await _remove(store, name, ctx, options.preconditions, validate, last if ignore_not_found else None)


async def _update_for_deletion(
    store: Store, name: str, ctx: Context, options: DeleteOptions, validate: ValidateDelete | None
) -> tuple[StoredObject, bool]:
    """Write the deletion's marks; returns the object and whether it may go at once."""
    resource, strategy = store.resource, store.resource.strategy
    gone = False

    async def mark(existing: StoredObject | None) -> Object | None:
        nonlocal gone
        if existing is None:
            raise errors.NotFound.of(store.group_resource, name)
        current = store.served(existing)
        obj = current.thaw()
        if validate is not None:
            await validate(current.view)
        check_preconditions(obj, options, resource.group, resource.kind)
        held = strategy.hold_deletion(obj, ctx)
        plan = before_delete(strategy, obj, options, ctx)
        if plan.pending:
            raise _AlreadyDeleting
        finalizers = garbage_collection_finalizers(strategy, obj, options)
        if finalizers:
            obj["metadata"]["finalizers"] = finalizers
        else:
            obj["metadata"].pop("finalizers", None)
        if held:
            gone = False
        elif not plan.graceful:
            if not finalizers:
                raise _DeleteNow
            mark_as_deleting(obj, ctx)
            gone = False
        else:
            gone = not finalizers and plan.grace == 0
        return store.to_storage(obj)

    with storage_errors_of(store.group_resource, name):
        stored = await store.writes.guaranteed_update(
            store.key(ctx.namespace, name),
            mark,
            preconditions=options.preconditions,
            ignore_not_found=False,
            dry_run=ctx.dry_run,
        )
    return store.served(stored), gone


async def _remove(
    store: Store,
    name: str,
    ctx: Context,
    preconditions: Preconditions,
    validate: ValidateDelete | None,
    last: StoredObject | None,
) -> Deleted:
    async def check(existing: StoredObject) -> None:
        if validate is not None:
            await validate(store.served(existing).view)

    try:
        stored = await store.writes.delete(
            store.key(ctx.namespace, name), preconditions=preconditions, validate=check, dry_run=ctx.dry_run
        )
    except storage_errors.KeyNotFound as e:
        if last is None:
            raise errors.NotFound.of(store.group_resource, name) from e
        stored = last
    except storage_errors.StorageError:
        with storage_errors_of(store.group_resource, name):
            raise
    else:
        stored = store.served(stored)
    if not ctx.dry_run:
        await store.resource.strategy.after_delete(stored.view, ctx)
    return _result(store, stored, immediate=True)


async def delete_without_finalizers(
    store: Store, name: str, obj: Object, ctx: Context, preconditions: Preconditions | None
) -> StoredObject:
    """The end of an update that freed an object from its last finalizer: it goes, and is answered as it was sent."""
    key = store.key(ctx.namespace, name)
    sent = StoredObject(
        key,
        int(meta.resource_version(obj) or 0),
        serializer.dumps(store.to_storage(obj)),
        labels=meta.labels(obj),
        fields={},
    )
    uid = meta.uid(obj)
    await _remove(store, name, ctx, Preconditions(uid=uid), None, sent)
    return sent


def _result(store: Store, stored: StoredObject, *, immediate: bool) -> Deleted:
    return Deleted(stored, immediate, not immediate or store.resource.strategy.returns_deleted_object)


def success_status(store: Store, deleted: Deleted) -> Object:
    """The Status that answers for kinds which do not return what they delete."""
    view = deleted.stored.view
    details: Object = {"name": meta.name(view)}
    if store.resource.group:
        details["group"] = store.resource.group
    details["kind"] = store.resource.plural
    details["uid"] = meta.uid(view)
    return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details}
