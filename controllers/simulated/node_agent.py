"""The node side of the simulated kubelets: they register, report, and fail when told to."""

from __future__ import annotations

import asyncio
import json
import logging
import math
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Final

from apimachinery import errors, meta
from apimachinery.clock import Clock
from apimachinery.objects import Object, View
from controllers.runtime.client import Client
from controllers.runtime.errors import TransportError
from controllers.runtime.event_recorder import EventBroadcaster
from controllers.runtime.informer import SharedInformer
from controllers.runtime.resources import NODES
from controllers.runtime.workqueue import WorkQueue
from controllers.simulated import node as nodes
from controllers.simulated.addresses import PodAddresses, Ranges
from controllers.simulated.cadence import Cadence
from controllers.simulated.eviction_manager import EvictionManagers
from controllers.simulated.host import Host
from controllers.simulated.node import Fault
from controllers.simulated.pod_machine import PodMachine

STATUS_SECONDS: Final = 300.0
"""How often a status is reported that has not changed."""
_MANY: Final = 500
"""With more nodes than this, a kubelet that starts says so in one event instead of six."""
_REGISTERING: Final = 8
_REGISTER_SECONDS: Final = 0.1
_REGISTER_SECONDS_CAP: Final = 7.0

log = logging.getLogger(__name__)


class _Agent:
    """What one kubelet knows of its own reports."""

    __slots__ = ("cordoned", "fault", "host", "registered", "report_at", "reported", "uid")

    def __init__(self, host: Host, uid: str) -> None:
        self.host = host
        self.uid = uid
        self.fault = Fault()
        self.registered = False
        self.reported: dict[str, str] = {}
        self.report_at = 0.0
        self.cordoned = False


class NodeAgents:
    """Every simulated node's own reporting.

    `changed` is called with a node's name when its pods must look again, `beats` when its heartbeat begins anew; what
    is reported goes by the `urgent` client.
    """

    def __init__(
        self,
        client: Client,
        urgent: Client,
        clock: Clock,
        events: EventBroadcaster,
        informer: SharedInformer,
        queue: WorkQueue[str],
        *,
        version: str,
        changed: Callable[[str], None],
        beats: Callable[[str], None],
    ) -> None:
        self._client = client
        self._urgent = urgent
        self._clock = clock
        self._events = events
        self._nodes = informer
        self._queue = queue
        self._version = version
        self._changed = changed
        self._beats = beats
        self._cadence = Cadence(clock)
        self._agents: dict[str, _Agent] = {}
        self._ranges = Ranges()
        self.streaming = ""
        self.port = 10250
        self.on_power_off: Callable[[str], None] = lambda name: None
        self.evictions: EvictionManagers | None = None
        self.pods_on: Callable[[str], Sequence[PodMachine]] = lambda name: ()

    def host(self, name: str) -> Host | None:
        """The machine of a node; None when it is not simulated or gone."""
        agent = self._agents.get(name)
        return agent.host if agent is not None else None

    def alive(self, name: str) -> str:
        """The UID of a node whose kubelet has registered and reaches the API server, "" for any other."""
        agent = self._agents.get(name)
        return agent.uid if agent is not None and agent.registered and not agent.fault.silent else ""

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
            host.pods = partial(self.pods_on, name)
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
        self._observe(agent)
        if fault.power and not old.power:
            self.on_power_off(host.name)
        self._queue.add(host.name)
        self._changed(host.name)
        if old.silent and self.alive(host.name):
            self._beats(host.name)

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
            await self._create(node, limit)

        await asyncio.gather(*(register(n) for n in wanted if self._nodes.get(meta.name(n)) is None))

    async def _create(self, node: Object, limit: asyncio.Semaphore) -> None:
        """Create a Node, again and again until the API server has it."""
        delay = _REGISTER_SECONDS
        while True:
            try:
                async with limit:
                    await self._client.create(NODES, node)
            except errors.AlreadyExists:
                return
            except (errors.StatusError, TransportError) as error:
                delay = min(_REGISTER_SECONDS_CAP, 2 * delay)
                log.warning("registering node %s: %s; trying again", meta.name(node), error)
                await self._client.pacing.sleep(delay)
            else:
                return

    async def sync(self, name: str) -> None:
        """Register and report, each when it is due."""
        agent, node = self._agents.get(name), self._nodes.get(name)
        if agent is None or node is None or agent.fault.silent:
            return
        if not agent.registered:
            await self._register(agent, node)
        now = self._clock.now()
        changes = self._observe(agent)
        images = _images(agent.host)
        fault = agent.fault._replace(pressure=agent.host.pressure)
        wanted = nodes.status(node, now, port=self.port, version=self._version, fault=fault, images=images)
        if nodes.differs(node, wanted) or now.timestamp() >= agent.report_at:
            await self._report(agent, node, wanted)
        looks = self.evictions.synchronize(node, now.timestamp()) if self.evictions is not None else math.inf
        self._queue.add_after(name, min(agent.report_at, changes, looks) - now.timestamp())

    def _observe(self, agent: _Agent) -> float:
        """Let the host's conditions follow from its fault, until the moment that is returned."""
        if self.evictions is None:
            agent.host.pressure = agent.fault.pressure
            return math.inf
        return self.evictions.observe(agent.host, agent.fault.pressure, self._clock.now().timestamp())

    async def _register(self, agent: _Agent, node: View) -> None:
        name = agent.host.name
        wanted = nodes.registration(node, self.streaming)
        given = meta.annotations(node)
        if wanted["labels"] or any(given.get(k) != v for k, v in wanted["annotations"].items()):
            await self._client.patch(NODES, name, {"metadata": wanted})
        agent.registered = True
        self._beats(name)
        if (node.get("status") or {}).get("nodeInfo", {}).get("kubeletVersion"):
            self._reported(agent, node["status"].get("conditions") or [])
        self._event(node, "Starting", "Starting kubelet.")
        if len(self._agents) <= _MANY:
            self._event(node, "NodeAllocatableEnforced", "Updated Node Allocatable limit across pods")
            for reason in nodes.transitions({}, (node.get("status") or {}).get("conditions") or []):
                self._event(node, reason, f"Node {name} status is now: {reason}")

    def _reported(self, agent: _Agent, conditions: list[Object]) -> None:
        agent.reported = nodes.statuses(conditions)
        agent.report_at = self._clock.now().timestamp() + self._cadence.wait(agent.host.name, STATUS_SECONDS)

    async def _report(self, agent: _Agent, node: View, wanted: Object) -> None:
        name = agent.host.name
        old = node.get("status") or {}
        patch = {k: v for k, v in wanted.items() if k == "conditions" or old.get(k) != v}
        await self._urgent.patch(NODES, name, {"status": patch}, subresource="status")
        for reason in nodes.transitions(nodes.statuses(old.get("conditions") or []), wanted["conditions"]):
            self._event(node, reason, f"Node {name} status is now: {reason}")
        self._reported(agent, wanted["conditions"])

    def _event(self, node: View, reason: str, message: str) -> None:
        name = meta.name(node)
        about = {"kind": "Node", "name": name, "uid": name}
        self._events.recorder("kubelet", name).event_on(about, "Normal", reason, message)


def _images(host: Host) -> list[Object]:
    from controllers.simulated.container import full_image, image_id

    return [
        {"names": [image_id(image), full_image(image)], "sizeBytes": 25_000_000} for image in sorted(host.images)[:50]
    ]
