"""APIServices: one for every group version that is served here, and whether those of others can be reached.

Models pkg/controlplane/apiserver/aggregator.go and kube-aggregator/pkg/controllers/status. Requests are not passed on
to other servers, so an APIService with a Service behind it is available only as far as its endpoints are.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from typing import Final

from apimachinery import meta
from apimachinery.objects import Object, View
from apimachinery.timestamp import format_time
from server.endpoints.catalog import Catalog
from server.endpoints.scope import Services
from server.loopback import LoopbackClient
from storage.errors import StorageError
from storage.interfaces import WatchOptions

_log = logging.getLogger(__name__)

PATH: Final = "/apis/apiregistration.k8s.io/v1/apiservices"
AUTOMANAGED: Final = "kube-aggregator.kubernetes.io/automanaged"
_GROUP_PRIORITIES: Final = {
    "": 18000,
    "apps": 17800,
    "events.k8s.io": 17750,
    "authentication.k8s.io": 17700,
    "authorization.k8s.io": 17600,
    "autoscaling": 17500,
    "batch": 17400,
    "certificates.k8s.io": 17300,
    "networking.k8s.io": 17200,
    "policy": 17100,
    "rbac.authorization.k8s.io": 17000,
    "storage.k8s.io": 16800,
    "apiextensions.k8s.io": 16700,
    "admissionregistration.k8s.io": 16700,
    "scheduling.k8s.io": 16600,
    "coordination.k8s.io": 16500,
    "node.k8s.io": 16300,
    "discovery.k8s.io": 16200,
    "flowcontrol.apiserver.k8s.io": 16100,
    "resource.k8s.io": 15900,
    "storagemigration.k8s.io": 15800,
}
_VERSION_PRIORITIES: Final = {
    ("", "v1"): 1,
    ("autoscaling", "v2"): 30,
    ("flowcontrol.apiserver.k8s.io", "v1"): 21,
    ("flowcontrol.apiserver.k8s.io", "v1beta3"): 18,
}
_VERSION_PRIORITY: Final = 15


def local_services(catalog: Catalog) -> Iterator[Object]:
    """An APIService for every group version but this one's own."""
    for group, version in catalog.group_versions():
        if group not in _GROUP_PRIORITIES:
            continue
        spec: Object = {"group": group, "version": version} if group else {"version": version}
        spec["groupPriorityMinimum"] = _GROUP_PRIORITIES[group]
        spec["versionPriority"] = _VERSION_PRIORITIES.get((group, version), _VERSION_PRIORITY)
        yield {
            "kind": "APIService",
            "apiVersion": "apiregistration.k8s.io/v1",
            "metadata": {"name": f"{version}.{group}", "labels": {AUTOMANAGED: "onstart"}},
            "spec": spec,
        }


class AvailabilityController:
    """Writes the Available condition of APIServices, as the server itself."""

    def __init__(self, services: Services, client: LoopbackClient) -> None:
        self._services = services
        self._client = client

    async def run(self) -> None:
        """Judge every APIService when it or its Service changes; no task of ours outlives this call."""
        async with asyncio.TaskGroup() as tasks:
            for resource in ("apiservices.apiregistration.k8s.io", "services", "endpoints"):
                tasks.create_task(self._follow(resource), name=f"availability-{resource}")

    async def _follow(self, resource: str) -> None:
        store = self._services.registry.find(resource)
        while True:
            watch = store.watch("", WatchOptions())
            try:
                async for event in watch:
                    if event.object is not None and event.type != "DELETED" and resource.startswith("apiservices"):
                        await self._judge(event.object.view)
                    elif event.object is not None and not resource.startswith("apiservices"):
                        await self._judge_those_of(event.object.view)
            except StorageError as e:
                _log.info("the watch of %s was lost: %s", resource, e)
            finally:
                watch.stop()
            await asyncio.sleep(0)

    async def _judge_those_of(self, obj: View) -> None:
        store = self._services.registry.find("apiservices.apiregistration.k8s.io")
        for item in (await store.get_list()).items:
            view = item.view
            service = view["spec"].get("service") or {}
            if (service.get("namespace"), service.get("name")) == (meta.namespace(obj), meta.name(obj)):
                await self._judge(view)

    async def _judge(self, api_service: View) -> None:
        status, reason, message = await self._availability(api_service)
        conditions = [dict(c) for c in (api_service.get("status") or {}).get("conditions") or ()]
        current = next((c for c in conditions if c["type"] == "Available"), None)
        wanted = {"type": "Available", "status": status, "reason": reason, "message": message}
        if current is not None and all(current.get(k) == v for k, v in wanted.items()):
            return
        now = format_time(self._services.clock.now())
        unchanged = current is not None and current["status"] == status
        wanted["lastTransitionTime"] = str(current["lastTransitionTime"]) if unchanged and current else now
        others = [c for c in conditions if c["type"] != "Available"]
        await self._write({**api_service, "status": {"conditions": [*others, wanted]}})

    async def _availability(self, api_service: View) -> tuple[str, str, str]:
        service = api_service["spec"].get("service")
        if not service:
            return "True", "Local", "Local APIServices are always available"
        namespace, name = service.get("namespace", ""), service.get("name", "")
        registry = self._services.registry
        if await registry.find("services").find(namespace, name) is None:
            return "False", "ServiceNotFound", f'service/{name} in "{namespace}" is not present'
        endpoints = await registry.find("endpoints").find(namespace, name)
        if endpoints is None:
            return "False", "EndpointsNotFound", f'cannot find endpoints for service/{name} in "{namespace}"'
        if not any(s.get("addresses") for s in endpoints.view.get("subsets") or ()):
            message = f'endpoints for service/{name} in "{namespace}" have no addresses with port name ""'
            return "False", "MissingEndpoints", message
        return "False", "FailedDiscoveryCheck", "requests to aggregated servers are not passed on"

    async def _write(self, api_service: Object) -> None:
        answer = await self._client.send("PUT", f"{PATH}/{meta.name(api_service)}/status", api_service)
        if answer.status not in (200, 404, 409):
            _log.warning("writing the status of %s: %d", meta.name(api_service), answer.status)
