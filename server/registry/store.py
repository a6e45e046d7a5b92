"""The generic store of a resource: what every kind does on create, read and update, around its strategy.

Models apiserver/pkg/registry/generic/registry/store.go and registry/rest/{create,update}.go.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias

from apimachinery import errors, field, meta, serializer, validation
from apimachinery.clock import Clock
from apimachinery.gvk import GroupResource
from apimachinery.names import NameGenerator
from apimachinery.objects import Object, StoredObject, View
from apimachinery.strconv import parse_uint
from apimachinery.timestamp import format_time
from server.endpoints.request import Warnings
from server.registry import deletion
from server.registry.deletion import Deleted, DeleteOptions
from server.registry.dryrun import DryRunnableStorage, Settle
from server.registry.errors import OPTIMISTIC_LOCK, raise_if_invalid, storage_errors_of
from server.registry.rest import Context, Resource, Strategy, Transaction
from storage.interfaces import ListOptions, ListResult, Preconditions, Storage, Watch, WatchOptions

ValidateObject: TypeAlias = Callable[[Object], Awaitable[None]]
ValidateUpdate: TypeAlias = Callable[[Object, View], Awaitable[None]]
Transform: TypeAlias = Callable[[View | None], Awaitable[Object]]
"""Given the stored object (None when there is none yet), the object to store, which shares nothing with it."""

NAME_ATTEMPTS: Final = 8
_METADATA: Final = field.Path("metadata")


async def _accept(obj: Object) -> None:
    """Validating admission of writes that the server makes on its own account."""


async def _accept_update(obj: Object, old: View) -> None:
    """As _accept."""


class Store:
    """One resource in one version, over the storage that all its versions share."""

    def __init__(
        self,
        resource: Resource,
        storage: Storage,
        *,
        clock: Clock,
        names: NameGenerator,
        settle: Settle = lambda obj, _: obj,
    ) -> None:
        self.resource = resource
        self.group_resource: GroupResource = resource.group_resource
        """What error messages call this resource."""
        self.storage = storage
        self.clock = clock
        self.names = names
        self.writes = DryRunnableStorage(storage, settle)

    def key(self, namespace: str, name: str) -> str:
        """The storage key of an object."""
        return f"{namespace}/{name}" if self.resource.namespaced else name

    def prefix(self, namespace: str) -> str:
        """The storage prefix of a namespace, or of everything."""
        return f"{namespace}/" if namespace and self.resource.namespaced else ""

    def context(self, namespace: str = "", *, dry_run: bool = False, version: tuple[int, int] = (1, 36)) -> Context:
        """A Context for what the server does on its own account."""
        return Context(self.clock.now(), self.names, namespace=namespace, dry_run=dry_run, version=version)

    def served(self, stored: StoredObject) -> StoredObject:
        """A stored object in this version."""
        convert = self.resource.from_storage
        if convert is None:
            return stored
        return StoredObject(
            stored.key,
            stored.resource_version,
            serializer.dumps(in_wire_order(convert(stored.thaw()))),
            labels=stored.labels,
            fields=stored.fields,
        )

    def to_storage(self, obj: Object) -> Object:
        """An object of this version as it is stored."""
        convert = self.resource.to_storage
        return in_wire_order(convert(obj) if convert is not None else obj)

    async def get(self, namespace: str, name: str, *, resource_version: int | None = None) -> StoredObject:
        """The object. NotFound, Timeout for a resourceVersion that is still to come."""
        with storage_errors_of(self.group_resource, name):
            return self.served(await self.storage.get(self.key(namespace, name), resource_version=resource_version))

    async def find(self, namespace: str, name: str) -> StoredObject | None:
        """The object, or None."""
        try:
            return await self.get(namespace, name)
        except errors.NotFound:
            return None

    async def get_list(self, namespace: str = "", options: ListOptions | None = None) -> ListResult:
        """The objects of a namespace, or of all; see ListOptions."""
        with storage_errors_of(self.group_resource):
            found = await self.storage.get_list(self.prefix(namespace), options or ListOptions())
        if self.resource.from_storage is None:
            return found
        return ListResult(
            [self.served(i) for i in found.items], found.resource_version, found.continue_, found.remaining
        )

    def watch(self, namespace: str, options: WatchOptions) -> Watch:
        """Changes in a namespace, or in all; objects come as stored, `served` gives them in this version."""
        return self.storage.watch(self.prefix(namespace), options)

    async def create(
        self,
        obj: Object,
        ctx: Context,
        *,
        validate: ValidateObject = _accept,
        warnings: Warnings | None = None,
    ) -> StoredObject:
        """Store a new object; a generated name that is taken is tried again."""
        metadata = obj["metadata"]
        if not metadata.get("generateName") or metadata.get("name"):
            return await self._create(obj, ctx, validate, warnings)
        pristine = serializer.dumps(obj)
        for _ in range(NAME_ATTEMPTS - 1):
            try:
                return await self._create(obj, ctx, validate, warnings)
            except errors.AlreadyExists:
                obj = serializer.loads(pristine)
        return await self._create(obj, ctx, validate, warnings)

    async def _create(
        self, obj: Object, ctx: Context, validate: ValidateObject, warnings: Warnings | None
    ) -> StoredObject:
        metadata = obj["metadata"]
        generated = not metadata.get("name") and bool(metadata.get("generateName"))
        self._fill_system_fields(obj)
        transaction = await self._before_create(obj, ctx, warnings)
        name = metadata["name"]
        try:
            await validate(obj)
            ttl = self.resource.ttl(obj) if self.resource.ttl is not None else 0
            try:
                with storage_errors_of(self.group_resource, name):
                    stored = await self.writes.create(
                        self.key(ctx.namespace, name), self.to_storage(obj), ttl=ttl, dry_run=ctx.dry_run
                    )
            except errors.AlreadyExists as e:
                raise await self._explain_exists(e, ctx.namespace, name, generated) from e
        except BaseException:
            await _revert(transaction)
            raise
        await _settle(transaction, ctx)
        return self.served(stored)

    async def _explain_exists(
        self, error: errors.AlreadyExists, namespace: str, name: str, generated: bool
    ) -> errors.AlreadyExists:
        if generated:
            error = errors.AlreadyExists.generate_name_conflict(self.group_resource, name)
        existing = await self.find(namespace, name)
        if existing is not None and meta.is_deleting(existing.view):
            error.message = f"object is being deleted: {error.message}"
        return error

    def _fill_system_fields(self, obj: Object) -> None:
        metadata = obj["metadata"]
        metadata["creationTimestamp"] = format_time(self.clock.now())
        where = (str(self.group_resource), metadata.get("namespace") or "")
        if metadata.get("generateName") and not metadata.get("name"):
            metadata["name"] = self.names.generate_name(metadata["generateName"], *where, self.names.content(obj))
        metadata["uid"] = self.names.uid(*where, metadata.get("name") or "")

    async def _before_create(self, obj: Object, ctx: Context, warnings: Warnings | None) -> Transaction | None:
        strategy, metadata = self.resource.strategy, obj["metadata"]
        ensure_namespace(metadata, ctx.namespace if self.resource.namespaced else "")
        metadata.pop("deletionTimestamp", None)
        metadata.pop("deletionGracePeriodSeconds", None)
        strategy.prepare_for_create(obj, ctx)
        transaction = await strategy.begin_create(obj, ctx)
        try:
            found = validation.object_meta(
                metadata,
                namespaced=self.resource.namespaced,
                name_function=lambda name, prefix: strategy.validate_name(name, prefix=prefix),
                path=_METADATA,
            )
            raise_if_invalid(self.resource.group_kind, metadata.get("name", ""), found + strategy.validate(obj, ctx))
            if warnings is not None:
                warnings.extend(strategy.warnings_on_create(obj, ctx))
            strategy.canonicalize(obj)
        except BaseException:
            await _revert(transaction)
            raise
        return transaction

    async def update(
        self,
        name: str,
        transform: Transform,
        ctx: Context,
        *,
        strategy: Strategy | None = None,
        validate_create: ValidateObject = _accept,
        validate_update: ValidateUpdate = _accept_update,
        warnings: Warnings | None = None,
        preconditions: Preconditions | None = None,
        force_allow_create: bool = False,
    ) -> tuple[StoredObject, bool]:
        """Change an object, retrying on races; returns it and whether it was created.

        A change that takes the last finalizer from an object being deleted removes it.
        """
        rules = strategy or self.resource.strategy
        may_create = force_allow_create or rules.allow_create_on_update
        key = self.key(ctx.namespace, name)
        created = False
        emptied: Object | None = None
        transaction: Transaction | None = None

        async def attempt(existing: StoredObject | None) -> Object | None:
            nonlocal created, emptied, transaction
            await _revert(transaction)
            transaction, created, emptied = None, existing is None, None
            if existing is None:
                if not may_create:
                    raise errors.NotFound.of(self.group_resource, name)
                obj = await transform(None)
                self._fill_system_fields(obj)
                transaction = await self._before_create(obj, ctx, warnings)
                await validate_create(obj)
                return self.to_storage(obj)
            current = self.served(existing)
            old = current.view
            obj = await transform(old)
            self._check_version(obj, old, name, rules)
            asked = ctx._replace(stored=existing.view) if self.resource.verbatim else ctx
            transaction = await self._before_update(obj, old, asked, rules, warnings)
            await validate_update(obj, old)
            held = meta.is_deleting(old) and self.resource.strategy.hold_deletion(obj, ctx)
            if not held and deletion.should_delete_during_update(obj, old):
                emptied = obj
                raise deletion.EmptiedFinalizers
            return self.to_storage(obj)

        try:
            with storage_errors_of(self.group_resource, name):
                stored = await self.writes.guaranteed_update(
                    key, attempt, preconditions=preconditions, ignore_not_found=True, dry_run=ctx.dry_run
                )
        except deletion.EmptiedFinalizers:
            await _settle(transaction, ctx)
            assert emptied is not None  # noqa: S101 - set together with the exception
            return await deletion.delete_without_finalizers(self, name, emptied, ctx, preconditions), False
        except BaseException:
            await _revert(transaction)
            raise
        await _settle(transaction, ctx)
        return self.served(stored), created

    def _check_version(self, obj: Object, old: View, name: str, strategy: Strategy) -> None:
        metadata = obj["metadata"]
        wanted, stored = metadata.get("resourceVersion") or "", meta.resource_version(old)
        if wanted in ("", "0"):
            if not strategy.allow_unconditional_update:
                found = [field.invalid(_METADATA / "resourceVersion", 0, "must be specified for an update")]
                kind = f"{self.resource.plural}.{self.resource.group}" if self.resource.group else self.resource.plural
                raise errors.Invalid.of(kind, name, found)
            metadata["resourceVersion"] = stored
        elif wanted != stored:
            try:
                parse_uint(wanted)
            except ValueError as e:
                raise errors.Unknown(str(e), code=500) from None
            raise errors.Conflict.of(self.group_resource, name, OPTIMISTIC_LOCK)

    async def _before_update(
        self, obj: Object, old: View, ctx: Context, strategy: Strategy, warnings: Warnings | None
    ) -> Transaction | None:
        metadata, stored = obj["metadata"], old["metadata"]
        ensure_namespace(metadata, ctx.namespace if self.resource.namespaced else "")
        _restore(metadata, stored, "generation")
        strategy.prepare_for_update(obj, old, ctx)
        if not metadata.get("uid"):
            _restore(metadata, stored, "uid")
        _restore(metadata, stored, "creationTimestamp")
        if stored.get("deletionTimestamp"):
            _restore(metadata, stored, "deletionTimestamp")
        if stored.get("deletionGracePeriodSeconds") is not None and metadata.get("deletionGracePeriodSeconds") is None:
            _restore(metadata, stored, "deletionGracePeriodSeconds")
        transaction = await strategy.begin_update(obj, old, ctx)
        try:
            found = validation.object_meta(
                metadata,
                namespaced=self.resource.namespaced,
                name_function=lambda value, _: validation.path_segment_name(value),
                path=_METADATA,
            )
            found += validation.object_meta_update(metadata, stored, _METADATA, sound=not found) * 2
            found += strategy.validate_update(obj, old, ctx)
            raise_if_invalid(self.resource.group_kind, metadata.get("name", ""), found)
            if warnings is not None:
                warnings.extend(strategy.warnings_on_update(obj, old, ctx))
            strategy.canonicalize(obj)
        except BaseException:
            await _revert(transaction)
            raise
        return transaction

    async def delete(
        self,
        name: str,
        ctx: Context,
        options: DeleteOptions | None = None,
        *,
        validate: deletion.ValidateDelete | None = None,
    ) -> Deleted:
        """Remove an object, or start its removal."""
        return await deletion.delete(self, name, ctx, options or DeleteOptions(), validate)


def ensure_namespace(metadata: Object, namespace: str) -> None:
    """Fill metadata.namespace from the request, or clear it where that has none; BadRequest when the two differ."""
    found = metadata.get("namespace") or ""
    if not namespace:
        metadata.pop("namespace", None)
    elif not found:
        metadata["namespace"] = namespace
    elif found != namespace:
        raise errors.BadRequest("the namespace of the provided object does not match the namespace sent on the request")


def in_wire_order(obj: Object) -> Object:
    """The object with kind, apiVersion and metadata first, as StoredObject.raw wants it."""
    head = {"kind": obj["kind"], "apiVersion": obj["apiVersion"], "metadata": obj["metadata"]}
    return {**head, **{k: v for k, v in obj.items() if k not in head}}


def _restore(metadata: Object, stored: View, name: str) -> None:
    if name in stored:
        metadata[name] = stored[name]
    else:
        metadata.pop(name, None)


async def _revert(transaction: Transaction | None) -> None:
    if transaction is not None:
        await transaction.revert()


async def _settle(transaction: Transaction | None, ctx: Context) -> None:
    if transaction is not None:
        await (transaction.revert() if ctx.dry_run else transaction.commit())
