"""Who owns a StatefulSet's claims, by its retention policy. Models the owner references of stateful_set_utils.go.

Pure. The set owns its claims when they go with it; a pod that is scaled away owns its claims when they go then.
"""

from __future__ import annotations

from apimachinery import meta
from apimachinery.gvk import GroupVersionKind
from apimachinery.objects import Object, View
from controllers.runtime.resources import POD_KIND, STATEFUL_SET_KIND
from controllers.statefulset.identity import in_range


def retains_when_scaled(st: View) -> bool:
    """Whether claims outlive a scale-down."""
    return _deletes(st)[1] is False


def is_stale(claim: View, obj: View, kind: GroupVersionKind) -> bool:
    """Whether the claim belongs to an earlier object of the same name."""
    for ref in meta.owner_references(claim):
        if _matches(ref, obj, kind):
            return bool(ref["uid"] != meta.uid(obj))
    return False


def has_unexpected_controller(claim: View, st: View, pod: View) -> bool:
    """Whether someone else controls the claim of a set that does not retain its claims."""
    if not any(_deletes(st)):
        return False
    for ref in meta.owner_references(claim):
        ours = _ours(ref, st, pod)
        if ours is not None:
            if ref["uid"] != meta.uid(ours):
                return True
        elif ref.get("controller"):
            return True
    return False


def is_up_to_date(claim: View, st: View, pod: View) -> bool:
    """Whether the claim has the owners that the policy asks for, or is not to be touched."""
    if is_stale(claim, st, STATEFUL_SET_KIND) or is_stale(claim, pod, POD_KIND):
        return True
    owned_by_set, owned_by_pod = _owned(claim, st), _owned(claim, pod)
    if has_unexpected_controller(claim, st, pod):
        return not (owned_by_set or owned_by_pod)
    if any(
        not ref.get("controller") and ref["uid"] in (meta.uid(st), meta.uid(pod))
        for ref in meta.owner_references(claim)
    ):
        return False
    return (owned_by_set, owned_by_pod) == _wanted(st, pod)


def owners(claim: View, st: View, pod: View) -> list[Object]:
    """The owner references that the claim should have."""
    refs = [r for r in meta.owner_references(claim) if _ours(r, st, pod) is None]
    if has_unexpected_controller(claim, st, pod):
        return refs
    by_set, by_pod = _wanted(st, pod)
    for obj, kind, wanted in ((st, STATEFUL_SET_KIND, by_set), (pod, POD_KIND, by_pod)):
        if wanted and all(r["uid"] != meta.uid(obj) for r in refs):
            refs.append(meta.new_controller_ref(obj, kind))
    return refs


def _deletes(st: View) -> tuple[bool, bool]:
    policy = st["spec"].get("persistentVolumeClaimRetentionPolicy") or {}
    return policy.get("whenDeleted") == "Delete", policy.get("whenScaled") == "Delete"


def _wanted(st: View, pod: View) -> tuple[bool, bool]:
    when_deleted, when_scaled = _deletes(st)
    scaled_down = not in_range(st, pod)
    return when_deleted and not (when_scaled and scaled_down), when_scaled and scaled_down


def _matches(ref: View, obj: View, kind: GroupVersionKind) -> bool:
    named = ref.get("kind") == kind.kind and ref.get("name") == meta.name(obj)
    return named and ref.get("apiVersion") == kind.api_version


def _ours(ref: View, st: View, pod: View) -> View | None:
    if _matches(ref, st, STATEFUL_SET_KIND):
        return st
    return pod if _matches(ref, pod, POD_KIND) else None


def _owned(claim: View, obj: View) -> bool:
    return any(ref["uid"] == meta.uid(obj) for ref in meta.owner_references(claim))
