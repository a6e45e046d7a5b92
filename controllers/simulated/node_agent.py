"""The node side of the simulated kubelets: they register, beat, report, and fail when told to."""

from __future__ import annotations

import asyncio
import json
import logging
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Final

from apimachinery import errors, meta
from apimachinery.clock import Clock
from apimachinery.clusterclock import ClusterClock
from apimachinery.objects import Object, View
from apimachinery.timestamp import format_micro_time
from controllers.runtime.client import MERGE_PATCH, Client
from controllers.runtime.event_recorder import EventBroadcaster
from controllers.runtime.informer import SharedInformer
from controllers.runtime.resources import LEASES, NODES
from controllers.runtime.workqueue import WorkQueue
from controllers.simulated import node as nodes
from controllers.simulated.addresses import PodAddresses, Ranges
from controllers.simulated.host import Host
from controllers.simulated.node import Fault

LEASE_NAMESPACE: Final = "kube-node-lease"
LEASE_SECONDS: Final = 10.0
LEASE_SECONDS_CAP: Final = 30.0
LEASES_A_SECOND: Final = 50
"""With more than this times ten nodes, leases are renewed less often, up to LEASE_SECONDS_CAP; so they are while the
cluster's time is moved, since heartbeats are most of what happens then."""
STATUS_SECONDS: Final = 300.0
_MANY: Final = 500
_REGISTERING: Final = 32

log = logging.getLogger(__name__)


class _Agent:
    """What one kubelet knows of its own reports."""

    __slots__ = ("beat_at", "cordoned", "fault", "host", "registered", "reported", "reported_at", "uid")

    def __init__(self, host: Host, uid: str) -> None:
        self.host = host
        self.uid = uid
        self.fault = Fault()
        self.registered = False
        self.reported: dict[str, str] = {}
        self.reported_at = 0.0
        self.beat_at = 0.0
        self.cordoned = False


