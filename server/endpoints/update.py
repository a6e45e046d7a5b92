"""PUT of an object, and the admission that patches share with it. Models apiserver/pkg/endpoints/handlers/update.go."""

from __future__ import annotations

from typing import NamedTuple

from apimachinery import meta, serializer
from apimachinery.objects import Object, View
from server.admission.attributes import Attributes
from server.endpoints import decoding, options, response
from server.endpoints.authorization import attributes_of, forbidden
from server.endpoints.create import validate_create
from server.endpoints.metadata import check_name, dedup_owner_references, require_name
from server.endpoints.options import WriteOptions
from server.endpoints.request import Response
from server.endpoints.scope import Scope
from server.fieldmanager.field_manager import ignore_timestamps, manager_name
from server.registry.store import Transform, ValidateObject, ValidateUpdate, ensure_namespace
from storage.interfaces import Preconditions


class Change(NamedTuple):
    """What a PUT or PATCH asks for, read but not yet carried out; `kind` names the options that it came with."""

    asked: WriteOptions
    kind: str
    transform: Transform
    preconditions: Preconditions | None = None
    may_create: bool = False


async def update(scope: Scope) -> Response:
    """Replace an object; 200, or 201 where the kind may be created so."""
    return await carry_out(scope, await read(scope))


async def read(scope: Scope) -> Change:
    """The replacement that the body asks for. BadRequest, Invalid, UnsupportedMediaType."""
    require_name(scope.name)
    _ = scope.media
    raw = await decoding.read_body(scope.request)
    asked = options.write_options(scope.request.query, "UpdateOptions")
    sent = decoding.decode(scope, raw, decoding.accepted_body_type(scope.request), asked.field_validation)
    ensure_namespace(sent["metadata"], scope.namespace)
    check_name(sent, scope.name, scope.namespace)
    dedup_owner_references(sent, scope.request.warnings)
    pristine = serializer.dumps(sent)

    async def transform(existing: View | None) -> Object:
        obj: Object = serializer.loads(pristine)
        return await changed(scope, obj, existing, asked, "UpdateOptions")

    uid = meta.uid(sent)
    return Change(asked, "UpdateOptions", transform, Preconditions(uid=uid) if uid else None)


async def carry_out(scope: Scope, change: Change) -> Response:
    """Store a change of the endpoint's own object and answer with it."""
    stored, created = await scope.store.update(
        scope.name,
        change.transform,
        scope.context(dry_run=change.asked.dry_run),
        strategy=scope.strategy,
        validate_create=authorized_create(scope, change.asked),
        validate_update=validate_update(scope, change.asked, change.kind),
        warnings=scope.request.warnings,
        preconditions=change.preconditions,
        force_allow_create=change.may_create,
    )
    return response.of_stored(scope, stored, 201 if created else 200)


def authorized_create(scope: Scope, asked: WriteOptions) -> ValidateObject:
    """The last word on an object that a PUT or PATCH makes: who may not create it is refused. Forbidden."""
    accept = validate_create(scope, asked)

    async def validate(obj: Object) -> None:
        attributes = attributes_of(scope.request)._replace(verb="create")
        verdict = await scope.services.authorizer.authorize(attributes)
        if not verdict.allowed:
            raise forbidden(attributes, verdict.reason)
        await accept(obj)

    return validate


async def changed(scope: Scope, obj: Object, existing: View | None, asked: WriteOptions, kind: str) -> Object:
    """What a PUT or a non-apply patch makes of an object: its managedFields, then mutating admission."""
    manager = scope.field_manager
    if manager is not None:
        name = manager_name(asked.field_manager, scope.request.header("user-agent"))
        manager.update(existing, obj, name, scope.services.clock.now())
    return await admitted(scope, obj, existing, asked, kind)


async def admitted(scope: Scope, obj: Object, existing: View | None, asked: WriteOptions, kind: str) -> Object:
    """Mutating admission of a changed object, or of one that is created so."""
    admission = scope.services.admission
    managed = obj["metadata"].get("managedFields")
    await admission.admit(_attributes(scope, obj, existing, asked, kind))
    if managed is not None:
        obj["metadata"]["managedFields"] = managed
    dedup_owner_references(obj, scope.request.warnings, after_admission=True)
    if existing is not None:
        ignore_timestamps(obj, existing)
    return obj


def validate_update(scope: Scope, asked: WriteOptions, kind: str) -> ValidateUpdate:
    """Validating admission of a change, as the store calls it."""

    async def validate(obj: Object, old: View) -> None:
        await scope.services.admission.validate(_attributes(scope, obj, old, asked, kind))

    return validate


def _attributes(scope: Scope, obj: Object, existing: View | None, asked: WriteOptions, kind: str) -> Attributes:
    return scope.attributes(
        "UPDATE" if existing is not None else "CREATE",
        obj=obj,
        old_object=existing,
        options=asked.to_object(kind if existing is not None else "CreateOptions"),
        dry_run=asked.dry_run,
    )
