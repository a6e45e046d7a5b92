"""The one list of built-in kinds, group by group in the order of discovery.

Models pkg/controlplane/instance.go (DefaultAPIResourceConfigSource) and the group priorities of
pkg/controlplane/apiserver/aggregator.go.
"""

from __future__ import annotations

from server.registry import (
    admissionregistration,
    apiextensions,
    apiregistration,
    apps,
    authentication,
    authorization,
    autoscaling,
    batch,
    certificates,
    coordination,
    core,
    discovery,
    events,
    flowcontrol,
    networking,
    node,
    policy,
    rbac,
    resource,
    scheduling,
    storage,
    storagemigration,
)
from server.registry.config import RegistryConfig
from server.registry.rest import Resource

GROUPS = (
    core,
    apiregistration,
    apps,
    events,
    authentication,
    authorization,
    autoscaling,
    batch,
    certificates,
    networking,
    policy,
    rbac,
    storage,
    admissionregistration,
    apiextensions,
    scheduling,
    coordination,
    node,
    discovery,
    resource,
    storagemigration,
    flowcontrol,
)


def resources(config: RegistryConfig) -> list[Resource]:
    """Every built-in resource, groups and versions in discovery's order of preference, plurals sorted within each."""
    found: list[Resource] = []
    for group in GROUPS:
        served = group.resources(config)
        versions = list(dict.fromkeys(r.version for r in served))
        found += sorted(served, key=lambda r: (versions.index(r.version), r.plural))
    return found
