"""Deletes what lost its owners, in the background, the foreground or not at all. Models garbagecollector.go, v1.36."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

from apimachinery import errors, meta
from apimachinery.gvk import GroupVersionResource
from apimachinery.objects import Object, View
from controllers.garbagecollector.graph import FINALIZER_FOREGROUND, FINALIZER_ORPHAN, Graph, Identity, Node
from controllers.runtime.client import MERGE_PATCH, STRATEGIC_MERGE_PATCH, PropagationPolicy
from controllers.runtime.context import ControllerContext
from controllers.runtime.controller import Controller
from controllers.runtime.discovery import APIResource, ServerResources, discover
from controllers.runtime.errors import RETRIABLE, ReconcileError
from controllers.runtime.flags import flag
from controllers.runtime.informer import Handler, SharedInformer
from controllers.runtime.pod_control import run_batch

RESYNC_SECONDS: Final = 30.0
CUSTOM_RESOURCES: Final = GroupVersionResource("apiextensions.k8s.io", "v1", "customresourcedefinitions")
IGNORED: Final = frozenset({("", "events"), ("events.k8s.io", "events")})
_ABSENT_CACHE: Final = 500
_STARTING_AT_ONCE: Final = 8
_CONFLICT_RETRIES: Final = 5

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class GarbageCollectorOptions:
    """Flags of the garbage collector."""

    concurrent_gc_syncs: int = flag(20, "Objects that the garbage collector looks at at once.")


class GarbageCollector:
    """Follows every listable resource; keys of its queues are UIDs."""

    def __init__(self, context: ControllerContext) -> None:
        self._context = context
        self._client = context.client
        self._recorder = context.events.recorder("garbage-collector-controller")
        self._deletions = context.queue("garbage_collector_attempt_to_delete", str)
        self._orphans = context.queue("garbage_collector_attempt_to_orphan", str)
        self._graph = Graph(delete=self._deletions.add, orphan=self._orphans.add, report=self._report)
        self._absent: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._resources = ServerResources(())
        self._monitors: dict[GroupVersionResource, tuple[SharedInformer, Handler]] = {}
        self._changed = asyncio.Event()
        workers = context.options(GarbageCollectorOptions).concurrent_gc_syncs
        self._loops = (
            Controller("garbage-collector-delete", self._deletions, self._attempt_to_delete, workers=workers),
            Controller("garbage-collector-orphan", self._orphans, self._attempt_to_orphan, workers=workers),
        )

    async def run(self) -> None:
        """Follow discovery and collect until cancelled."""
        await self._first_sync()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._follow_discovery(), name="gc-discovery")
            for loop in self._loops:
                tasks.create_task(loop.run(), name=loop.name)

    async def _first_sync(self) -> None:
        while True:
            try:
                await self._sync_monitors()
                return
            except RETRIABLE as error:
                log.warning("discovery failed: %s", error)
                await self._client.pacing.sleep(1.0)

    async def _follow_discovery(self) -> None:
        while True:
            try:
                async with asyncio.timeout(RESYNC_SECONDS):
                    await self._changed.wait()
                await self._client.pacing.sleep(0.1)
            except TimeoutError:
                pass
            self._changed.clear()
            try:
                await self._sync_monitors()
            except RETRIABLE as error:
                log.warning("discovery failed, keeping the known resources: %s", error)

    async def _sync_monitors(self) -> None:
        self._resources = await discover(self._client)
        wanted = {
            r.resource: r
            for r in self._resources.preferred("delete", "list", "watch")
            if (r.resource.group, r.resource.resource) not in IGNORED
        }
        for resource in [r for r in self._monitors if r not in wanted]:
            informer, handler = self._monitors.pop(resource)
            informer.remove_handler(handler)
            for obj in informer.list():
                self._graph.forget(meta.uid(obj))
            self._context.informers.drop(resource)
        fresh = [r for r in wanted.values() if r.resource not in self._monitors]
        slots = asyncio.Semaphore(_STARTING_AT_ONCE)

        async def start(entry: APIResource) -> None:
            async with slots:
                await self._monitor(entry)

        async with asyncio.TaskGroup() as tasks:
            for entry in fresh:
                tasks.create_task(start(entry), name=f"gc-monitor-{entry.resource.resource}")

    async def _monitor(self, entry: APIResource) -> None:
        informer = self._context.informers.informer(entry.resource, metadata_only=True)
        handler = informer.add_handler(
            on_add=self._added_to(entry), on_update=self._updated_in(entry), on_delete=self._deleted
        )
        self._monitors[entry.resource] = (informer, handler)
        if entry.resource == CUSTOM_RESOURCES:
            informer.add_handler(
                on_add=lambda _: self._changed.set(),
                on_update=lambda _, __: self._changed.set(),
                on_delete=lambda _: self._changed.set(),
            )
        try:
            async with asyncio.timeout(RESYNC_SECONDS):
                await informer.wait_for_sync()
        except TimeoutError:
            log.warning("%s cannot be listed; going on without", entry.resource.group_resource)

    def _added_to(self, entry: APIResource) -> Callable[[View], None]:
        api_version = str(entry.resource.group_version)

        def added(obj: View) -> None:
            self._graph.observe(_typed(obj, api_version, entry.kind))

        return added

    def _updated_in(self, entry: APIResource) -> Callable[[View, View], None]:
        api_version = str(entry.resource.group_version)

        def updated(old: View, new: View) -> None:
            self._graph.observe(_typed(new, api_version, entry.kind), old)

        return updated

    def _deleted(self, obj: View) -> None:
        uid = meta.uid(obj)
        if uid in self._graph.nodes and self._graph.nodes[uid].dependents:
            self._remember_absent(uid, meta.namespace(obj))
        self._graph.forget(uid)

    def _report(self, node: Node, wrong: Identity) -> None:
        child = node.identity
        reference: Object = {
            "kind": child.kind,
            "apiVersion": child.api_version,
            "namespace": child.namespace,
            "name": child.name,
            "uid": child.uid,
        }
        self._recorder.event_on(
            {k: v for k, v in reference.items() if v},
            "Warning",
            "OwnerRefInvalidNamespace",
            f'ownerRef {wrong} does not exist in namespace "{child.namespace}"',
        )

    def _remember_absent(self, uid: str, namespace: str) -> None:
        self._absent[(uid, namespace)] = None
        if len(self._absent) > _ABSENT_CACHE:
            self._absent.popitem(last=False)

    # deletion -------------------------------------------------------------------------------------------------------

    async def _attempt_to_delete(self, uid: str) -> None:
        node = self._graph.nodes.get(uid)
        if node is None or (node.being_deleted and not node.deleting_dependents):
            return
        if node.virtual:
            if await self._live(node.identity) is None:
                self._graph.absent(uid)
            return
        if node.deleting_dependents:
            await self._finish_foreground(node)
            return
        if not node.owners:
            return
        try:
            await self._judge(node)
        except (errors.Conflict, errors.NotFound):
            await self._judge_live(node)

    async def _judge(self, node: Node) -> None:
        """Keep, unlink or delete a node by the state of its owners, at the version that was seen."""
        owners = node.owners
        states = [await self._state_of(ref, node) for ref in owners]
        if None in states:
            return
        gone = [r for r, state in zip(owners, states, strict=True) if state != "solid"]
        if len(gone) < len(owners):
            if gone:
                await self._unlink(node, [r["uid"] for r in gone])
            return
        if "waiting" in states and node.dependents:
            if any(d.deleting_dependents for d in node.dependents.values()):
                await self._unblock(node, owners)
            await self._delete(node, "Foreground")
            return
        await self._delete(node, await self._policy(node))

    async def _judge_live(self, node: Node) -> None:
        obj = await self._live(node.identity)
        if obj is None:
            return
        self._graph.observe(_typed(obj, node.identity.api_version, node.identity.kind))
        if node.owners and not meta.is_deleting(obj):
            await self._judge(node)

    async def _state_of(self, ref: Object, node: Node) -> str | None:
        """`solid`, `waiting` for its dependents, `dangling`; None for a reference that can never be right."""
        known = self._graph.nodes.get(ref["uid"])
        namespace = node.identity.namespace
        seen_waiting = known is not None and not known.virtual and known.deleting_dependents
        if known is not None and seen_waiting and known.identity.namespace in ("", namespace):
            return "waiting"
        if (ref["uid"], "") in self._absent or (ref["uid"], namespace) in self._absent:
            return "dangling"
        entry = self._resources.mapping(ref["apiVersion"], ref["kind"])
        if entry is None:
            raise ReconcileError(f'no matches for kind "{ref["kind"]}" in version "{ref["apiVersion"]}"')
        if entry.namespaced and not namespace:
            return None
        where = namespace if entry.namespaced else ""
        try:
            owner = await self._client.get(entry.resource, ref["name"], namespace=where)
        except errors.NotFound:
            self._remember_absent(ref["uid"], where)
            return "dangling"
        if meta.uid(owner) != ref["uid"]:
            self._remember_absent(ref["uid"], where)
            return "dangling"
        waiting = meta.is_deleting(owner) and FINALIZER_FOREGROUND in meta.finalizers(owner)
        return "waiting" if waiting else "solid"

    async def _policy(self, node: Node) -> PropagationPolicy:
        resource, namespace = self._place(node.identity)
        cached = self._cached(resource, node.identity)
        obj = cached or await self._client.get(resource, node.identity.name, namespace=namespace)
        finalizers = meta.finalizers(obj)
        if FINALIZER_ORPHAN in finalizers:
            return "Orphan"
        return "Foreground" if FINALIZER_FOREGROUND in finalizers else "Background"

    def _cached(self, resource: GroupVersionResource, identity: Identity) -> View | None:
        monitor = self._monitors.get(resource)
        obj = monitor[0].get(identity.name, identity.namespace) if monitor else None
        return obj if obj is not None and meta.uid(obj) == identity.uid else None

    async def _delete(self, node: Node, policy: PropagationPolicy) -> None:
        resource, namespace = self._place(node.identity)
        await self._client.delete(
            resource,
            node.identity.name,
            namespace=namespace,
            propagation_policy=policy,
            uid=node.identity.uid,
            resource_version=node.version,
        )

    async def _finish_foreground(self, node: Node) -> None:
        if not node.has_blocking_dependents():
            await self._remove_finalizer(node, FINALIZER_FOREGROUND)

    async def _unlink(self, node: Node, owners: list[str]) -> None:
        """Remove owner references by UID."""
        deletions = [{"$patch": "delete", "uid": u} for u in owners]
        strategic: Object = {"metadata": {"ownerReferences": deletions, "uid": node.identity.uid}}

        def remaining(obj: View) -> list[Object]:
            return [r for r in meta.owner_references(obj) if r["uid"] not in owners]

        await self._patch_owners(node, strategic, remaining)

    async def _unblock(self, node: Node, owners: list[Object]) -> None:
        """Let the owners go without waiting for this node: it is part of a circle."""
        unblocked = [{**r, "blockOwnerDeletion": False} for r in owners]
        strategic: Object = {"metadata": {"ownerReferences": unblocked, "uid": node.identity.uid}}
        await self._patch_owners(
            node, strategic, lambda o: [{**r, "blockOwnerDeletion": False} for r in meta.owner_references(o)]
        )
        live = await self._live(node.identity)
        if live is not None:
            self._graph.observe(_typed(live, node.identity.api_version, node.identity.kind))

    async def _patch_owners(self, node: Node, strategic: Object, remaining: Callable[[View], list[Object]]) -> None:
        resource, namespace = self._place(node.identity)
        patch = partial(self._client.patch, resource, node.identity.name, namespace=namespace)
        try:
            await patch(strategic, content_type=STRATEGIC_MERGE_PATCH)
        except errors.UnsupportedMediaType:
            obj = await self._client.get(resource, node.identity.name, namespace=namespace)
            metadata = {
                "uid": node.identity.uid,
                "resourceVersion": meta.resource_version(obj),
                "ownerReferences": remaining(obj),
            }
            await patch({"metadata": metadata}, content_type=MERGE_PATCH)

    async def _remove_finalizer(self, node: Node, finalizer: str) -> None:
        resource, namespace = self._place(node.identity)
        for attempt in range(_CONFLICT_RETRIES):
            obj = await self._live(node.identity)
            if obj is None or finalizer not in meta.finalizers(obj):
                return
            metadata = {
                "resourceVersion": meta.resource_version(obj),
                "finalizers": [f for f in meta.finalizers(obj) if f != finalizer],
            }
            try:
                await self._client.patch(
                    resource,
                    node.identity.name,
                    {"metadata": metadata},
                    namespace=namespace,
                    content_type=MERGE_PATCH,
                )
            except errors.NotFound:
                return
            except errors.Conflict:
                if attempt == _CONFLICT_RETRIES - 1:
                    raise
            else:
                return

    # orphaning ------------------------------------------------------------------------------------------------------

    async def _attempt_to_orphan(self, uid: str) -> None:
        node = self._graph.nodes.get(uid)
        if node is None or node.virtual:
            return
        dependents = list(node.dependents.values())
        results = await run_batch(range(len(dependents)), lambda i: self._orphan(dependents[i], uid))
        if failures := [r for r in results if r is not None]:
            raise failures[0]
        await self._remove_finalizer(node, FINALIZER_ORPHAN)

    async def _orphan(self, dependent: Node, owner_uid: str) -> None:
        try:
            await self._unlink(dependent, [owner_uid])
        except (errors.NotFound, errors.Invalid):
            return

    # lookups --------------------------------------------------------------------------------------------------------

    def _place(self, identity: Identity) -> tuple[GroupVersionResource, str]:
        entry = self._resources.mapping(identity.api_version, identity.kind)
        if entry is None:
            raise ReconcileError(f'no matches for kind "{identity.kind}" in version "{identity.api_version}"')
        return entry.resource, identity.namespace if entry.namespaced else ""

    async def _live(self, identity: Identity) -> Object | None:
        """The object as the server has it, None when it or its UID is gone."""
        resource, namespace = self._place(identity)
        if not namespace:
            entry = self._resources.mapping(identity.api_version, identity.kind)
            if entry is not None and entry.namespaced:
                return None
        try:
            obj = await self._client.get(resource, identity.name, namespace=namespace)
        except errors.NotFound:
            return None
        return obj if meta.uid(obj) == identity.uid else None


def _typed(obj: View, api_version: str, kind: str) -> View:
    if obj.get("kind") == kind:
        return obj
    return {**obj, "apiVersion": api_version, "kind": kind}
