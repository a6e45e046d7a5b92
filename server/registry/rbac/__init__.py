"""rbac.authorization.k8s.io: roles and their bindings."""

from __future__ import annotations

from server.registry.config import RegistryConfig
from server.registry.declaration import declare
from server.registry.rest import Resource


def resources(config: RegistryConfig) -> list[Resource]:
    """The kinds of this group, in every version that the configured Kubernetes serves by default."""
    group = "rbac.authorization.k8s.io"
    return [
        declare(group, "v1", "ClusterRole", namespaced=False),
        declare(group, "v1", "ClusterRoleBinding", namespaced=False),
        declare(group, "v1", "Role", namespaced=True),
        declare(group, "v1", "RoleBinding", namespaced=True),
    ]
