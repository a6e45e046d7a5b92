"""POST of a Binding, at the pod or at the namespace's bindings. Models pkg/registry/core/pod/storage (BindingREST)."""

from __future__ import annotations

from typing import Final

from apimachinery import errors, field, meta
from apimachinery.gvk import GroupVersionKind
from apimachinery.objects import Object, StoredObject
from server.endpoints import create, decoding, options, response
from server.endpoints.request import Response
from server.endpoints.scope import Scope
from server.registry.core.pod_binding import bind, validate_binding
from server.registry.errors import storage_errors_of
from server.registry.store import ensure_namespace
from storage.interfaces import Preconditions

BINDING: Final = GroupVersionKind("", "v1", "Binding")


async def binding(scope: Scope) -> Response:
    """Bind the pod of the URL; 201 with a Status."""
    return await _create(scope, scope.name)


async def legacy_binding(scope: Scope) -> Response:
    """Bind the pod that the body names; 201 with a Status."""
    return await _create(scope, "")


async def _create(scope: Scope, name: str) -> Response:
    _ = scope.media
    raw = await decoding.read_body(scope.request)
    asked = options.write_options(scope.request.query, "CreateOptions")
    media_type = decoding.accepted_body_type(scope.request)
    obj = decoding.decode(scope, raw, media_type, asked.field_validation, kind=BINDING)
    ensure_namespace(obj["metadata"], scope.namespace)
    await create.admit_create(scope, obj, asked)
    if name and meta.name(obj) != name:
        raise errors.BadRequest("name in URL does not match name in Binding object")
    if not meta.name(obj):
        raise errors.BadRequest("Name parameter required.")
    if found := validate_binding(obj):
        raise errors.Unknown(field.aggregate(found), code=500)
    await create.validate_create(scope, asked)(obj)
    await _bind(scope, obj, dry_run=asked.dry_run)
    return created(scope)


async def _bind(scope: Scope, obj: Object, *, dry_run: bool) -> None:
    pods, name = scope.services.registry.find("pods"), meta.name(obj)
    metadata, now = obj["metadata"], scope.services.clock.now()

    async def assign(existing: StoredObject | None) -> Object:
        if existing is None:
            raise errors.NotFound.of(pods.group_resource, name)
        found = pods.served(existing).view
        changing = {part: {**(found.get(part) or {})} for part in ("metadata", "spec", "status")}
        pod: Object = {**found, **changing}
        bind(pod, obj, now)
        return pods.to_storage(pod)

    with storage_errors_of(pods.group_resource, name):
        await pods.writes.guaranteed_update(
            pods.key(scope.namespace, name),
            assign,
            preconditions=Preconditions(
                uid=metadata.get("uid") or None, resource_version=metadata.get("resourceVersion") or None
            ),
            ignore_not_found=False,
            dry_run=dry_run,
        )


def created(scope: Scope) -> Response:
    """201 with a Status that says no more than that it is done."""
    status: Object = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}
    return response.of_tree(scope, status, 201)
