"""How many requests may be under way at once, and whose turn is next."""

from __future__ import annotations

import asyncio
from collections import deque


class Slots:
    """A fixed number of slots, each given to whoever waits longest; those in a hurry come before all others."""

    def __init__(self, number: int) -> None:
        self._free = number
        self._urgent: deque[asyncio.Future[None]] = deque()
        self._usual: deque[asyncio.Future[None]] = deque()

    @property
    def taken(self) -> bool:
        """Whether the next one has to wait."""
        return not self._free

    async def acquire(self, *, urgent: bool = False) -> None:
        """Take a slot; release() must follow."""
        if self._free:
            self._free -= 1
            return
        waiting = self._urgent if urgent else self._usual
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():
                self.release()
            raise

    def release(self) -> None:
        """Hand the slot on."""
        for waiting in (self._urgent, self._usual):
            while waiting:
                turn = waiting.popleft()
                if not turn.done():
                    turn.set_result(None)
                    return
        self._free += 1
