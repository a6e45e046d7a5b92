"""The policy that a namespace's labels ask for. Models pod-security-admission/api/helpers.go."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from apimachinery import field

LEVELS: Final = ("privileged", "baseline", "restricted")
PREFIX: Final = "pod-security.kubernetes.io/"
_VERSION: Final = re.compile(r"^v1\.(0|[1-9][0-9]*)$")
_LABELS: Final = field.Path("metadata") / "labels"


@dataclass(frozen=True, slots=True)
class LevelVersion:
    """A level of the standards as of a minor version; None is the latest."""

    level: str = "privileged"
    minor: int | None = None

    def at_least(self, minor: int) -> bool:
        """Whether a check that came with a minor version applies."""
        return self.minor is None or self.minor >= minor

    @property
    def strictness(self) -> int:
        """0 for privileged to 2 for restricted."""
        return LEVELS.index(self.level)

    def __str__(self) -> str:
        return f"{self.level}:{'latest' if self.minor is None else f'v1.{self.minor}'}"


@dataclass(frozen=True, slots=True)
class Policy:
    """What is refused, what is noted in the audit log and what is warned of."""

    enforce: LevelVersion = LevelVersion()
    audit: LevelVersion = LevelVersion()
    warn: LevelVersion = LevelVersion()


def policy_of(labels: Mapping[str, str]) -> tuple[Policy, list[field.Error]]:
    """The policy of a namespace; there is always one, a label that cannot be read counts as strict for enforcing."""
    found: list[field.Error] = []
    enforce = _mode(labels, "enforce", LevelVersion(), "restricted", found)
    audit = _mode(labels, "audit", LevelVersion(), "privileged", found)
    implies = labels.get(f"{PREFIX}enforce") in LEVELS and f"{PREFIX}warn" not in labels
    implied = enforce if implies else LevelVersion()
    warn = _mode(labels, "warn", implied, "privileged", found)
    return Policy(enforce, audit, warn), found


def _mode(
    labels: Mapping[str, str], mode: str, default: LevelVersion, on_error: str, found: list[field.Error]
) -> LevelVersion:
    level, minor = default.level, default.minor
    label = PREFIX + mode
    if label in labels:
        level = labels[label]
        if level not in LEVELS:
            found.append(field.invalid(_LABELS.key(label), level, f"must be one of {', '.join(LEVELS)}"))
            level = on_error
    label += "-version"
    if label in labels:
        text = labels[label]
        match = _VERSION.match(text)
        minor = int(match.group(1)) if match else None
        if match is None and text != "latest":
            found.append(field.invalid(_LABELS.key(label), text, 'must be "latest" or "v1.x"'))
    return LevelVersion(level, minor)
