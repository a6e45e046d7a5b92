"""When the monitor looks at the nodes: upstream's regular passes, without those that could find nothing."""

from __future__ import annotations

import asyncio
import math

from apimachinery.clock import Clock


class Alarm:
    """Wakes one sleeper, by a call or by a timer."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._rung = asyncio.Event()

    def ring(self) -> None:
        """Wake the sleeper, or the next one who lies down."""
        self._rung.set()

    async def wait(self, seconds: float) -> None:
        """Return once it has rung since the last reset(), or after so many seconds, which may be infinite."""
        timer = None if math.isinf(seconds) else self._clock.call_later(max(0.0, seconds), self.ring)
        try:
            await self._rung.wait()
        finally:
            if timer is not None:
                timer.cancel()

    def reset(self) -> None:
        """What rang until now is dealt with."""
        self._rung.clear()


class Passes:
    """Moments that lie a whole number of periods after the first; one is left out unless something may have happened.

    Moving a cluster's time over hours is then not a matter of thousands of looks at nodes that are well.
    """

    def __init__(self, clock: Clock, period: float) -> None:
        self._clock = clock
        self._period = period
        self._alarm = Alarm(clock)
        self._begun = clock.monotonic()

    def stir(self) -> None:
        """Something happened that the next pass must see."""
        self._alarm.ring()

    async def next(self, due: float) -> None:
        """Return at the first moment after something happened, or after `due` by the clock's monotonic seconds."""
        await self._alarm.wait(due - self._clock.monotonic())
        passed = self._clock.monotonic() - self._begun
        await self._clock.sleep(self._period - passed % self._period)
        self._alarm.reset()
