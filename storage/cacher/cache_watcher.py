"""A watcher: a bounded queue between those who commit and one who reads. Models storage/cacher/cache_watcher.go."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Iterator
from itertools import islice
from typing import Final, Self

from apimachinery.clock import Clock
from storage.cacher.bookmarks import Bookmarks
from storage.change import Change
from storage.errors import StorageError
from storage.interfaces import Event, WatchOptions

CAPACITY: Final = 10_000
"""Events that a watcher may lag behind; they are shared with the event window and with every other watcher."""


class CacheWatcher:
    """An open watch (storage.interfaces.Watch). `begin` and `offer` are for its source, the rest for its reader.

    `opener` runs at the first step and must call `begin`; `closed` is called once, when the watcher takes no more.
    """

    def __init__(
        self,
        options: WatchOptions,
        clock: Clock,
        opener: Callable[[CacheWatcher], Awaitable[None]],
        *,
        capacity: int = CAPACITY,
    ) -> None:
        self.options = options
        self._clock = clock
        self._opener: Callable[[CacheWatcher], Awaitable[None]] | None = opener
        self._capacity = capacity
        self._closed: Callable[[], None] | None = None
        self._initial: Iterator[Event] = iter(())
        self._queue: deque[Event] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self._bookmarks: Bookmarks | None = None
        self._after = 0
        self._ended = False
        self._error: StorageError | None = None

    @property
    def ended(self) -> bool:
        """Whether it takes no more events."""
        return self._ended

    def begin(
        self,
        initial: Iterable[Event],
        *,
        after: int,
        closed: Callable[[], None],
        revision: Callable[[], int],
    ) -> None:
        """Start with these events, then take what is offered of revisions above `after`; `revision` dates bookmarks."""
        if self._ended:
            closed()
            return
        self._initial = iter(initial)
        self._after = after
        self._closed = closed
        if self.options.bookmarks:
            self._bookmarks = Bookmarks(self._clock, self.options.deadline, lambda: self._bookmark(revision()))

    def offer(self, change: Change) -> None:
        """Queue what this watcher should know of a write; a watcher whose queue is full is ended."""
        if self._ended or change.revision <= self._after:
            return
        event = change.event_for(self.options.predicate)
        if event is None:
            return
        if len(self._queue) >= self._capacity:
            self.end()
            return
        self._queue.append(event)
        self._wake()

    def end(self, error: StorageError | None = None) -> None:
        """Take no more: the reader gets what is queued, then the error or a clean end."""
        if self._ended:
            return
        self._ended = True
        self._error = error
        if self._bookmarks is not None:
            self._bookmarks.stop()
        if self._closed is not None:
            self._closed()
        self._wake()

    def stop(self) -> None:
        """End at once; what is queued is dropped."""
        self.end()
        self._opener = None
        self._error = None
        self._initial = iter(())
        self._queue.clear()

    async def batch(self, limit: int = 500) -> list[Event]:
        """At least one event, as many as are there up to `limit`; empty at the end."""
        if self._opener is not None:
            opener, self._opener = self._opener, None
            try:
                await opener(self)
            except BaseException:
                self.end()
                raise
        while True:
            events = list(islice(self._initial, limit))
            while self._queue and len(events) < limit:
                events.append(self._queue.popleft())
            if events:
                return events
            if self._ended:
                if self._error is not None:
                    error, self._error = self._error, None
                    raise error
                return []
            await self._wait()

    async def __anext__(self) -> Event:
        events = await self.batch(1)
        if not events:
            raise StopAsyncIteration
        return events[0]

    def __aiter__(self) -> Self:
        return self

    async def _wait(self) -> None:
        self._waiter = asyncio.get_running_loop().create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _bookmark(self, revision: int) -> None:
        if revision < self._after or len(self._queue) >= self._capacity:
            return
        if self._queue and self._queue[-1].type == "BOOKMARK":
            self._queue.pop()
        self._queue.append(Event("BOOKMARK", None, revision))
        self._wake()
