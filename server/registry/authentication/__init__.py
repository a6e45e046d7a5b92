"""authentication.k8s.io: reviews that are answered and never stored."""

from __future__ import annotations

from server.registry.config import RegistryConfig
from server.registry.declaration import CREATE_ONLY, declare
from server.registry.rest import Resource


def resources(config: RegistryConfig) -> list[Resource]:
    """The kinds of this group, in every version that the configured Kubernetes serves by default."""
    group = "authentication.k8s.io"
    return [
        declare(group, "v1", kind, namespaced=False, verbs=CREATE_ONLY, virtual=f"{kind.lower()}s")
        for kind in ("SelfSubjectReview", "TokenReview")
    ]
