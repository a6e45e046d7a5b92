"""A lean HTTP/1.1 client over TLS, so that the client's own cost does not hide the server's."""

from __future__ import annotations

import asyncio
import base64
import ssl
import tempfile
import urllib.parse
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml


@dataclass(frozen=True, slots=True)
class Target:
    """A server: where it is and how to be let in."""

    host: str
    port: int
    context: ssl.SSLContext
    token: str = ""

    @classmethod
    def from_url(cls, url: str, token: str) -> Target:
        """A server by URL and bearer token; its certificate is not checked."""
        parts = urllib.parse.urlsplit(url)
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return cls(parts.hostname or "127.0.0.1", parts.port or 443, context, token)

    @classmethod
    def from_kubeconfig(cls, path: Path) -> Target:
        """The first cluster and user of a kubeconfig."""
        config = yaml.safe_load(path.read_text())
        user = config["users"][0]["user"]
        target = cls.from_url(config["clusters"][0]["cluster"]["server"], user.get("token", ""))
        if "client-certificate-data" in user:
            with tempfile.NamedTemporaryFile() as pair:
                for part in ("client-certificate-data", "client-key-data"):
                    pair.write(base64.b64decode(user[part]) + b"\n")
                pair.flush()
                target.context.load_cert_chain(pair.name)
        return target


class Connection:
    """One kept-alive connection; requests go one after the other."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.reader: asyncio.StreamReader
        self.writer: asyncio.StreamWriter

    async def __aenter__(self) -> Connection:
        t = self.target
        self.reader, self.writer = await asyncio.open_connection(t.host, t.port, ssl=t.context, limit=1 << 24)
        return self

    async def __aexit__(self, *_: Any) -> None:
        self.writer.close()

    def send(self, method: str, path: str, body: bytes = b"", headers: str = "") -> None:
        """Write one request."""
        head = f"{method} {path} HTTP/1.1\r\nHost: x\r\n"
        if self.target.token:
            head += f"Authorization: Bearer {self.target.token}\r\n"
        if body:
            kind = "strategic-merge-patch+json" if method == "PATCH" else "json"
            head += f"Content-Type: application/{kind}\r\nContent-Length: {len(body)}\r\n"
        self.writer.write(f"{head}{headers}\r\n".encode() + body)

    async def head(self) -> tuple[int, dict[str, str]]:
        """Status and headers of the answer."""
        lines = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        found = dict(line.lower().split(": ", 1) for line in lines[1:] if ": " in line)
        return int(lines[0].split()[1]), found

    async def request(self, method: str, path: str, body: bytes = b"", headers: str = "") -> tuple[int, bytes]:
        """Status and body."""
        self.send(method, path, body, headers)
        status, found = await self.head()
        if "content-length" in found:
            return status, await self.reader.readexactly(int(found["content-length"]))
        parts = []
        while size := int((await self.reader.readline()).split(b";")[0], 16):
            parts.append(await self.reader.readexactly(size))
            await self.reader.readexactly(2)
        await self.reader.readexactly(2)
        return status, b"".join(parts)
