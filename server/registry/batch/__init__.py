"""batch: jobs and cron jobs."""

from __future__ import annotations

from server.registry.batch import cronjob, job
from server.registry.config import RegistryConfig
from server.registry.rest import Resource

KINDS = (cronjob, job)


def resources(config: RegistryConfig) -> list[Resource]:
    """The kinds of this group, in every version that the configured Kubernetes serves by default."""
    return [kind.resource(config) for kind in KINDS]
