"""Keeps a store equal to what the server has, by list and watch. Models client-go/tools/cache/reflector.go."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, Final, Protocol

from apimachinery import errors, meta
from apimachinery.clock import RealClock
from apimachinery.gvk import GroupVersionResource
from apimachinery.objects import Object
from controllers.runtime.client import Client
from controllers.runtime.errors import TransportError

INITIAL_EVENTS_END: Final = "k8s.io/initial-events-end"
_BACKOFF_INITIAL: Final = 0.8
_BACKOFF_CAP: Final = 30.0
_BACKOFF_RESET: Final = 120.0
_MIN_WATCH_SECONDS: Final = 300
_MACHINE: Final = RealClock()
"""Paces reconnections: a cluster whose time stands still gets them all the same."""

log = logging.getLogger(__name__)


class Store(Protocol):
    """What a reflector feeds; every call is one state change without an await inside."""

    def replace(self, items: Iterable[Object]) -> None:
        """The whole state at once."""
        ...

    def apply(self, kind: str, obj: Object) -> None:
        """One ADDED, MODIFIED or DELETED."""
        ...


class Reflector:
    """Opens with a streaming list where the server offers it, else with a paged list; resumes by resourceVersion.

    410 means a new list; bookmarks move the resourceVersion; a failing server is asked again after 0.8 to 30 s.
    """

    def __init__(
        self,
        client: Client,
        resource: GroupVersionResource,
        store: Store,
        *,
        namespace: str = "",
        label_selector: str = "",
        field_selector: str = "",
        metadata_only: bool = False,
        on_absent: Callable[[], None] | None = None,
        on_progress: Callable[[], None] = lambda: None,
    ) -> None:
        self._client = client
        self._resource = resource
        self._name = str(resource.group_resource)
        self._store = store
        self._namespace = namespace
        self._label_selector = label_selector
        self._field_selector = field_selector
        self._metadata_only = metadata_only
        self._on_absent = on_absent
        self._on_progress = on_progress
        self._failing = False
        self._version = ""
        self._streaming = True
        self._synced = False
        self._backoff = _BACKOFF_INITIAL

    def behind(self, changes: Mapping[str, int]) -> bool:
        """Whether the last change of the resource is still to come; not while the server cannot be asked."""
        last = changes.get(self._name)
        if last is None or self._failing:
            return False
        return not self._synced or int(self._version or 0) < last

    async def run(self) -> None:
        """List and watch until cancelled."""
        while True:
            started = _MACHINE.monotonic()
            try:
                if not self._synced:
                    await self._initial_state()
                else:
                    await self._watch()
                self._backoff = _BACKOFF_INITIAL
                continue
            except (errors.Expired, errors.Gone):
                log.debug(
                    "%s: resourceVersion %s is too old, listing again", self._resource.group_resource, self._version
                )
                self._forget()
            except errors.TooManyRequests as error:
                await _MACHINE.sleep(error.retry_after)
            except errors.NotFound:
                self._forget()
                if self._on_absent is not None:
                    self._on_absent()
            except TransportError as error:
                log.debug("%s: %s", self._resource.group_resource, error)
            except errors.StatusError as error:
                log.warning("watching %s failed: %s", self._resource.group_resource, error)
                self._forget()
            if _MACHINE.monotonic() - started > _BACKOFF_RESET:
                self._backoff = _BACKOFF_INITIAL
            self._failing = True
            self._on_progress()
            await _MACHINE.sleep(self._backoff * (1 + random.random()))
            self._failing = False
            self._backoff = min(self._backoff * 2, _BACKOFF_CAP)

    def _forget(self) -> None:
        self._synced = False
        self._version = ""

    async def _initial_state(self) -> None:
        if self._streaming:
            try:
                await self._watch_list()
                return
            except (errors.Invalid, errors.BadRequest, errors.MethodNotAllowed):
                log.debug("%s: no streaming list here", self._resource.group_resource)
                self._streaming = False
        found = await self._client.list(
            self._resource,
            namespace=self._namespace,
            label_selector=self._label_selector,
            field_selector=self._field_selector,
            resource_version=self._version or "0",
            metadata_only=self._metadata_only,
        )
        self._replace(found["items"], found["metadata"]["resourceVersion"])

    async def _watch_list(self) -> None:
        items: dict[str, Object] = {}
        async with self._client.watch(
            self._resource,
            namespace=self._namespace,
            label_selector=self._label_selector,
            field_selector=self._field_selector,
            resource_version=self._version,
            send_initial_events=True,
            timeout_seconds=self._watch_seconds(),
            metadata_only=self._metadata_only,
        ) as events:
            async for kind, obj in events:
                if self._synced:
                    self._take(kind, obj)
                elif kind == "BOOKMARK":
                    if meta.annotations(obj).get(INITIAL_EVENTS_END) == "true":
                        self._replace(items.values(), meta.resource_version(obj))
                elif kind == "DELETED":
                    items.pop(meta.key(obj), None)
                else:
                    items[meta.key(obj)] = obj

    async def _watch(self) -> None:
        async with self._client.watch(
            self._resource,
            namespace=self._namespace,
            label_selector=self._label_selector,
            field_selector=self._field_selector,
            resource_version=self._version,
            timeout_seconds=self._watch_seconds(),
            metadata_only=self._metadata_only,
        ) as events:
            async for kind, obj in events:
                self._take(kind, obj)

    def _replace(self, items: Iterable[Object], version: str) -> None:
        self._synced = True
        self._hear(version, self._store.replace, items)
        self._backoff = _BACKOFF_INITIAL

    def _take(self, kind: str, obj: Object) -> None:
        version = meta.resource_version(obj)
        if kind == "BOOKMARK":
            self._version = version
        else:
            self._hear(version, self._store.apply, kind, obj)

    def _hear(self, version: str, change: Callable[..., None], *arguments: Any) -> None:
        self._version = version
        lockstep = self._client.lockstep
        if lockstep.engaged:
            lockstep.hold(int(version or 0), self._name, partial(change, *arguments))
        else:
            change(*arguments)
        self._on_progress()

    @staticmethod
    def _watch_seconds() -> int:
        return int(_MIN_WATCH_SECONDS * (1 + random.random()))
