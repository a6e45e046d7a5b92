"""networking.k8s.io: ingresses, network policies and the ranges of service addresses."""

from __future__ import annotations

from server.registry.config import RegistryConfig
from server.registry.declaration import at_least
from server.registry.networking import ingress, ingressclass, ipaddress, networkpolicy, servicecidr
from server.registry.rest import Resource


def resources(config: RegistryConfig) -> list[Resource]:
    """The kinds of this group, in every version that the configured Kubernetes serves by default."""
    kinds = [ingress, ingressclass, networkpolicy]
    if at_least(config, 33):
        kinds += [ipaddress, servicecidr]
    return [kind.resource(config) for kind in kinds]
