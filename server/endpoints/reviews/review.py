"""What all reviews share: read like a new object, answered and never stored. Models handlers/create.go."""

from __future__ import annotations

from typing import Any, Final

from apimachinery import field
from apimachinery.objects import Object, View
from apimachinery.serializer import go_json
from apimachinery.timestamp import format_time
from server.endpoints import create, decoding, options, response
from server.endpoints.metadata import wipe_system_fields
from server.endpoints.options import WriteOptions
from server.endpoints.request import Response
from server.endpoints.scope import Scope
from server.registry.store import ensure_namespace

_META_FIELDS: Final = (
    *("name", "generateName", "namespace", "selfLink", "uid", "resourceVersion", "generation", "creationTimestamp"),
    *("deletionTimestamp", "deletionGracePeriodSeconds", "labels", "annotations", "ownerReferences", "finalizers"),
    "managedFields",
)
"""ObjectMeta in the order in which Go encodes it."""


async def receive(scope: Scope) -> tuple[Object, WriteOptions]:
    """The review that a request brings, with its managedFields, past mutating admission."""
    _ = scope.media
    raw = await decoding.read_body(scope.request)
    asked = options.write_options(scope.request.query, "CreateOptions")
    obj = decoding.decode(scope, raw, decoding.accepted_body_type(scope.request), asked.field_validation)
    ensure_namespace(obj["metadata"], scope.namespace)
    wipe_system_fields(obj["metadata"])
    create.take_ownership(scope, obj, asked)
    await create.admit_create(scope, obj, asked)
    return obj, asked


async def answer(scope: Scope, obj: Object, asked: WriteOptions) -> Response:
    """201 with the review, past validating admission."""
    await create.validate_create(scope, asked)(obj)
    return response.of_tree(scope, obj, 201)


def new(scope: Scope, *, created: bool = False) -> Object:
    """An empty review of the endpoint's kind."""
    metadata = {"creationTimestamp": format_time(scope.services.clock.now())} if created else {}
    return {"kind": scope.kind.kind, "apiVersion": scope.kind.api_version, "metadata": metadata}


def metadata_must_be_empty(
    metadata: View, detail: str = "must be empty", *, namespaced: bool = False
) -> list[field.Error]:
    """Reviews are nobody's objects: the fewest metadata are allowed."""
    free = {"managedFields", *(("namespace",) if namespaced else ())}
    if not any(v for k, v in metadata.items() if k not in free):
        return []
    shown = {k: _sorted(metadata[k]) for k in _META_FIELDS if metadata.get(k)}
    return [field.invalid(field.Path("metadata"), field.Raw(go_json(shown, sort=False)), detail)]


def _sorted(value: Any) -> Any:
    return dict(sorted(value.items())) if isinstance(value, dict) else value
