"""The scale subresource: replicas of any kind, read and changed as an autoscaling/v1 Scale.

Models the ScaleREST of pkg/registry/apps/deployment/storage and of apiextensions-apiserver/pkg/registry/customresource.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Final

from apimachinery import errors, jsonvalue, meta, serializer
from apimachinery.gvk import GroupResource
from apimachinery.objects import Object, View
from apimachinery.schema import Definitions
from server.endpoints import options, patch, response, update
from server.endpoints.create import validate_create
from server.endpoints.request import Response
from server.endpoints.scope import Scope
from server.endpoints.update import validate_update
from server.fieldmanager.field_manager import FieldManager
from server.fieldmanager.zero import zero_object
from server.registry import scale as scaling
from server.registry.scale import KIND, RESOURCE, WORKLOAD, Scaler
from server.registry.store import Transform

_UNSET: Final = -(1 << 31)
"""What a patch sees as replicas where the object has none."""


async def scale(scope: Scope) -> Response:
    """GET, PUT and PATCH of the Scale of an object."""
    scaler = (scope.subresource.scaler if scope.subresource is not None else None) or WORKLOAD
    if scope.request.method == "GET":
        version = options.get_resource_version(scope.request.query)
        _ = scope.media
        stored = await scope.store.get(scope.namespace, scope.name, resource_version=version)
        return _answer(scope, scaler, stored.view)
    managed = _with_field_manager(scope)
    change = await (update.read(managed) if scope.request.method == "PUT" else patch.read(managed))
    accept = validate_update(scope, change.asked, change.kind)

    async def validate(obj: Object, old: View) -> None:
        await accept(scaler.show(obj), scaler.show(old))

    stored, _created = await scope.store.update(
        scope.name,
        _of_parent(scope, scaler, change.transform),
        scope.context(dry_run=change.asked.dry_run),
        validate_create=validate_create(scope, change.asked),
        validate_update=validate,
        warnings=scope.request.warnings,
        preconditions=change.preconditions,
    )
    return _answer(scope, scaler, stored.view)


def _answer(scope: Scope, scaler: Scaler, obj: View) -> Response:
    if scaler.replicas(obj) is None:
        raise errors.InternalError.of(f"the spec replicas field {_path_text(scaler)} does not exist")
    shown = replace(scope, endpoint=replace(scope.endpoint, resource=RESOURCE))
    return response.of_tree(scope, response.shaped(shown, scaler.show(obj), scope.media))


def _path_text(scaler: Scaler) -> str:
    return serializer.go_quote("." + ".".join(scaler.spec_replicas))


def _of_parent(scope: Scope, scaler: Scaler, transform: Transform) -> Transform:
    """A change of the Scale as a change of the object: only replicas and their owners."""
    api_version = scope.resource.gvk.api_version
    paths = scaler.paths(api_version)

    async def of_parent(existing: View | None) -> Object:
        if existing is None:
            raise errors.NotFound.of(scope.resource.group_resource, scope.name)
        before = scaler.show(existing)
        if scaler.replicas(existing) is None:
            before["spec"]["replicas"] = _UNSET
        if owners := scaling.managed_fields_of_scale(existing, paths):
            before["metadata"]["managedFields"] = owners
        after = await transform(before)
        replicas = int((after.get("spec") or {}).get("replicas") or 0)
        if replicas == _UNSET:
            raise errors.BadRequest(f"the spec replicas field {_path_text(scaler)} cannot be empty")
        _check(scope, after, existing)
        obj: Object = jsonvalue.copy(existing)
        metadata = obj["metadata"]
        scaler.set_replicas(obj, replicas)
        if version := meta.resource_version(after):
            metadata["resourceVersion"] = version
        managed = scaling.managed_fields_of_parent(existing, after, paths, api_version)
        if managed:
            metadata["managedFields"] = managed
        else:
            metadata.pop("managedFields", None)
        return obj

    return of_parent


def _check(scope: Scope, scale: View, parent: View) -> None:
    """Invalid for negative replicas, Conflict when the Scale is another object's.

    Custom resources say in their own words that replicas cannot be negative.
    """
    if scope.resource.definition and (found := scaling.validate_scale(scale)):
        raise errors.Invalid.of(KIND.group_kind, scope.name, found)
    wanted, uid = meta.uid(scale), meta.uid(parent)
    if wanted and wanted != uid:
        why = f"Precondition failed: UID in precondition: {wanted}, UID in object meta: {uid}"
        resource = GroupResource(scope.resource.group, f"{scope.resource.plural}/scale")
        raise errors.Conflict.of(resource, scope.name, why)


def _with_field_manager(scope: Scope) -> Scope:
    managers = {**scope.endpoint.field_managers, "scale": _field_manager(scope.services.definitions)}
    return replace(scope, endpoint=replace(scope.endpoint, field_managers=managers))


@lru_cache(maxsize=8)
def _field_manager(definitions: Definitions) -> FieldManager:
    schema = definitions.get(RESOURCE.definition)
    return FieldManager(schema, KIND, subresource="scale", empty=zero_object(schema, KIND))
