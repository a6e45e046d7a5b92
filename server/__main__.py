"""`python -m server`: a kube-apiserver in one process."""

from __future__ import annotations

import asyncio
import gc
import logging
import sys
from collections.abc import Callable, Sequence

from server.options import ServerOptions, UsageError, parse
from storage.errors import StorageError


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until told to stop: 0 after that, 2 for a bad flag or file, 1 when serving is impossible."""
    try:
        options, ignored = parse(sys.argv[1:] if argv is None else argv)
    except UsageError as e:
        return _fail(str(e), 2)
    gc.disable()  # until the server stands: what it is made of stays
    from server import lifecycle

    _log_to_stderr(options)
    for name in ignored:
        logging.getLogger("server").warning("flag %s is accepted and does nothing here", name)
    try:
        listener = lifecycle.listen(options)
    except OSError as e:
        return _fail(f"cannot listen on {options.bind_address}:{options.secure_port}: {e.strerror}", 1)
    try:
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            runner.run(lifecycle.run(options, listener))
    except ValueError as e:
        return _fail(str(e), 2)
    except StorageError as e:
        return _fail(f"cannot use etcd at {', '.join(options.etcd_servers)}: {e}", 1)
    except KeyboardInterrupt:
        pass
    return 0


def _fail(message: str, code: int) -> int:
    print(f"error: {message}", file=sys.stderr)
    return code


def _log_to_stderr(options: ServerOptions) -> None:
    level = logging.DEBUG if options.v >= 4 else logging.INFO if options.v >= 2 else logging.WARNING
    logging.basicConfig(level=level, format="%(asctime)s %(levelname)s %(name)s: %(message)s")


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory


if __name__ == "__main__":
    raise SystemExit(main())
