"""apiregistration.k8s.io: which server answers for which group version."""

from __future__ import annotations

from server.registry.apiregistration import apiservice
from server.registry.config import RegistryConfig
from server.registry.rest import Resource


def resources(config: RegistryConfig) -> list[Resource]:
    """The kinds of this group, in every version that the configured Kubernetes serves by default."""
    return [apiservice.resource(config)]
