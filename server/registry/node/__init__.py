"""node.k8s.io: runtime classes."""

from __future__ import annotations

from server.registry.config import RegistryConfig
from server.registry.declaration import declare
from server.registry.rest import Resource


def resources(config: RegistryConfig) -> list[Resource]:
    """The kinds of this group, in every version that the configured Kubernetes serves by default."""
    return [declare("node.k8s.io", "v1", "RuntimeClass", namespaced=False, plural="runtimeclasses")]
