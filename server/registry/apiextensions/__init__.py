"""apiextensions.k8s.io: custom resource definitions."""

from __future__ import annotations

from server.registry.config import RegistryConfig
from server.registry.declaration import declare
from server.registry.generic import SpecStrategy, StatusStrategy
from server.registry.rest import Resource


def resources(config: RegistryConfig) -> list[Resource]:
    """The kinds of this group, in every version that the configured Kubernetes serves by default."""
    group = "apiextensions.k8s.io"
    return [
        declare(
            group,
            "v1",
            "CustomResourceDefinition",
            namespaced=False,
            stored_as=(group, "v1beta1"),
            short_names=("crd", "crds"),
            categories=("api-extensions",),
            strategy=SpecStrategy(),
            status=StatusStrategy(),
        )
    ]
