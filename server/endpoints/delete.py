"""DELETE of one object or of a collection. Models apiserver/pkg/endpoints/handlers/delete.go."""

from __future__ import annotations

from apimachinery import errors
from apimachinery.objects import View
from server.endpoints import decoding, options, response
from server.endpoints.request import Response
from server.endpoints.scope import Scope
from server.registry import deletion
from server.registry.deletion import DeleteOptions, ValidateDelete


async def delete(scope: Scope) -> Response:
    """Remove an object or start its removal: the object, or a Status for kinds that answer so."""
    _ = scope.media
    asked, dry_run = await read_options(scope)
    scope.strategy.check_delete(scope.name)
    deleted = await scope.store.delete(
        scope.name, scope.context(dry_run=dry_run), asked, validate=validate_delete(scope, asked, dry_run)
    )
    status = 202 if not deleted.immediate and asked.orphan_dependents is False else 200
    if deleted.returns_object:
        return response.of_stored(scope, deleted.stored, status)
    return response.of_tree(scope, deletion.success_status(scope.store, deleted), status)


async def delete_collection(scope: Scope) -> Response:
    """Remove every object that the selectors match, one by one; the list of them as it was."""
    _ = scope.media
    asked, dry_run = await read_options(scope)
    selected = options.listing(scope.request.query, scope.resource, watch=False)
    found = await scope.store.get_list(scope.namespace, selected.list_options())
    for item in found.items:
        namespace, _, name = item.key.rpartition("/")
        context = scope.context(dry_run=dry_run)
        if scope.resource.namespaced:
            context = context._replace(namespace=namespace)
        try:
            await scope.store.delete(name, context, asked, validate=validate_delete(scope, asked, dry_run))
        except errors.NotFound:
            continue
    return response.of_list(scope, found)


async def read_options(scope: Scope) -> tuple[DeleteOptions, bool]:
    """DeleteOptions from the body, else from the query, with the warnings they earn. BadRequest, Invalid."""
    raw = await scope.request.body()
    body = decoding.decode_delete_options(scope, raw) if raw else None
    asked, dry_run = options.delete_options(scope.request.query, body)
    values = list((body or {}).get("dryRun") or ()) if raw else scope.request.query.all("dryRun")
    if found := deletion.validate_options(asked) + options.dry_run_errors(values):
        raise errors.Invalid.of("DeleteOptions.meta.k8s.io", "", found)
    scope.request.warnings.extend(scope.strategy.warnings_on_delete(propagation_given=asked.propagation_given))
    return asked, dry_run


def validate_delete(scope: Scope, asked: DeleteOptions, dry_run: bool) -> ValidateDelete:
    """Both phases of admission for a deletion, as the store calls them."""

    async def validate(old: View) -> None:
        admission = scope.services.admission
        if admission.handles("DELETE"):
            attributes = scope.attributes("DELETE", old_object=old, dry_run=dry_run)
            await admission.admit(attributes)
            await admission.validate(attributes)

    return validate
