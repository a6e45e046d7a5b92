"""Heartbeats: when they are due, and what they write."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apimachinery.clock import ManualClock
from apimachinery.objects import View
from apimachinery.timestamp import format_micro_time
from controllers.runtime.controller import Controller
from controllers.runtime.resources import LEASES
from controllers.simulated import heartbeats
from controllers.simulated.cadence import until
from controllers.simulated.lease_agent import LEASE_NAMESPACE, LeaseAgents
from tests.controllers.cluster import Cluster, timer_set


@given(
    now=st.floats(0, 2e9, allow_nan=False),
    interval=st.sampled_from([10.0, 30.0, 300.0]),
    phase=st.floats(0, 1, exclude_max=True),
)
def test_turns_come_once_an_interval(now: float, interval: float, phase: float) -> None:
    first = until(now, interval, phase)
    assert 0 < first <= interval * 1.011
    assert until(now + first, interval, phase) == pytest.approx(interval, abs=1e-3)


def test_turns_are_spread() -> None:
    assert [until(1200.0, 10.0, phase) for phase in (0.0, 0.25, 0.5)] == [10.0, 2.5, 5.0]


class _Nodes:
    """The nodes whose kubelets live, and their agents at work on a server."""

    def __init__(self, cluster: Cluster, clock: ManualClock, workers: int) -> None:
        self.alive = {"n1": "uid-of-n1"}
        context = cluster.context(clock)
        queue = context.queue("kubelet_leases", str)
        informer = cluster.informers.informer(LEASES)
        self.agents = LeaseAgents(cluster.client, clock, informer, queue, lambda name: self.alive.get(name, ""))
        self.controller = Controller("kubelet_leases", queue, self.agents.sync, workers=workers, informers=(informer,))


@asynccontextmanager
async def beating(cluster: Cluster, clock: ManualClock, *, workers: int = 1) -> AsyncIterator[_Nodes]:
    nodes = _Nodes(cluster, clock, workers)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(nodes.controller.run())
        yield nodes
        running.cancel()


async def renewed(cluster: Cluster, clock: ManualClock) -> View:
    """The lease once it says the clock's time."""
    stamp = format_micro_time(clock.now())
    found = await cluster.until(
        LEASES, lambda leases: any(lease["spec"]["renewTime"] == stamp for lease in leases), LEASE_NAMESPACE
    )
    return found[0]


async def test_lease_is_created_renewed_and_made_anew(bare: Cluster) -> None:
    clock = ManualClock()
    async with beating(bare, clock) as nodes:
        nodes.agents.start("n1")
        lease = await renewed(bare, clock)
        assert lease["metadata"]["ownerReferences"] == [
            {"apiVersion": "v1", "kind": "Node", "name": "n1", "uid": "uid-of-n1"}
        ]
        assert lease["spec"]["holderIdentity"] == "n1"
        assert lease["spec"]["leaseDurationSeconds"] == 40
        await bare.merge(LEASES, "n1", {"metadata": {"annotations": {"mine": "stays"}}}, LEASE_NAMESPACE)
        await timer_set(clock)
        clock.advance(10.1)
        assert (await renewed(bare, clock))["metadata"]["annotations"] == {"mine": "stays"}
        await bare.client.delete(LEASES, "n1", namespace=LEASE_NAMESPACE)
        await timer_set(clock)
        clock.advance(10.1)
        assert "annotations" not in (await renewed(bare, clock))["metadata"]
        await bare.client.delete(LEASES, "n1", namespace=LEASE_NAMESPACE)


async def test_many_beat_in_one_request(bare: Cluster) -> None:
    clock = ManualClock()
    names = [f"m{i:02}" for i in range(40)]
    async with beating(bare, clock, workers=len(names)) as nodes:
        nodes.alive = {name: f"uid-of-{name}" for name in names}
        for name in names:
            nodes.agents.start(name)
        await bare.until(LEASES, lambda leases: len(leases) == len(names), LEASE_NAMESPACE)
        await bare.settled()
        asked = bare.metrics.requests.total()
        for name in names:
            nodes.agents.start(name)
        clock.advance(10.1)
        stamp = format_micro_time(clock.now())
        await bare.until(
            LEASES, lambda leases: all(lease["spec"]["renewTime"] == stamp for lease in leases), LEASE_NAMESPACE
        )
        assert bare.metrics.requests.total() - asked < len(names) / 2
        for name in names:
            await bare.client.delete(LEASES, name, namespace=LEASE_NAMESPACE)


async def test_each_beats_alone_where_the_server_takes_no_many(bare: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeats, "PATH", "/mockube/v1/nothing")
    clock = ManualClock()
    async with beating(bare, clock) as nodes:
        nodes.agents.start("n1")
        await renewed(bare, clock)
        await timer_set(clock)
        clock.advance(10.1)
        await renewed(bare, clock)
        await bare.client.delete(LEASES, "n1", namespace=LEASE_NAMESPACE)


async def test_dead_kubelet_renews_nothing(bare: Cluster) -> None:
    clock = ManualClock()
    async with beating(bare, clock) as nodes:
        nodes.agents.start("n1")
        before = (await renewed(bare, clock))["spec"]["renewTime"]
        uid, nodes.alive["n1"] = nodes.alive["n1"], ""
        await timer_set(clock)
        clock.advance(10.1)
        nodes.agents.start("n2")
        await asyncio.sleep(0)
        assert clock.next_timer() is None
        assert (await bare.client.get(LEASES, "n1", namespace=LEASE_NAMESPACE))["spec"]["renewTime"] == before
        nodes.alive["n1"] = uid
        nodes.agents.start("n1")
        await renewed(bare, clock)
