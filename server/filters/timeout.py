"""A deadline for requests that are not meant to last. Models apiserver/pkg/server/filters/timeout.go."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from apimachinery import errors
from server.endpoints.request import Handler, Request, Response
from server.filters.chain import Filter

LONG_RUNNING_VERBS: Final = frozenset({"watch", "proxy"})
LONG_RUNNING_SUBRESOURCES: Final = frozenset({"attach", "exec", "log", "portforward", "proxy"})


def long_running(request: Request) -> bool:
    """Whether the request may last as long as its client likes."""
    info = request.info
    return info is not None and (
        info.verb in LONG_RUNNING_VERBS or (info.resource_request and info.subresource in LONG_RUNNING_SUBRESOURCES)
    )


class _Deadline:
    """A task that is cancelled unless it is done in time."""

    __slots__ = ("at", "cancelling", "expired", "task")

    def __init__(self, task: asyncio.Task[Any], at: float) -> None:
        self.task = task
        self.at = at
        self.cancelling = task.cancelling()
        self.expired = False


class _Deadlines:
    """The same limit for every request: they expire in the order in which they came, so one timer is enough."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._open: dict[_Deadline, None] = {}
        self._timer: asyncio.TimerHandle | None = None

    def begin(self) -> _Deadline:
        loop = asyncio.get_running_loop()
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a handler runs in a task
        deadline = _Deadline(task, loop.time() + self._seconds)
        self._open[deadline] = None
        if self._timer is None:
            self._timer = loop.call_at(deadline.at, self._expire)
        return deadline

    def end(self, deadline: _Deadline) -> None:
        self._open.pop(deadline, None)

    def _expire(self) -> None:
        loop = asyncio.get_running_loop()
        self._timer = None
        for deadline in list(self._open):
            if deadline.at > loop.time():
                self._timer = loop.call_at(deadline.at, self._expire)
                return
            del self._open[deadline]
            deadline.expired = True
            deadline.task.cancel()


def with_timeout(seconds: float) -> Filter:
    """A 504 after so many seconds."""

    def wrap(handler: Handler) -> Handler:
        deadlines = _Deadlines(seconds)

        async def limit(request: Request) -> Response:
            if long_running(request):
                return await handler(request)
            deadline = deadlines.begin()
            try:
                return await handler(request)
            except asyncio.CancelledError:
                if deadline.expired and deadline.task.uncancel() <= deadline.cancelling:
                    raise errors.Timeout(
                        "the server was unable to return a response in the time allotted, but may still be processing "
                        "the request",
                        details={},
                    ) from None
                raise
            finally:
                deadlines.end(deadline)

        return limit

    return wrap
