"""Binding: the older way to bind a pod, never stored. Models pkg/registry/core/pod/storage (LegacyBindingREST)."""

from __future__ import annotations

from server.registry.config import RegistryConfig
from server.registry.declaration import CREATE_ONLY, declare
from server.registry.rest import Resource


def resource(config: RegistryConfig) -> Resource:
    """bindings."""
    return declare("", "v1", "Binding", namespaced=True, verbs=CREATE_ONLY, virtual="bindings")
