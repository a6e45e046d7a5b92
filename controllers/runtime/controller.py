"""The only worker loop. Models pkg/controller's processNextWorkItem."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Generic, Protocol, TypeVar

from apimachinery import errors
from controllers.runtime.errors import RETRIABLE
from controllers.runtime.informer import SharedInformer, wait_for_sync
from controllers.runtime.workqueue import WorkQueue

K = TypeVar("K", bound=Hashable)

log = logging.getLogger(__name__)


class Runnable(Protocol):
    """What the manager runs: until cancelled, leaving no task behind."""

    async def run(self) -> None: ...


class Controller(Generic[K]):
    """Workers that take keys from a queue and sync them, once the caches they read are full.

    A sync that raises one of RETRIABLE comes back with back-off, at most `max_retries` times in a row when given; any
    other exception is a programming error and ends the process.
    """

    def __init__(
        self,
        name: str,
        queue: WorkQueue[K],
        sync: Callable[[K], Awaitable[None]],
        *,
        workers: int = 1,
        informers: Sequence[SharedInformer] = (),
        max_retries: int | None = None,
    ) -> None:
        self.name = name
        self._queue = queue
        self._sync = sync
        self._workers = workers
        self._informers = informers
        self._max_retries = max_retries

    async def run(self) -> None:
        """Sync until cancelled."""
        await wait_for_sync(*self._informers)
        try:
            async with asyncio.TaskGroup() as tasks:
                for n in range(self._workers):
                    tasks.create_task(self._work(), name=f"{self.name}-{n}")
        finally:
            self._queue.shut_down()

    async def _work(self) -> None:
        while True:
            key = await self._queue.get()
            try:
                await self._sync(key)
            except RETRIABLE as error:
                self._failed(key, error)
            else:
                self._queue.forget(key)
            finally:
                self._queue.done(key)

    def _failed(self, key: K, error: Exception) -> None:
        if self._max_retries is not None and self._queue.num_requeues(key) >= self._max_retries:
            log.warning("%s: giving up on %s: %s", self.name, key, error)
            self._queue.forget(key)
            return
        level = logging.DEBUG if isinstance(error, errors.Conflict) else logging.INFO
        log.log(level, "%s: %s: %s; trying again", self.name, key, error)
        self._queue.add_rate_limited(key)
