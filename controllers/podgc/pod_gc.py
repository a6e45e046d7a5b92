"""Deletes pods that nobody else will: of lost nodes, and ended ones by the thousand. Models pkg/controller/podgc."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from apimachinery import errors, meta
from apimachinery.objects import View
from apimachinery.scheduling import taints
from apimachinery.timestamp import format_time
from controllers.runtime.context import ControllerContext
from controllers.runtime.errors import RETRIABLE
from controllers.runtime.flags import flag
from controllers.runtime.informer import wait_for_sync
from controllers.runtime.pod_control import run_batch
from controllers.runtime.pods import counts_generations, is_terminal, observed, phase, update_condition
from controllers.runtime.resources import NODES, PODS

CHECK_PERIOD: Final = 20.0
QUARANTINE: Final = 40.0
OUT_OF_SERVICE: Final = "node.kubernetes.io/out-of-service"
_ORPHANED: Final = {
    "type": "DisruptionTarget",
    "status": "True",
    "reason": "DeletionByPodGC",
    "message": "PodGC: node no longer exists",
}

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PodGCOptions:
    """Flags of the pod garbage collector."""

    terminated_pod_gc_threshold: int = flag(12500, "Ended pods that may stay; 0 or less keeps all.")


def terminated_excess(pods: Iterable[View], threshold: int) -> list[View]:
    """The ended pods above the threshold, evicted ones first, then the oldest; pure."""
    ended = [p for p in pods if is_terminal(p) or phase(p) not in ("Pending", "Running", "Unknown")]
    excess = len(ended) - threshold
    if excess <= 0:
        return []
    ended.sort(key=lambda p: (not _evicted(p), p["metadata"].get("creationTimestamp") or "", meta.name(p)))
    return ended[:excess]


def _evicted(pod: View) -> bool:
    return phase(pod) == "Failed" and (pod.get("status") or {}).get("reason") == "Evicted"


def is_out_of_service(node: View) -> bool:
    """Whether the node is not ready and marked so that its pods may be removed by force; pure."""
    ready = meta.condition(node, "Ready")
    return (ready is None or ready["status"] != "True") and any(t["key"] == OUT_OF_SERVICE for t in taints(node))


class PodGC:
    """One pass every 20 s."""

    def __init__(self, context: ControllerContext) -> None:
        self._client = context.client
        self._clock = context.clock
        self._version = context.version
        self._threshold = context.options(PodGCOptions).terminated_pod_gc_threshold
        self._pods = context.informers.informer(PODS)
        self._nodes = context.informers.informer(NODES)
        self._missing: dict[str, float] = {}

    async def run(self) -> None:
        """Collect until cancelled."""
        await wait_for_sync(self._pods, self._nodes)
        while True:
            await self.collect()
            await self._clock.sleep(CHECK_PERIOD)

    async def collect(self) -> None:
        """One pass; what fails is tried again by the next."""
        pods = self._pods.list()
        if self._threshold > 0:
            await self._delete_all(terminated_excess(pods, self._threshold))
        out_of_service = {meta.name(n) for n in self._nodes.list() if is_out_of_service(n)}
        await self._delete_all(
            [p for p in pods if p["spec"].get("nodeName") in out_of_service and meta.is_deleting(p)]
            if out_of_service
            else []
        )
        await self._collect_orphans(pods)
        await self._delete_all([p for p in pods if meta.is_deleting(p) and not p["spec"].get("nodeName")])

    async def _collect_orphans(self, pods: Sequence[View]) -> None:
        now = self._clock.monotonic()
        named = {p["spec"]["nodeName"] for p in pods if p["spec"].get("nodeName")}
        missing = {name for name in named if self._nodes.get(name) is None}
        self._missing = {name: self._missing.get(name, now) for name in missing}
        ripe = [name for name, since in self._missing.items() if now - since >= QUARANTINE]
        gone = {name for name in ripe if not await self._exists(name)}
        await self._delete_all([p for p in pods if p["spec"].get("nodeName") in gone], orphaned=True)

    async def _exists(self, node: str) -> bool:
        try:
            await self._client.get(NODES, node)
        except errors.NotFound:
            return False
        except RETRIABLE as error:
            log.warning("node %s: %s", node, error)
        return True

    async def _delete_all(self, pods: Sequence[View], *, orphaned: bool = False) -> None:
        await run_batch(range(len(pods)), lambda i: self._delete(pods[i], orphaned=orphaned))

    async def _delete(self, pod: View, *, orphaned: bool) -> None:
        """Mark the pod Failed, since no kubelet will, and remove it at once."""
        try:
            if not is_terminal(pod):
                await self._fail(pod, orphaned=orphaned)
            await self._client.delete(
                PODS, meta.name(pod), namespace=meta.namespace(pod), grace_period_seconds=0, uid=meta.uid(pod)
            )
        except (errors.NotFound, errors.Conflict):
            return

    async def _fail(self, pod: View, *, orphaned: bool) -> None:
        live = await self._client.get(PODS, meta.name(pod), namespace=meta.namespace(pod))
        status = live["status"]
        status["phase"] = "Failed"
        if counts_generations(self._version):
            status["observedGeneration"] = meta.generation(live)
        if orphaned:
            update_condition(status, observed(_ORPHANED, live, self._version), format_time(self._clock.now()))
        await self._client.update_status(PODS, live)
