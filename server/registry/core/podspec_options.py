"""What pod validation depends on beside the pod. Models PodValidationOptions of pkg/apis/core/validation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

DNS_SEARCH_RELAXED: Final = (1, 33)
ENV_NAMES_RELAXED: Final = (1, 32)
FILE_KEY_REF: Final = (1, 34)
RESTART_RULES: Final = (1, 35)
SIDECAR_RESIZE: Final = (1, 33)
ZERO_SLEEP: Final = (1, 33)


@dataclass(frozen=True, slots=True)
class Options:
    """The Kubernetes version whose rules hold, and whether the spec is a pod's own or a template's."""

    version: tuple[int, int] = (1, 36)
    resource_is_pod: bool = False
    allow_privileged: bool = True

    def since(self, version: tuple[int, int]) -> bool:
        """Whether a rule that came (on by default) with a version holds."""
        return self.version >= version
