"""REST over kept-alive connections with raw JSON bodies. Models client-go/rest and client-go/dynamic.

Objects are plain dicts. An error answer is raised as the StatusError that the server raised; a broken connection is
a TransportError. Requests are retried as client-go retries them: on 429 and 5xx when the server says Retry-After, and
reads on a broken connection.
"""

from __future__ import annotations

import asyncio
import contextlib
import copy
import logging
import platform
import re
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from types import TracebackType
from typing import Any, Final, Literal, Self
from urllib.parse import quote, urlencode, urlsplit

from apimachinery import errors, serializer
from apimachinery.clock import Clock, RealClock
from apimachinery.gvk import GroupVersionResource
from apimachinery.objects import Object, View
from controllers.runtime.errors import TransportError
from controllers.runtime.kubeconfig import RestConfig
from controllers.runtime.lockstep import Lockstep
from controllers.runtime.metrics import Registry
from controllers.runtime.rate_limiter import TokenBucket
from controllers.runtime.slots import Slots
from controllers.runtime.transport import ConnectionFailed, ConnectionPool, Response, Stream

JSON: Final = "application/json"
JSON_PATCH: Final = "application/json-patch+json"
MERGE_PATCH: Final = "application/merge-patch+json"
STRATEGIC_MERGE_PATCH: Final = "application/strategic-merge-patch+json"
APPLY_PATCH: Final = "application/apply-patch+yaml"
PARTIAL_METADATA: Final = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json"
PARTIAL_METADATA_LIST: Final = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json"

MAX_RETRIES: Final = 10
MAX_IN_FLIGHT: Final = 24
"""More at once would not be answered sooner, but each of them, and what is urgent among them, later."""
_PLAIN: Final = re.compile(r"[A-Za-z0-9._~-]*")
_QUIET: Final = 4
_WITHOUT_STATUS: Final = {
    kind.code: kind
    for kind in (
        errors.Unauthorized,
        errors.Forbidden,
        errors.NotFound,
        errors.MethodNotAllowed,
        errors.TooManyRequests,
    )
}
"""What an answer means that carries no Status, by its code."""
_TRANSPORT_ERRORS: Final = (ConnectionFailed, TimeoutError)
_WATCH_HEAD_SECONDS: Final = 60.0
_CHUNK: Final = 500
_ARCH: Final = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())

PropagationPolicy = Literal["Background", "Foreground", "Orphan"]
WatchEvent = tuple[str, Object]

log = logging.getLogger(__name__)


def default_user_agent(name: str, version: str = "1.36.0") -> str:
    """`kube-controller-manager/v1.36.0 (linux/amd64) kubernetes/mockube`; the first word is the field manager."""
    return f"{name}/v{version} ({platform.system().lower()}/{_ARCH}) kubernetes/mockube"


