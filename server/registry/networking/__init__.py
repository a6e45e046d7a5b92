"""networking.k8s.io: ingresses, network policies and the ranges of service addresses."""

from __future__ import annotations

from server.registry.config import RegistryConfig
from server.registry.declaration import at_least, declare
from server.registry.generic import SpecStrategy, StatusStrategy
from server.registry.rest import Resource


def resources(config: RegistryConfig) -> list[Resource]:
    """The kinds of this group, in every version that the configured Kubernetes serves by default."""
    group = "networking.k8s.io"
    found = [
        declare(
            group,
            "v1",
            "Ingress",
            namespaced=True,
            plural="ingresses",
            short_names=("ing",),
            strategy=SpecStrategy(),
            status=StatusStrategy(),
        ),
        declare(group, "v1", "IngressClass", namespaced=False, plural="ingressclasses"),
        declare(group, "v1", "NetworkPolicy", namespaced=True, plural="networkpolicies", short_names=("netpol",)),
    ]
    if at_least(config, 33):
        stored = (group, "v1beta1" if config.version == (1, 33) else "v1")
        found += [
            declare(
                group, "v1", "IPAddress", namespaced=False, plural="ipaddresses", short_names=("ip",), stored_as=stored
            ),
            declare(
                group,
                "v1",
                "ServiceCIDR",
                namespaced=False,
                stored_as=stored,
                strategy=SpecStrategy(),
                status=StatusStrategy(),
            ),
        ]
    return found