class NodeAgents:
    """Every simulated node's own reporting. `changed` is called with a node's name when its pods must look again."""

    def __init__(
        self,
        client: Client,
        clock: Clock,
        events: EventBroadcaster,
        informer: SharedInformer,
        queue: WorkQueue[str],
        *,
        version: str,
        changed: Callable[[str], None],
    ) -> None:
        self._client = client
        self._clock = clock
        self._events = events
        self._nodes = informer
        self._queue = queue
        self._version = version
        self._changed = changed
        self._agents: dict[str, _Agent] = {}
        self._ranges = Ranges()
        self.streaming = ""
        self.port = 10250
        self.on_power_off: Callable[[str], None] = lambda name: None

    def host(self, name: str) -> Host | None:
        """The machine of a node; None when it is not simulated or gone."""
        agent = self._agents.get(name)
        return agent.host if agent is not None else None

    def __len__(self) -> int:
        return len(self._agents)

    # events ---------------------------------------------------------------------------------------------------------

    def seen(self, node: View) -> None:
        """A Node appeared or changed."""
        name = meta.name(node)
        if not nodes.is_simulated(node):
            self.gone(node)
            return
        agent = self._agents.get(name)
        if agent is None or agent.uid != meta.uid(node):
            host = Host(name, nodes.internal_ip(node), PodAddresses(self._ranges.of(node)))
            agent = self._agents[name] = _Agent(host, meta.uid(node))
            self._queue.add(name)
            self._changed(name)
        cordoned = bool((node.get("spec") or {}).get("unschedulable"))
        if cordoned != agent.cordoned:
            agent.cordoned = cordoned
            reason = "NodeNotSchedulable" if cordoned else "NodeSchedulable"
            self._event(node, reason, f"Node {name} status is now: {reason}")
        fault = nodes.fault_of(node)
        if fault != agent.fault:
            self._fault(agent, fault)
        elif agent.registered and not fault.silent and self._disagrees(agent, node):
            self._queue.add(name)

    def gone(self, node: View) -> None:
        """A Node was deleted: its machine is gone with all that ran on it."""
        if self._agents.pop(meta.name(node), None) is not None:
            self._changed(meta.name(node))

    def _disagrees(self, agent: _Agent, node: View) -> bool:
        shown = nodes.statuses((node.get("status") or {}).get("conditions") or [])
        return any(shown.get(kind) != value for kind, value in agent.reported.items())

    def _fault(self, agent: _Agent, fault: Fault) -> None:
        host, old = agent.host, agent.fault
        agent.fault = fault
        host.kubelet_down = fault.kubelet or fault.power
        host.cut_off = fault.network
        host.pressure = fault.pressure
        if fault.power and not old.power:
            self.on_power_off(host.name)
        agent.beat_at = 0.0
        self._queue.add(host.name)
        self._changed(host.name)

    # work -----------------------------------------------------------------------------------------------------------

    async def register_all(self, file: str) -> None:
        """Create the Nodes of a JSON file that are not there yet, as kubelets that start do."""
        if not file:
            return
        wanted: list[Object] = json.loads(await asyncio.to_thread(Path(file).read_text))
        limit = asyncio.Semaphore(_REGISTERING)
        now = self._clock.now()

        async def register(node: Object) -> None:
            more = nodes.registration(node, self.streaming)
            metadata = node["metadata"]
            metadata["labels"] = {**(metadata.get("labels") or {}), **more["labels"]}
            metadata["annotations"] = {**(metadata.get("annotations") or {}), **more["annotations"]}
            node["status"] = nodes.status(node, now, port=self.port, version=self._version, fault=Fault(), images=[])
            async with limit:
                try:
                    await self._client.create(NODES, node)
                except errors.AlreadyExists:
                    return

        await asyncio.gather(*(register(n) for n in wanted if self._nodes.get(meta.name(n)) is None))

    async def sync(self, name: str) -> None:
        """Register, report and beat, each when it is due."""
        agent, node = self._agents.get(name), self._nodes.get(name)
        if agent is None or node is None or agent.fault.silent:
            return
        now = self._clock.now()
        moment = now.timestamp()
        if not agent.registered:
            await self._register(agent, node)
        wanted = nodes.status(
            node, now, port=self.port, version=self._version, fault=agent.fault, images=_images(agent.host)
        )
        if nodes.differs(node, wanted) or moment - agent.reported_at >= STATUS_SECONDS:
            await self._report(agent, node, wanted, moment)
        interval = self._lease_seconds()
        if moment - agent.beat_at >= interval - 0.5:
            await self._beat(agent)
            agent.beat_at = moment
        self._queue.add_after(name, interval)

    def _lease_seconds(self) -> float:
        if isinstance(self._clock, ClusterClock) and self._clock.speed != 1.0:
            return LEASE_SECONDS_CAP
        return min(LEASE_SECONDS_CAP, max(LEASE_SECONDS, len(self._agents) / LEASES_A_SECOND))

    async def _register(self, agent: _Agent, node: View) -> None:
        name = agent.host.name
        wanted = nodes.registration(node, self.streaming)
        given = meta.annotations(node)
        if wanted["labels"] or any(given.get(k) != v for k, v in wanted["annotations"].items()):
            await self._client.patch(NODES, name, {"metadata": wanted})
        agent.registered = True
        spread = zlib.crc32(name.encode()) % 1000 / 1000
        if (node.get("status") or {}).get("nodeInfo", {}).get("kubeletVersion"):
            agent.reported = nodes.statuses(node["status"].get("conditions") or [])
            agent.reported_at = self._clock.now().timestamp() - spread * STATUS_SECONDS / 2
        self._event(node, "Starting", "Starting kubelet.")
        if len(self._agents) <= _MANY:
            self._event(node, "NodeAllocatableEnforced", "Updated Node Allocatable limit across pods")
            for reason in nodes.transitions({}, (node.get("status") or {}).get("conditions") or []):
                self._event(node, reason, f"Node {name} status is now: {reason}")

    async def _report(self, agent: _Agent, node: View, wanted: Object, moment: float) -> None:
        name = agent.host.name
        old = node.get("status") or {}
        patch = {k: v for k, v in wanted.items() if k == "conditions" or old.get(k) != v}
        await self._client.patch(NODES, name, {"status": patch}, subresource="status")
        for reason in nodes.transitions(nodes.statuses(old.get("conditions") or []), wanted["conditions"]):
            self._event(node, reason, f"Node {name} status is now: {reason}")
        agent.reported, agent.reported_at = nodes.statuses(wanted["conditions"]), moment

    async def _beat(self, agent: _Agent) -> None:
        name = agent.host.name
        stamp = format_micro_time(self._clock.now())
        try:
            patch = {"spec": {"renewTime": stamp}}
            await self._client.patch(LEASES, name, patch, namespace=LEASE_NAMESPACE, content_type=MERGE_PATCH)
        except errors.NotFound:
            await self._client.create(LEASES, nodes.lease(name, agent.uid, stamp), namespace=LEASE_NAMESPACE)

    def _event(self, node: View, reason: str, message: str) -> None:
        name = meta.name(node)
        about = {"kind": "Node", "name": name, "uid": name}
        self._events.recorder("kubelet", name).event_on(about, "Normal", reason, message)


def _images(host: Host) -> list[Object]:
    from controllers.simulated.container import full_image, image_id

    return [
        {"names": [image_id(image), full_image(image)], "sizeBytes": 25_000_000} for image in sorted(host.images)[:50]
    ]