class Client:
    """Every verb on every resource; `async with Client(config)` holds the connections.

    At most `max_in_flight` requests are open at once (watches not counted). `clock` paces retries and is the machine's
    own: a paused cluster must not keep its clients from reconnecting.
    """

    def __init__(
        self,
        config: RestConfig,
        *,
        user_agent: str = "",
        max_in_flight: int = MAX_IN_FLIGHT,
        qps: float = 0,
        burst: int = 30,
        timeout: float = 60.0,
        clock: Clock | None = None,
        metrics: Registry | None = None,
        lockstep: Lockstep | None = None,
    ) -> None:
        self._config = config
        self._clock = clock or RealClock()
        self.lockstep = lockstep or Lockstep()
        self._limiter = TokenBucket(self._clock, qps=qps, burst=burst) if qps > 0 else None
        self._slots = Slots(max_in_flight)
        self._urgent = False
        self._timeout = timeout
        self._metrics = metrics or Registry()
        self._host = urlsplit(config.server).netloc
        self._base = self._base_headers(user_agent or default_user_agent("kube-controller-manager"))
        self._prefix = urlsplit(config.server).path
        self._pools: list[ConnectionPool] = []
        self._traffic = _Traffic()

    @property
    def clock(self) -> Clock:
        """The machine's clock, for pacing what touches the network."""
        return self._clock

    @property
    def pacing(self) -> Clock:
        """What retries of work wait by: the machine's clock, unless one thing is done after another."""
        return self.lockstep.pacing

    def out_of_turn(self) -> Client:
        """The same connections for what is no part of the cluster's work: it neither waits nor counts."""
        other = copy.copy(self)
        other.lockstep, other._traffic = Lockstep(), _Traffic()
        return other

    def with_user_agent(self, name: str) -> Client:
        """The same connections under another program's name, which is also its field manager."""
        other = copy.copy(self)
        other._base = self._base_headers(default_user_agent(name))
        return other

    def urgent(self, *, timeout: float) -> Client:
        """The same connections for requests that come before all others: those that must not be late."""
        other = copy.copy(self)
        other._urgent, other._timeout = True, timeout
        return other

    def as_user(self, name: str) -> Client:
        """The same connections and program, impersonating a user."""
        other = copy.copy(self)
        other._base = f"{self._base}Impersonate-User: {name}\r\n"
        return other

    async def __aenter__(self) -> Self:
        config = self._config
        self._pools.append(ConnectionPool(config.server, config.ssl_context(), server_name=config.server_name))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        while self._pools:
            await self._pools.pop().close()

    # verbs ----------------------------------------------------------------------------------------------------------

    async def get(
        self, resource: GroupVersionResource, name: str, *, namespace: str = "", subresource: str = ""
    ) -> Object:
        """One object, as the store has it now; raises NotFound."""
        return _object(await self.request("GET", object_path(resource, namespace, name, subresource)))

    async def list(
        self,
        resource: GroupVersionResource,
        *,
        namespace: str = "",
        label_selector: str = "",
        field_selector: str = "",
        resource_version: str = "",
        limit: int = _CHUNK,
        metadata_only: bool = False,
    ) -> Object:
        """The list object with the items of every page, each with its apiVersion and kind filled in."""
        params = _params(labelSelector=label_selector, fieldSelector=field_selector, resourceVersion=resource_version)
        if limit:
            params["limit"] = str(limit)
        path = object_path(resource, namespace)
        accept = PARTIAL_METADATA_LIST if metadata_only else JSON
        result = _object(await self.request("GET", path, params, accept=accept))
        items: list[Object] = result.get("items") or []
        page = result
        while token := (page.get("metadata") or {}).get("continue"):
            following = {k: v for k, v in params.items() if k != "resourceVersion"} | {"continue": token}
            try:
                page = _object(await self.request("GET", path, following, accept=accept))
            except errors.Expired:
                following.pop("continue")
                following.pop("limit")
                result = page = _object(await self.request("GET", path, following, accept=accept))
                items = []
            items += page.get("items") or []
        result["items"] = items
        result["metadata"] = {"resourceVersion": (page.get("metadata") or {}).get("resourceVersion", "")}
        kind = str(result.get("kind") or "").removesuffix("List")
        for item in items:
            item.setdefault("apiVersion", result.get("apiVersion"))
            item.setdefault("kind", kind)
        return result

    async def create(
        self,
        resource: GroupVersionResource,
        obj: View,
        *,
        namespace: str = "",
        name: str = "",
        subresource: str = "",
    ) -> Object:
        """The object as created; with `name` and `subresource` it is POSTed there, as bindings and evictions are."""
        path = object_path(resource, namespace, name, subresource)
        return _object(await self.request("POST", path, body=serializer.dumps(obj)))

    async def update(self, resource: GroupVersionResource, obj: View, *, subresource: str = "") -> Object:
        """PUT the object under its own name; its resourceVersion, when set, guards the write."""
        metadata = obj["metadata"]
        path = object_path(resource, metadata.get("namespace", ""), metadata["name"], subresource)
        return _object(await self.request("PUT", path, body=serializer.dumps(obj)))

    async def update_status(self, resource: GroupVersionResource, obj: View) -> Object:
        """PUT the object's status."""
        return await self.update(resource, obj, subresource="status")

    async def patch(
        self,
        resource: GroupVersionResource,
        name: str,
        patch: Any,
        *,
        namespace: str = "",
        subresource: str = "",
        content_type: str = STRATEGIC_MERGE_PATCH,
        field_manager: str = "",
        force: bool = False,
    ) -> Object:
        """PATCH with a document of the given content type; `force` takes fields from other appliers."""
        path = object_path(resource, namespace, name, subresource)
        params = _params(fieldManager=field_manager, force="true" if force else "")
        return _object(
            await self.request("PATCH", path, params, body=serializer.dumps(patch), content_type=content_type)
        )

    async def delete(
        self,
        resource: GroupVersionResource,
        name: str,
        *,
        namespace: str = "",
        grace_period_seconds: int | None = None,
        propagation_policy: PropagationPolicy | None = None,
        uid: str = "",
        resource_version: str = "",
    ) -> Object:
        """Delete, guarded by uid and resourceVersion where given; a Status or the object that is going."""
        options = delete_options(grace_period_seconds, propagation_policy, uid=uid, resource_version=resource_version)
        return _object(await self.request("DELETE", object_path(resource, namespace, name), body=options))

    async def delete_collection(
        self, resource: GroupVersionResource, *, namespace: str = "", label_selector: str = "", field_selector: str = ""
    ) -> None:
        """Delete everything that the selectors match."""
        params = _params(labelSelector=label_selector, fieldSelector=field_selector)
        await self.request("DELETE", object_path(resource, namespace), params)

    async def get_path(self, path: str, *, accept: str = JSON) -> Any:
        """GET a path outside the resources: discovery, /version; decoded JSON."""
        return serializer.loads(await self.request("GET", path, accept=accept))

    def watch(
        self,
        resource: GroupVersionResource,
        *,
        namespace: str = "",
        label_selector: str = "",
        field_selector: str = "",
        resource_version: str = "",
        send_initial_events: bool = False,
        bookmarks: bool = True,
        timeout_seconds: int = 0,
        metadata_only: bool = False,
    ) -> Watch:
        """An `async with` that gives the open stream of (type, object) pairs."""
        params = _params(labelSelector=label_selector, fieldSelector=field_selector, resourceVersion=resource_version)
        params["watch"] = "true"
        if bookmarks:
            params["allowWatchBookmarks"] = "true"
        if send_initial_events:
            params["sendInitialEvents"] = "true"
            params["resourceVersionMatch"] = "NotOlderThan"
        if timeout_seconds:
            params["timeoutSeconds"] = str(timeout_seconds)
        accept = PARTIAL_METADATA if metadata_only else JSON
        return Watch(self, self._target(object_path(resource, namespace), params), accept)

    # transport ------------------------------------------------------------------------------------------------------

    async def request(
        self,
        method: str,
        path: str,
        params: Mapping[str, str] | None = None,
        *,
        body: bytes | None = None,
        content_type: str = JSON,
        accept: str = JSON,
    ) -> bytes:
        """One request with its retries; the body of a success answer."""
        data = self._encode(method, self._target(path, params), accept, content_type, body)
        for attempt in range(MAX_RETRIES + 1):
            if self._limiter is not None:
                await self._limiter.wait()
            try:
                await self._slots.acquire(urgent=self._urgent)
                try:
                    answer = await self._once(method, data)
                finally:
                    self._slots.release()
            except _TRANSPORT_ERRORS as error:
                broke = isinstance(error, ConnectionFailed)
                if method != "GET" or attempt >= MAX_RETRIES or not broke:
                    raise TransportError(f"{method} {path}: {error or type(error).__name__}") from error
                await self._clock.sleep(min(0.05 * 2**attempt, 5.0))
                continue
            if answer.status < 400:
                return answer.body
            failure = _status_error(answer.status, answer.body)
            retry_after = _retry_after(answer.headers.get(b"retry-after"))
            if retry_after is None or attempt >= MAX_RETRIES or (answer.status != 429 and answer.status < 500):
                raise failure
            log.debug("%s %s: %s; trying again in %s s", method, path, failure, retry_after)
            await self.pacing.sleep(retry_after)
        raise AssertionError("the last attempt returns or raises")

    @property
    def saturated(self) -> bool:
        """Whether the next request would wait for others to be answered."""
        return self._slots.taken

    @property
    def open_requests(self) -> int:
        """How many requests are under way; watches do not count."""
        return self._traffic.under_way

    async def quiet(self, patience: float) -> None:
        """Return when few requests are under way, or after so many seconds: for what can wait, such as events."""
        await self._traffic.quiet(patience)

    async def _once(self, method: str, data: bytes) -> Response:
        if self.lockstep.engaged:
            async with self.lockstep.turn():
                return await self._exchange(method, data)
        return await self._exchange(method, data)

    async def _exchange(self, method: str, data: bytes) -> Response:
        started = self._clock.monotonic()
        code = "<error>"
        self._traffic.begin()
        try:
            answer = await self._pool.request(data, timeout=self._timeout)
            code = str(answer.status)
            return answer
        finally:
            self._traffic.end()
            self._metrics.requests.inc(code, self._host, method)
            self._metrics.request_duration.observe(self._clock.monotonic() - started, self._host, method)

    async def open_stream(self, target: str, accept: str) -> Stream:
        """GET a target whose answer is read as it comes; raises what the server refused it with."""
        if self.lockstep.engaged:
            async with self.lockstep.turn():
                return await self._open_stream(target, accept)
        return await self._open_stream(target, accept)

    async def _open_stream(self, target: str, accept: str) -> Stream:
        code = "<error>"
        try:
            stream = await self._pool.stream(self._encode("GET", target, accept), timeout=_WATCH_HEAD_SECONDS)
            code = str(stream.status)
            if stream.status >= 400:
                raise _status_error(stream.status, await stream.read_all())
            return stream
        except _TRANSPORT_ERRORS as error:
            raise TransportError(f"WATCH {target}: {error or type(error).__name__}") from error
        finally:
            self._metrics.requests.inc(code, self._host, "GET")

    @property
    def _pool(self) -> ConnectionPool:
        if not self._pools:
            raise RuntimeError("the client is not open: use `async with`")
        return self._pools[0]

    def _base_headers(self, user_agent: str) -> str:
        return f" HTTP/1.1\r\nHost: {self._host}\r\nUser-Agent: {user_agent}\r\n"

    def _encode(
        self, method: str, target: str, accept: str, content_type: str = "", body: bytes | None = None
    ) -> bytes:
        head = f"{method} {target}{self._base}Accept: {accept}\r\n"
        if token := self._config.bearer_token():
            head += f"Authorization: Bearer {token}\r\n"
        if body is None:
            return f"{head}\r\n".encode("latin-1")
        return f"{head}Content-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n".encode("latin-1") + body

    def _target(self, path: str, params: Mapping[str, str] | None) -> str:
        return f"{self._prefix}{path}?{urlencode(params)}" if params else f"{self._prefix}{path}"


