"""An APIService for each group version of custom resources.

Models kube-aggregator's autoregister and pkg/controlplane/controller/crdregistration.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Final

from apimachinery import meta
from apimachinery.gvk import GroupVersion, GroupVersionResource
from apimachinery.objects import Object
from server.aggregation import AUTOMANAGED, PATH
from server.endpoints.scope import Services
from server.loopback import LoopbackClient

_log = logging.getLogger(__name__)

GROUP_PRIORITY: Final = 1000
VERSION_PRIORITY: Final = 100


class ApiServices:
    """Creates them when a version is first served, removes its own when nothing of it is left."""

    def __init__(self, services: Services, client: LoopbackClient) -> None:
        self._services = services
        self._client = client

    async def register(self, served: Iterable[GroupVersionResource]) -> None:
        """Have one for every group version of these resources."""
        store = self._services.registry.find("apiservices.apiregistration.k8s.io")
        for group, version in dict.fromkeys(gvr.group_version for gvr in served):
            if await store.find("", f"{version}.{group}") is None:
                answer = await self._client.send("POST", PATH, _api_service(group, version))
                if answer.status not in (201, 409):
                    _log.warning("creating the APIService of %s/%s: %d", group, version, answer.status)

    async def unregister(self, served: Iterable[GroupVersionResource]) -> None:
        """Remove those of group versions of which nothing is served any longer."""
        store = self._services.registry.find("apiservices.apiregistration.k8s.io")
        for group, version in dict.fromkeys(gvr.group_version for gvr in served):
            if self._services.catalog.has_version(group, version):
                continue
            found = await store.find("", f"{version}.{group}")
            if found is not None and meta.labels(found.view).get(AUTOMANAGED) == "true":
                await self._client.send("DELETE", f"{PATH}/{version}.{group}")


def _api_service(group: str, version: str) -> Object:
    return {
        "kind": "APIService",
        "apiVersion": str(GroupVersion("apiregistration.k8s.io", "v1")),
        "metadata": {"name": f"{version}.{group}", "labels": {AUTOMANAGED: "true"}},
        "spec": {
            "group": group,
            "version": version,
            "groupPriorityMinimum": GROUP_PRIORITY,
            "versionPriority": VERSION_PRIORITY,
        },
    }
