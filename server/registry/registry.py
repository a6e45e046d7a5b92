"""Every store of the server, by resource: how stages of a request read and write other objects in process."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from apimachinery import errors
from apimachinery.gvk import GroupVersionResource

if TYPE_CHECKING:
    from server.registry.store import Store


class Registry:
    """The stores that are served; one a group, version and resource."""

    def __init__(self) -> None:
        self._stores: dict[GroupVersionResource, Store] = {}
        self._preferred: dict[str, Store] = {}

    def add(self, store: Store) -> None:
        """Serve a store; the first version of a resource to be added is the one `find` gives."""
        resource = store.resource
        self._stores[GroupVersionResource(resource.group, resource.version, resource.plural)] = store
        self._preferred.setdefault(resource.qualified, store)

    def remove(self, gvr: GroupVersionResource) -> None:
        """Serve it no longer."""
        self._stores.pop(gvr, None)
        group_resource = gvr.group_resource
        left = [s for s in self._stores.values() if s.resource.group_resource == group_resource]
        if left:
            self._preferred[str(group_resource)] = left[0]
        else:
            self._preferred.pop(str(group_resource), None)

    def get(self, gvr: GroupVersionResource) -> Store | None:
        """The store of one version."""
        return self._stores.get(gvr)

    def find(self, resource: str) -> Store:
        """The store of `pods`, `daemonsets.apps`, …; NotFound when it is not served."""
        store = self._preferred.get(resource)
        if store is None:
            raise errors.NotFound("the server could not find the requested resource", details={})
        return store

    def __iter__(self) -> Iterator[Store]:
        return iter(tuple(self._stores.values()))
