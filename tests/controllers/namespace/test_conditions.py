"""What a terminating namespace says of what is left: pure."""

from __future__ import annotations

from apimachinery.objects import Object
from controllers.namespace.conditions import Findings, updated_conditions
from controllers.runtime.resources import CONFIG_MAPS, DAEMON_SETS, PODS

OF_THEM = "resource instances"
NOW, LATER = "2026-01-02T03:04:05Z", "2026-01-02T03:05:05Z"


def said(conditions: list[Object] | None) -> dict[str, tuple[str, str, str]]:
    return {c["type"]: (c["status"], c["reason"], c["message"]) for c in conditions or ()}


def test_all_is_well() -> None:
    assert said(updated_conditions((), Findings(), NOW)) == {
        "NamespaceDeletionDiscoveryFailure": (
            "False",
            "ResourcesDiscovered",
            "All resources successfully discovered",
        ),
        "NamespaceDeletionGroupVersionParsingFailure": (
            "False",
            "ParsedGroupVersions",
            "All legacy kube types successfully parsed",
        ),
        "NamespaceDeletionContentFailure": (
            "False",
            "ContentDeleted",
            "All content successfully deleted, may be waiting on finalization",
        ),
        "NamespaceContentRemaining": ("False", "ContentRemoved", "All content successfully removed"),
        "NamespaceFinalizersRemaining": (
            "False",
            "ContentHasNoFinalizers",
            "All content-preserving finalizers finished",
        ),
    }


def test_what_is_left_and_why() -> None:
    findings = Findings(
        discovery_error="no route",
        errors=["b broke", "a broke"],
        remaining={PODS: 2, DAEMON_SETS: 1, CONFIG_MAPS: 0},
        finalizers={"x/y": 2, "a/b": 1},
    )
    found = said(updated_conditions((), findings, NOW))
    assert found["NamespaceDeletionDiscoveryFailure"] == ("True", "DiscoveryFailed", "no route")
    assert found["NamespaceDeletionContentFailure"] == (
        "True",
        "ContentDeletionFailed",
        "Failed to delete all resource types, 2 remaining: a broke, b broke",
    )
    assert found["NamespaceContentRemaining"] == (
        "True",
        "SomeResourcesRemain",
        "Some resources are remaining: daemonsets.apps has 1 resource instances, pods. has 2 resource instances",
    )
    assert found["NamespaceFinalizersRemaining"] == (
        "True",
        "SomeFinalizersRemain",
        f"Some content in the namespace has finalizers remaining: a/b in 1 {OF_THEM}, x/y in 2 {OF_THEM}",
    )


def test_times_move_with_the_status_only() -> None:
    first = updated_conditions((), Findings(remaining={PODS: 2}), NOW)
    assert first is not None
    assert updated_conditions(first, Findings(remaining={PODS: 2}), LATER) is None
    fewer = updated_conditions(first, Findings(remaining={PODS: 1}), LATER)
    assert {c["lastTransitionTime"] for c in fewer or ()} == {NOW}
    done = updated_conditions(first, Findings(), LATER) or []
    moved = [c["type"] for c in done if c["lastTransitionTime"] == LATER]
    assert moved == ["NamespaceContentRemaining"]
