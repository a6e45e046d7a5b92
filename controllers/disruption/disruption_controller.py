"""Keeps the status of PodDisruptionBudgets. Models pkg/controller/disruption/disruption.go, v1.36."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Final

from apimachinery import errors, meta
from apimachinery.labels import LabelSelector
from apimachinery.objects import Object, View
from apimachinery.timestamp import format_time, parse_time
from controllers.disruption import budget as budgets
from controllers.runtime.context import ControllerContext
from controllers.runtime.controller import Controller
from controllers.runtime.discovery import ServerResources, discover, has_subresource
from controllers.runtime.errors import RETRIABLE, ReconcileError
from controllers.runtime.pods import is_terminal, update_condition
from controllers.runtime.resources import DEPLOYMENTS, POD_DISRUPTION_BUDGETS, PODS, REPLICA_SETS

STALE_CONDITION_SECONDS: Final = 120.0
_GATHER_SECONDS: Final = 0.02


class DisruptionController:
    """Keys are budgets; a second queue holds pods whose eviction never came."""

    def __init__(self, context: ControllerContext) -> None:
        self._client = context.client
        self._clock = context.clock
        self._recorder = context.events.recorder("controllermanager")
        self._queue = context.queue("disruption", str)
        self._stale = context.queue("stale_pod_disruption", str)
        informers = context.informers
        self._budgets = informers.informer(POD_DISRUPTION_BUDGETS)
        self._pods = informers.informer(PODS)
        self._sets = informers.informer(REPLICA_SETS)
        self._deployments = informers.informer(DEPLOYMENTS)
        self._resources: ServerResources | None = None
        self._budgets.add_handler(on_add=self._enqueue, on_update=lambda _, new: self._enqueue(new))
        self._pods.add_handler(
            on_add=self._pod_moved, on_update=lambda _, new: self._pod_moved(new), on_delete=self._pod_moved
        )
        for informer in (self._sets, self._deployments):
            informer.add_handler(on_update=self._owner_updated)
        sources = (self._budgets, self._pods, self._sets, self._deployments)
        self._loops = (
            Controller("disruption-controller", self._queue, self.sync, informers=sources),
            Controller("stale-pod-disruption", self._stale, self._reset_stale, informers=sources),
        )

    async def run(self) -> None:
        """Sync until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for loop in self._loops:
                tasks.create_task(loop.run(), name=loop.name)

    # events ---------------------------------------------------------------------------------------------------------

    def _enqueue(self, budget: View) -> None:
        self._queue.add(meta.key(budget))

    def _pod_moved(self, pod: View) -> None:
        if (budget := self._budget_of(pod)) is not None:
            self._queue.add_soon(meta.key(budget), _GATHER_SECONDS)
        if self._stale_after(pod) is not None:
            self._stale.add(meta.key(pod))

    def _budget_of(self, pod: View) -> View | None:
        """The first budget that selects the pod, as it is now; a second one is told of."""
        labels = meta.labels(pod)
        found = [b for b in self._budgets.list(meta.namespace(pod)) if _selector(b).matches(labels)]
        if len(found) > 1:
            text = (
                f'Pod "{meta.namespace(pod)}"/"{meta.name(pod)}" matches multiple PodDisruptionBudgets. '
                f' Chose "{meta.name(found[0])}" arbitrarily.'
            )
            self._recorder.event(pod, "Warning", "MultiplePodDisruptionBudgets", text)
        return found[0] if found else None

    def _owner_updated(self, old: View, new: View) -> None:
        if old["spec"].get("replicas") != new["spec"].get("replicas"):
            for budget in self._budgets.list(meta.namespace(new)):
                self._enqueue(budget)

    # sync -----------------------------------------------------------------------------------------------------------

    async def sync(self, key: str) -> None:
        """Compute and write one budget's status."""
        budget = self._budgets.indexer.get(key)
        if budget is None:
            return
        try:
            await self._try(budget)
        except errors.Conflict:
            raise
        except RETRIABLE as error:
            await self._write(budget, budgets.failed_status(budget, error, self._clock.now()))

    async def _try(self, budget: View) -> None:
        selector = _selector(budget)
        pods = [p for p in self._pods.list(meta.namespace(budget)) if selector.matches(meta.labels(p))]
        if not pods:
            self._recorder.event(budget, "Normal", "NoPods", "No matching pods found")
        expected = len(pods) if budgets.has_limit(budget) else 0
        if budgets.needs_scale(budget):
            try:
                expected = await self._expected_scale(budget, pods)
            except RETRIABLE as error:
                text = f"Failed to calculate the number of expected pods: {error}"
                self._recorder.event(budget, "Warning", "CalculateExpectedPodCountFailed", text)
                raise
        now = self._clock.now()
        waiting, overdue, recheck = budgets.disrupted(budget, pods, now)
        for pod in overdue:
            namespace = meta.namespace(budget)
            text = f"Pod was expected by PDB {namespace}/{namespace} to be deleted but it wasn't"
            self._recorder.event(pod, "Warning", "NotDeleted", text)
        status = budgets.new_status(
            budget,
            healthy=budgets.count_healthy(pods, waiting),
            desired=budgets.desired_healthy(budget, expected),
            expected=expected,
            waiting=waiting,
            now=now,
        )
        await self._write(budget, status)
        if recheck is not None:
            self._queue.add_after(meta.key(budget), (recheck - now).total_seconds())

    async def _write(self, budget: View, status: Object) -> None:
        if (budget.get("status") or {}) != status:
            await self._client.update_status(POD_DISRUPTION_BUDGETS, {**budget, "status": status})

    async def _expected_scale(self, budget: View, pods: Iterable[View]) -> int:
        """The wanted size of everything that controls a matching pod."""
        scales: dict[str, int] = {}
        unmanaged = False
        for pod in pods:
            ref = meta.controller_of(pod)
            if ref is None:
                unmanaged = True
            elif ref["uid"] not in scales:
                found = await self._scale_of(ref, meta.namespace(pod))
                if found is None:
                    raise ReconcileError(f'found no controllers for pod "{meta.name(pod)}"')
                scales[ref["uid"]] = 0
                scales[found[0]] = found[1]
        if unmanaged:
            self._recorder.event(
                budget,
                "Warning",
                "UnmanagedPods",
                "Pods selected by this PodDisruptionBudget (selector:"
                f" {budgets.describe_selector(budget['spec'].get('selector'))}) were found to be"
                " unmanaged. As a result, the status of the PDB cannot be calculated correctly, which may result in"
                ' undefined behavior. To account for these pods please set ".spec.minAvailable" field of the PDB to an'
                " integer value.",
            )
        return sum(scales.values())

    async def _scale_of(self, ref: View, namespace: str) -> tuple[str, int] | None:
        """UID and wanted size of a pod's controller, or of the Deployment above it; None when it is not there."""
        if ref["kind"] == "ReplicaSet" and ref["apiVersion"].startswith("apps/"):
            rs = self._sets.get(ref["name"], namespace)
            if rs is not None and meta.uid(rs) == ref["uid"]:
                above = meta.controller_of(rs)
                deployment = self._deployments.get(above["name"], namespace) if above else None
                if above is not None and deployment is not None and meta.uid(deployment) == above["uid"]:
                    return meta.uid(deployment), int(deployment["spec"].get("replicas", 1))
                if above is None or above["kind"] != "Deployment":
                    return meta.uid(rs), int(rs["spec"].get("replicas", 1))
        if self._resources is None:
            self._resources = await discover(self._client)
        entry = self._resources.mapping(ref["apiVersion"], ref["kind"])
        if entry is None:
            self._resources = None
            raise ReconcileError(f'no matches for kind "{ref["kind"]}" in version "{ref["apiVersion"]}"')
        try:
            scale = await self._client.get(entry.resource, ref["name"], namespace=namespace, subresource="scale")
        except errors.NotFound:
            if not await has_subresource(self._client, entry.resource, "scale"):
                text = f"{entry.resource.group_resource} does not implement the scale subresource"
                raise ReconcileError(text) from None
            return None
        if meta.uid(scale) != ref["uid"]:
            return None
        return ref["uid"], int((scale.get("spec") or {}).get("replicas") or 0)

    # stale conditions -----------------------------------------------------------------------------------------------

    def _stale_after(self, pod: View) -> float | None:
        """Seconds until a DisruptionTarget condition counts as stale; None without one that can be."""
        condition = meta.condition(pod, "DisruptionTarget")
        if condition is None or condition["status"] != "True" or meta.is_deleting(pod) or is_terminal(pod):
            return None
        if condition.get("reason") == "TerminationByKubelet":
            return None
        since: str = condition["lastTransitionTime"]
        age = (self._clock.now() - parse_time(since)).total_seconds()
        return max(0.0, STALE_CONDITION_SECONDS - age)

    async def _reset_stale(self, key: str) -> None:
        pod = self._pods.indexer.get(key)
        left = self._stale_after(pod) if pod is not None else None
        if pod is None or left is None:
            return
        if left > 0:
            self._stale.add_after(key, left)
            return
        status: Object = {**pod["status"], "conditions": [dict(c) for c in pod["status"]["conditions"]]}
        update_condition(status, {"type": "DisruptionTarget", "status": "False"}, format_time(self._clock.now()))
        await self._client.update_status(PODS, {**pod, "status": status})


def _selector(budget: View) -> LabelSelector:
    return LabelSelector.from_object(budget["spec"].get("selector"))