class _Traffic:
    """How many requests are under way, and who waits for there to be few."""

    def __init__(self) -> None:
        self.under_way = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    def begin(self) -> None:
        self.under_way += 1

    def end(self) -> None:
        self.under_way -= 1
        while self._waiting and self.under_way < _QUIET:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(None)
                return

    async def quiet(self, patience: float) -> None:
        if self.under_way < _QUIET:
            return
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience):
                await waiter


class Watch:
    """One open watch; ends when the server ends it, raises what an ERROR event carries."""

    def __init__(self, client: Client, target: str, accept: str) -> None:
        self._client = client
        self._target = target
        self._accept = accept
        self._stream: Stream | None = None
        self._events: AsyncGenerator[WatchEvent, None] | None = None

    async def __aenter__(self) -> AsyncIterator[WatchEvent]:
        self._stream = await self._client.open_stream(self._target, self._accept)
        self._events = self._read(self._stream)
        return self._events

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._events is not None:
            await self._events.aclose()
        if self._stream is not None:
            self._stream.close()

    async def _read(self, stream: Stream) -> AsyncGenerator[WatchEvent, None]:
        rest = b""
        loads = serializer.loads
        try:
            while chunk := await stream.read():
                *lines, rest = (rest + chunk).split(b"\n")
                for line in lines:
                    if not line:
                        continue
                    event = loads(line)
                    if event["type"] == "ERROR":
                        raise errors.StatusError.from_status(event["object"])
                    yield event["type"], event["object"]
        except ConnectionFailed as error:
            raise TransportError(f"WATCH {self._target}: {error}") from error


