"""apiextensions.k8s.io: custom resource definitions."""

from __future__ import annotations

from server.registry.apiextensions import customresourcedefinition
from server.registry.config import RegistryConfig
from server.registry.rest import Resource


def resources(config: RegistryConfig) -> list[Resource]:
    """The kinds of this group, in every version that the configured Kubernetes serves by default."""
    return [customresourcedefinition.resource(config)]
