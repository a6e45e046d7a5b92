"""storage.k8s.io: classes, drivers and attachments."""

from __future__ import annotations

from server.registry.config import RegistryConfig
from server.registry.declaration import at_least
from server.registry.rest import Resource
from server.registry.storage import (
    csidriver,
    csinode,
    csistoragecapacity,
    storageclass,
    volumeattachment,
    volumeattributesclass,
)


def resources(config: RegistryConfig) -> list[Resource]:
    """The kinds of this group, in every version that the configured Kubernetes serves by default."""
    kinds = [csidriver, csinode, csistoragecapacity, storageclass, volumeattachment]
    if at_least(config, 34):
        kinds.append(volumeattributesclass)
    return [kind.resource(config) for kind in kinds]
