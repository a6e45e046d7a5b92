"""events.k8s.io: the newer view of events, stored as core/v1."""

from __future__ import annotations

from server.registry.config import RegistryConfig
from server.registry.events import event
from server.registry.rest import Resource


def resources(config: RegistryConfig) -> list[Resource]:
    """The kinds of this group, in every version that the configured Kubernetes serves by default."""
    return [event.resource(config)]
