"""flowcontrol.apiserver.k8s.io: priority and fairness."""

from __future__ import annotations

from server.registry.config import RegistryConfig
from server.registry.declaration import at_least
from server.registry.flowcontrol import flowschema, prioritylevelconfiguration
from server.registry.rest import Resource


def resources(config: RegistryConfig) -> list[Resource]:
    """The kinds of this group, in every version that the configured Kubernetes serves by default."""
    group = "flowcontrol.apiserver.k8s.io"
    versions = ["v1"] if at_least(config, 32) else ["v1", "v1beta3"]
    stored = (group, "v1" if at_least(config, 30) else "v1beta3")
    kinds = (flowschema, prioritylevelconfiguration)
    return [kind.resource(config, version, stored) for version in versions for kind in kinds]
