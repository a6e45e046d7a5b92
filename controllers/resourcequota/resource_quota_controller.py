"""Keeps the status of ResourceQuotas. Models pkg/controller/resourcequota/resource_quota_controller.go, v1.36."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from apimachinery import meta, resource_list
from apimachinery.gvk import GroupResource, GroupVersionResource
from apimachinery.objects import Object, View
from apimachinery.quota import SPECIFIC, evaluator_for
from apimachinery.quota.evaluator import Evaluator
from apimachinery.quota.pods import is_charged
from controllers.runtime.context import ControllerContext
from controllers.runtime.controller import Controller
from controllers.runtime.discovery import discover
from controllers.runtime.flags import flag
from controllers.runtime.informer import SharedInformer
from controllers.runtime.resources import PERSISTENT_VOLUME_CLAIMS, PODS, RESOURCE_QUOTAS, SERVICES

_GATHER_SECONDS: Final = 0.05
_WHOLE: Final = frozenset({PODS, SERVICES, PERSISTENT_VOLUME_CLAIMS})
"""Resources whose objects are measured; of all others only the number counts."""


@dataclass(frozen=True, slots=True)
class ResourceQuotaOptions:
    """Flags of the ResourceQuota controller."""

    concurrent_resource_quota_syncs: int = flag(5, "Quotas synced at once.")
    resource_quota_sync_period: float = flag(300.0, "How often every quota is counted anew.", duration=True)


class ResourceQuotaController:
    """Keys are quotas; what frees a quota is noticed, what uses it was charged by admission."""

    def __init__(self, context: ControllerContext) -> None:
        self._context = context
        self._client = context.client
        self._clock = context.clock
        options = context.options(ResourceQuotaOptions)
        self._period = options.resource_quota_sync_period
        self._queue = context.queue("resourcequota_primary", str)
        self._quotas = context.informers.informer(RESOURCE_QUOTAS)
        self._pods = context.informers.informer(PODS)
        self._quotas.add_handler(on_add=self._enqueue, on_update=self._quota_updated, on_delete=self._freed)
        self._pods.add_handler(on_update=self._pod_updated, on_delete=self._freed)
        for resource in (SERVICES, PERSISTENT_VOLUME_CLAIMS):
            context.informers.informer(resource).add_handler(
                on_update=self._remeasured_by(evaluator_for(resource.group_resource)), on_delete=self._freed
            )
        self._followed: set[GroupVersionResource] = {*_WHOLE, RESOURCE_QUOTAS}
        self._controller = Controller(
            "resourcequota-controller",
            self._queue,
            self.sync,
            workers=options.concurrent_resource_quota_syncs,
            informers=(self._quotas, self._pods),
        )

    async def run(self) -> None:
        """Sync until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._controller.run(), name="resourcequota")
            tasks.create_task(self._resync(), name="resourcequota-resync")

    async def _resync(self) -> None:
        while True:
            await self._clock.sleep(self._period)
            for quota in self._quotas.list():
                self._enqueue(quota)

    def _enqueue(self, quota: View) -> None:
        self._queue.add(meta.key(quota))

    def _quota_updated(self, old: View, quota: View) -> None:
        if (old["spec"], (old.get("status") or {}).get("hard")) != (
            quota["spec"],
            (quota.get("status") or {}).get("hard"),
        ):
            self._enqueue(quota)

    def _pod_updated(self, old: View, pod: View) -> None:
        now = self._clock.now()
        if is_charged(old, now) and not is_charged(pod, now):
            self._freed(pod)

    def _remeasured_by(self, evaluator: Evaluator) -> Callable[[View, View], None]:
        def updated(old: View, new: View) -> None:
            now = self._clock.now()
            if evaluator.usage(old, now) != evaluator.usage(new, now):
                self._freed(new)

        return updated

    def _freed(self, obj: View) -> None:
        for quota in self._quotas.list(meta.namespace(obj)):
            self._queue.add_soon(meta.key(quota), _GATHER_SECONDS)

    async def sync(self, key: str) -> None:
        """Count one quota and write what changed."""
        quota = self._quotas.indexer.get(key)
        if quota is None:
            return
        hard: dict[str, str] = dict(quota["spec"].get("hard") or {})
        present = quota.get("status") or {}
        before = resource_list.read(present.get("used"))
        used = {n: a for n, a in before.items() if n in hard}
        for evaluator, resource in await self._counters(hard):
            used |= evaluator.total(quota, await self._objects(resource, meta.namespace(quota)), self._clock.now())
        if present.get("hard") != hard or before != used:
            status: Object = {"hard": hard, "used": {n: used[n].canonical() for n in hard if n in used}}
            await self._client.update_status(RESOURCE_QUOTAS, {**quota, "status": status})

    async def _counters(self, hard: Iterable[str]) -> list[tuple[Evaluator, GroupVersionResource]]:
        """Who counts what for these names."""
        found = [
            (evaluator, GroupVersionResource("", "v1", name))
            for name, evaluator in SPECIFIC.items()
            if evaluator.matching(hard)
        ]
        counted = {name for evaluator, _ in found for name in evaluator.counted}
        if others := {n.removeprefix("count/") for n in hard if n.startswith("count/") and n not in counted}:
            served = (await discover(self._client)).preferred("list", "watch")
            known = {str(r.resource.group_resource): r.resource for r in served}
            found += [(Evaluator(GroupResource.parse(n)), known[n]) for n in sorted(others) if n in known]
        return found

    async def _objects(self, resource: GroupVersionResource, namespace: str) -> list[View]:
        informer = self._context.informers.informer(resource, metadata_only=resource not in _WHOLE)
        if resource not in self._followed:
            self._followed.add(resource)
            self._follow(informer)
        await informer.wait_for_sync()
        return informer.list(namespace)

    def _follow(self, informer: SharedInformer) -> None:
        informer.add_handler(on_delete=self._freed)
