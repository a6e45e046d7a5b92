"""batch: jobs and cron jobs."""

from __future__ import annotations

from server.registry.config import RegistryConfig
from server.registry.declaration import declare
from server.registry.generic import SpecStrategy, StatusStrategy
from server.registry.rest import Resource


def resources(config: RegistryConfig) -> list[Resource]:
    """The kinds of this group, in every version that the configured Kubernetes serves by default."""
    everything = ("all",)
    return [
        declare(
            "batch",
            "v1",
            "CronJob",
            namespaced=True,
            short_names=("cj",),
            categories=everything,
            strategy=SpecStrategy(),
            status=StatusStrategy(),
        ),
        declare(
            "batch",
            "v1",
            "Job",
            namespaced=True,
            categories=everything,
            strategy=SpecStrategy(),
            status=StatusStrategy(),
        ),
    ]
