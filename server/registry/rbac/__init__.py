"""rbac.authorization.k8s.io: roles and their bindings."""

from __future__ import annotations

from server.registry.config import RegistryConfig
from server.registry.rbac import clusterrole, clusterrolebinding, role, rolebinding
from server.registry.rest import Resource

KINDS = (clusterrole, clusterrolebinding, role, rolebinding)


def resources(config: RegistryConfig) -> list[Resource]:
    """The kinds of this group, in every version that the configured Kubernetes serves by default."""
    return [kind.resource(config) for kind in KINDS]
