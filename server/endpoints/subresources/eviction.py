"""POST of an Eviction: delete a pod unless its disruption budget forbids. Models pod/storage/eviction.go."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from apimachinery import errors, field, jsonvalue, meta
from apimachinery.objects import Object, View
from server.endpoints import create, decoding, options, response
from server.endpoints.metadata import wipe_system_fields
from server.endpoints.request import Response
from server.endpoints.scope import Scope
from server.endpoints.subresources.binding import created
from server.registry import deletion
from server.registry.core import pod_conditions, pod_eviction
from server.registry.deletion import DeleteOptions
from server.registry.rest import Context
from server.registry.store import Store, ensure_namespace

ATTEMPTS: Final = 20
"""How often a pod that changes meanwhile is looked at again."""
_MANAGER: Final = "kube-apiserver"


async def eviction(scope: Scope) -> Response:
    """Evict the pod of the URL; 201 with a Status, TooManyRequests where a budget forbids it."""
    _ = scope.media
    raw = await decoding.read_body(scope.request)
    asked = options.write_options(scope.request.query, "CreateOptions")
    obj = decoding.decode(scope, raw, decoding.accepted_body_type(scope.request), asked.field_validation)
    ensure_namespace(obj["metadata"], scope.namespace)
    wipe_system_fields(obj["metadata"])
    await create.admit_create(scope, obj, asked)
    if meta.name(obj) != scope.name:
        raise errors.BadRequest("name in URL does not match name in Eviction object")
    delete, dry_run, problems = _delete_options(scope, obj)
    await create.validate_create(scope, asked)(obj)
    evictor = _Evictor(scope, scope.store, scope.context(dry_run=dry_run), problems)
    return await evictor.evict(delete)


def _delete_options(scope: Scope, obj: View) -> tuple[DeleteOptions, bool, tuple[field.Error, ...]]:
    body = {**(obj.get("deleteOptions") or {})}
    here, there = scope.request.query.all("dryRun"), list(body.get("dryRun") or ())
    if here and there and here != there:
        why = f"Non-matching dry-run options in request and content: [{' '.join(here)}] and [{' '.join(there)}]"
        raise errors.Unknown(why, code=500)
    values = there or here
    asked, dry_run = options.delete_options(scope.request.query, {**body, "dryRun": values})
    return asked, dry_run, tuple(options.dry_run_errors(values))


@dataclass(frozen=True, slots=True)
class _Evictor:
    scope: Scope
    pods: Store
    context: Context
    problems: tuple[field.Error, ...]
    """What is wrong with dryRun, told when the pod would be deleted."""

    async def evict(self, delete: DeleteOptions) -> Response:
        pod = await self._evict_without_budget(delete)
        if pod is None:
            return created(self.scope)
        budgets = await self._budgets(pod)
        if len(budgets) > 1:
            status = errors.Unknown(pod_eviction.TOO_MANY_BUDGETS, code=500).to_status()
            return response.of_tree(self.scope, status, 201)
        as_seen = False
        if budgets:
            as_seen = not pod_conditions.is_ready(pod) and pod_eviction.lets_unhealthy_go(budgets[0])
            if not as_seen:
                await self._take_disruption(meta.name(budgets[0]), meta.name(pod))
        pinned = replace(delete, resource_version=meta.resource_version(pod)) if as_seen else delete
        try:
            await self._delete(pinned)
        except errors.Conflict:
            if as_seen and delete.resource_version is None:
                raise pod_eviction.still_processed(meta.name(budgets[0])) from None
            raise
        return created(self.scope)

    async def _evict_without_budget(self, delete: DeleteOptions) -> View | None:
        """Delete a pod whose loss disrupts nobody; the pod if it is not such a one, else None."""
        for attempt in range(ATTEMPTS):
            pod = (await self.pods.get(self.context.namespace, self.scope.name)).view
            if not pod_eviction.ignores_budgets(pod):
                return pod
            given = delete.resource_version is not None
            pin = pod_eviction.must_not_change(pod) and not given
            try:
                await self._delete(replace(delete, resource_version=meta.resource_version(pod)) if pin else delete)
            except errors.Conflict:
                if given or attempt == ATTEMPTS - 1:
                    raise
                continue
            return None
        raise AssertionError

    async def _budgets(self, pod: View) -> list[View]:
        store = self.scope.services.registry.find("poddisruptionbudgets.policy")
        return pod_eviction.budgets_of(pod, (b.view for b in (await store.get_list(self.context.namespace)).items))

    async def _take_disruption(self, budget: str, pod: str) -> None:
        services = self.scope.services
        endpoint = services.catalog.get("policy", "v1", "poddisruptionbudgets")
        store = services.registry.find("poddisruptionbudgets.policy")
        status = store.resource.subresource("status")
        manager = endpoint.field_managers.get("status") if endpoint is not None else None

        async def take(existing: View | None) -> Object:
            if existing is None:
                raise errors.NotFound.of(store.group_resource, budget)
            changed: Object = jsonvalue.copy(existing)
            changed.setdefault("status", {})
            pod_eviction.take_disruption(changed, pod, self.context.now)
            return manager.update(existing, changed, _MANAGER, self.context.now) if manager is not None else changed

        strategy = status.strategy if status is not None else None
        await store.update(budget, take, self.context._replace(subresource="status"), strategy=strategy)

    async def _delete(self, delete: DeleteOptions) -> None:
        """Write why the pod goes to its status, then delete it as the options say."""
        if self.problems:
            raise errors.Invalid.of("DeleteOptions.meta.k8s.io", "", list(self.problems))
        if not self.context.dry_run:
            version = await self._mark(delete)
            if delete.resource_version is not None:
                delete = replace(delete, resource_version=version)
        await self.pods.delete(self.scope.name, self.context, delete)

    async def _mark(self, delete: DeleteOptions) -> str:
        status = self.pods.resource.subresource("status")

        async def mark(existing: View | None) -> Object:
            if existing is None:
                raise errors.NotFound.of(self.pods.group_resource, self.scope.name)
            deletion.check_preconditions(existing, delete, "", "Pod")
            pod: Object = jsonvalue.copy(existing)
            pod.setdefault("status", {})
            pod_conditions.set_true(
                pod,
                "DisruptionTarget",
                self.context.now,
                reason=pod_eviction.REASON,
                message=pod_eviction.MESSAGE,
            )
            return pod

        strategy = status.strategy if status is not None else None
        stored, _ = await self.pods.update(self.scope.name, mark, self.context, strategy=strategy)
        return str(stored.resource_version)
