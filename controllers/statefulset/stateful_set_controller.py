"""Keeps a StatefulSet's pods and claims. Models pkg/controller/statefulset/stateful_set.go, v1.36.

A pass is made in control.py; what pods and claims look like is decided in identity.py and retention.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from apimachinery import errors, meta
from apimachinery.labels import LabelSelector
from apimachinery.objects import Object, View
from controllers.runtime import history
from controllers.runtime import pods as podutil
from controllers.runtime.consistency import Writes
from controllers.runtime.context import ControllerContext
from controllers.runtime.controller import Controller
from controllers.runtime.controller_ref import ControllerRefManager
from controllers.runtime.errors import RETRIABLE
from controllers.runtime.flags import flag
from controllers.runtime.indexer import BY_CONTROLLER_UID, by_controller_uid
from controllers.runtime.resources import (
    CONTROLLER_REVISIONS,
    PERSISTENT_VOLUME_CLAIMS,
    PODS,
    STATEFUL_SET_KIND,
    STATEFUL_SETS,
)
from controllers.statefulset import status as numbers
from controllers.statefulset.control import StatefulSetControl
from controllers.statefulset.identity import is_member, replicas
from controllers.statefulset.pod_control import StatefulPodControl
from controllers.statefulset.revisions import RevisionHistory, revisions_to_delete

STATUS_UPDATE_ATTEMPTS: Final = 5


@dataclass(frozen=True, slots=True)
class StatefulSetOptions:
    """Flags of the StatefulSet controller."""

    concurrent_statefulset_syncs: int = flag(5, "StatefulSets synced at once.")


class StatefulSetController:
    """One key is one StatefulSet, `namespace/name`."""

    def __init__(self, context: ControllerContext) -> None:
        self._client = context.client
        self._clock = context.clock
        self._queue = context.queue("statefulset", str)
        self._writes = Writes(context.informers)
        informers = context.informers
        self._sets = informers.informer(STATEFUL_SETS)
        self._pods = informers.informer(PODS)
        self._revisions = informers.informer(CONTROLLER_REVISIONS)
        claims = informers.informer(PERSISTENT_VOLUME_CLAIMS)
        for informer in (self._pods, self._revisions):
            informer.add_index(BY_CONTROLLER_UID, by_controller_uid)
        self._history = RevisionHistory(context.client)
        self._pod_control = StatefulPodControl(
            context.client,
            context.events.recorder("statefulset-controller"),
            self._writes,
            pods=self._pods,
            claims=claims,
        )
        self._pods.add_handler(on_add=self._pod_added, on_update=self._pod_updated, on_delete=self._pod_deleted)
        self._sets.add_handler(
            on_add=self._enqueue, on_update=lambda _, new: self._enqueue(new), on_delete=self._set_deleted
        )
        self._controller = Controller(
            "statefulset-controller",
            self._queue,
            self.sync,
            workers=context.options(StatefulSetOptions).concurrent_statefulset_syncs,
            informers=(self._pods, self._sets, claims, self._revisions),
        )

    async def run(self) -> None:
        """Sync until cancelled."""
        await self._controller.run()

    # events ---------------------------------------------------------------------------------------------------------

    def _enqueue(self, st: View) -> None:
        self._queue.add(meta.key(st))

    def _set_deleted(self, st: View) -> None:
        self._writes.forget(meta.key(st))
        self._enqueue(st)

    def _owner(self, pod: View) -> View | None:
        ref = meta.controller_of(pod)
        if ref is None or ref["kind"] != STATEFUL_SET_KIND.kind:
            return None
        st = self._sets.get(ref["name"], meta.namespace(pod))
        return st if st is not None and meta.uid(st) == ref["uid"] else None

    def _enqueue_matching(self, pod: View) -> None:
        labels = meta.labels(pod)
        for st in self._sets.list(meta.namespace(pod)) if labels else ():
            selector = LabelSelector.from_object(st["spec"].get("selector"))
            if not selector.empty() and selector.matches(labels):
                self._enqueue(st)

    def _pod_added(self, pod: View) -> None:
        if meta.is_deleting(pod):
            self._pod_deleted(pod)
        elif meta.controller_of(pod) is None:
            self._enqueue_matching(pod)
        elif (st := self._owner(pod)) is not None:
            self._enqueue(st)

    def _pod_updated(self, old: View, pod: View) -> None:
        old_ref, ref = meta.controller_of(old), meta.controller_of(pod)
        if old_ref is not None and old_ref != ref and (former := self._owner(old)) is not None:
            self._enqueue(former)
        if ref is not None:
            st = self._owner(pod)
            if st is None:
                return
            self._enqueue(st)
            min_ready = st["spec"].get("minReadySeconds") or 0
            if min_ready > 0 and podutil.is_ready(pod) and not podutil.is_ready(old):
                self._queue.add_after(meta.key(st), min_ready + 1)
        elif old_ref is not None or meta.labels(old) != meta.labels(pod):
            self._enqueue_matching(pod)

    def _pod_deleted(self, pod: View) -> None:
        st = self._owner(pod)
        if st is not None:
            self._enqueue(st)

    # sync -----------------------------------------------------------------------------------------------------------

    async def sync(self, key: str) -> None:
        """Bring one StatefulSet's pods, history and status a step closer to its spec."""
        st = self._sets.indexer.get(key)
        if st is None or not self._writes.visible(key):
            return
        selector = LabelSelector.from_object(st["spec"].get("selector"))
        await self._history.adopt(st, self._matching_revisions(f"/{meta.namespace(st)}", selector))
        pods = await self._claim(st, selector)
        status = await self._update(st, selector, pods)
        min_ready = st["spec"].get("minReadySeconds") or 0
        if min_ready > 0 and status["availableReplicas"] != replicas(st):
            check = podutil.next_availability_check(pods, min_ready, self._clock.now())
            self._queue.add_after(key, min_ready if check is None else check)

    async def _claim(self, st: View, selector: LabelSelector) -> list[View]:
        refs = ControllerRefManager(
            self._client,
            PODS,
            owner=st,
            owner_kind=STATEFUL_SET_KIND,
            owner_resource=STATEFUL_SETS,
            selector=selector,
        )
        indexer = self._pods.indexer
        candidates = [
            *indexer.by_index(BY_CONTROLLER_UID, meta.uid(st)),
            *indexer.by_index(BY_CONTROLLER_UID, f"/{meta.namespace(st)}"),
        ]
        return await refs.claim(candidates, wanted=lambda pod: is_member(st, pod))

    def _matching_revisions(self, owner: str, selector: LabelSelector) -> list[View]:
        owned = self._revisions.indexer.by_index(BY_CONTROLLER_UID, owner)
        return [r for r in owned if selector.matches(meta.labels(r))]

    async def _update(self, st: View, selector: LabelSelector, pods: Sequence[View]) -> Object:
        known = [r for o in (meta.uid(st), f"/{meta.namespace(st)}") for r in self._matching_revisions(o, selector)]
        revisions = history.sort_revisions(known)
        current: View | None = None
        update: View | None = None
        failure: Exception | None = None
        status: Object = {}
        try:
            current, update, collisions = await self._history.current_and_update(st, revisions)
            control = StatefulSetControl(
                self._pod_control,
                st,
                current=current,
                update=update,
                collisions=collisions,
                now=self._clock.now(),
            )
            status, failure = await control.run(pods)
            try:
                await self._store_status(st, status)
            except RETRIABLE as error:
                failure = failure or error
        except RETRIABLE as error:
            failure = error
        try:
            await self._history.truncate(revisions_to_delete(st, revisions, pods, current, update))
        except RETRIABLE as error:
            failure = failure or error
        if failure is not None:
            raise failure
        return status

    async def _store_status(self, st: View, status: Object) -> None:
        numbers.complete_rolling_update(st, status)
        if not numbers.is_inconsistent(st, status):
            return
        target = st
        for attempt in range(STATUS_UPDATE_ATTEMPTS):
            try:
                answer = await self._client.update_status(STATEFUL_SETS, {**target, "status": numbers.written(status)})
            except errors.Conflict:
                if attempt == STATUS_UPDATE_ATTEMPTS - 1:
                    raise
                target = await self._client.get(STATEFUL_SETS, meta.name(st), namespace=meta.namespace(st))
            else:
                self._writes.wrote(meta.key(st), STATEFUL_SETS, answer)
                return
