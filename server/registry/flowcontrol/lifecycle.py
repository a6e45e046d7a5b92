"""Which versions of the group are on their way out. Models api/flowcontrol's prerelease lifecycle."""

from __future__ import annotations

from server.registry.config import RegistryConfig
from server.registry.declaration import at_least


def deprecation(config: RegistryConfig, version: str, kind: str) -> str:
    """The Warning for every request to a kind in this version; empty while it is not deprecated."""
    if version != "v1beta3" or not at_least(config, 29):
        return ""
    group = "flowcontrol.apiserver.k8s.io"
    return f"{group}/{version} {kind} is deprecated in v1.29+, unavailable in v1.32+; use {group}/v1 {kind}"
