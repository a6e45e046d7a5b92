"""What a check says, and how results are put into words. Models pod-security-admission/policy/checks.go."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from apimachinery.objects import View


@dataclass(frozen=True, slots=True)
class Violation:
    """Why a check fails: a short reason, and the detail in brackets."""

    reason: str
    detail: str

    def __str__(self) -> str:
        return f"{self.reason} ({self.detail})" if self.detail else self.reason


CheckPod: TypeAlias = Callable[[View, View, int | None], Violation | None]
"""Given a pod's metadata, its spec and the policy's minor version (None: latest)."""


def containers(spec: View) -> Iterator[Mapping[str, Any]]:
    """Every container: init ones, then the others, then ephemeral ones."""
    for key in ("initContainers", "containers", "ephemeralContainers"):
        yield from spec.get(key) or ()


def context(holder: Mapping[str, Any]) -> Mapping[str, Any]:
    """The security context of a container or of a pod's spec, empty when absent."""
    return holder.get("securityContext") or {}


def failing(spec: View, test: Callable[[Mapping[str, Any]], bool]) -> list[str]:
    """The names of the containers for which the test holds."""
    return [c.get("name", "") for c in containers(spec) if test(c)]


def quoted(items: Iterable[str]) -> str:
    """`"a", "b"`."""
    return ", ".join(f'"{item}"' for item in items)


def plural(singular: str, items: Sequence[object] | set[str], many: str = "") -> str:
    """The singular for one item, else the plural."""
    return singular if len(items) == 1 else many or f"{singular}s"


def named(names: Sequence[str]) -> str:
    """`container "a"` or `containers "a", "b"`."""
    return f"{plural('container', names)} {quoted(names)}"


def setters(pod: bool, names: Sequence[str]) -> str:
    """Who set something: `pod`, `containers "a", "b"`, or both."""
    return " and ".join([*(["pod"] if pod else []), *([named(names)] if names else [])])


def is_windows(spec: View, minor: int | None, since: int = 25) -> bool:
    """Whether the pod is for Windows and the policy's version knows what does not apply there."""
    return (minor is None or minor >= since) and (spec.get("os") or {}).get("name") == "windows"
