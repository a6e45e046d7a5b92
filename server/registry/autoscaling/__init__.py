"""autoscaling: horizontal pod autoscalers in two versions over one storage."""

from __future__ import annotations

from server.registry.autoscaling import horizontalpodautoscaler
from server.registry.config import RegistryConfig
from server.registry.rest import Resource


def resources(config: RegistryConfig) -> list[Resource]:
    """The kinds of this group, in every version that the configured Kubernetes serves by default."""
    return horizontalpodautoscaler.resources(config)
