"""apps: the workload kinds and their revisions."""

from __future__ import annotations

from server.registry.config import RegistryConfig
from server.registry.declaration import declare, scale_subresource
from server.registry.generic import SpecStrategy, StatusStrategy
from server.registry.rest import Resource


def resources(config: RegistryConfig) -> list[Resource]:
    """The kinds of this group, in every version that the configured Kubernetes serves by default."""
    group = "apps"
    everything = ("all",)
    return [
        declare(group, "v1", "ControllerRevision", namespaced=True),
        declare(
            group,
            "v1",
            "DaemonSet",
            namespaced=True,
            short_names=("ds",),
            categories=everything,
            strategy=SpecStrategy(),
            status=StatusStrategy(),
        ),
        *(
            declare(
                group,
                "v1",
                kind,
                namespaced=True,
                short_names=(short,),
                categories=everything,
                strategy=SpecStrategy(),
                status=StatusStrategy(),
                subresources=(scale_subresource(),),
            )
            for kind, short in (("Deployment", "deploy"), ("ReplicaSet", "rs"), ("StatefulSet", "sts"))
        ),
    ]
