"""REST over one aiohttp session with raw JSON bodies. Models client-go/rest and client-go/dynamic.

Objects are plain dicts. An error answer is raised as the StatusError that the server raised; a broken connection is
a TransportError. Requests are retried as client-go retries them: on 429 and 5xx when the server says Retry-After, and
reads on a broken connection.
"""

from __future__ import annotations

import asyncio
import copy
import logging
import platform
import ssl
from collections.abc import AsyncIterator, Mapping
from types import TracebackType
from typing import Any, Final, Literal, Self
from urllib.parse import quote, urlencode, urlsplit

import aiohttp
from yarl import URL

from apimachinery import errors, serializer
from apimachinery.clock import Clock, RealClock
from apimachinery.gvk import GroupVersionResource
from apimachinery.objects import Object, View
from controllers.runtime.errors import TransportError
from controllers.runtime.kubeconfig import RestConfig
from controllers.runtime.metrics import Registry
from controllers.runtime.rate_limiter import TokenBucket

JSON: Final = "application/json"
JSON_PATCH: Final = "application/json-patch+json"
MERGE_PATCH: Final = "application/merge-patch+json"
STRATEGIC_MERGE_PATCH: Final = "application/strategic-merge-patch+json"
APPLY_PATCH: Final = "application/apply-patch+yaml"
PARTIAL_METADATA: Final = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json"
PARTIAL_METADATA_LIST: Final = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json"

