"""The queue: deduplication, one worker an item, delays on the clock, back-off."""

from __future__ import annotations

import asyncio

import pytest

from apimachinery.clock import ManualClock
from controllers.runtime.rate_limiter import Backoff, ControllerRateLimiter, TokenBucket
from controllers.runtime.workqueue import ShutDown, WorkQueue


async def test_an_item_waits_once_and_comes_back_when_added_during_work() -> None:
    queue = WorkQueue[str](ManualClock())
    for item in ("a", "b", "a"):
        queue.add(item)
    assert [await queue.get(), await queue.get()] == ["a", "b"]
    queue.add("a")
    queue.add("a")
    assert len(queue) == 0
    queue.done("a")
    assert await queue.get() == "a"
    queue.done("a")
    queue.done("b")
    assert len(queue) == 0


async def test_of_two_delays_the_earlier_counts() -> None:
    clock = ManualClock()
    queue = WorkQueue[str](clock)
    queue.add_after("a", 10)
    queue.add_after("a", 3)
    queue.add_after("a", 20)
    clock.advance(2.9)
    assert len(queue) == 0
    clock.advance(0.2)
    assert await queue.get() == "a"
    queue.done("a")
    clock.advance(100)
    assert len(queue) == 0


async def test_retries_run_on_the_pacing_clock() -> None:
    cluster, machine = ManualClock(), ManualClock()
    queue = WorkQueue[str](cluster, pacing=machine)
    queue.add_rate_limited("a")
    cluster.advance(1000)
    assert len(queue) == 0
    machine.advance(0.005)
    assert await queue.get() == "a"


async def test_waiting_workers_end_with_the_queue() -> None:
    queue = WorkQueue[str](ManualClock())
    async with asyncio.TaskGroup() as tasks:
        waiting = [tasks.create_task(_get(queue)) for _ in range(3)]
        await asyncio.sleep(0)
        queue.shut_down()
    assert [t.result() for t in waiting] == [None, None, None]
    with pytest.raises(ShutDown):
        await queue.get()


async def _get(queue: WorkQueue[str]) -> str | None:
    try:
        return await queue.get()
    except ShutDown:
        return None


async def test_a_cancelled_worker_passes_its_wake_up_on() -> None:
    queue = WorkQueue[str](ManualClock())
    first = asyncio.ensure_future(queue.get())
    second = asyncio.ensure_future(queue.get())
    await asyncio.sleep(0)
    queue.add("a")
    first.cancel()
    async with asyncio.timeout(60):
        assert await second == "a"


def test_back_off_doubles_to_its_cap_and_the_bucket_adds_up() -> None:
    limiter = ControllerRateLimiter[str](ManualClock(), cap=1000)
    assert [limiter.when("a") for _ in range(4)] == [0.005, 0.01, 0.02, 0.04]
    limiter.forget("a")
    assert limiter.when("a") == 0.005
    busy = ControllerRateLimiter[str](ManualClock())
    delays = [busy.when(str(n)) for n in range(110)]
    assert delays[99] == 0.005
    assert delays[109] == pytest.approx(1.0)
    for _ in range(60):
        last = limiter.when("b")
    assert last == 1000


def test_token_bucket_refills() -> None:
    clock = ManualClock()
    bucket = TokenBucket(clock, qps=2, burst=3)
    assert [bucket.try_accept() for _ in range(4)] == [True, True, True, False]
    clock.advance(1)
    assert [bucket.try_accept() for _ in range(3)] == [True, True, False]


def test_failed_pod_back_off() -> None:
    clock = ManualClock()
    backoff = Backoff(clock, initial=1, cap=900)
    assert not backoff.in_backoff_since_update("k")
    for expected in (1, 2, 4, 8):
        backoff.next("k")
        assert backoff.get("k") == expected
        clock.advance(expected - 0.01)
        assert backoff.in_backoff_since_update("k")
        clock.advance(0.01)
        assert not backoff.in_backoff_since_update("k")
    clock.advance(1801)
    backoff.gc()
    assert backoff.get("k") == 0
