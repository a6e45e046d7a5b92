"""What is served: one Endpoint a resource and version, in discovery's order. Models endpoints/installer.go."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from apimachinery.gvk import GroupVersion, GroupVersionResource
from apimachinery.objects import View
from apimachinery.schema import FieldSchema
from server.fieldmanager.field_manager import FieldManager
from server.registry.rest import Resource
from server.registry.store import Store


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A served resource; `store` is None for kinds that are never stored."""

    resource: Resource
    store: Store | None = None
    schema: FieldSchema | None = None
    field_managers: dict[str, FieldManager] = field(default_factory=dict)
    """By subresource, the main endpoint under the empty name."""
    empty: View = field(default_factory=dict)
    """What beside kind, apiVersion and metadata is always written of this kind, at its zero value."""

    @property
    def gvr(self) -> GroupVersionResource:
        """Group, version and plural."""
        return GroupVersionResource(self.resource.group, self.resource.version, self.resource.plural)


class Catalog:
    """The endpoints that are served. `generation` changes whenever they do, so that documents can be cached."""

    def __init__(self) -> None:
        self._endpoints: dict[GroupVersionResource, Endpoint] = {}
        self._groups: frozenset[str] = frozenset()
        self.generation = 0

    def add(self, endpoint: Endpoint) -> None:
        """Serve an endpoint, in place of one of the same name."""
        self._endpoints[endpoint.gvr] = endpoint
        self._groups |= {endpoint.resource.group}
        self.generation += 1

    def remove(self, gvr: GroupVersionResource) -> None:
        """Serve it no longer."""
        if self._endpoints.pop(gvr, None) is not None:
            self._groups = frozenset(known.group for known in self._endpoints)
            self.generation += 1

    def get(self, group: str, version: str, plural: str) -> Endpoint | None:
        """The endpoint of a resource."""
        return self._endpoints.get(GroupVersionResource(group, version, plural))

    def __iter__(self) -> Iterator[Endpoint]:
        return iter(tuple(self._endpoints.values()))

    def group_versions(self) -> list[GroupVersion]:
        """Every group and version, groups in the order of discovery, the preferred version of each first."""
        found = dict.fromkeys(e.resource.group_version for e in self._endpoints.values())
        groups = list(dict.fromkeys(gv.group for gv in found))
        return sorted(found, key=lambda gv: groups.index(gv.group))

    def has_group(self, group: str) -> bool:
        """Whether any version of the group is served."""
        return group in self._groups

    def has_version(self, group: str, version: str) -> bool:
        """Whether this version of the group is served."""
        return any(gvr.group == group and gvr.version == version for gvr in self._endpoints)
