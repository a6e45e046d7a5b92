"""Keeps the status of ResourceQuotas. Models pkg/controller/resourcequota/resource_quota_controller.go, v1.36."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final

from apimachinery import meta
from apimachinery.gvk import GroupVersionResource
from apimachinery.objects import Object, View
from apimachinery.quantity import Quantity
from controllers.resourcequota import usage
from controllers.runtime.context import ControllerContext
from controllers.runtime.controller import Controller
from controllers.runtime.discovery import ServerResources, discover
from controllers.runtime.flags import flag
from controllers.runtime.informer import SharedInformer
from controllers.runtime.resources import PERSISTENT_VOLUME_CLAIMS, PODS, RESOURCE_QUOTAS, SERVICES

_GATHER_SECONDS: Final = 0.05
_SPECIFIC: Final = frozenset({PODS, SERVICES, PERSISTENT_VOLUME_CLAIMS})


@dataclass(frozen=True, slots=True)
class ResourceQuotaOptions:
    """Flags of the ResourceQuota controller."""

    concurrent_resource_quota_syncs: int = flag(5, "Quotas synced at once.")
    resource_quota_sync_period: float = flag(300.0, "How often every quota is counted anew.", duration=True)


class ResourceQuotaController:
    """Keys are quotas; objects that go are noticed, objects that come were counted by admission."""

    def __init__(self, context: ControllerContext) -> None:
        self._context = context
        self._client = context.client
        self._clock = context.clock
        options = context.options(ResourceQuotaOptions)
        self._period = options.resource_quota_sync_period
        self._queue = context.queue("resourcequota_primary", str)
        self._quotas = context.informers.informer(RESOURCE_QUOTAS)
        self._pods = context.informers.informer(PODS)
        for resource in (SERVICES, PERSISTENT_VOLUME_CLAIMS):
            self._follow(context.informers.informer(resource))
        self._followed: set[GroupVersionResource] = set(_SPECIFIC)
        self._resources: ServerResources | None = None
        self._quotas.add_handler(on_add=self._enqueue, on_update=self._quota_updated, on_delete=self._gone)
        self._pods.add_handler(on_update=self._pod_updated, on_delete=self._gone)
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

    def _follow(self, informer: SharedInformer) -> None:
        informer.add_handler(on_delete=self._gone)

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
        if usage.counts(old, now) and not usage.counts(pod, now):
            self._gone(pod)

    def _gone(self, obj: View) -> None:
        for quota in self._quotas.list(meta.namespace(obj)):
            self._queue.add_soon(meta.key(quota), _GATHER_SECONDS)

    async def sync(self, key: str) -> None:
        """Count one quota and write what changed."""
        quota = self._quotas.indexer.get(key)
        if quota is None:
            return
        hard: dict[str, str] = dict(quota["spec"].get("hard") or {})
        used: dict[str, Quantity] = {}
        now = self._clock.now()
        for resource, names in (await self._by_resource(hard)).items():
            objects = [o for o in await self._objects(resource, meta.namespace(quota)) if usage.in_scopes(quota, o)]
            for name in names:
                used[name] = usage.used(name, objects, now)
        status: Object = {"hard": hard, "used": {n: used[n].canonical() for n in hard if n in used}}
        present = quota.get("status") or {}
        if present.get("hard") != hard or not _same(present.get("used") or {}, used):
            await self._client.update_status(RESOURCE_QUOTAS, {**quota, "status": status})

    async def _by_resource(self, hard: dict[str, str]) -> dict[GroupVersionResource, list[str]]:
        if any(n.startswith("count/") for n in hard):
            self._resources = await discover(self._client)
        served = self._resources.preferred("list", "watch") if self._resources else []
        known = {(r.resource.group, r.resource.resource): r.resource for r in served}
        result: dict[GroupVersionResource, list[str]] = {}
        for name in hard:
            resource = usage.resource_of(name, lambda group, plural: known.get((group, plural)))
            if resource is not None:
                result.setdefault(resource, []).append(name)
        return result

    async def _objects(self, resource: GroupVersionResource, namespace: str) -> list[View]:
        informer = self._context.informers.informer(resource, metadata_only=resource not in _SPECIFIC)
        if resource not in self._followed:
            self._followed.add(resource)
            self._follow(informer)
        await informer.wait_for_sync()
        return informer.list(namespace)


def _same(present: View, used: dict[str, Quantity]) -> bool:
    return present.keys() == used.keys() and all(Quantity.parse(str(v)) == used[n] for n, v in present.items())
