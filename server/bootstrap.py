"""What every cluster has from the start: namespaces, the `kubernetes` Service, priority classes, default roles.

Models pkg/controlplane/controller/{systemnamespaces,kubernetesservice} and the post-start hooks of pkg/registry.
"""

from __future__ import annotations

import logging
from typing import Final

from apimachinery import serializer
from apimachinery.objects import Object
from server import aggregation
from server.authorization import bootstrap as default_policy
from server.endpoints.request import Response
from server.endpoints.scope import Services
from server.loopback import LoopbackClient
from server.options import ServerOptions

_log = logging.getLogger(__name__)

NAMESPACES: Final = ("kube-system", "kube-public", "kube-node-lease", "default")
PRIORITY_CLASSES: Final = (
    (
        "system-node-critical",
        2000001000,
        "Used for system critical pods that must not be moved from their current node.",
    ),
    (
        "system-cluster-critical",
        2000000000,
        "Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.",
    ),
)


async def run(services: Services, client: LoopbackClient, options: ServerOptions, port: int) -> None:
    """Create what is missing; what exists is left as it is."""
    write = _Writer(client)
    for name in NAMESPACES:
        await write.create("/api/v1/namespaces", _object("v1", "Namespace", name))
    service = _object("v1", "Service", "kubernetes", namespace="default")
    service["metadata"]["labels"] = {"component": "apiserver", "provider": "kubernetes"}
    service["spec"] = {
        "clusterIP": str(options.service_cluster_ip_range[0][1]),
        "ports": [{"name": "https", "port": 443, "protocol": "TCP", "targetPort": port or 443}],
        "sessionAffinity": "None",
        "type": "ClusterIP",
    }
    await write.create("/api/v1/namespaces/default/services", service)
    for name, value, description in PRIORITY_CLASSES:
        found = _object("scheduling.k8s.io/v1", "PriorityClass", name)
        found |= {"value": value, "description": description, "globalDefault": False}
        found["preemptionPolicy"] = "PreemptLowerPriority"
        await write.create("/apis/scheduling.k8s.io/v1/priorityclasses", found)
    for api_service in aggregation.local_services(services.catalog):
        await write.create(aggregation.PATH, api_service)
    if "RBAC" in options.authorization_mode:
        for path, obj in default_policy.objects():
            await write.reconcile(path, obj)


def _object(api_version: str, kind: str, name: str, *, namespace: str = "") -> Object:
    metadata: Object = {"name": name}
    if namespace:
        metadata["namespace"] = namespace
    return {"kind": kind, "apiVersion": api_version, "metadata": metadata}


class _Writer:
    """Creates what is missing."""

    def __init__(self, client: LoopbackClient) -> None:
        self._client = client

    async def create(self, path: str, obj: Object) -> bool:
        """POST; whether the object is new. One of the name that exists is no error."""
        answer = await self._client.send("POST", path, obj)
        if answer.status not in (201, 409):
            _log.error("creating %s: %s", path, _text(answer))
        return answer.status == 201

    async def reconcile(self, path: str, wanted: Object) -> None:
        """Create, or give an object that exists what it lacks of the default policy."""
        if await self.create(path, wanted):
            return
        where = f"{path}/{wanted['metadata']['name']}"
        answer = await self._client.send("GET", where)
        if answer.status != 200 or not isinstance(answer.body, bytes):
            return
        changed = default_policy.reconciled(serializer.loads(answer.body), wanted)
        if changed is not None:
            answer = await self._client.send("PUT", where, changed)
            if answer.status != 200:
                _log.error("updating %s: %s", where, _text(answer))


def _text(answer: Response) -> str:
    return answer.body.decode(errors="replace") if isinstance(answer.body, bytes) else str(answer.status)
