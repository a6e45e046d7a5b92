"""Brings a StatefulSet's pods closer to its spec, in order or at once. Models stateful_set_control.go, v1.36."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime
from typing import Final

from apimachinery import errors, meta
from apimachinery.objects import Object, View
from controllers.runtime import pods as podutil
from controllers.runtime.errors import RETRIABLE
from controllers.runtime.pod_control import SLOW_START_INITIAL_BATCH, slow_start_batch
from controllers.statefulset import identity
from controllers.statefulset.pod_control import StatefulPodControl
from controllers.statefulset.revisions import at_revision
from controllers.statefulset.status import count, is_created, is_running_and_ready, is_unavailable

MAX_BATCH: Final = 500


class Replicas:
    """A set's pods in their places: those wanted by ordinal, with new ones in the gaps, and those to go, last first."""

    def __init__(self, st: View, pods: Iterable[View], current: View, update: View) -> None:
        start, wanted = identity.start_ordinal(st), identity.replicas(st)
        present: dict[int, View] = {}
        self.condemned: list[View] = []
        for pod in pods:
            if identity.in_range(st, pod):
                present[identity.ordinal(pod)] = pod
            elif identity.ordinal(pod) >= 0:
                self.condemned.append(pod)
        self.condemned.sort(key=identity.ordinal, reverse=True)
        at_current, at_update = at_revision(st, current), at_revision(st, update)
        self.wanted: list[View] = []
        for number in range(start, start + wanted):
            if number in present:
                self.wanted.append(present[number])
            elif identity.starts_from_current(st, number):
                self.wanted.append(identity.new_pod(at_current, meta.name(current), number))
            else:
                self.wanted.append(identity.new_pod(at_update, meta.name(update), number))

    def first_unavailable(self, min_ready: int, now: datetime) -> View | None:
        """The unavailable pod of the lowest place; condemned pods come after the wanted."""
        pods = [*self.wanted, *reversed(self.condemned)]
        return next((p for p in pods if is_unavailable(p, min_ready, now)), None)


class StatefulSetControl:
    """One pass over one set; `run` gives the status that is to be written and the error that stopped the pass."""

    def __init__(
        self,
        pods: StatefulPodControl,
        st: View,
        *,
        current: View,
        update: View,
        collisions: int,
        now: datetime,
    ) -> None:
        self._pods = pods
        self._st = st
        self._update_set = at_revision(st, update)
        self._current = current
        self._update = update
        self._now = now
        self._min_ready = int(st["spec"].get("minReadySeconds") or 0)
        self._monotonic = st["spec"].get("podManagementPolicy") != "Parallel"
        self._status: Object = {
            "observedGeneration": meta.generation(st),
            "currentRevision": meta.name(current),
            "updateRevision": meta.name(update),
            "collisionCount": collisions,
        }

    async def run(self, pods: Sequence[View]) -> tuple[Object, Exception | None]:
        """Process replicas, then pods to go, then the rolling update; in order, the first that blocks ends the pass."""
        places = Replicas(self._st, pods, self._current, self._update)
        self._count(pods)
        if meta.is_deleting(self._st):
            return self._status, None
        unavailable = places.first_unavailable(self._min_ready, self._now)

        async def condemn(pod: View) -> bool:
            return await self._condemn(pod, unavailable)

        failure: Exception | None = None
        for group, step in (
            (places.wanted, self._replica),
            (places.condemned, self._fix_claims),
            (places.condemned, condemn),
        ):
            done, failure = await self._for_all(group, step)
            if not done:
                break
        self._count([*places.wanted, *places.condemned])
        if done and (self._st["spec"].get("updateStrategy") or {}).get("type") != "OnDelete":
            failure = await self._roll(places.wanted)
        return self._status, failure

    def _count(self, pods: Iterable[View]) -> None:
        current, update = meta.name(self._current), meta.name(self._update)
        self._status.update(count(pods, self._min_ready, current, update, self._now))

    async def _for_all(
        self, pods: Sequence[View], step: Callable[[View], Awaitable[bool]]
    ) -> tuple[bool, Exception | None]:
        """Whether every pod was passed; in order a step that gives False blocks those behind it."""
        if self._monotonic:
            for pod in pods:
                try:
                    if not await step(pod):
                        return False, None
                except RETRIABLE as error:
                    return False, error
            return True, None

        async def one(index: int) -> None:
            await step(pods[index])

        _, failure = await slow_start_batch(len(pods), SLOW_START_INITIAL_BATCH, one, limit=MAX_BATCH)
        return failure is None, failure

    async def _replica(self, pod: View) -> bool:
        if podutil.is_terminal(pod):
            if not meta.is_deleting(pod):
                await self._pods.delete(self._st, pod)
            return False
        if not is_created(pod):
            if self._pods.has_stale_claim(self._st, pod):
                return False
            await self._pods.create(self._st, {**pod})
            if self._monotonic:
                return False
        if podutil.phase(pod) == "Pending":
            await self._pods.complete_claims(self._st, pod)
        if self._monotonic and (
            meta.is_deleting(pod)
            or not is_running_and_ready(pod)
            or not podutil.is_available(pod, self._min_ready, self._now)
        ):
            return False
        if not (
            identity.identity_matches(self._st, pod)
            and identity.storage_matches(self._st, pod)
            and self._pods.claims_match(self._update_set, pod)
        ):
            await self._pods.correct(self._update_set, pod)
        return True

    async def _fix_claims(self, pod: View) -> bool:
        if not self._pods.claims_match(self._update_set, pod):
            await self._pods.update_claims(self._update_set, pod)
        return True

    async def _condemn(self, pod: View, unavailable: View | None) -> bool:
        if meta.is_deleting(pod):
            return not self._monotonic
        ready = is_running_and_ready(pod) and podutil.is_available(pod, self._min_ready, self._now)
        if self._monotonic and not ready and pod is not unavailable:
            return False
        await self._pods.delete(self._st, pod)
        return False

    async def _roll(self, wanted: Sequence[View]) -> Exception | None:
        """Take down the highest ordinal that has not the update revision, unless one above it is unavailable."""
        rolling = (self._st["spec"].get("updateStrategy") or {}).get("rollingUpdate") or {}
        for pod in reversed(wanted[int(rolling.get("partition") or 0) :]):
            if identity.pod_revision(pod) != meta.name(self._update) and not meta.is_deleting(pod):
                try:
                    await self._pods.delete(self._st, pod)
                except errors.NotFound:
                    pass
                except RETRIABLE as error:
                    return error
                self._status["currentReplicas"] -= 1
                return None
            if is_unavailable(pod, self._min_ready, self._now):
                return None
        return None
