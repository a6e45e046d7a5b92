"""NamespaceExists and NamespaceAutoProvision. Models plugin/pkg/admission/namespace/{exists,autoprovision}."""

from __future__ import annotations

from apimachinery import errors
from server.admission.attributes import Attributes
from server.admission.interfaces import Operation
from server.admission.plugins.lister import Lister
from server.registry.registry import Registry


def _concerned(attributes: Attributes) -> bool:
    return bool(attributes.namespace) and not attributes.is_("namespaces", attributes.subresource)


class NamespaceExists:
    """Refuses what has no namespace."""

    name = "NamespaceExists"
    operations: frozenset[Operation] = frozenset({"CREATE", "UPDATE", "DELETE"})

    def __init__(self, lister: Lister) -> None:
        self._lister = lister

    async def validate(self, attributes: Attributes) -> None:
        """NotFound for a missing namespace."""
        if _concerned(attributes) and await self._lister.get("namespaces", "", attributes.namespace) is None:
            raise errors.NotFound.of("namespaces", attributes.namespace)


class NamespaceAutoProvision:
    """Makes the namespace that a new object wants."""

    name = "NamespaceAutoProvision"
    operations: frozenset[Operation] = frozenset({"CREATE"})

    def __init__(self, lister: Lister, registry: Registry) -> None:
        self._lister = lister
        self._registry = registry

    async def admit(self, attributes: Attributes) -> None:
        """Dry runs make nothing."""
        if attributes.dry_run or not _concerned(attributes):
            return
        if await self._lister.get("namespaces", "", attributes.namespace) is not None:
            return
        store = self._registry.find("namespaces")
        namespace = {"kind": "Namespace", "apiVersion": "v1", "metadata": {"name": attributes.namespace}}
        store.resource.strategy.default(namespace)
        try:
            await store.create(namespace, store.context())
        except errors.AlreadyExists:
            return