MAX_RETRIES: Final = 10
_TRANSPORT_ERRORS = (aiohttp.ClientError, OSError, TimeoutError, ssl.SSLError)
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
        max_in_flight: int = 64,
        qps: float = 0,
        burst: int = 30,
        timeout: float = 60.0,
        clock: Clock | None = None,
        metrics: Registry | None = None,
    ) -> None:
        self._config = config
        self._clock = clock or RealClock()
        self._limiter = TokenBucket(self._clock, qps=qps, burst=burst) if qps > 0 else None
        self._slots = asyncio.Semaphore(max_in_flight)
        self._timeout = aiohttp.ClientTimeout(total=timeout)
        self._metrics = metrics or Registry()
        self._host = urlsplit(config.server).netloc
        self._headers = {"User-Agent": user_agent or default_user_agent("kube-controller-manager"), "Accept": JSON}
        self._sessions: list[aiohttp.ClientSession] = []

    @property
    def clock(self) -> Clock:
        """The machine's clock, for pacing what touches the network."""
        return self._clock

    def with_user_agent(self, name: str) -> Client:
        """The same connections under another program's name, which is also its field manager."""
        other = copy.copy(self)
        other._headers = {**self._headers, "User-Agent": default_user_agent(name)}
        return other

    def as_user(self, name: str) -> Client:
        """The same connections and program, impersonating a user."""
        other = copy.copy(self)
        other._headers = {**self._headers, "Impersonate-User": name}
        return other

    async def __aenter__(self) -> Self:
        context = self._config.ssl_context()
        connector = aiohttp.TCPConnector(limit=0, ssl=context if context is not None else True, keepalive_timeout=90)
        self._sessions.append(
            aiohttp.ClientSession(
                connector=connector,
                skip_auto_headers=("Accept-Encoding",),
                auto_decompress=False,
                read_bufsize=2**18,
            )
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        while self._sessions:
            await self._sessions.pop().close()

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
        return Watch(self, self._url(object_path(resource, namespace), params), accept)

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
        url = self._url(path, params)
        headers = self._request_headers(accept, content_type if body is not None else "")
        for attempt in range(MAX_RETRIES + 1):
            if self._limiter is not None:
                await self._limiter.wait()
            try:
                async with self._slots:
                    status, retry_after, data = await self._once(method, url, headers, body)
            except _TRANSPORT_ERRORS as error:
                if (
                    method != "GET"
                    or attempt >= MAX_RETRIES
                    or not isinstance(error, aiohttp.ServerDisconnectedError | ConnectionResetError)
                ):
                    raise TransportError(f"{method} {path}: {error or type(error).__name__}") from error
                await self._clock.sleep(min(0.05 * 2**attempt, 5.0))
                continue
            if status < 400:
                return data
            failure = _status_error(status, data)
            if retry_after is None or attempt >= MAX_RETRIES or (status != 429 and status < 500):
                raise failure
            log.debug("%s %s: %s; trying again in %s s", method, path, failure, retry_after)
            await self._clock.sleep(retry_after)
        raise AssertionError("the last attempt returns or raises")

    async def _once(
        self, method: str, url: URL, headers: Mapping[str, str], body: bytes | None
    ) -> tuple[int, int | None, bytes]:
        started = self._clock.monotonic()
        code = "<error>"
        try:
            async with self._session.request(
                method,
                url,
                data=body,
                headers=headers,
                timeout=self._timeout,
                allow_redirects=False,
                **self._server_name,
            ) as response:
                data = await response.read()
                code = str(response.status)
                return response.status, _retry_after(response.headers.get("Retry-After")), data
        finally:
            self._metrics.requests.inc(code, self._host, method)
            self._metrics.request_duration.observe(self._clock.monotonic() - started, self._host, method)

    @property
    def _session(self) -> aiohttp.ClientSession:
        if not self._sessions:
            raise RuntimeError("the client is not open: use `async with`")
        return self._sessions[0]

    @property
    def _server_name(self) -> dict[str, Any]:
        return {"server_hostname": self._config.server_name} if self._config.server_name else {}

    def _request_headers(self, accept: str, content_type: str) -> dict[str, str]:
        headers = {**self._headers, "Accept": accept}
        if content_type:
            headers["Content-Type"] = content_type
        if token := self._config.bearer_token():
            headers["Authorization"] = f"Bearer {token}"
        return headers

    def _url(self, path: str, params: Mapping[str, str] | None) -> URL:
        query = f"?{urlencode(params)}" if params else ""
        return URL(f"{self._config.server}{path}{query}", encoded=True)


class Watch:
    """One open watch; ends when the server ends it, raises what an ERROR event carries."""

    def __init__(self, client: Client, url: URL, accept: str) -> None:
        self._client = client
        self._url = url
        self._accept = accept
        self._response: aiohttp.ClientResponse | None = None

    async def __aenter__(self) -> AsyncIterator[WatchEvent]:
        client = self._client
        try:
            self._response = await client._session.get(
                self._url,
                headers=client._request_headers(self._accept, ""),
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=30),
                **client._server_name,
            )
            if self._response.status >= 400:
                raise _status_error(self._response.status, await self._response.read())
        except _TRANSPORT_ERRORS as error:
            raise TransportError(f"WATCH {self._url.path}: {error or type(error).__name__}") from error
        finally:
            code = str(self._response.status) if self._response is not None else "<error>"
            client._metrics.requests.inc(code, client._host, "GET")
        return self._events(self._response)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._response is not None:
            self._response.close()

    async def _events(self, response: aiohttp.ClientResponse) -> AsyncIterator[WatchEvent]:
        rest = b""
        loads = serializer.loads
        try:
            async for chunk in response.content.iter_any():
                *lines, rest = (rest + chunk).split(b"\n")
                for line in lines:
                    if not line:
                        continue
                    event = loads(line)
                    if event["type"] == "ERROR":
                        raise errors.StatusError.from_status(event["object"])
                    yield event["type"], event["object"]
        except _TRANSPORT_ERRORS as error:
            raise TransportError(f"WATCH {self._url.path}: {error or type(error).__name__}") from error


def object_path(resource: GroupVersionResource, namespace: str = "", name: str = "", subresource: str = "") -> str:
    """`/apis/apps/v1/namespaces/ns/daemonsets/x/status`, each part escaped."""
    path = f"/apis/{resource.group}/{resource.version}" if resource.group else f"/api/{resource.version}"
    if namespace:
        path += f"/namespaces/{quote(namespace, safe='')}"
    path += f"/{resource.resource}"
    if name:
        path += f"/{quote(name, safe='')}"
    return f"{path}/{subresource}" if subresource else path


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
    return errors.Unknown(data.decode(errors="replace").strip() or f"the server answered {code}", code=code)
