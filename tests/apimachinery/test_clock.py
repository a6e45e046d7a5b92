"""The manual clock: order of timers, and sleepers that wake."""

from __future__ import annotations

import asyncio

from apimachinery.clock import ManualClock


def test_timers_fire_in_order_of_their_time() -> None:
    clock, fired = ManualClock(), list[str]()
    clock.call_later(2, lambda: fired.append("b"))
    clock.call_later(1, lambda: fired.append("a"))
    clock.call_later(1, lambda: fired.append("a2"))
    clock.call_later(9, lambda: fired.append("late"))
    dropped = clock.call_later(1, lambda: fired.append("never"))
    dropped.cancel()
    clock.advance(3)
    assert fired == ["a", "a2", "b"]
    assert clock.next_timer() == 6
    assert clock.monotonic() == 3


async def test_sleepers_wake() -> None:
    clock = ManualClock()
    sleeper = asyncio.ensure_future(clock.sleep(5))
    await asyncio.sleep(0)
    clock.advance(4.9)
    await asyncio.sleep(0)
    assert not sleeper.done()
    clock.advance(0.1)
    await sleeper
