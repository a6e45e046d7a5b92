"""Objects at hand for plugins, and attributes around an object."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from apimachinery import meta
from apimachinery.gvk import GroupResource
from apimachinery.objects import Object, View
from server.admission.attributes import Attributes
from server.admission.interfaces import Operation
from server.authentication.interfaces import User
from server.registry.rest import Resource

JANE = User("jane")


class Objects:
    """A Lister over dicts: `Objects({"namespaces": [..]})`."""

    def __init__(self, objects: Mapping[str, list[Object]] | None = None) -> None:
        self.objects = dict(objects or {})

    async def get(self, resource: str, namespace: str, name: str) -> View | None:
        for obj in self.objects.get(resource, []):
            if obj["metadata"]["name"] == name and obj["metadata"].get("namespace", "") == namespace:
                return obj
        return None

    async def labels(self, resource: str, namespace: str, name: str) -> Mapping[str, str]:
        found = await self.get(resource, namespace, name)
        return meta.labels(found) if found is not None else {}

    async def list(self, resource: str, namespace: str = "") -> list[View]:
        found = self.objects.get(resource, [])
        return [o for o in found if not namespace or o["metadata"].get("namespace") == namespace]

    async def wait(self, resource: str, namespace: str, name: str, seconds: float) -> View | None:
        return await self.get(resource, namespace, name)


def attributes(
    resource: str,
    operation: Operation,
    obj: Object | None,
    *,
    old: View | None = None,
    namespace: str = "ns",
    name: str = "",
    subresource: str = "",
    user: User = JANE,
    dry_run: bool = False,
    kind: str = "Pod",
) -> Attributes:
    """What a plugin is asked about."""
    parsed = GroupResource.parse(resource)
    served = Resource(parsed.group, "v1", kind, parsed.resource, parsed.resource, bool(namespace))
    return Attributes(
        resource=served,
        operation=operation,
        user=user,
        kind=served.gvk,
        subresource=subresource,
        namespace=namespace,
        name=name or ((obj or {}).get("metadata") or {}).get("name", ""),
        object=obj,
        old_object=old,
        dry_run=dry_run,
    )


def pod(name: str = "p", **spec: Any) -> Object:
    """A pod with one container."""
    return {
        "kind": "Pod",
        "apiVersion": "v1",
        "metadata": {"name": name, "namespace": "ns"},
        "spec": {"containers": [{"name": "c", "image": "i"}], **spec},
    }


def named(name: str, namespace: str = "", **fields: Any) -> Object:
    """An object of any kind."""
    metadata: Object = {"name": name, **({"namespace": namespace} if namespace else {})}
    metadata |= fields.pop("metadata", {})
    return {"metadata": metadata, **fields}
