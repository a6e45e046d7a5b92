"""Follows CustomResourceDefinitions: accepts their names, serves their kinds, and cleans up when they go.

Models the controllers of apiextensions-apiserver/pkg/controller and kube-aggregator's crdregistration. Every server
follows by its own watch; of several that write the same status one succeeds and the others see it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from apimachinery import meta, serializer
from apimachinery.objects import Object, View
from server.apiextensions import naming
from server.apiextensions.api_services import ApiServices
from server.apiextensions.finalizer import Finalizer
from server.apiextensions.serving import CustomResources
from server.apiextensions.status import PATH, with_conditions
from server.endpoints.scope import Services
from server.loopback import LoopbackClient
from server.registry.store import Store
from storage.errors import StorageError
from storage.interfaces import ListOptions, WatchOptions

_log = logging.getLogger(__name__)


class CustomResourceDefinitions:
    """Keeps what is served in step with the definitions; `start` before requests are taken, then `run`."""

    def __init__(self, services: Services, serving: CustomResources, client: LoopbackClient) -> None:
        self._services = services
        self._serving = serving
        self._client = client
        self._known: dict[str, View] = {}
        self._finalizing: dict[str, asyncio.Task[None]] = {}
        self._finalizer = Finalizer(services, serving, client)
        self._api_services = ApiServices(services, client)

    async def start(self) -> None:
        """Serve what is established already."""
        for stored in (await self._store().get_list()).items:
            self._serve(stored.view)

    async def run(self) -> None:
        """Follow every definition until cancelled; no task of ours outlives this call."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                with suppress(StorageError):
                    await self._follow(tasks)
                await asyncio.sleep(0)

    def _store(self) -> Store:
        return self._services.registry.find("customresourcedefinitions.apiextensions.k8s.io")

    async def _follow(self, tasks: asyncio.TaskGroup) -> None:
        store = self._store()
        found = await store.get_list("", ListOptions())
        present = {meta.name(view): view for view in (stored.view for stored in found.items)}
        for name in {*self._known, *self._serving.names()} - present.keys():
            await self._gone(name)
        self._known = dict(present)
        for name in present:
            await self._sync(name, tasks)
        watch = store.watch("", WatchOptions(resource_version=found.resource_version))
        try:
            async for event in watch:
                if event.object is None:
                    continue
                view = event.object.view
                name = meta.name(view)
                if event.type == "DELETED":
                    await self._gone(name)
                    await self._reconsider(view["spec"]["group"], tasks)
                elif not _is_older(view, self._known.get(name)):
                    self._known[name] = view
                    await self._sync(name, tasks)
        finally:
            watch.stop()

    async def _sync(self, name: str, tasks: asyncio.TaskGroup) -> None:
        crd = self._known[name]
        try:
            if meta.is_deleting(crd):
                self._serve(crd)
                self._finalize(name, tasks)
                return
            accepted = naming.names(crd, self._of_group(crd["spec"]["group"], name))
            wanted = with_conditions(crd, accepted.conditions, self._services.clock.now())
            wanted["status"]["acceptedNames"] = accepted.accepted
            self._serve(wanted)
            await self._api_services.register(self._serving.versions(name))
            if wanted["status"] != crd.get("status"):
                await self._write(name, wanted)
                await self._reconsider(crd["spec"]["group"], tasks, but=name)
        except Exception:
            _log.exception("cannot follow the definition %s", name)

    def _serve(self, crd: View) -> None:
        if naming.is_true(crd, "Established"):
            self._serving.serve(crd)

    def _of_group(self, group: str, but: str = "") -> list[View]:
        return [c for n, c in self._known.items() if n != but and c["spec"]["group"] == group]

    async def _write(self, name: str, wanted: Object) -> None:
        answer = await self._client.send("PUT", f"{PATH}/{name}/status", wanted)
        if answer.status == 200 and isinstance(answer.body, bytes):
            self._known[name] = serializer.loads(answer.body)
        elif answer.status not in (404, 409):
            _log.warning("writing the status of %s: %d", name, answer.status)

    async def _reconsider(self, group: str, tasks: asyncio.TaskGroup, *, but: str = "") -> None:
        """Names may have become free: look again at those that wait for one."""
        for crd in self._of_group(group, but):
            condition: Mapping[str, Any] = meta.condition(crd, "NamesAccepted") or {}
            if condition.get("status") == "False":
                await self._sync(meta.name(crd), tasks)

    async def _gone(self, name: str) -> None:
        self._known.pop(name, None)
        versions = self._serving.versions(name)
        self._serving.remove(name)
        await self._api_services.unregister(versions)

    def _finalize(self, name: str, tasks: asyncio.TaskGroup) -> None:
        if name not in self._finalizing:
            task = tasks.create_task(self._finalizer.run(self._known[name]), name=f"finalize-{name}")
            self._finalizing[name] = task
            task.add_done_callback(lambda _: self._finalizing.pop(name, None))


def _is_older(view: View, known: View | None) -> bool:
    """Whether an event tells of a state before the one that is known: our own write was answered first."""
    if known is None or meta.uid(known) != meta.uid(view):
        return False
    return int(meta.resource_version(view)) <= int(meta.resource_version(known))
