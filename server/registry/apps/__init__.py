"""apps: the workload kinds and their revisions."""

from __future__ import annotations

from server.registry.apps import controllerrevision, daemonset, deployment, replicaset, statefulset
from server.registry.config import RegistryConfig
from server.registry.rest import Resource

KINDS = (controllerrevision, daemonset, deployment, replicaset, statefulset)


def resources(config: RegistryConfig) -> list[Resource]:
    """The kinds of this group, in every version that the configured Kubernetes serves by default."""
    return [kind.resource(config) for kind in KINDS]
