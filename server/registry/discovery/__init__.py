"""discovery.k8s.io: endpoint slices."""

from __future__ import annotations

from server.registry.config import RegistryConfig
from server.registry.discovery import endpointslice
from server.registry.rest import Resource


def resources(config: RegistryConfig) -> list[Resource]:
    """The kinds of this group, in every version that the configured Kubernetes serves by default."""
    return [endpointslice.resource(config)]
