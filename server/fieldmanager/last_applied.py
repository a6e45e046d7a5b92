"""Moving from client-side to server-side apply: the annotation kubectl.kubernetes.io/last-applied-configuration.

Models managedfields/internal/lastappliedmanager.go, lastappliedupdater.go and lastapplied.go.
"""

from __future__ import annotations

from typing import Final

from apimachinery import meta, serializer
from apimachinery.objects import Object, View
from server.fieldmanager.compare import compare, to_field_set
from server.fieldmanager.fieldset import Set, difference
from server.fieldmanager.typed import InvalidValueError, check
from server.fieldmanager.types import ElementError, Type

ANNOTATION: Final = "kubectl.kubernetes.io/last-applied-configuration"
KUBECTL: Final = "kubectl"
"""The only manager for which the annotation counts."""
_LIMIT: Final = 256 * 1024


def owned_by_client_side_apply(of: Type, live: View, api_version: str) -> Set | None:
    """The fields that the annotation names and that still have its values; None when it cannot be used."""
    text = meta.annotations(live).get(ANNOTATION)
    if not text:
        return None
    try:
        last = serializer.loads(text)
        if not isinstance(last, dict) or last.get("apiVersion") != api_version:
            return None
        check(of, last)
        changed = compare(of, last, live)
        owned = to_field_set(of, last)
    except (serializer.JSONDecodeError, InvalidValueError, ElementError):
        return None
    for part in (changed.modified, changed.added, changed.removed):
        owned = difference(owned, part)
    return owned


def refresh(obj: Object, applied: View) -> None:
    """Keep the annotation of `obj`, when it has one, equal to what was applied; drop it when that is too long."""
    if not meta.annotations(obj).get(ANNOTATION):
        return
    metadata = dict(applied.get("metadata") or {})
    if metadata.get("annotations"):
        metadata["annotations"] = {k: v for k, v in metadata["annotations"].items() if k != ANNOTATION}
    annotations = obj["metadata"]["annotations"]
    annotations[ANNOTATION] = serializer.go_json({**applied, "metadata": metadata}) + "\n"
    if sum(len(k.encode()) + len(v.encode()) for k, v in annotations.items()) > _LIMIT:
        del annotations[ANNOTATION]
