"""Two managers and one lease: one works, the other takes over, never both."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from apimachinery import meta
from apimachinery.objects import View
from apimachinery.timestamp import format_micro_time
from controllers.runtime.client import Client
from controllers.runtime.kubeconfig import load_kubeconfig
from controllers.runtime.leader_election import LeaderElectionOptions, LeaderElector
from controllers.runtime.resources import LEASES
from tests.controllers.cluster import Cluster
from tests.support.api import ServerProcess

pytestmark = pytest.mark.slow


def options(identity: str, name: str) -> LeaderElectionOptions:
    return LeaderElectionOptions(identity, name=name, lease_duration=15.0, renew_deadline=10.0, retry_period=0.1)


async def test_hand_over_on_a_clean_stop(server: ServerProcess, bare: Cluster) -> None:
    working: list[str] = []
    most = 0

    async def lead(identity: str) -> None:
        async def work() -> None:
            nonlocal most
            working.append(identity)
            most = max(most, len(working))
            try:
                await asyncio.get_running_loop().create_future()
            finally:
                working.remove(identity)

        async with Client(load_kubeconfig(server.kubeconfig)) as client:
            await LeaderElector(client, options(identity, "clean")).run(work)

    def held_by(identity: str) -> Callable[[list[View]], bool]:
        return lambda leases: any(
            meta.name(lease) == "clean" and lease["spec"]["holderIdentity"] == identity for lease in leases
        )

    async with asyncio.TaskGroup() as tasks:
        first = tasks.create_task(lead("first"))
        await bare.until(LEASES, held_by("first"), "kube-system")
        second = tasks.create_task(lead("second"))
        await bare.until(LEASES, lambda _: working == ["first"], "kube-system")
        first.cancel()
        await bare.until(LEASES, held_by("second"), "kube-system")
        (lease,) = [found for found in await bare.live(LEASES, "kube-system") if meta.name(found) == "clean"]
        assert lease["spec"]["leaseTransitions"] == 1
        second.cancel()
    assert most == 1


async def test_a_leader_that_vanished_is_replaced_after_the_lease(server: ServerProcess, bare: Cluster) -> None:
    clock = bare.client.clock
    lease = {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {"name": "crash"},
        "spec": {
            "holderIdentity": "gone",
            "leaseDurationSeconds": 1,
            "renewTime": format_micro_time(clock.now()),
            "acquireTime": format_micro_time(clock.now()),
            "leaseTransitions": 4,
        },
    }
    await bare.client.create(LEASES, lease, namespace="kube-system")
    began = clock.monotonic()
    took = asyncio.Event()

    async def work() -> None:
        took.set()

    async with Client(load_kubeconfig(server.kubeconfig)) as client:
        await LeaderElector(client, options("next", "crash")).run(work)
    assert took.is_set()
    assert clock.monotonic() - began >= 0.9