def object_path(resource: GroupVersionResource, namespace: str = "", name: str = "", subresource: str = "") -> str:
    """`/apis/apps/v1/namespaces/ns/daemonsets/x/status`, each part escaped."""
    path = f"/apis/{resource.group}/{resource.version}" if resource.group else f"/api/{resource.version}"
    if namespace:
        path += f"/namespaces/{_segment(namespace)}"
    path += f"/{resource.resource}"
    if name:
        path += f"/{_segment(name)}"
    return f"{path}/{subresource}" if subresource else path


def _segment(name: str) -> str:
    return name if _PLAIN.fullmatch(name) else quote(name, safe="")


def delete_options(
    grace_period_seconds: int | None = None,
    propagation_policy: PropagationPolicy | None = None,
    *,
    uid: str = "",
    resource_version: str = "",
) -> bytes:
    """The body of a DELETE."""
    options: Object = {"kind": "DeleteOptions", "apiVersion": "v1"}
    if grace_period_seconds is not None:
        options["gracePeriodSeconds"] = grace_period_seconds
    if propagation_policy:
        options["propagationPolicy"] = propagation_policy
    if preconditions := _params(uid=uid, resourceVersion=resource_version):
        options["preconditions"] = preconditions
    return serializer.dumps(options)


def _params(**values: str) -> dict[str, str]:
    return {k: v for k, v in values.items() if v}


def _object(data: bytes) -> Object:
    decoded: Object = serializer.loads(data)
    return decoded


def _retry_after(text: str | None) -> int | None:
    return int(text) if text is not None and text.isdecimal() else None


def _status_error(code: int, data: bytes) -> errors.StatusError:
    try:
        body = serializer.loads(data)
    except serializer.JSONDecodeError:
        body = None
    if isinstance(body, dict) and body.get("kind") == "Status":
        return errors.StatusError.from_status(body)
    text = data.decode(errors="replace").strip() or f"the server answered {code}"
    return _WITHOUT_STATUS.get(code, errors.Unknown)(text, code=code)
