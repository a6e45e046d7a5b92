"""Evicts one pod a cycle from machines that run short. Models pkg/kubelet/eviction/eviction_manager.go."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from apimachinery import meta
from apimachinery.objects import View
from controllers.runtime.event_recorder import EventBroadcaster
from controllers.simulated import eviction
from controllers.simulated.host import Host
from controllers.simulated.pod_machine import PodMachine


@dataclass(slots=True)
class _Manager:
    """What one kubelet knows of its shortages; moments in seconds of the cluster's time."""

    short_of: frozenset[str] = frozenset()
    last_observed: dict[str, float] = field(default_factory=dict)
    evicted: PodMachine | None = None
    evicted_at: float = 0.0
    next_look: float = 0.0


class EvictionManagers:
    """The eviction managers of every simulated node."""

    def __init__(
        self,
        events: EventBroadcaster,
        machines: Callable[[str], Iterable[PodMachine]],
        look_again: Callable[[PodMachine], None],
    ) -> None:
        self._events = events
        self._machines = machines
        self._look_again = look_again
        self._managers: dict[str, _Manager] = {}

    def observe(self, host: Host, pressure: frozenset[str], now: float) -> float:
        """Note what a machine is short of; the conditions are the host's, until the moment that is returned."""
        manager = self._managers.setdefault(host.name, _Manager())
        for kind in pressure | manager.short_of:
            manager.last_observed[kind] = now
        manager.short_of = host.short_of = pressure
        lasting = {k: at for k, at in manager.last_observed.items() if now - at < eviction.TRANSITION_SECONDS}
        manager.last_observed = lasting
        host.pressure = pressure | frozenset(lasting)
        if not host.pressure:
            del self._managers[host.name]
        ends = [at + eviction.TRANSITION_SECONDS for kind, at in lasting.items() if kind not in pressure]
        return min(ends, default=math.inf)

    def synchronize(self, node: View, now: float) -> float:
        """Evict at most one pod; the moment to look again, infinite when nothing is short."""
        name = meta.name(node)
        manager = self._managers.get(name)
        allocatable: Mapping[str, str] = (node.get("status") or {}).get("allocatable") or {}
        signal = eviction.signal_of(manager.short_of, allocatable) if manager is not None else None
        if manager is None or signal is None:
            return math.inf
        if now < manager.next_look:
            return manager.next_look
        last = manager.evicted
        if last is not None and not last.finished and now - manager.evicted_at < eviction.CLEANUP_CAP:
            manager.next_look = now + eviction.CLEANUP_SECONDS
            return manager.next_look
        about = {"kind": "Node", "name": name, "uid": name}
        recorder = self._events.recorder("kubelet", name)
        recorder.event_on(about, "Warning", "EvictionThresholdMet", f"Attempting to reclaim {signal.resource}")
        manager.evicted = self._evict(name, signal, now)
        manager.evicted_at = now
        wait = eviction.CLEANUP_SECONDS if manager.evicted is not None else eviction.MONITORING_SECONDS
        manager.next_look = now + wait
        return manager.next_look

    def _evict(self, name: str, signal: eviction.Signal, now: float) -> PodMachine | None:
        ranked = eviction.rank(eviction.candidates(self._machines(name), now), signal.resource)
        if not ranked:
            return None
        chosen = ranked[0]
        text, annotations = eviction.message(chosen, signal), eviction.event_annotations(chosen, signal)
        chosen.machine.evict(text, annotations, now, eviction.GRACE_SECONDS)
        self._look_again(chosen.machine)
        return chosen.machine
