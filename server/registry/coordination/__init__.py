"""coordination.k8s.io: leases."""

from __future__ import annotations

from server.registry.config import RegistryConfig
from server.registry.declaration import declare
from server.registry.rest import Resource


def resources(config: RegistryConfig) -> list[Resource]:
    """The kinds of this group, in every version that the configured Kubernetes serves by default."""
    return [declare("coordination.k8s.io", "v1", "Lease", namespaced=True)]
