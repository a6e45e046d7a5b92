"""What is served: one Endpoint a resource and version, in discovery's order. Models endpoints/installer.go."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

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


_VERSION: Final = re.compile(r"v(\d+)(?:(alpha|beta)(\d+))?")
_STABILITIES: Final = {None: 0, "beta": 1, "alpha": 2}


def version_priority(version: str) -> tuple[int, int, int, str]:
    """A sort key: v2, v1, v1beta1, v1alpha2, then any other by its text. Models apimachinery/pkg/version."""
    found = _VERSION.fullmatch(version)
    if found is None:
        return 3, 0, 0, version
    major, stability, minor = found.groups()
    return _STABILITIES[stability], -int(major), -int(minor or 0), ""


class Catalog:
    """The endpoints that are served. `generation` changes whenever they do, so that documents can be cached."""

    def __init__(self) -> None:
        self._endpoints: dict[GroupVersionResource, Endpoint] = {}
        self._groups: frozenset[str] = frozenset()
        self._custom: frozenset[str] = frozenset()
        self.generation = 0

    def add(self, endpoint: Endpoint) -> None:
        """Serve an endpoint, in place of one of the same name."""
        self._endpoints[endpoint.gvr] = endpoint
        self._count()

    def remove(self, gvr: GroupVersionResource) -> None:
        """Serve it no longer."""
        if self._endpoints.pop(gvr, None) is not None:
            self._count()

    def _count(self) -> None:
        self._groups = frozenset(known.group for known in self._endpoints)
        builtin = {e.resource.group for e in self._endpoints.values() if e.resource.definition}
        self._custom = self._groups - builtin
        self.generation += 1

    def get(self, group: str, version: str, plural: str) -> Endpoint | None:
        """The endpoint of a resource."""
        return self._endpoints.get(GroupVersionResource(group, version, plural))

    def __iter__(self) -> Iterator[Endpoint]:
        return iter(tuple(self._endpoints.values()))

    def group_versions(self) -> list[GroupVersion]:
        """Every group and version, groups in the order of discovery, the preferred version of each first.

        Groups of custom resources follow by name, their versions by stability and number.
        """
        found = dict.fromkeys(e.resource.group_version for e in self._endpoints.values())
        places = {group: i for i, group in enumerate(dict.fromkeys(gv.group for gv in found))}
        builtin = [gv for gv in found if gv.group not in self._custom]
        custom = [gv for gv in found if gv.group in self._custom]
        return [
            *sorted(builtin, key=lambda gv: places[gv.group]),
            *sorted(custom, key=lambda gv: (gv.group, version_priority(gv.version))),
        ]

    def is_custom(self, group: str) -> bool:
        """Whether the group has nothing but custom resources."""
        return group in self._custom

    def has_group(self, group: str) -> bool:
        """Whether any version of the group is served."""
        return group in self._groups

    def has_version(self, group: str, version: str) -> bool:
        """Whether this version of the group is served."""
        return any(gvr.group == group and gvr.version == version for gvr in self._endpoints)
