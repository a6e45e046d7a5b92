"""Clients that write, read, list and watch ConfigMaps through several servers, and note what they were told."""

from __future__ import annotations

import asyncio
import random
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import aiohttp

from apimachinery import serializer
from tests.reliability.history import NEVER, Change, History, Items, Kind, Listing, Operation, Outcome, Watching
from tests.support.api import ADMIN_TOKEN

NAMESPACE: Final = "reliability"
PATH: Final = f"/api/v1/namespaces/{NAMESPACE}/configmaps"
OWN: Final = "own=1"
PATIENCE: Final = 60.0
_REFUSED: Final = 429
_GONE: Final = 410


class Expired(AssertionError):
    """A watcher was refused the revision that it had seen last."""


@dataclass
class Load:
    """The clients of one run over `servers` (URLs); `history` fills until `stop` is set."""

    servers: Sequence[str]
    keys: int = 6
    seed: int = 1
    history: History = field(default_factory=History)
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    pause: float = 0.0
    written: int = 0
    answers: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None
        self._numbers = iter(range(1, 10**9))

    @property
    def session(self) -> aiohttp.ClientSession:
        assert self._session is not None
        return self._session

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[Load]:
        """With a session, and the namespace in place."""
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        connector = aiohttp.TCPConnector(ssl=context, limit=0)
        headers = {"Authorization": f"Bearer {ADMIN_TOKEN}"}
        timeout = aiohttp.ClientTimeout(total=PATIENCE)
        async with aiohttp.ClientSession(connector=connector, headers=headers, timeout=timeout) as self._session:
            self._session._retry_connection = False  # a call that the library repeats has two effects and one answer
            namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}
            async with self.session.post(self.servers[0] + "/api/v1/namespaces", json=namespace) as answer:
                assert answer.status in (201, 409), await answer.text()
            yield self

    async def writer(self, client: int) -> None:
        """Create, read, swap and delete at random keys through random servers, until stopped."""
        rng, now = random.Random(f"{self.seed}-{client}"), asyncio.get_running_loop().time
        known: dict[str, int] = {}
        while not self.stop.is_set():
            key, server = f"key-{rng.randrange(self.keys)}", rng.choice(self.servers)
            chosen = rng.choices(["create", "get", "cas", "delete", "list"], (3, 4, 8, 1, 2))[0]
            called = now()
            if chosen == "list":
                if (listed := await self._list(server)) is not None:
                    self.history.listings.append(Listing(client, called, now(), *listed))
                continue
            kind: Kind = chosen  # type: ignore[assignment]
            revision = known.get(key, 0)
            if kind == "cas" and not revision:
                kind = "get"
            value = f"{client}-{next(self._numbers)}"
            answer = await self._operate(server, kind, key, value, revision)
            if answer is None:
                await asyncio.sleep(0.1)
                continue
            outcome, found, found_revision = answer
            self.history.operations.append(
                Operation(
                    client,
                    kind,
                    key,
                    called,
                    NEVER if outcome == "unknown" else now(),
                    outcome,
                    value if kind in ("create", "cas") else "",
                    revision if kind == "cas" else 0,
                    found,
                    found_revision,
                )
            )
            self.written += outcome == "ok" and kind != "get"
            if found_revision:
                known[key] = found_revision
            if outcome == "absent":
                known.pop(key, None)
            await asyncio.sleep(self.pause * rng.random() if outcome != "unknown" else 0.05)

    async def watcher(self, number: int, start: int) -> Watching:
        """Everything after `start`, through one server after the other, until stopped and at the end."""
        watching = Watching(start)
        self.history.watchings.append(watching)
        rng = random.Random(f"{self.seed}-watch-{number}")
        while watching.end < self._goal:
            server = rng.choice(self.servers)
            try:
                await self._watch_once(server, watching)
            except (aiohttp.ClientError, TimeoutError, OSError):
                await asyncio.sleep(0.05)
            watching.resumed += 1
        return watching

    _goal: float = NEVER

    async def finish(self) -> None:
        """End the writers' time, and tell the watchers how far they must come."""
        self.stop.set()
        async with asyncio.timeout(PATIENCE):
            while (listed := await self._list(self.servers[0])) is None:  # noqa: ASYNC110
                await asyncio.sleep(0.2)
        self._goal = listed[0]

    async def _watch_once(self, server: str, watching: Watching) -> None:
        query = {
            "watch": "1",
            "resourceVersion": str(max(watching.start, watching.end)),
            "allowWatchBookmarks": "true",
            "timeoutSeconds": "3",
            "labelSelector": OWN,
        }
        timeout = aiohttp.ClientTimeout(total=None, sock_read=8)
        async with self.session.get(server + PATH, params=query, timeout=timeout) as answer:
            if answer.status == _GONE:
                raise Expired(await answer.text())
            if answer.status != 200:
                await asyncio.sleep(0.05)
                return
            async for line in answer.content:
                event = serializer.loads(line)
                obj = event["object"]
                if event["type"] == "ERROR":
                    if obj.get("code") == _GONE:
                        raise Expired(str(obj))
                    return
                revision = int(obj["metadata"]["resourceVersion"])
                watching.end = max(watching.end, revision)
                if event["type"] != "BOOKMARK":
                    value = None if event["type"] == "DELETED" else obj["data"]["value"]
                    watching.changes.append(Change(revision, obj["metadata"]["name"], value))
                if watching.end >= self._goal:
                    break

    async def _list(self, server: str) -> tuple[int, Items] | None:
        try:
            async with self.session.get(server + PATH, params={"labelSelector": OWN}) as answer:
                self._count("list", answer.status)
                if answer.status != 200:
                    return None
                found = serializer.loads(await answer.read())
        except (aiohttp.ClientError, TimeoutError, OSError):
            return None
        items = {
            o["metadata"]["name"]: (int(o["metadata"]["resourceVersion"]), o["data"]["value"]) for o in found["items"]
        }
        return int(found["metadata"]["resourceVersion"]), items

    async def _operate(
        self, server: str, kind: Kind, key: str, value: str, revision: int
    ) -> tuple[Outcome, str, int] | None:
        """Outcome, the value that a get showed, the revision; None when nobody was there to be asked."""
        body: dict[str, Any] = {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": key, "labels": {"own": "1"}},
            "data": {"value": value},
        }
        if kind == "cas":
            body["metadata"]["resourceVersion"] = str(revision)
        method, path = {
            "create": ("POST", PATH),
            "get": ("GET", f"{PATH}/{key}"),
            "cas": ("PUT", f"{PATH}/{key}"),
            "delete": ("DELETE", f"{PATH}/{key}"),
        }[kind]
        data = serializer.dumps(body) if kind in ("create", "cas") else None
        try:
            async with self.session.request(
                method, server + path, data=data, headers={"Content-Type": "application/json"}
            ) as answer:
                self._count(kind, answer.status)
                found = serializer.loads(await answer.read())
        except aiohttp.ClientConnectorError:
            return None
        except (aiohttp.ClientError, TimeoutError, OSError) as e:
            self._count(kind, 0, type(e).__name__)
            return "unknown", "", 0
        status, reason = answer.status, found.get("reason", "")
        if status in (200, 201):
            if kind == "delete":
                return "ok", "", 0
            metadata = found["metadata"]
            shown = found["data"]["value"] if kind == "get" else ""
            return "ok", shown, int(metadata["resourceVersion"])
        if status == 404:
            return "absent", "", 0
        if status == 409:
            return ("exists" if reason == "AlreadyExists" else "conflict"), "", 0
        assert status >= 500 or status == _REFUSED, (kind, status, found)
        return "unknown", "", 0

    def _count(self, kind: str, status: int, error: str = "") -> None:
        name = f"{kind} {error or status}"
        self.answers[name] = self.answers.get(name, 0) + 1
