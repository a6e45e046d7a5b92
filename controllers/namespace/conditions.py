"""What a terminating namespace says of itself. Models namespace/deletion/status_condition_utils.go; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from apimachinery.gvk import GroupVersionResource
from apimachinery.objects import Object, View

_OK: Final = {
    "NamespaceDeletionDiscoveryFailure": ("ResourcesDiscovered", "All resources successfully discovered"),
    "NamespaceDeletionGroupVersionParsingFailure": (
        "ParsedGroupVersions",
        "All legacy kube types successfully parsed",
    ),
    "NamespaceDeletionContentFailure": (
        "ContentDeleted",
        "All content successfully deleted, may be waiting on finalization",
    ),
    "NamespaceContentRemaining": ("ContentRemoved", "All content successfully removed"),
    "NamespaceFinalizersRemaining": ("ContentHasNoFinalizers", "All content-preserving finalizers finished"),
}


@dataclass(slots=True)
class Findings:
    """What one pass over a namespace's content left behind."""

    discovery_error: str = ""
    errors: list[str] = field(default_factory=list)
    remaining: dict[GroupVersionResource, int] = field(default_factory=dict)
    finalizers: dict[str, int] = field(default_factory=dict)

    def conditions(self) -> dict[str, tuple[str, str]]:
        """Reason and message of each condition that is True."""
        found: dict[str, tuple[str, str]] = {}
        if self.discovery_error:
            found["NamespaceDeletionDiscoveryFailure"] = ("DiscoveryFailed", self.discovery_error)
        if self.errors:
            text = ", ".join(sorted(self.errors))
            found["NamespaceDeletionContentFailure"] = (
                "ContentDeletionFailed",
                f"Failed to delete all resource types, {len(self.errors)} remaining: {text}",
            )
        if left := {f"{r.resource}.{r.group}": n for r, n in self.remaining.items()}:
            text = _sentence(left, "{} has {} resource instances")
            found["NamespaceContentRemaining"] = ("SomeResourcesRemain", f"Some resources are remaining: {text}")
        if self.finalizers:
            text = _sentence(self.finalizers, "{} in {} resource instances")
            found["NamespaceFinalizersRemaining"] = (
                "SomeFinalizersRemain",
                f"Some content in the namespace has finalizers remaining: {text}",
            )
        return found


def _sentence(counts: Mapping[str, int], form: str) -> str:
    return ", ".join(sorted(form.format(name, count) for name, count in counts.items() if count))


def updated_conditions(present: Sequence[View], findings: Findings, now: str) -> list[Object] | None:
    """The conditions after a pass; None when nothing changed."""
    failing = findings.conditions()
    result: list[Object] = [dict(c) for c in present]
    changed = False
    for kind, fine in _OK.items():
        status = "True" if kind in failing else "False"
        reason, message = failing.get(kind, fine)
        wanted = {"type": kind, "status": status, "reason": reason, "message": message}
        old = next((c for c in result if c.get("type") == kind), None)
        if old is None:
            result.append({**wanted, "lastTransitionTime": now})
            changed = True
        elif any(old.get(k) != v for k, v in wanted.items()):
            if old.get("status") != status:
                old["lastTransitionTime"] = now
            old.update(wanted)
            changed = True
    return result if changed else None
