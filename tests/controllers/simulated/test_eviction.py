"""Whom a kubelet evicts first, and what it says."""

from __future__ import annotations

import math
from typing import Any

import pytest

from controllers.simulated import eviction
from controllers.simulated.eviction import Candidate, Signal
from controllers.simulated.eviction_manager import EvictionManagers
from controllers.simulated.usage import ContainerUsage, PodUsage
from tests.controllers.simulated.stage import Stage, container, pod

MEMORY = Signal("memory", 100 << 20, 50 << 20)
MI = 1 << 20


def candidate(name: str, used: int | None, asked: str = "", priority: int = 0) -> Candidate:
    """A pod of one container that uses so many bytes; None is not measured."""
    requests: dict[str, Any] = {"resources": {"requests": {"memory": asked}}} if asked else {}
    obj = pod(container(**requests), priority=priority)
    obj["metadata"]["name"] = name
    usage = None if used is None else PodUsage((ContainerUsage("c", 1, used, 0),), 0)
    return Candidate(Stage(obj).machine, usage)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (candidate("unmeasured", None), candidate("over", 900 * MI)),
        (candidate("over", 20 * MI, "10Mi", priority=1000), candidate("within", 900 * MI, "1Gi")),
        (candidate("exactly-over", 10 * MI + 1, "10Mi"), candidate("exactly-within", 10 * MI, "10Mi")),
        (candidate("low", 11 * MI, "10Mi", priority=1), candidate("high", 900 * MI, "10Mi", priority=2)),
        (candidate("b-more", 40 * MI, "10Mi"), candidate("a-less", 60 * MI, "50Mi")),
        (candidate("a", 5 * MI), candidate("b", 5 * MI)),
        (candidate("best-effort", 8 * MI), candidate("burstable", 8 * MI, "1Mi")),
    ],
    ids=lambda c: c.machine.pod["metadata"]["name"],
)
def test_who_goes_first(first: Candidate, second: Candidate) -> None:
    for given in ([first, second], [second, first]):
        assert eviction.rank(given, "memory") == [first, second]


def test_only_who_uses_too_much_is_blamed() -> None:
    over, within = candidate("over", 20 * MI + 1, "10Mi"), candidate("within", 5 * MI, "10Mi")
    assert eviction.message(over, MEMORY) == (
        "The node was low on resource: memory. Threshold quantity: 100Mi, available: 50Mi. "
        "Container c was using 20971521, request is 10Mi, has larger consumption of memory. "
    )
    assert eviction.message(within, MEMORY).endswith("available: 50Mi. ")
    assert eviction.event_annotations(within, MEMORY) == {
        "offending_containers": "",
        "offending_containers_usage": "",
        "starved_resource": "memory",
    }
    assert eviction.event_annotations(candidate("unmeasured", None), MEMORY) == {}


def test_memory_comes_before_disk_and_processes_evict_nobody() -> None:
    allocatable = {"ephemeral-storage": "100Gi"}
    both = eviction.signal_of({"DiskPressure", "MemoryPressure"}, allocatable)
    assert both is not None and both.resource == "memory"
    assert eviction.signal_of({"DiskPressure"}, allocatable) == Signal("ephemeral-storage", 10 << 30, 5 << 30)
    assert eviction.signal_of({"PIDPressure"}, allocatable) is None


def test_critical_pods_and_those_that_end_are_no_candidates() -> None:
    critical, user = candidate("critical", MI, priority=2_000_001_000), candidate("user", MI)
    assert [c.machine for c in eviction.candidates([critical.machine, user.machine], 0.0)] == [user.machine]
    user.machine.evict("m", {}, 0.0, 1.0)
    assert eviction.candidates([user.machine], 0.0) == []


def test_a_condition_outlives_its_reason() -> None:
    host, memory = Stage(pod()).host, frozenset({"MemoryPressure"})
    managers = EvictionManagers(None, lambda _: [], lambda _: None)  # type: ignore[arg-type]
    assert managers.observe(host, memory, 1000.0) == math.inf
    assert managers.observe(host, frozenset(), 1010.0) == 1310.0
    assert managers.observe(host, frozenset(), 1309.0) == 1310.0
    assert host.pressure == memory
    assert managers.observe(host, frozenset(), 1310.0) == math.inf
    assert not host.pressure
