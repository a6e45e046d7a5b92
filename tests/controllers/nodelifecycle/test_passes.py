"""When the monitor looks, by a clock of the test's own."""

from __future__ import annotations

import asyncio
import math

from apimachinery.clock import ManualClock
from controllers.nodelifecycle.passes import Passes


async def looks(clock: ManualClock, passes: Passes, due: float, seconds: int, *, stirred_at: int = -1) -> list[float]:
    """The moments of the passes while the clock goes on second by second."""
    found: list[float] = []

    async def monitor() -> None:
        while True:
            await passes.next(due if due > clock.monotonic() else math.inf)
            found.append(clock.monotonic())

    task = asyncio.ensure_future(monitor())
    for second in range(seconds):
        if second == stirred_at:
            passes.stir()
        for _ in range(5):
            await asyncio.sleep(0)
        clock.advance(1)
    for _ in range(5):
        await asyncio.sleep(0)
    task.cancel()
    return found


async def test_nothing_happens_nobody_looks() -> None:
    clock = ManualClock()
    assert await looks(clock, Passes(clock, 5.0), math.inf, 60) == []


async def test_pass_after_what_is_due_and_after_what_happened() -> None:
    clock = ManualClock()
    assert await looks(clock, Passes(clock, 5.0), 50.0, 60) == [55.0]
    clock = ManualClock()
    assert await looks(clock, Passes(clock, 5.0), 42.0, 60, stirred_at=11) == [15.0, 45.0]
