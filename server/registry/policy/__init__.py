"""policy: disruption budgets."""

from __future__ import annotations

from server.registry.config import RegistryConfig
from server.registry.declaration import declare
from server.registry.generic import SpecStrategy, StatusStrategy
from server.registry.rest import Resource


def resources(config: RegistryConfig) -> list[Resource]:
    """The kinds of this group, in every version that the configured Kubernetes serves by default."""
    return [
        declare(
            "policy",
            "v1",
            "PodDisruptionBudget",
            namespaced=True,
            short_names=("pdb",),
            strategy=SpecStrategy(),
            status=StatusStrategy(),
        )
    ]
