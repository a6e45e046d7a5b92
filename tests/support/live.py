"""A cluster seen from outside: raw HTTP with every status code, and waiting on watches, never on the clock."""

from __future__ import annotations

import http.client
import json
import ssl
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from mockube import kubeconfig
from mockube.api import ssl_context

JSON: Final = "application/json"
JSON_PATCH: Final = "application/json-patch+json"
MERGE: Final = "application/merge-patch+json"
STRATEGIC: Final = "application/strategic-merge-patch+json"
APPLY: Final = "application/apply-patch+yaml"
TABLE: Final = "application/json;as=Table;v=v1;g=meta.k8s.io"
CLOCK: Final = "/mockube/v1/clock"
TIMEOUT: Final = 60.0

Obj = dict[str, Any]
Predicate = Callable[[list[Obj]], object]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server said, whatever the status code; header names are lower case."""

    code: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The decoded body."""
        return json.loads(self.body)

    @property
    def message(self) -> str:
        """The Status message of a refusal."""
        return str(self.json()["message"])

    @property
    def warnings(self) -> list[str]:
        """The Warning headers."""
        found = self.headers.get("warning", "")
        return [w for w in found.split("\n") if w]

    def ok(self) -> Any:
        """The decoded body of a 2xx answer; anything else fails the test."""
        assert 200 <= self.code < 300, f"{self.code}: {self.body.decode(errors='replace')[:2000]}"
        return self.json()


class Api:
    """The API server of a kubeconfig with the administrator's identity."""

    def __init__(self, config_path: Path) -> None:
        config = kubeconfig.read(config_path)
        cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
        self._netloc = urllib.parse.urlsplit(cluster["server"]).netloc
        self._context: ssl.SSLContext = ssl_context(cluster, user)
        self._headers = {"User-Agent": "acceptance"}
        if token := user.get("token"):
            self._headers["Authorization"] = f"Bearer {token}"
        self._connection: http.client.HTTPSConnection | None = None

    def connect(self, timeout: float = TIMEOUT) -> http.client.HTTPSConnection:
        """A connection of one's own."""
        return http.client.HTTPSConnection(self._netloc, context=self._context, timeout=timeout)

    def close(self) -> None:
        """Close what is open."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def headers(self, accept: str = JSON) -> dict[str, str]:
        """The headers of every request."""
        return {**self._headers, "Accept": accept}

    def request(
        self, method: str, path: str, body: object = None, *, content_type: str = JSON, accept: str = JSON
    ) -> Answer:
        """One request; a body that is not bytes goes out as JSON."""
        headers = self.headers(accept)
        data: bytes | None = None
        if body is not None:
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
            headers["Content-Type"] = content_type
        for attempt in (1, 2):
            if self._connection is None:
                self._connection = self.connect()
            try:
                self._connection.request(method, path, body=data, headers=headers)
                response = self._connection.getresponse()
                raw = response.read()
                break
            except (http.client.RemoteDisconnected, ConnectionError):
                self.close()
                if attempt == 2:
                    raise
        found: dict[str, str] = {}
        for name, value in response.getheaders():
            key = name.lower()
            found[key] = f"{found[key]}\n{value}" if key in found else value
        return Answer(response.status, found, raw)

    def get(self, path: str) -> Any:
        """An object or a list that must be there."""
        return self.request("GET", path).ok()

    def items(self, path: str) -> list[Obj]:
        """The items of a list."""
        return list(self.get(path)["items"])

    def create(self, path: str, obj: Obj) -> Obj:
        """Create an object that must be accepted."""
        return dict(self.request("POST", path, obj).ok())

    def patch(self, path: str, patch: object, content_type: str = STRATEGIC) -> Obj:
        """A patch that must be accepted."""
        return dict(self.request("PATCH", path, patch, content_type=content_type).ok())

    def delete(self, path: str, options: Obj | None = None) -> Obj:
        """A deletion that must be accepted."""
        return dict(self.request("DELETE", path, options).ok())

    def advance(self, seconds: float = 0.0) -> Obj:
        """Move the cluster's time, and return once nothing goes on any more at the new moment."""
        return dict(self.request("POST", f"{CLOCK}/advance", {"seconds": seconds}).ok())

    def run_until_idle(self, *, quiet: float = 60.0, limit: float = 3600.0) -> Obj:
        """Move the cluster's time until nothing but heartbeats has been written for so many seconds of it."""
        return dict(self.request("POST", f"{CLOCK}/run-until-idle", {"quiet": quiet, "limit": limit}).ok())

    def watch(self, path: str) -> Watch:
        """Follow a collection from now on; use it as a context manager."""
        return Watch(self, path)

    def until(self, path: str, predicate: Predicate, *, timeout: float = TIMEOUT, what: str = "") -> list[Obj]:
        """The objects of a collection as soon as they satisfy the predicate."""
        with self.watch(path) as watch:
            return watch.until(predicate, timeout=timeout, what=what)

    def stream(self, path: str, *, accept: str = JSON, timeout: float = TIMEOUT) -> Stream:
        """The raw frames of a watch, one decoded JSON document each."""
        return Stream(self, path, accept, timeout)


