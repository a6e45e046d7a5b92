"""What is sent of many events, and what is said of those that are not."""

from __future__ import annotations

import asyncio

import pytest

from apimachinery import meta
from apimachinery.clock import ManualClock
from apimachinery.objects import Object
from controllers.runtime.event_sink import HOST_BURST, HOST_QPS, HOST_QUEUED, EventSink, Source
from controllers.runtime.resources import EVENTS
from tests.controllers.cluster import Cluster


def event(n: int, **more: object) -> Object:
    return {
        "metadata": {"name": f"x.{n:x}", "namespace": "default"},
        "involvedObject": {"kind": "Pod", "namespace": "default", "name": "x"},
        "reason": "Tested",
        "message": str(n),
        "type": "Normal",
        "source": {"component": "kubelet", "host": "n1"},
        "count": 1,
        **more,
    }


async def stopped(sink: EventSink) -> None:
    """Run the sink for no longer than it takes to stop it."""
    task = asyncio.ensure_future(sink.run())
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_kubelet_that_floods_loses_its_own_events(bare: Cluster, caplog: pytest.LogCaptureFixture) -> None:
    clock = ManualClock()
    sink = EventSink(bare.client, clock)
    room = HOST_BURST + HOST_QUEUED
    for n in range(room + 7):
        sink.put(Source("kubelet", "n1"), EVENTS, event(n), None)
    sink.put(Source("kubelet", "n2"), EVENTS, event(0), None)
    sink.put(Source("daemonset-controller"), EVENTS, event(0), None)
    clock.advance(1)
    for n in range(HOST_QPS + 1):
        sink.put(Source("kubelet", "n1"), EVENTS, event(n), None)
    assert not caplog.messages
    await stopped(sink)
    assert caplog.messages == ["too many events: 8 were dropped within 60 s (8 of kubelet)"]


async def test_repeat_is_patched_and_made_anew_where_it_is_gone(bare: Cluster) -> None:
    sink = EventSink(bare.client, ManualClock())
    task = asyncio.ensure_future(sink.run())
    sink.put(Source("kubelet", "n1"), EVENTS, event(1), None)
    sink.put(Source("kubelet", "n1"), EVENTS, event(1), {"count": 2})
    sink.put(Source("kubelet", "n1"), EVENTS, event(2, count=5), {"count": 5})
    await sink.drain()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    found = {meta.name(e): e["count"] for e in await bare.live(EVENTS, "default") if e["reason"] == "Tested"}
    assert found == {"x.1": 2, "x.2": 5}
