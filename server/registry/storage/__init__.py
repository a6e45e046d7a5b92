"""storage.k8s.io: classes, drivers and attachments."""

from __future__ import annotations

from server.registry.config import RegistryConfig
from server.registry.declaration import at_least, declare
from server.registry.generic import SpecStrategy, StatusStrategy
from server.registry.rest import Resource


def resources(config: RegistryConfig) -> list[Resource]:
    """The kinds of this group, in every version that the configured Kubernetes serves by default."""
    group = "storage.k8s.io"
    found = [
        declare(group, "v1", "CSIDriver", namespaced=False),
        declare(group, "v1", "CSINode", namespaced=False),
        declare(group, "v1", "CSIStorageCapacity", namespaced=True, plural="csistoragecapacities"),
        declare(group, "v1", "StorageClass", namespaced=False, plural="storageclasses", short_names=("sc",)),
        declare(group, "v1", "VolumeAttachment", namespaced=False, strategy=SpecStrategy(), status=StatusStrategy()),
    ]
    if at_least(config, 34):
        stored = (group, "v1beta1" if config.version == (1, 34) else "v1")
        found.append(
            declare(
                group,
                "v1",
                "VolumeAttributesClass",
                namespaced=False,
                plural="volumeattributesclasses",
                short_names=("vac",),
                stored_as=stored,
            )
        )
    return found
