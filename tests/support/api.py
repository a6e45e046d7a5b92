"""An API server to test against: as a process of its own over HTTPS, or in process without sockets."""

from __future__ import annotations

import os
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from apimachinery import serializer
from apimachinery.clock import Clock
from apimachinery.objects import Object
from server import app
from server.endpoints.request import Query, Request, Response
from server.options import ServerOptions

ROOT: Final = Path(__file__).resolve().parents[2]
ADMIN_TOKEN: Final = "admin-token"
USER_TOKEN: Final = "user-token"
TOKENS: Final = 'admin-token,admin,1,"system:masters"\nuser-token,jane,2,"dev"\n'
START_TIMEOUT: Final = 60.0
STOP_TIMEOUT: Final = 60.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server said; header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body as JSON."""
        return serializer.loads(self.body)

    @property
    def warnings(self) -> list[str]:
        """The texts of Warning headers."""
        found = self.headers.get("warning", "")
        return [w for w in found.split("\n") if w]


class ServerProcess:
    """`python -m server` with a token file, on a port that the system chose; use it as a context manager."""

    def __init__(self, directory: Path, arguments: Sequence[str] = (), env: Mapping[str, str] | None = None) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.directory = directory
        self.port = 0
        self._arguments = list(arguments)
        self._env = {**os.environ, **(env or {})}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where the API is."""
        return f"https://127.0.0.1:{self.port}"

    @property
    def authority(self) -> Path:
        """The CA that signed the serving certificate."""
        return self.directory / "pki" / "ca.crt"

    @property
    def kubeconfig(self) -> Path:
        """An administrator's kubeconfig."""
        return self.directory / "kubeconfig"

    @property
    def log(self) -> str:
        """What the process has written."""
        return (self.directory / "log").read_text(errors="replace")

    def __enter__(self) -> Self:
        tokens = self.directory / "tokens.csv"
        tokens.write_text(TOKENS)
        port_file = self.directory / "port"
        port_file.unlink(missing_ok=True)
        with (self.directory / "log").open("wb") as log:
            self._process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "server",
                    "--secure-port=0",
                    f"--cert-dir={self.directory / 'pki'}",
                    f"--token-auth-file={tokens}",
                    f"--port-file={port_file}",
                    f"--admin-kubeconfig={self.kubeconfig}",
                    *self._arguments,
                ],
                cwd=ROOT,
                env=self._env,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        deadline = time.monotonic() + START_TIMEOUT
        while not (port_file.is_file() and port_file.read_text().strip()):
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"the server did not start:\n{self.log}")
            time.sleep(0.02)
        self.port = int(port_file.read_text())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process is not None
        self._process.terminate()
        try:
            code = self._process.wait(STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise
        if kind is None:
            assert code == 0, f"the server ended with {code}:\n{self.log}"

    def request(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        headers: Mapping[str, str] | None = None,
        token: str = ADMIN_TOKEN,
    ) -> Answer:
        """One request; a body that is not bytes goes out as JSON."""
        data = body if isinstance(body, bytes) or body is None else serializer.dumps(body)
        sent = {"Accept": "application/json", "Content-Type": "application/json", **(headers or {})}
        if token:
            sent["Authorization"] = f"Bearer {token}"
        request = urllib.request.Request(self.url + path, data=data, headers=sent, method=method)
        context = ssl.create_default_context(cafile=str(self.authority))
        try:
            with urllib.request.urlopen(request, context=context, timeout=60) as answer:
                return Answer(answer.status, _lower(answer.headers.items()), answer.read())
        except urllib.error.HTTPError as e:
            return Answer(e.code, _lower(e.headers.items()), e.read())


def _lower(headers: Any) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in headers:
        key = name.lower()
        found[key] = f"{found[key]}\n{value}" if key in found else value
    return found


@contextmanager
def server_process(directory: Path, *arguments: str) -> Iterator[ServerProcess]:
    """A server process that runs inside the block."""
    with ServerProcess(directory, arguments) as server:
        yield server


class InProcess:
    """The same server without sockets: requests go to the outermost filter."""

    def __init__(self, server: app.ApiServer) -> None:
        self.server = server

    async def raw(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        headers: Mapping[str, str] | None = None,
        token: str = ADMIN_TOKEN,
    ) -> Response:
        """The response as handlers made it; a watch's body is an iterator of chunks."""
        data = b"" if body is None else body if isinstance(body, bytes) else serializer.dumps(body)
        sent = {k.lower(): v for k, v in (headers or {}).items()}
        sent.setdefault("user-agent", "test/1.0")
        if data:
            sent.setdefault("content-type", "application/json")
        if token:
            sent["authorization"] = f"Bearer {token}"

        async def read() -> bytes:
            return data

        route, _, query = path.partition("?")
        return await self.server.handler(Request(method, route, Query(query), headers=sent, body=read))

    async def request(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        headers: Mapping[str, str] | None = None,
        token: str = ADMIN_TOKEN,
    ) -> Answer:
        """One request with its whole answer."""
        answer = await self.raw(method, path, body, headers=headers, token=token)
        if isinstance(answer.body, bytes):
            content = answer.body
        else:
            content = b"".join([chunk async for chunk in answer.body])
        return Answer(answer.status, {k.lower(): v for k, v in answer.headers.items()}, content)

    async def create(self, path: str, obj: Object) -> Object:
        """POST what must succeed."""
        answer = await self.request("POST", path, obj)
        assert answer.status == 201, answer.body
        found: Object = answer.json()
        return found


@asynccontextmanager
async def in_process(directory: Path, *, clock: Clock | None = None, **options: object) -> AsyncIterator[InProcess]:
    """An in-process server; keyword arguments are fields of ServerOptions."""
    tokens = directory / "tokens.csv"
    tokens.write_text(TOKENS)
    given: dict[str, Any] = {"cert_dir": directory / "pki", "token_auth_file": tokens, **options}
    server = app.build(ServerOptions(**given), clock=clock)
    await server.start(6443)
    try:
        yield InProcess(server)
    finally:
        await server.stop()
