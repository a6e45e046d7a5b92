"""Notices silent nodes, taints nodes by their conditions. Models pkg/controller/nodelifecycle, v1.36."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from apimachinery import errors, meta
from apimachinery.objects import Object, View
from apimachinery.timestamp import format_time
from controllers.nodelifecycle import health, taints
from controllers.nodelifecycle.passes import Alarm, Passes
from controllers.runtime.context import ControllerContext
from controllers.runtime.controller import Controller
from controllers.runtime.errors import RETRIABLE
from controllers.runtime.flags import flag
from controllers.runtime.indexer import BY_NODE, by_node
from controllers.runtime.informer import wait_for_sync
from controllers.runtime.pod_control import run_batch
from controllers.runtime.pods import ready_condition
from controllers.runtime.rate_limiter import TokenBucket
from controllers.runtime.resources import LEASES, NODES, PODS

LEASE_NAMESPACE: Final = "kube-node-lease"
_EVICTION_PASS_SECONDS: Final = 0.1
_WORKERS: Final = 8
_UPDATE_WORKERS: Final = 8


@dataclass(frozen=True, slots=True)
class NodeLifecycleOptions:
    """Flags of the node lifecycle controller."""

    node_monitor_period: float = flag(5.0, "How often nodes' heartbeats are looked at.", duration=True)
    node_monitor_grace_period: float = flag(
        0.0, "Silence after which a node is unhealthy; by default 50s, and 40s up to Kubernetes 1.31.", duration=True
    )
    node_startup_grace_period: float = flag(60.0, "The same for a node that never reported.", duration=True)
    node_eviction_rate: float = flag(0.1, "Nodes a second tainted NoExecute in a healthy zone.")
    secondary_node_eviction_rate: float = flag(0.01, "The same in an unhealthy zone of a large cluster.")
    unhealthy_zone_threshold: float = flag(0.55, "Share of nodes down that makes a zone unhealthy.")
    large_cluster_size_threshold: int = flag(50, "Zones up to this size stop evictions when unhealthy.")


def default_grace_period(version: tuple[int, int]) -> float:
    """Seconds of silence that Kubernetes of a version bears without being told otherwise."""
    return 50.0 if version >= (1, 32) else 40.0


class _Zone:
    """Nodes that wait for their NoExecute taint, and the rate at which they get it."""

    def __init__(self, limiter: TokenBucket) -> None:
        self.state: health.ZoneState = "Initial"
        self.limiter: TokenBucket | None = limiter
        self.waiting: dict[str, None] = {}

    @property
    def left(self) -> float:
        """Seconds until the next node may get its taint; infinite where none waits or none may."""
        return self.limiter.left() if self.waiting and self.limiter is not None else math.inf


class NodeLifecycleController:
    """Two queues (nodes whose taints, pods whose readiness may be wrong) and a monitor that looks at heartbeats."""

    def __init__(self, context: ControllerContext) -> None:
        self._client = context.client
        self._clock = context.clock
        self._options = context.options(NodeLifecycleOptions)
        self._grace_period = self._options.node_monitor_grace_period or default_grace_period(context.version)
        self._recorder = context.events.recorder("node-controller")
        self._queue = context.queue("node_lifecycle_controller", str)
        self._health: dict[str, health.Health] = {}
        self._zones: dict[str, _Zone] = {}
        self._known: set[str] = set()
        self._unready: set[str] = set()
        self._silent: set[str] = set()
        self._disturbed = True
        self._evictable = Alarm(self._clock)
        self._passes = Passes(self._clock, self._options.node_monitor_period)
        self._nodes = context.informers.informer(NODES)
        self._pods = context.informers.informer(PODS)
        self._leases = context.informers.informer(LEASES)
        self._pods.add_index(BY_NODE, by_node)
        self._nodes.add_handler(on_add=self._node_added, on_update=self._node_updated, on_delete=self._forget)
        self._leases.add_handler(on_add=self._lease_seen, on_update=lambda _, new: self._lease_seen(new))
        self._pods.add_handler(on_add=self._pod_bound, on_update=lambda old, new: self._pod_changed(old, new))
        self._controller = Controller(
            "node-lifecycle-controller",
            self._queue,
            self.sync_taints,
            workers=_WORKERS,
            informers=(self._nodes, self._pods, self._leases),
        )

    async def run(self) -> None:
        """Monitor until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._controller.run(), name="node-taints")
            tasks.create_task(self._monitor(), name="node-monitor")
            tasks.create_task(self._evict(), name="node-no-execute")

    def _node_added(self, node: View) -> None:
        self._observe(node)
        self._queue.add(meta.name(node))
        self._passes.stir()

    def _node_updated(self, old: View, node: View) -> None:
        self._observe(node)
        if old.get("spec") != node.get("spec") or _states(old) != _states(node):
            self._queue.add(meta.name(node))
            self._passes.stir()
        elif meta.labels(old) != meta.labels(node):
            self._passes.stir()

    def _lease_seen(self, lease: View) -> None:
        if meta.namespace(lease) == LEASE_NAMESPACE:
            node = self._nodes.get(meta.name(lease))
            if node is not None:
                self._observe(node)

    def _forget(self, node: View) -> None:
        self._health.pop(meta.name(node), None)
        self._passes.stir()

    def _pod_bound(self, pod: View) -> None:
        node = pod["spec"].get("nodeName")
        if node in self._unready:
            self._queue.add(node)

    def _pod_changed(self, old: View, new: View) -> None:
        node = new["spec"].get("nodeName")
        if node in self._unready and (not old["spec"].get("nodeName") or ready_condition(old) != ready_condition(new)):
            self._queue.add(node)

    # taints by condition --------------------------------------------------------------------------------------------

    async def sync_taints(self, name: str) -> None:
        """Make a node's NoSchedule taints, its NoExecute key and its pods' readiness follow its conditions."""
        node = self._nodes.get(name)
        if node is None:
            return
        now = format_time(self._clock.now())
        wanted = taints.with_no_schedule(node, now)
        if wanted is not None:
            node = await self._write_taints(node, wanted)
        key = taints.wanted_no_execute(node)
        stale = [k for k in (taints.NOT_READY, taints.UNREACHABLE) if k != key and taints.has_no_execute(node, k)]
        if stale:
            node = await self._write_taints(node, taints.with_no_execute(node, key, now))
        if not key:
            self._zone(node).waiting.pop(name, None)
        if name in self._unready:
            await self._mark_pods(node)

    async def _write_taints(self, node: View, wanted: list[Object]) -> View:
        """Strategic patch of the whole list, guarded by the resourceVersion that it was computed from."""
        patch: Object = {
            "metadata": {"resourceVersion": meta.resource_version(node)},
            "spec": {"taints": wanted or None},
        }
        return await self._client.patch(NODES, meta.name(node), patch)

    # heartbeats -----------------------------------------------------------------------------------------------------

    async def _monitor(self) -> None:
        await wait_for_sync(self._nodes, self._pods, self._leases)
        while True:
            await self._look_at_all()
            await self._passes.next(self._next_silence())

    def _next_silence(self) -> float:
        """The earliest moment at which a node may be found silent that was not, by the clock's monotonic seconds."""
        seen = (h.seen_at for name, h in self._health.items() if name not in self._silent)
        return min(seen, default=math.inf) + min(self._grace_period, self._options.node_startup_grace_period)

    async def _look_at_all(self) -> None:
        nodes = self._nodes.list()
        names = {meta.name(n) for n in nodes}
        for name in sorted(self._known - names):
            self._event(name, "", "RemovingNode", f"Node {name} event: Removing Node {name} from Controller")
        for node in nodes:
            name = meta.name(node)
            if name not in self._known:
                text = f"Node {name} event: Registered Node {name} in Controller"
                self._event(name, meta.uid(node), "RegisteredNode", text)
        self._known = names
        self._silent = {meta.name(n) for n in nodes if self._is_silent(n)}
        await self._mark_all_silent()
        if self._unready or self._disturbed:
            self._review_zones(self._nodes.list())

    def _event(self, name: str, uid: str, reason: str, message: str) -> None:
        reference = {"kind": "Node", "apiVersion": "v1", "name": name, "uid": uid}
        self._recorder.event_on({k: v for k, v in reference.items() if v}, "Normal", reason, message)

    def _observe(self, node: View) -> None:
        """Take a heartbeat, and what the kubelet says of itself."""
        name = meta.name(node)
        former = self._health.get(name)
        created = meta.creation_timestamp(node) if former is None else None
        age = (self._clock.now() - created).total_seconds() if created else 0.0
        was_ready = former is not None and former.ready == "True"
        lease = self._leases.get(name, LEASE_NAMESPACE)
        seen = health.observe(former, node, lease, now=self._clock.monotonic(), created_ago=age)
        self._health[name] = seen
        if seen.ready == "True":
            self._unready.discard(name)
        elif seen.ready is not None and name not in self._unready:
            self._became_unready(node, announce=was_ready and seen.ready == "False")

    def _is_silent(self, node: View) -> bool:
        seen = self._health[meta.name(node)]
        never = seen.ready is None
        grace = self._options.node_startup_grace_period if never else self._grace_period
        return self._clock.monotonic() - seen.seen_at > grace

    async def _mark_all_silent(self) -> None:
        """Some at a time: until it is its turn, a node may have been heard of again."""
        names = iter(sorted(self._silent))

        async def worker(_: int) -> None:
            for name in names:
                node = self._nodes.get(name)
                if node is not None and self._is_silent(node):
                    await self._mark_silent(node)

        await run_batch(range(min(_UPDATE_WORKERS, len(self._silent))), worker)

    async def _mark_silent(self, node: View) -> None:
        conditions = health.silent_conditions(node, format_time(self._clock.now()))
        self._unready.add(meta.name(node))
        if conditions is None:
            return
        was_ready = (meta.condition(node, "Ready") or {}).get("status") == "True"
        status = {**(node.get("status") or {}), "conditions": conditions}
        try:
            await self._client.update_status(NODES, {**node, "status": status})
        except RETRIABLE:
            self._passes.stir()
            return
        self._became_unready(node, announce=was_ready)

    def _became_unready(self, node: View, *, announce: bool) -> None:
        name = meta.name(node)
        self._unready.add(name)
        if announce:
            self._event(name, meta.uid(node), "NodeNotReady", f"Node {name} status is now: NodeNotReady")
        self._queue.add(name)

    async def _mark_pods(self, node: View) -> None:
        """Set Ready False on the pods of a node that is not ready."""
        name = meta.name(node)
        if (meta.condition(node, "Ready") or {}).get("status") == "True":
            return
        ready = [
            p for p in self._pods.indexer.by_index(BY_NODE, name) if (ready_condition(p) or {}).get("status") == "True"
        ]
        results = await run_batch(range(len(ready)), lambda i: self._mark_pod(ready[i]))
        if failures := [r for r in results if r is not None]:
            raise failures[0]

    async def _mark_pod(self, pod: View) -> None:
        now = format_time(self._clock.now())
        conditions = [
            {**c, "status": "False", "lastTransitionTime": now} if c["type"] == "Ready" else c
            for c in pod["status"]["conditions"]
        ]
        try:
            await self._client.update_status(PODS, {**pod, "status": {**pod["status"], "conditions": conditions}})
        except errors.NotFound:
            return
        self._recorder.event(pod, "Warning", "NodeNotReady", "Node is not ready")

    # rate-limited NoExecute -----------------------------------------------------------------------------------------

    def _zone(self, node: View) -> _Zone:
        key = health.zone_of(node)
        zone = self._zones.get(key)
        if zone is None:
            zone = self._zones[key] = _Zone(self._limiter(self._options.node_eviction_rate))
        return zone

    def _limiter(self, rate: float) -> TokenBucket:
        return TokenBucket(self._clock, qps=rate, burst=1)

    def _review_zones(self, nodes: Iterable[View]) -> None:
        by_zone: dict[str, list[View]] = {}
        for node in nodes:
            self._zone(node)
            by_zone.setdefault(health.zone_of(node), []).append(node)
        states = {
            key: health.zone_state(
                ((meta.condition(n, "Ready") or {}).get("status") == "True" for n in members),
                self._options.unhealthy_zone_threshold,
            )
            for key, members in by_zone.items()
        }
        self._disturbed = any(state != "Normal" for state, _ in states.values())
        everything_down = bool(states) and all(state == "FullDisruption" for state, _ in states.values())
        for key, (state, size) in states.items():
            zone = self._zones[key]
            if zone.state != state or everything_down:
                zone.state = state
                self._set_rate(zone, state, size, everything_down=everything_down)
            for node in by_zone[key]:
                wanted = taints.wanted_no_execute(node)
                if wanted and not taints.has_no_execute(node, wanted):
                    zone.waiting.setdefault(meta.name(node))
        self._evictable.ring()

    def _set_rate(self, zone: _Zone, state: health.ZoneState, size: int, *, everything_down: bool) -> None:
        options = self._options
        if everything_down:
            zone.limiter = None
        elif state == "PartialDisruption":
            large = size > options.large_cluster_size_threshold
            zone.limiter = self._limiter(options.secondary_node_eviction_rate) if large else None
        else:
            zone.limiter = self._limiter(options.node_eviction_rate)

    async def _evict(self) -> None:
        while True:
            left = min((zone.left for zone in self._zones.values()), default=math.inf)
            if left:
                await self._evictable.wait(max(left, _EVICTION_PASS_SECONDS))
                self._evictable.reset()
            for zone in list(self._zones.values()):
                while zone.waiting and zone.limiter is not None and zone.limiter.try_accept():
                    await self._taint_no_execute(zone)

    async def _taint_no_execute(self, zone: _Zone) -> None:
        name = next(iter(zone.waiting))
        del zone.waiting[name]
        node = self._nodes.get(name)
        key = taints.wanted_no_execute(node) if node is not None else ""
        if node is None or not key or taints.has_no_execute(node, key):
            return
        now = format_time(self._clock.now())
        try:
            await self._write_taints(node, taints.with_no_execute(node, key, now))
        except RETRIABLE:
            zone.waiting[name] = None


def _states(node: View) -> list[tuple[str, str]]:
    return [(c.get("type", ""), c.get("status", "")) for c in (node.get("status") or {}).get("conditions") or ()]
