"""certificates.k8s.io: signing requests."""

from __future__ import annotations

from server.registry.certificates import certificatesigningrequest
from server.registry.config import RegistryConfig
from server.registry.declaration import at_least, declare
from server.registry.generic import SpecStrategy, StatusStrategy
from server.registry.rest import Resource


def resources(config: RegistryConfig) -> list[Resource]:
    """The kinds of this group, in every version that the configured Kubernetes serves by default."""
    group = "certificates.k8s.io"
    found = [certificatesigningrequest.resource(config)]
    if at_least(config, 37):
        stored = (group, "v1beta1" if config.version == (1, 37) else "v1")
        found += [
            declare(group, "v1", "ClusterTrustBundle", namespaced=False, stored_as=stored),
            declare(
                group,
                "v1",
                "PodCertificateRequest",
                namespaced=True,
                stored_as=stored,
                strategy=SpecStrategy(),
                status=StatusStrategy(),
            ),
        ]
    return found
