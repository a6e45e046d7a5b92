"""What stands behind the scripts that envtest.py writes; run as a file, so that starting costs no imports of ours.

`envtest_processes.py BUNDLE kube-apiserver|etcd [flags of that binary]`. Models what envtest expects of both
(controller-runtime/pkg/internal/testing/controlplane): flags, probes and signals.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import FrameType
from typing import Any, Final
from urllib.parse import urlsplit

CONTROLLERS: Final = "MOCKUBE_CONTROLLERS"
START_TIMEOUT: Final = 60.0
STOP_TIMEOUT: Final = 5.0

SERVER_FLAGS: Final = frozenset(
    {
        "allow-privileged",
        "anonymous-auth",
        "api-audiences",
        "audit-log-path",
        "audit-policy-file",
        "authorization-mode",
        "bind-address",
        "cert-dir",
        "client-ca-file",
        "disable-admission-plugins",
        "enable-admission-plugins",
        "event-ttl",
        "kubernetes-version",
        "max-mutating-requests-inflight",
        "max-requests-inflight",
        "request-timeout",
        "secure-port",
        "service-account-issuer",
        "service-account-key-file",
        "service-account-signing-key-file",
        "service-cluster-ip-range",
        "service-node-port-range",
        "tls-cert-file",
        "tls-private-key-file",
        "token-auth-file",
        "v",
    }
)
"""What the server is told; every other flag of kube-apiserver is accepted and does nothing here."""

_APISERVER_HELP: Final = """\
Usage: kube-apiserver [flags]

A stand-in for kube-apiserver that keeps its objects in memory. Flags that have a meaning here:
{flags}
Other flags are accepted and ignored. With {controllers}=1 in the environment the controllers run as well.
"""
_ETCD_HELP: Final = """\
Usage: etcd [flags]

A stand-in for etcd that stores nothing and says that it is healthy.
  --listen-client-urls URLS
  --unsafe-no-fsync
"""


def split_flags(argv: Iterable[str]) -> Iterator[tuple[str, str | None]]:
    """Flag names and values from `--name=value`, `--name value`, `-name` and `--name`."""
    words = list(argv)
    index = 0
    while index < len(words):
        name, equals, value = words[index].lstrip("-").partition("=")
        index += 1
        if equals:
            yield name, value
        elif index < len(words) and not words[index].startswith("-"):
            yield name, words[index]
            index += 1
        else:
            yield name, None


def server_arguments(argv: Iterable[str]) -> tuple[list[str], list[str]]:
    """The arguments for our server, and the names of the flags that are ignored."""
    kept: list[str] = []
    ignored: list[str] = []
    for name, value in split_flags(argv):
        if name in SERVER_FLAGS:
            kept.append(f"--{name}={'true' if value is None else value}")
        else:
            ignored.append(name)
    return kept, ignored


def environment(bundle: str) -> dict[str, str]:
    """The environment in which our packages are found, and nobody else's search path is in the way."""
    return {**os.environ, "PYTHONPATH": bundle, "PYTHONUNBUFFERED": "1"}


def kube_apiserver(bundle: str, argv: Sequence[str]) -> int:
    """Become the server; with controllers, stay as the parent of both."""
    if "--help" in argv or "-h" in argv:
        flags = "\n".join(f"  --{name}" for name in sorted(SERVER_FLAGS))
        print(_APISERVER_HELP.format(flags=flags, controllers=CONTROLLERS))
        return 0
    arguments, ignored = server_arguments(argv)
    for name in ignored:
        print(f"flag --{name} is accepted and does nothing here", file=sys.stderr, flush=True)
    command = [sys.executable, "-m", "server", *arguments]
    if os.environ.get(CONTROLLERS, "").lower() not in ("1", "true", "yes"):
        os.execve(sys.executable, command, environment(bundle))  # noqa: S606
    return _with_controllers(command, environment(bundle))


def _with_controllers(command: Sequence[str], env: dict[str, str]) -> int:
    """Run server and controllers until the server ends; signals go to both, and none of them outlives this call."""
    children: list[subprocess.Popen[bytes]] = []

    def forward(number: int, _: FrameType | None) -> None:
        for child in reversed(children):
            child.send_signal(number)

    with tempfile.TemporaryDirectory(prefix="mockube-envtest-") as directory:
        written, usable = Path(directory, "server.conf"), Path(directory, "controllers.conf")
        server = subprocess.Popen([*command, f"--controller-manager-kubeconfig={written}"], env=env)  # noqa: S603
        children.append(server)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, forward)
        if not _appears(written, server):
            return server.wait()
        usable.write_text(json.dumps(trusting(written.read_text())))
        controllers = subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "controllers", f"--kubeconfig={usable}", "--leader-elect=false"], env=env
        )
        children.append(controllers)
        try:
            return server.wait()
        finally:
            controllers.terminate()
            try:
                controllers.wait(STOP_TIMEOUT)
            except subprocess.TimeoutExpired:
                controllers.kill()
                controllers.wait()


def _appears(path: Path, process: subprocess.Popen[bytes]) -> bool:
    deadline = time.monotonic() + START_TIMEOUT
    while time.monotonic() < deadline and process.poll() is None:
        if path.is_file() and path.read_text().strip():
            return True
        time.sleep(0.01)
    return False


def trusting(kubeconfig: str) -> Any:
    """A kubeconfig for the loopback address that takes any serving certificate: envtest brings its own, of a CA
    that it tells nobody but its clients."""
    import yaml

    document = yaml.safe_load(kubeconfig)
    for entry in document["clusters"]:
        for key in ("certificate-authority", "certificate-authority-data"):
            entry["cluster"].pop(key, None)
        entry["cluster"]["insecure-skip-tls-verify"] = True
    return document


class _Healthy(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        answers = {
            "/health": {"health": "true", "reason": ""},
            "/version": {"etcdserver": "3.6.0", "etcdcluster": "3.6.0"},
        }
        found = answers.get(self.path.partition("?")[0])
        body = json.dumps(found if found is not None else {"error": "not found"}).encode()
        self.send_response(200 if found is not None else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as in the base class
        """Probes are not worth a line."""


def etcd(argv: Sequence[str]) -> int:
    """Answer health probes on every client URL until SIGTERM."""
    if "--help" in argv or "-h" in argv:
        print(_ETCD_HELP)
        return 0
    flags = dict(split_flags(argv))
    urls = (flags.get("listen-client-urls") or "http://127.0.0.1:2379").split(",")
    servers: list[ThreadingHTTPServer] = []
    for url in urls:
        parts = urlsplit(url)
        try:
            servers.append(ThreadingHTTPServer((parts.hostname or "127.0.0.1", parts.port or 2379), _Healthy))
        except OSError as e:
            print(f"cannot listen on {url}: {e.strerror}", file=sys.stderr)
            return 1
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    for server in servers:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    stopped.wait()
    for server in servers:
        server.shutdown()
        server.server_close()
    return 0


def main(argv: Sequence[str]) -> int:
    """The stand-in that the scripts name."""
    bundle, name, *rest = argv
    return kube_apiserver(bundle, rest) if name == "kube-apiserver" else etcd(rest)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
