"""What an event is called."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from apimachinery import meta
from apimachinery.clock import ManualClock
from controllers.runtime.event_recorder import EventBroadcaster
from controllers.runtime.resources import EVENTS
from tests.controllers.cluster import Cluster

MOMENT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


async def test_events_of_one_moment_are_all_kept(bare: Cluster) -> None:
    broadcaster = EventBroadcaster(bare.client, ManualClock(MOMENT))
    sending = asyncio.ensure_future(broadcaster.run())
    recorder = broadcaster.recorder("test")
    for reason in ("One", "Two", "Three"):
        recorder.event_on({"kind": "Pod", "namespace": "default", "name": "web"}, "Normal", reason, "said")
    recorder.event_on({"kind": "Pod", "namespace": "default", "name": "other"}, "Normal", "One", "said")
    await broadcaster.drain()
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)
    names = {(e["involvedObject"]["name"], e["reason"]): meta.name(e) for e in await bare.live(EVENTS, "default")}
    first = int(MOMENT.timestamp()) * 10**9
    assert names["web", "One"] == f"web.{first:x}"
    assert names["web", "Two"] == f"web.{first + 1:x}"
    assert names["web", "Three"] == f"web.{first + 2:x}"
    assert names["other", "One"] == f"other.{first:x}"
