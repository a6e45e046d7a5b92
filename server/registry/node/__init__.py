"""node.k8s.io: runtime classes."""

from __future__ import annotations

from server.registry.config import RegistryConfig
from server.registry.node import runtimeclass
from server.registry.rest import Resource


def resources(config: RegistryConfig) -> list[Resource]:
    """The kinds of this group, in every version that the configured Kubernetes serves by default."""
    return [runtimeclass.resource(config)]
