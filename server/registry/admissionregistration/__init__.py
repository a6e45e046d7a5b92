"""admissionregistration.k8s.io: webhooks and admission policies."""

from __future__ import annotations

from server.registry.admissionregistration import admissionpolicy, webhookconfiguration
from server.registry.config import RegistryConfig
from server.registry.rest import Resource


def resources(config: RegistryConfig) -> list[Resource]:
    """The kinds of this group, in every version that the configured Kubernetes serves by default."""
    return [*webhookconfiguration.resources(config), *admissionpolicy.resources(config)]
