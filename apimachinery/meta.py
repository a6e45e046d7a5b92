"""Reading an object's metadata, and owner references. Models apimachinery/pkg/apis/meta/v1/controller_ref.go."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from apimachinery.gvk import GroupVersionKind
from apimachinery.objects import Object, View
from apimachinery.timestamp import parse_time

_EMPTY: Mapping[str, Any] = {}


def metadata(obj: View) -> Mapping[str, Any]:
    """metadata, empty when absent."""
    return obj.get("metadata") or _EMPTY


def name(obj: View) -> str:
    """metadata.name, empty when absent."""
    return metadata(obj).get("name") or ""


def namespace(obj: View) -> str:
    """metadata.namespace, empty for cluster-scoped objects."""
    return metadata(obj).get("namespace") or ""


def key(obj: View) -> str:
    """`namespace/name`, or `name` without a namespace."""
    m = metadata(obj)
    return f"{m['namespace']}/{m['name']}" if m.get("namespace") else str(m.get("name", ""))


def uid(obj: View) -> str:
    """metadata.uid."""
    return metadata(obj).get("uid") or ""


def resource_version(obj: View) -> str:
    """metadata.resourceVersion."""
    return metadata(obj).get("resourceVersion") or ""


def generation(obj: View) -> int:
    """metadata.generation, 0 when absent."""
    return int(metadata(obj).get("generation") or 0)


def labels(obj: View) -> Mapping[str, str]:
    """metadata.labels, empty when absent."""
    return metadata(obj).get("labels") or _EMPTY


def annotations(obj: View) -> Mapping[str, str]:
    """metadata.annotations, empty when absent."""
    return metadata(obj).get("annotations") or _EMPTY


def finalizers(obj: View) -> list[str]:
    """metadata.finalizers; do not change the list."""
    return metadata(obj).get("finalizers") or []


def owner_references(obj: View) -> list[Object]:
    """metadata.ownerReferences; do not change the list."""
    return metadata(obj).get("ownerReferences") or []


def deletion_timestamp(obj: View) -> datetime | None:
    """When the deletion takes effect; None when the object is not being deleted."""
    text = metadata(obj).get("deletionTimestamp")
    return parse_time(text) if text else None


def is_deleting(obj: View) -> bool:
    """Whether metadata.deletionTimestamp is set."""
    return bool(metadata(obj).get("deletionTimestamp"))


def creation_timestamp(obj: View) -> datetime | None:
    """metadata.creationTimestamp."""
    text = metadata(obj).get("creationTimestamp")
    return parse_time(text) if text else None


def controller_of(obj: View) -> Object | None:
    """The owner reference with controller true."""
    for ref in owner_references(obj):
        if ref.get("controller"):
            return ref
    return None


def is_controlled_by(obj: View, owner: View) -> bool:
    """Whether the owner, by UID, is the object's controller."""
    ref = controller_of(obj)
    return ref is not None and ref.get("uid") == uid(owner)


def new_controller_ref(owner: View, gvk: GroupVersionKind) -> Object:
    """An owner reference that controls and blocks the owner's foreground deletion."""
    return {
        "apiVersion": gvk.api_version,
        "kind": gvk.kind,
        "name": name(owner),
        "uid": uid(owner),
        "controller": True,
        "blockOwnerDeletion": True,
    }


def condition(obj: View, kind: str) -> Object | None:
    """The status condition of a type."""
    found: Object | None = next(
        (c for c in (obj.get("status") or _EMPTY).get("conditions") or () if c.get("type") == kind), None
    )
    return found
