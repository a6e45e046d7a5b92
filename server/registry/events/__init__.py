"""events.k8s.io: the newer view of events, stored as core/v1."""

from __future__ import annotations

from apimachinery.gvk import GroupResource
from server.registry.config import RegistryConfig
from server.registry.declaration import declare
from server.registry.rest import Resource


def resources(config: RegistryConfig) -> list[Resource]:
    """The kinds of this group, in every version that the configured Kubernetes serves by default."""
    return [
        declare(
            "events.k8s.io",
            "v1",
            "Event",
            namespaced=True,
            stored_as=("", "v1"),
            short_names=("ev",),
            storage=GroupResource("", "events"),
        )
    ]
