"""POST of a new object. Models apiserver/pkg/endpoints/handlers/create.go."""

from __future__ import annotations

from apimachinery.objects import Object
from server.admission.attributes import Attributes
from server.endpoints import decoding, options, response
from server.endpoints.metadata import dedup_owner_references, wipe_system_fields
from server.endpoints.options import WriteOptions
from server.endpoints.request import Response
from server.endpoints.scope import Scope
from server.fieldmanager.field_manager import manager_name
from server.registry.store import ValidateObject, ensure_namespace


async def create(scope: Scope) -> Response:
    """Decode, default, admit, store; 201 with the object."""
    _ = scope.media
    raw = await decoding.read_body(scope.request)
    asked = options.write_options(scope.request.query, "CreateOptions")
    obj = decoding.decode(scope, raw, decoding.accepted_body_type(scope.request), asked.field_validation)
    ensure_namespace(obj["metadata"], scope.namespace)
    wipe_system_fields(obj["metadata"])
    dedup_owner_references(obj, scope.request.warnings)
    take_ownership(scope, obj, asked)
    await admit_create(scope, obj, asked)
    stored = await scope.store.create(
        obj,
        scope.context(dry_run=asked.dry_run),
        validate=validate_create(scope, asked),
        warnings=scope.request.warnings,
    )
    return response.of_stored(scope, stored, 201)


def take_ownership(scope: Scope, obj: Object, asked: WriteOptions) -> None:
    """managedFields of a new object."""
    manager = scope.field_manager
    if manager is not None:
        name = manager_name(asked.field_manager, scope.request.header("user-agent"))
        manager.update(None, obj, name, scope.services.clock.now())


async def admit_create(scope: Scope, obj: Object, asked: WriteOptions) -> None:
    """Mutating admission of a new object."""
    admission = scope.services.admission
    if not admission.handles("CREATE"):
        return
    managed = obj["metadata"].get("managedFields")
    await admission.admit(_attributes(scope, obj, asked))
    if managed is not None:
        obj["metadata"]["managedFields"] = managed
    dedup_owner_references(obj, scope.request.warnings, after_admission=True)


def validate_create(scope: Scope, asked: WriteOptions) -> ValidateObject:
    """Validating admission of a new object, as the store calls it."""

    async def validate(obj: Object) -> None:
        await scope.services.admission.validate(_attributes(scope, obj, asked))

    return validate


def _attributes(scope: Scope, obj: Object, asked: WriteOptions) -> Attributes:
    return scope.attributes(
        "CREATE",
        obj=obj,
        name=obj["metadata"].get("name") or scope.name,
        options=asked.to_object("CreateOptions"),
        dry_run=asked.dry_run,
    )
