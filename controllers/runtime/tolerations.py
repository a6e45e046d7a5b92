"""Taints and what tolerates them. Models component-helpers/scheduling/corev1/helpers.go."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from apimachinery.objects import Object, View


def taints(node: View) -> Sequence[Object]:
    """spec.taints, empty when absent; do not change them."""
    return (node.get("spec") or {}).get("taints") or ()


def tolerates(toleration: View, taint: View) -> bool:
    """Whether this toleration tolerates this taint."""
    effect, key = toleration.get("effect"), toleration.get("key")
    if effect and effect != taint.get("effect"):
        return False
    if key and key != taint.get("key"):
        return False
    match toleration.get("operator") or "Equal":
        case "Exists":
            return True
        case "Equal":
            return bool((toleration.get("value") or "") == (taint.get("value") or ""))
        case _:
            return False


def tolerated(tolerations: Iterable[View], taint: View) -> bool:
    """Whether any toleration tolerates this taint."""
    return any(tolerates(t, taint) for t in tolerations)


def find_untolerated(taints: Iterable[Object], tolerations: Sequence[View], effects: Sequence[str]) -> Object | None:
    """The first taint with one of the effects that nothing tolerates."""
    for taint in taints:
        if taint.get("effect") in effects and not tolerated(tolerations, taint):
            return taint
    return None
