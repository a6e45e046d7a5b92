"""scheduling.k8s.io: priority classes."""

from __future__ import annotations

from server.registry.config import RegistryConfig
from server.registry.rest import Resource
from server.registry.scheduling import priorityclass


def resources(config: RegistryConfig) -> list[Resource]:
    """The kinds of this group, in every version that the configured Kubernetes serves by default."""
    return [priorityclass.resource(config)]
