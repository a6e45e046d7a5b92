"""storagemigration.k8s.io: rewriting objects in the current storage version."""

from __future__ import annotations

from dataclasses import replace

from apimachinery import meta
from apimachinery.objects import View
from server.registry.config import RegistryConfig
from server.registry.declaration import at_least, declare
from server.registry.generic import SpecStrategy, StatusStrategy
from server.registry.rest import NAME, Column, Printer, Resource


def resources(config: RegistryConfig) -> list[Resource]:
    """The kinds of this group, in every version that the configured Kubernetes serves by default."""
    if not at_least(config, 37):
        return []
    column = Column("Resource", description="Fully qualified resource to migrate")
    return [
        declare(
            "storagemigration.k8s.io",
            "v1",
            "StorageVersionMigration",
            namespaced=False,
            stored_as=("storagemigration.k8s.io", "v1beta1"),
            strategy=SpecStrategy(),
            status=StatusStrategy(),
            printer=Printer((replace(NAME, format=""), column), lambda o, _: [meta.name(o), _resource(o)]),
        )
    ]


def _resource(migration: View) -> str:
    named = (migration.get("spec") or {}).get("resource") or {}
    return f"{named.get('resource', '')}.{named.get('group', '')}"