class Stream:
    """One watch request: status, headers and frames, until the server ends it; use it as a context manager."""

    def __init__(self, api: Api, path: str, accept: str, timeout: float) -> None:
        self._connection = api.connect(timeout)
        self._connection.request("GET", path, headers=api.headers(accept))
        self.response = self._connection.getresponse()
        self.code = self.response.status

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def next(self) -> Obj:
        """The next frame; raises TimeoutError when none comes in time, StopIteration at the end."""
        line = self.response.readline()
        if not line:
            raise StopIteration
        return dict(json.loads(line))

    def rest(self) -> list[Obj]:
        """All frames up to the end of the stream."""
        found = []
        with suppress(StopIteration):
            while True:
                found.append(self.next())
        return found


class Watch:
    """A collection listed once and followed by a thread: every event, and the state that they add up to."""

    def __init__(self, api: Api, path: str) -> None:
        self._api, self._path = api, path
        listed = api.get(path)
        self._state: dict[str, Obj] = {o["metadata"]["uid"]: o for o in listed["items"]}
        self._gone: set[str] = set()
        self.events: list[tuple[str, Obj]] = []
        self._observers: list[Callable[[list[Obj]], None]] = []
        self._changed = threading.Condition()
        self._broken: BaseException | None = None
        self._closing = False
        joint = "&" if "?" in path else "?"
        revision = listed["metadata"]["resourceVersion"]
        self._connection = api.connect(timeout=300)
        self._connection.request(
            "GET", f"{path}{joint}watch=1&resourceVersion={revision}&timeoutSeconds=600", headers=api.headers()
        )
        self._thread = threading.Thread(target=self._read, name=f"watch {path}", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing = True
        if (sock := self._connection.sock) is not None:
            with suppress(OSError):
                sock.shutdown(2)
        self._thread.join(5)
        self._connection.close()

    def _read(self) -> None:
        try:
            response = self._connection.getresponse()
            while line := response.readline():
                self._take(json.loads(line))
            assert self._closing, f"the server ended the watch of {self._path}"
        except Exception as e:
            if not self._closing:
                with self._changed:
                    self._broken = e
                    self._changed.notify_all()

    def _take(self, frame: Obj) -> None:
        kind, obj = frame["type"], frame["object"]
        with self._changed:
            if kind == "ERROR":
                raise AssertionError(f"watch of {self._path} ended: {obj}")
            if kind == "DELETED":
                self._state.pop(obj["metadata"]["uid"], None)
                self._gone.add(obj["metadata"]["uid"])
            else:
                self._state[obj["metadata"]["uid"]] = obj
            self.events.append((kind, obj))
            state = list(self._state.values())
            for observer in self._observers:
                observer(state)
            self._changed.notify_all()

    @property
    def objects(self) -> list[Obj]:
        """What there is now."""
        with self._changed:
            return list(self._state.values())

    def observe(self, observer: Callable[[list[Obj]], None]) -> None:
        """Call with the state now and after each event; for what must hold all the time."""
        with self._changed:
            observer(list(self._state.values()))
            self._observers.append(observer)

    def until(self, predicate: Predicate, *, timeout: float = TIMEOUT, what: str = "") -> list[Obj]:
        """The state as soon as it satisfies the predicate; fails with the state after the timeout."""
        deadline = time.monotonic() + timeout
        with self._changed:
            while True:
                state = list(self._state.values())
                if predicate(state):
                    return state
                if self._broken is not None:
                    raise AssertionError(f"the watch of {self._path} broke") from self._broken
                left = deadline - time.monotonic()
                assert left > 0, f"{what or 'not reached'} within {timeout:g} s; {self._path}:\n{_shown(state)}"
                self._changed.wait(left)

    def stays(self, predicate: Predicate, *, during: float) -> None:
        """The predicate holds now and at every event while so many seconds of the cluster's time pass."""
        broken: list[list[Obj]] = []
        self.observe(lambda state: None if predicate(state) else broken.append(state))
        try:
            self._api.advance(during)
            self.catch_up()
        finally:
            with self._changed:
                self._observers.pop()
        assert not broken, f"no longer so: {_shown(broken[0])}"

    def catch_up(self) -> None:
        """Return once everything has been seen that has happened until now, whatever happens meanwhile."""
        listed = self._api.get(self._path)
        now, wanted = int(listed["metadata"]["resourceVersion"]), _versions(listed["items"])

        def seen(state: list[Obj]) -> bool:
            versions = _versions(state)
            present = all(uid in self._gone or versions.get(uid, 0) >= version for uid, version in wanted.items())
            return present and all(uid in wanted or version > now for uid, version in versions.items())

        self.until(seen, what="all seen")


def _versions(state: list[Obj]) -> dict[str, int]:
    return {o["metadata"]["uid"]: int(o["metadata"]["resourceVersion"]) for o in state}


def _shown(state: list[Obj]) -> str:
    return "\n".join(json.dumps(_telling(o))[:3000] for o in state[:8])


def _telling(obj: Obj) -> Obj:
    """The object with what explains a failure first: its metadata and status before its specification."""
    metadata = {k: v for k, v in obj["metadata"].items() if k != "managedFields"}
    first = {"metadata": metadata, "status": obj.get("status")}
    return first | {k: v for k, v in obj.items() if k not in first}


@contextmanager
def api_of(config_path: Path) -> Iterator[Api]:
    """A client that is closed at the end."""
    api = Api(config_path)
    try:
        yield api
    finally:
        api.close()
