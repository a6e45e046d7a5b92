"""autoscaling: horizontal pod autoscalers in two versions over one storage."""

from __future__ import annotations

from server.registry.config import RegistryConfig
from server.registry.declaration import declare
from server.registry.generic import SpecStrategy, StatusStrategy
from server.registry.rest import Resource


def resources(config: RegistryConfig) -> list[Resource]:
    """The kinds of this group, in every version that the configured Kubernetes serves by default."""
    return [
        declare(
            "autoscaling",
            version,
            "HorizontalPodAutoscaler",
            namespaced=True,
            stored_as=("autoscaling", "v2"),
            short_names=("hpa",),
            categories=("all",),
            strategy=SpecStrategy(),
            status=StatusStrategy(),
        )
        for version in ("v2", "v1")
    ]
