"""What an etcd can do by its version. Models apiserver/pkg/storage/feature/feature_support_checker.go."""

from __future__ import annotations

import re
from typing import Final

_FIXED: Final = {(3, 4): 25, (3, 5): 8}
"""First patch release of each minor whose answers to progress requests do not overtake events."""


def has_ordered_progress(version: str) -> bool:
    """Whether progress answers can be trusted; an unknown version is not trusted."""
    found = re.match(r"(\d+)\.(\d+)\.(\d+)", version)
    if found is None:
        return False
    major, minor, patch = map(int, found.groups())
    if (major, minor) in _FIXED:
        return patch >= _FIXED[major, minor]
    return (major, minor) > max(_FIXED)
