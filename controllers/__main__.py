"""`python -m controllers --kubeconfig FILE`: the controller-manager process."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from controllers.manager import DESCRIPTORS, ControllerFailed, Manager
from controllers.options import ManagerOptions, parse
from controllers.runtime.errors import OptionsError
from controllers.runtime.kubeconfig import KubeconfigError
from controllers.runtime.leader_election import LeadershipLost

log = logging.getLogger("controllers")


def main(argv: Sequence[str] | None = None) -> int:
    """Run until SIGTERM or SIGINT; 0 after a clean stop, 1 after a failure."""
    options, flags = parse(argv, DESCRIPTORS)
    try:
        for descriptor in DESCRIPTORS:
            if descriptor.check is not None:
                descriptor.check(flags)
    except OptionsError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    level = logging.DEBUG if options.v >= 4 else logging.INFO if options.v >= 2 else logging.WARNING
    logging.basicConfig(level=level, stream=sys.stderr, format="%(asctime)s %(levelname).1s %(name)s %(message)s")
    gc.set_threshold(50_000, 50, 100)
    try:
        _run(options, flags)
    except KubeconfigError as error:
        log.error("%s", error)  # noqa: TRY400 - the message says it all
        return 1
    except BaseExceptionGroup as group:
        return _report(group)
    return 0


def _run(options: ManagerOptions, flags: dict[str, Any]) -> None:
    async def serve() -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - asyncio.run made it
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, task.cancel)
        if options.exit_on_stdin_close:
            _end_with_stdin(loop, task)
        with contextlib.suppress(asyncio.CancelledError):
            await _appearance(Path(options.kubeconfig), options.wait_for_kubeconfig)
            await Manager(options, flags).run()

    try:
        import uvloop
    except ImportError:
        asyncio.run(serve())
    else:
        uvloop.run(serve())


def _end_with_stdin(loop: asyncio.AbstractEventLoop, task: asyncio.Task[None]) -> None:
    def closed() -> None:
        if not os.read(0, 4096):
            loop.remove_reader(0)
            task.cancel()

    loop.add_reader(0, closed)


async def _appearance(path: Path, timeout: float) -> None:
    """Return when the file exists or the time is up; whoever starts the server writes it late."""
    deadline = time.monotonic() + timeout
    while not path.exists() and time.monotonic() < deadline:  # noqa: ASYNC110, ASYNC240 - nothing tells of a new file
        await asyncio.sleep(0.01)


def _report(group: BaseExceptionGroup[BaseException]) -> int:
    expected, other = group.split((ControllerFailed, LeadershipLost))
    for error in _leaves(expected):
        log.critical("%s", error, exc_info=error if isinstance(error, ControllerFailed) else None)
    if other is not None:
        log.critical("the manager failed", exc_info=other)
    return 1


def _leaves(error: BaseException | None) -> list[BaseException]:
    if error is None:
        return []
    if isinstance(error, BaseExceptionGroup):
        return [leaf for child in error.exceptions for leaf in _leaves(child)]
    return [error]


if __name__ == "__main__":
    sys.exit(main())
