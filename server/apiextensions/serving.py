"""Puts the kinds of CustomResourceDefinitions among those that are served, and takes them out again.

Models the crdHandler of apiextensions-apiserver/pkg/apiserver/customresource_handler.go and its discovery controller.
"""

from __future__ import annotations

from dataclasses import dataclass

from apimachinery import meta, serializer
from apimachinery.clock import Clock
from apimachinery.gvk import GroupResource, GroupVersionResource
from apimachinery.names import NameGenerator
from apimachinery.objects import Object, View
from apimachinery.schema import Definitions
from server.apiextensions.rules import make_rules
from server.endpoints.catalog import Catalog, Endpoint
from server.fieldmanager.field_manager import FieldManager
from server.fieldmanager.types import Converter
from server.fieldmanager.versions import other_versions
from server.registry import custom
from server.registry.registry import Registry
from server.registry.rest import Resource
from server.registry.store import Store, in_wire_order
from storage.factory import StorageFactory
from storage.interfaces import Attributes


@dataclass(frozen=True, slots=True)
class _Served:
    """A definition as it was when its kinds were put up."""

    fingerprint: bytes
    resource: GroupResource
    versions: tuple[GroupVersionResource, ...]
    selectable: tuple[str, ...]


class CustomResources:
    """The served kinds of all definitions, by the definition's name."""

    def __init__(
        self,
        catalog: Catalog,
        registry: Registry,
        storage: StorageFactory,
        definitions: Definitions,
        *,
        clock: Clock,
        names: NameGenerator,
    ) -> None:
        self._catalog = catalog
        self._registry = registry
        self._storage = storage
        self._definitions = definitions
        self._clock = clock
        self._names = names
        self._served: dict[str, _Served] = {}

    def names(self) -> list[str]:
        """The definitions whose kinds are served."""
        return list(self._served)

    def versions(self, name: str) -> tuple[GroupVersionResource, ...]:
        """What is served of a definition."""
        found = self._served.get(name)
        return found.versions if found is not None else ()

    def serve(self, crd: View) -> None:
        """Serve the kinds of a definition as it is now; open watches end only when other fields can be selected."""
        name, fingerprint = meta.name(crd), _fingerprint(crd)
        before = self._served.get(name)
        if before is not None and before.fingerprint == fingerprint:
            return
        resources = custom.resources(crd, make_rules)
        selectable = custom.selectable_paths(crd)
        storage_resource = GroupResource(crd["spec"]["group"], crd["spec"]["names"]["plural"])
        if before is not None:
            self._withdraw(before)
            if before.selectable != selectable:
                self._storage.drop(before.resource)
        converter = Converter()
        for resource in resources:
            store = self._store(resource)
            self._registry.add(store)
            self._catalog.add(
                Endpoint(resource, store, resource.schema, self._managers(resource, resources, converter))
            )
        versions = tuple(GroupVersionResource(r.group, r.version, r.plural) for r in resources)
        self._served[name] = _Served(fingerprint, storage_resource, versions, selectable)

    def remove(self, name: str) -> None:
        """Serve the kinds of a definition no longer; their watches end."""
        before = self._served.pop(name, None)
        if before is not None:
            self._withdraw(before)
            self._storage.drop(before.resource)

    def _withdraw(self, served: _Served) -> None:
        for gvr in served.versions:
            self._catalog.remove(gvr)
            self._registry.remove(gvr)

    def _store(self, resource: Resource) -> Store:
        storage = self._storage.storage(resource.storage_resource, attributes=_attributes(resource))
        return Store(resource, storage, clock=self._clock, names=self._names, settle=_sorted)

    def _managers(self, resource: Resource, served: list[Resource], converter: Converter) -> dict[str, FieldManager]:
        strategies = {"": resource.strategy}
        strategies |= {s.name: s.strategy for s in resource.subresources if s.strategy is not None}
        managers = {}
        for name, strategy in strategies.items():
            others, convert = other_versions(resource, served, self._definitions, name)
            managers[name] = FieldManager(
                resource.schema,
                resource.gvk,
                subresource=name,
                reset_fields=strategy.reset_fields,
                converter=converter,
                others=others,
                convert=convert,
            )
        return managers


def _fingerprint(crd: View) -> bytes:
    accepted = (crd.get("status") or {}).get("acceptedNames")
    generation = crd["metadata"].get("generation")
    return serializer.canonical([meta.uid(crd), generation, crd["spec"], accepted, meta.is_deleting(crd)])


def _sorted(obj: Object, _: View | None) -> Object:
    """The order in which Go writes objects that it has no type for."""
    found: Object = serializer.loads(serializer.canonical(obj))
    return in_wire_order(found)


def _attributes(resource: Resource) -> Attributes:
    selectable, namespaced = resource.selectable_fields, resource.namespaced

    def attributes(obj: View) -> tuple[View, View]:
        metadata = obj["metadata"]
        fields = {"metadata.name": metadata["name"]}
        if namespaced:
            fields["metadata.namespace"] = metadata.get("namespace", "")
        if selectable is not None:
            fields.update(selectable(obj))
        return metadata.get("labels") or {}, fields

    return attributes
