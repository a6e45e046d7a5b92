"""The scheduling queue: order, back-off, and what brings a pod back."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from apimachinery.clock import ManualClock
from controllers.scheduler.queue import SchedulingQueue
from controllers.scheduler.types import PodInfo


def pod(name: str, priority: int = 0) -> PodInfo:
    metadata = {"name": name, "namespace": "n", "uid": name}
    return PodInfo.of({"metadata": metadata, "spec": {"containers": [], "priority": priority}})


async def taken(queue: SchedulingQueue) -> str | None:
    """The next pod, None when none is ready."""
    task = asyncio.ensure_future(queue.take())
    await asyncio.sleep(0)
    if task.done():
        return task.result().uid
    task.cancel()
    return None


async def test_important_pods_first_then_in_order() -> None:
    queue = SchedulingQueue(ManualClock())
    for info in (pod("a"), pod("b"), pod("vip", 10)):
        queue.put(info)
    assert [await taken(queue) for _ in range(4)] == ["vip", "a", "b", None]


async def fail(queue: SchedulingQueue, uid: str) -> None:
    assert await taken(queue) == uid
    queue.failed(uid, frozenset())


async def test_a_failed_pod_waits_for_a_change_and_its_back_off() -> None:
    clock = ManualClock()
    queue = SchedulingQueue(clock)
    queue.put(pod("a"))
    await fail(queue, "a")
    clock.advance(30)
    assert await taken(queue) is None
    queue.move(lambda *_: True)
    await fail(queue, "a")
    queue.move(lambda *_: True)
    clock.advance(1.9)
    assert await taken(queue) is None
    clock.advance(0.2)
    assert await taken(queue) == "a"


async def test_its_own_status_does_not_bring_it_back() -> None:
    clock = ManualClock()
    queue = SchedulingQueue(clock)
    queue.put(pod("a"))
    await fail(queue, "a")
    queue.put(pod("a"), retry=False)
    clock.advance(20)
    assert await taken(queue) is None
    queue.put(pod("a"))
    assert await taken(queue) == "a"


async def test_a_change_during_the_attempt_is_not_lost() -> None:
    clock = ManualClock()
    queue = SchedulingQueue(clock)
    queue.put(pod("a"))
    assert await taken(queue) == "a"
    queue.move(lambda *_: True)
    queue.failed("a", frozenset())
    clock.advance(1)
    assert await taken(queue) == "a"


async def test_a_change_of_the_pod_during_the_attempt_is_not_lost() -> None:
    clock = ManualClock()
    queue = SchedulingQueue(clock)
    queue.put(pod("a"))
    assert await taken(queue) == "a"
    queue.put(pod("a"))
    queue.failed("a", frozenset())
    clock.advance(1)
    assert await taken(queue) == "a"


async def test_a_change_during_the_attempt_that_does_not_help_is_none() -> None:
    clock = ManualClock()
    queue = SchedulingQueue(clock)
    queue.put(pod("a"))
    assert await taken(queue) == "a"
    queue.move(lambda _, plugins: "NodePorts" in plugins)
    queue.failed("a", frozenset({"NodeAffinity"}))
    clock.advance(30)
    assert await taken(queue) is None


@pytest.mark.parametrize("during", [False, True])
async def test_those_that_a_plugin_refused_are_tried_again(during: bool) -> None:
    clock = ManualClock()
    queue = SchedulingQueue(clock)
    for name, plugin in (("a", "InterPodAffinity"), ("b", "NodeAffinity")):
        queue.put(pod(name))
        assert await taken(queue) == name
        if during:
            queue.move_refused_by(frozenset({"InterPodAffinity"}))
        queue.failed(name, frozenset({plugin}))
    if not during:
        queue.move_refused_by(frozenset({"InterPodAffinity"}))
    clock.advance(30)
    assert [await taken(queue), await taken(queue)] == ["a", None]
    queue.drop("b")
    queue.failed("a", frozenset({"InterPodAffinity"}))
    queue.move_refused_by(frozenset({"NodeAffinity"}))
    clock.advance(30)
    assert await taken(queue) is None


async def test_stuck_pods_are_flushed() -> None:
    clock = ManualClock()
    queue = SchedulingQueue(clock)
    queue.put(pod("a"))
    await fail(queue, "a")
    clock.advance(301)
    assert await taken(queue) == "a"


async def test_a_bound_pod_leaves() -> None:
    queue = SchedulingQueue(ManualClock())
    queue.put(pod("a"))
    queue.drop("a")
    waiting: list[Any] = [await taken(queue), len(queue)]
    assert waiting == [None, 0]
