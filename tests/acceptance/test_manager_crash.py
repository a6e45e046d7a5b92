"""kill -9 of the controller manager in the middle of rollouts, and what the next one makes of it."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator

import pytest

from mockube.cluster import Cluster
from tests.acceptance.objects import (
    DAEMONSETS,
    HASH,
    PODS,
    daemonset,
    images,
    is_deleting,
    is_ready,
    node_of,
    settled,
    start,
    strategy,
)
from tests.support.live import Api, Obj
from tests.support.machine import Manager

NODES = 20
CONTROLLERS_ARGS = ("--controllers=*,-daemonset-controller", "--leader-elect=false")
MOST_DOWN = 3
CRASHES = 20


@pytest.fixture
def manager(cluster: Cluster) -> Iterator[Manager]:
    """The manager that runs the DaemonSet controller; the machines and the rest live on in another."""
    with Manager(cluster, "--controllers=daemonset-controller", "--leader-elect=false") as process:
        yield process


class Watcher:
    """What must hold at every moment of every rollout."""

    def __init__(self) -> None:
        self.most_down = 0
        self.duplicates: set[tuple[str, str]] = set()

    def __call__(self, pods: list[Obj]) -> None:
        """One state of the pods."""
        serving = {node_of(p) for p in pods if is_ready(p) and not is_deleting(p)}
        self.most_down = max(self.most_down, NODES - len(serving))
        alive = Counter((node_of(p), p["metadata"]["labels"][HASH]) for p in pods if not is_deleting(p))
        self.duplicates |= {key for key, count in alive.items() if count > 1}


def test_twenty_crashes(cluster: Cluster, api: Api, namespace: str, manager: Manager) -> None:
    chance = random.Random(20)
    path = PODS.format(namespace)
    start(api, namespace, daemonset(spec=strategy(maxUnavailable=MOST_DOWN)), nodes=NODES)
    watcher = Watcher()
    crashes = version = 0
    with api.watch(path) as pods, api.watch(DAEMONSETS.format(namespace)) as sets:
        pods.observe(watcher)
        while crashes < CRASHES:
            version += 1
            image = f"nginx:1.{100 + version}"
            before = len(pods.events)
            patch = {"spec": {"template": {"spec": {"containers": [{"name": "c", "image": image}]}}}}
            generation = api.patch(f"{DAEMONSETS.format(namespace)}/ds", patch)["metadata"]["generation"]
            for moment in sorted(chance.sample(range(1, 100), min(4, CRASHES - crashes))):
                pods.until(lambda _, n=before + moment: len(pods.events) >= n, timeout=60, what="the rollout goes on")  # type: ignore[misc]
                manager.kill()
                manager.start()
                crashes += 1
            sets.until(
                lambda found, g=generation: found[0]["status"]["observedGeneration"] == g and settled(found[0], NODES),  # type: ignore[misc]
                timeout=90,
                what=f"the rollout to {image}",
            )
            pods.catch_up()
            assert images([p for p in pods.objects if not is_deleting(p)]) == {image}
    assert crashes == CRASHES
    assert watcher.most_down <= MOST_DOWN
    assert not watcher.duplicates
    assert pods.until(lambda found: len(found) == NODES)


def test_a_crash_of_everything_but_the_server(cluster: Cluster, api: Api, namespace: str, manager: Manager) -> None:
    """The process with the machines, the scheduler and the other controllers dies too; its pods are taken up again."""
    path = PODS.format(namespace)
    before = start(api, namespace, daemonset(spec=strategy(maxUnavailable=MOST_DOWN)), nodes=NODES)
    watcher = Watcher()
    with api.watch(path) as pods, api.watch(DAEMONSETS.format(namespace)) as sets:
        pods.observe(watcher)
        patch = {"spec": {"template": {"spec": {"containers": [{"name": "c", "image": "nginx:1.30"}]}}}}
        api.patch(f"{DAEMONSETS.format(namespace)}/ds", patch)
        pods.until(lambda _: len(pods.events) > 20)
        assert cluster.controllers is not None
        cluster.controllers.kill()
        manager.kill()
        manager.start()
        with Manager(cluster, *CONTROLLERS_ARGS):
            sets.until(
                lambda found: found[0]["status"]["observedGeneration"] == 2 and settled(found[0], NODES), timeout=90
            )
            after = pods.until(lambda found: len(found) == NODES)
    assert watcher.most_down <= MOST_DOWN
    assert not watcher.duplicates
    assert {p["metadata"]["uid"] for p in before}.isdisjoint(p["metadata"]["uid"] for p in after)
