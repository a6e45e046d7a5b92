"""Any built-in kind of Kubernetes 1.36 by its group version and plural."""

from __future__ import annotations

from functools import cache

from server.registry import builtin
from server.registry.config import RegistryConfig
from tests.server.registry.strategies import Kind


@cache
def _kinds() -> dict[tuple[str, str], Kind]:
    return {(str(r.group_version), r.plural): Kind(r) for r in builtin.resources(RegistryConfig())}


def kind(group_version: str, plural: str) -> Kind:
    """`kind("batch/v1", "jobs")`."""
    return _kinds()[group_version, plural]
