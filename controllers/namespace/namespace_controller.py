"""Empties and finalizes namespaces that are being deleted. Models pkg/controller/namespace, v1.36."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import Final

from apimachinery import errors, meta
from apimachinery.gvk import GroupVersionResource
from apimachinery.objects import Object, View
from apimachinery.timestamp import format_time
from controllers.namespace.conditions import Findings, updated_conditions
from controllers.runtime.context import ControllerContext
from controllers.runtime.controller import Controller
from controllers.runtime.discovery import APIResource, discover
from controllers.runtime.errors import RETRIABLE
from controllers.runtime.flags import flag
from controllers.runtime.pods import is_terminal
from controllers.runtime.resources import NAMESPACES, PODS

FINALIZER: Final = "kubernetes"
FINALIZER_ESTIMATE_SECONDS: Final = 15
_AT_ONCE: Final = 8

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class NamespaceOptions:
    """Flags of the namespace controller."""

    concurrent_namespace_syncs: int = flag(10, "Namespaces emptied at once.")


class NamespaceController:
    """Empties a namespace and removes its finalizer; since 1.33 nothing else goes before the last pod has gone."""

    def __init__(self, context: ControllerContext) -> None:
        self._client = context.client
        self._clock = context.clock
        self._pods_first = context.version >= (1, 33)
        self._queue = context.queue("namespace", str)
        self._namespaces = context.informers.informer(NAMESPACES)
        self._pods = context.informers.informer(PODS)
        self._namespaces.add_handler(on_add=self._enqueue, on_update=lambda _, new: self._enqueue(new))
        self._pods.add_handler(on_delete=self._pod_deleted)
        self._controller = Controller(
            "namespace-controller",
            self._queue,
            self.sync,
            workers=context.options(NamespaceOptions).concurrent_namespace_syncs,
            informers=(self._namespaces, self._pods),
        )

    async def run(self) -> None:
        """Sync until cancelled."""
        await self._controller.run()

    def _enqueue(self, namespace: View) -> None:
        if meta.is_deleting(namespace):
            self._queue.add(meta.name(namespace))

    def _pod_deleted(self, pod: View) -> None:
        namespace = self._namespaces.get(meta.namespace(pod))
        if namespace is not None and meta.is_deleting(namespace) and not self._pods.list(meta.namespace(pod)):
            self._enqueue(namespace)

    async def sync(self, name: str) -> None:
        """One pass over a terminating namespace."""
        cached = self._namespaces.get(name)
        if cached is None or not meta.is_deleting(cached):
            return
        try:
            namespace = await self._client.get(NAMESPACES, name)
        except errors.NotFound:
            return
        if meta.uid(namespace) != meta.uid(cached) or not (namespace.get("spec") or {}).get("finalizers"):
            return
        if (namespace.get("status") or {}).get("phase") != "Terminating":
            namespace.setdefault("status", {})["phase"] = "Terminating"
            namespace = await self._client.update_status(NAMESPACES, namespace)
        findings = Findings()
        estimate = await self._delete_content(namespace, findings)
        namespace = await self._report(namespace, findings)
        if findings.errors or findings.discovery_error:
            self._queue.add_rate_limited(name)
        elif estimate > 0:
            self._queue.add_after(name, estimate // 2 + 1)
        elif not findings.remaining:
            await self._finalize(namespace)

    async def _delete_content(self, namespace: Object, findings: Findings) -> int:
        """Delete everything; seconds until what remains should be gone."""
        try:
            resources = (await discover(self._client)).preferred("delete")
        except RETRIABLE as error:
            findings.discovery_error = str(error)
            return 0
        name = meta.name(namespace)
        estimate = await self._delete_pods(namespace, findings)
        if self._pods_first and (findings.remaining.get(PODS) or findings.errors):
            return estimate
        slots = asyncio.Semaphore(_AT_ONCE)

        async def delete(entry: APIResource) -> int:
            async with slots:
                try:
                    return await self._delete_resource(entry.resource, entry.verbs, name, 0, findings)
                except RETRIABLE as error:
                    findings.errors.append(str(error))
                    return 0

        async with asyncio.TaskGroup() as tasks:
            running = [
                tasks.create_task(delete(r)) for r in resources if r.namespaced and r.resource != PODS and _own(r)
            ]
        return max([estimate, *(task.result() for task in running)])

    async def _delete_pods(self, namespace: Object, findings: Findings) -> int:
        name = meta.name(namespace)
        try:
            found = await self._client.list(PODS, namespace=name)
            grace = max(
                (
                    int(p["spec"].get("terminationGracePeriodSeconds") or 0)
                    for p in found["items"]
                    if not is_terminal(p)
                ),
                default=0,
            )
            deleted_at = meta.deletion_timestamp(namespace)
            if deleted_at is not None and (self._clock.now() - deleted_at).total_seconds() >= grace:
                grace = 0
            verbs = frozenset({"deletecollection", "list"})
            return await self._delete_resource(PODS, verbs, name, grace, findings)
        except RETRIABLE as error:
            findings.errors.append(str(error))
            return 0

    async def _delete_resource(
        self, resource: GroupVersionResource, verbs: frozenset[str], namespace: str, estimate: int, findings: Findings
    ) -> int:
        listable = "list" in verbs
        items = (await self._client.list(resource, namespace=namespace))["items"] if listable else []
        if listable and not items:
            return 0
        if "deletecollection" in verbs:
            await self._client.delete_collection(resource, namespace=namespace)
        else:
            for item in items:
                await self._delete_item(resource, item)
        if not listable:
            return estimate
        left = (await self._client.list(resource, namespace=namespace))["items"]
        if not left:
            return 0
        findings.remaining[resource] = len(left)
        for item in left:
            for finalizer in meta.finalizers(item):
                findings.finalizers[finalizer] = findings.finalizers.get(finalizer, 0) + 1
        if estimate:
            return estimate
        if any(meta.finalizers(item) for item in left):
            return FINALIZER_ESTIMATE_SECONDS
        group_version = f"{resource.group}/{resource.version}"
        findings.errors.append(
            f"unexpected items still remain in namespace: {namespace} for gvr:"
            f" {group_version}, Resource={resource.resource}"
        )
        return 0

    async def _delete_item(self, resource: GroupVersionResource, item: View) -> None:
        try:
            await self._client.delete(
                resource, meta.name(item), namespace=meta.namespace(item), propagation_policy="Background"
            )
        except (errors.NotFound, errors.MethodNotAllowed):
            return

    async def _report(self, namespace: Object, findings: Findings) -> Object:
        status = namespace.get("status") or {}
        conditions = updated_conditions(status.get("conditions") or (), findings, format_time(self._clock.now()))
        if conditions is None:
            return namespace
        try:
            return await self._client.update_status(
                NAMESPACES, {**namespace, "status": {**status, "conditions": conditions}}
            )
        except errors.NotFound:
            return namespace

    async def _finalize(self, namespace: Object) -> None:
        spec = namespace.get("spec") or {}
        remaining = sorted(f for f in spec.get("finalizers") or () if f != FINALIZER)
        try:
            await self._client.update(
                NAMESPACES, {**namespace, "spec": {**spec, "finalizers": remaining}}, subresource="finalize"
            )
        except errors.NotFound:
            return


def _own(entry: APIResource) -> bool:
    return (entry.resource.group, entry.resource.resource) != ("events.k8s.io", "events")
