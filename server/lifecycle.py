"""Sockets, readiness, drain and end. Models apiserver/pkg/server/genericapiserver.go (Run)."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from aiohttp import web

from server import app, kubeconfig, transport
from server.app import ApiServer
from server.certificates import Authority, Pair, signing_key, ssl_context
from server.options import ServerOptions

_log = logging.getLogger(__name__)
BACKLOG: Final = 1024
SHUTDOWN_TIMEOUT: Final = 5.0
GC_THRESHOLDS: Final = (100_000, 50, 100)
"""What is stored is plain bytes and dies by reference counting; looking for cycles often costs a fifth of a write."""


def listen(options: ServerOptions) -> socket.socket:
    """The listening socket; OSError when the port is taken."""
    family = socket.AF_INET6 if ":" in options.bind_address else socket.AF_INET
    found = socket.socket(family, socket.SOCK_STREAM)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind((options.bind_address, options.secure_port))
        found.listen(BACKLOG)
    except OSError:
        found.close()
        raise
    found.setblocking(False)
    return found


@asynccontextmanager
async def serving(options: ServerOptions, listener: socket.socket) -> AsyncIterator[ApiServer]:
    """A server that answers on the socket for as long as the context lasts, and has left nothing behind after it."""
    port: int = listener.getsockname()[1]
    authority = Authority(options.cert_dir)
    pair = _serving_pair(options, authority)
    trusted = [p for p in (options.client_ca_file,) if p is not None]
    trusted.append(authority.pair.certificate)
    if options.service_account_signing_key_file is None:
        signing_key(options.cert_dir)
    server = app.build(options)
    runner = web.ServerRunner(transport.http_server(server.handler), shutdown_timeout=SHUTDOWN_TIMEOUT)
    try:
        await server.start(port)
        await runner.setup()
        site = web.SockSite(runner, listener, ssl_context=ssl_context(pair, trusted), backlog=BACKLOG)
        await site.start()
        _settle_memory()
        _announce(options, authority, port)
        yield server
    finally:
        server.drain()
        await runner.cleanup()
        await server.stop()
        listener.close()


def _settle_memory() -> None:
    """Take what start-up made out of the collector's sight: it stays, and looking through it would stop the loop."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)
    gc.enable()


def _serving_pair(options: ServerOptions, authority: Authority) -> Pair:
    if options.tls_cert_file is not None and options.tls_private_key_file is not None:
        return Pair(options.tls_cert_file, options.tls_private_key_file)
    return authority.serving(hosts=[str(options.service_cluster_ip_range[0][1]), options.bind_address])


def _announce(options: ServerOptions, authority: Authority, port: int) -> None:
    """Hand out kubeconfigs and the port, the port last: whoever waits for it finds everything there."""
    host = "127.0.0.1" if options.bind_address in ("0.0.0.0", "::") else options.bind_address  # noqa: S104
    url = f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}"
    if options.admin_kubeconfig is not None:
        client = authority.client("admin", "kubernetes-admin", ("system:masters",))
        kubeconfig.write(options.admin_kubeconfig, url=url, authority=authority.pair.certificate, client=client)
    if options.controller_manager_kubeconfig is not None:
        client = authority.client("controller-manager", "system:kube-controller-manager", ("system:masters",))
        kubeconfig.write(
            options.controller_manager_kubeconfig,
            url=url,
            authority=authority.pair.certificate,
            client=client,
            user="system:kube-controller-manager",
        )
    print(f"serving on {url}", flush=True)
    if options.port_file is not None:
        _write_atomically(options.port_file, f"{port}\n")


def _write_atomically(path: Path, text: str) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_text(text)
    temporary.replace(path)


async def run(options: ServerOptions, listener: socket.socket) -> None:
    """Serve until SIGTERM or SIGINT, or until standard input closes where that is asked for."""
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    if options.exit_on_stdin_close:
        _when_closed(sys.stdin.fileno(), stopped.set)
    async with serving(options, listener):
        await stopped.wait()
    with contextlib.suppress(ValueError, OSError):
        loop.remove_reader(sys.stdin.fileno())


def _when_closed(descriptor: int, callback: Callable[[], None]) -> None:
    loop = asyncio.get_running_loop()
    os.set_blocking(descriptor, False)

    def readable() -> None:
        with contextlib.suppress(BlockingIOError):
            if not os.read(descriptor, 4096):
                loop.remove_reader(descriptor)
                callback()

    loop.add_reader(descriptor, readable)
