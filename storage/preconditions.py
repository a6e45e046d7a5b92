"""Whether a write's preconditions hold, with upstream's texts. Models Preconditions.Check of storage/interfaces.go."""

from __future__ import annotations

from apimachinery.objects import StoredObject
from storage.errors import InvalidObject
from storage.interfaces import Preconditions


def check(path: str, stored: StoredObject | None, preconditions: Preconditions | None) -> None:
    """Raise InvalidObject naming the key's `path` unless the stored object is the one that is meant."""
    if preconditions is None:
        return
    if preconditions.uid is not None:
        uid = str(stored.view["metadata"].get("uid", "")) if stored is not None else ""
        _require(path, "UID", preconditions.uid, uid)
    if preconditions.resource_version is not None:
        version = str(stored.resource_version) if stored is not None else ""
        _require(path, "ResourceVersion", preconditions.resource_version, version)


def _require(path: str, what: str, wanted: str, found: str) -> None:
    if wanted != found:
        detail = f"Precondition failed: {what} in precondition: {wanted}, {what} in object meta: {found}"
        raise InvalidObject(path, detail)
