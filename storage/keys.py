"""Where objects stand in the backend. Models apiserver/pkg/server/storage (ResourcePrefix) and its special prefixes."""

from __future__ import annotations

from typing import Final

from apimachinery.gvk import GroupResource

ROOT: Final = "/registry"

_SPECIAL: Final = {
    GroupResource("", "replicationcontrollers"): "controllers",
    GroupResource("", "endpoints"): "services/endpoints",
    GroupResource("", "nodes"): "minions",
    GroupResource("", "services"): "services/specs",
    GroupResource("networking.k8s.io", "ingresses"): "ingress",
}

_PLAIN_GROUPS: Final = frozenset(
    {
        "",
        "admissionregistration.k8s.io",
        "apps",
        "authentication.k8s.io",
        "authorization.k8s.io",
        "autoscaling",
        "batch",
        "certificates.k8s.io",
        "coordination.k8s.io",
        "discovery.k8s.io",
        "events.k8s.io",
        "flowcontrol.apiserver.k8s.io",
        "internal.apiserver.k8s.io",
        "networking.k8s.io",
        "node.k8s.io",
        "policy",
        "rbac.authorization.k8s.io",
        "resource.k8s.io",
        "scheduling.k8s.io",
        "storage.k8s.io",
        "storagemigration.k8s.io",
    }
)


def resource_prefix(resource: GroupResource, *, root: str = ROOT) -> str:
    """`/registry/pods/`; resources of added groups carry their group: `/registry/example.com/widgets/`."""
    if resource in _SPECIAL:
        return f"{root}/{_SPECIAL[resource]}/"
    if resource.group in _PLAIN_GROUPS:
        return f"{root}/{resource.resource}/"
    return f"{root}/{resource.group}/{resource.resource}/"


def prefix_end(prefix: str) -> str:
    """The first key after every key that starts with the prefix, which must not be empty."""
    return prefix[:-1] + chr(ord(prefix[-1]) + 1)
