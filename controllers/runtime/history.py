"""Hashes of templates and ControllerRevision objects. Models pkg/controller/history and ComputeHash."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final

from apimachinery import meta, names, serializer
from apimachinery.gvk import GroupVersionKind
from apimachinery.objects import Object, View

CONTROLLER_REVISION_HASH: Final = "controller-revision-hash"


def compute_hash(template: View, collision_count: int | None) -> str:
    """The safe-encoded FNV-1a of a pod template, varied by the collision count where there is one."""
    return _hash(serializer.canonical(template), collision_count)


@lru_cache(maxsize=2048)
def _hash(data: bytes, collision_count: int | None) -> str:
    if collision_count is not None:
        data += collision_count.to_bytes(4, "little") + bytes(4)
    value = 2166136261
    for byte in data:
        value = ((value ^ byte) * 16777619) & 0xFFFFFFFF
    return names.safe_encode(str(value))


def template_patch(template: View) -> Object:
    """A revision's data: a strategic merge patch that replaces the template, its keys sorted at every level."""
    data = {"spec": {"template": {**template, "$patch": "replace"}}}
    patch: Object = serializer.loads(serializer.canonical(data))
    return patch


def new_controller_revision(
    owner: View,
    owner_kind: GroupVersionKind,
    *,
    name: str,
    data: Object,
    revision: int,
    labels: Mapping[str, str],
) -> Object:
    """A ControllerRevision owned by `owner`, with the owner's annotations."""
    return {
        "apiVersion": "apps/v1",
        "kind": "ControllerRevision",
        "metadata": {
            "name": name,
            "namespace": meta.namespace(owner),
            "labels": dict(labels),
            "annotations": dict(meta.annotations(owner)),
            "ownerReferences": [meta.new_controller_ref(owner, owner_kind)],
        },
        "data": data,
        "revision": revision,
    }


def revision_of(history: View) -> int:
    """The revision number, 0 when absent."""
    return int(history.get("revision") or 0)


def max_revision(histories: Iterable[View]) -> int:
    """The highest revision number, 0 for none."""
    return max((revision_of(h) for h in histories), default=0)


def sort_revisions(histories: Iterable[View]) -> list[View]:
    """By revision, then creation time, then name. Models history.SortControllerRevisions."""
    return sorted(
        histories,
        key=lambda h: (revision_of(h), meta.metadata(h).get("creationTimestamp") or "", meta.name(h)),
    )
