"""What every write does to metadata before rules and admission see it. Models handlers/{create,update,rest}.go."""

from __future__ import annotations

from typing import Final

from apimachinery import errors, meta, serializer
from apimachinery.objects import Object, View
from server.endpoints.request import Warnings

_SYSTEM_FIELDS: Final = ("creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "uid", "selfLink")
_ADVICE: Final = (
    "API server dedups owner references in 1.20+, and may reject such requests as early as 1.24; "
    "please fix your requests; duplicate UID(s) observed: "
)


def wipe_system_fields(metadata: Object) -> None:
    """Drop what only the server may set on a new object."""
    for name in _SYSTEM_FIELDS:
        metadata.pop(name, None)


def dedup_owner_references(obj: Object, warnings: Warnings, *, after_admission: bool = False) -> None:
    """Keep one of several identical owner references, and warn."""
    references = obj["metadata"].get("ownerReferences")
    if not references or len(references) < 2:
        return
    seen: dict[bytes, Object] = {}
    duplicates: set[str] = set()
    for reference in references:
        key = serializer.canonical(reference)
        if key in seen:
            duplicates.add(str(reference.get("uid", "")))
        seen.setdefault(key, reference)
    if not duplicates:
        return
    obj["metadata"]["ownerReferences"] = list(seen.values())
    when = " after mutating admission happens" if after_admission else ""
    warnings.add(
        f".metadata.ownerReferences contains duplicate entries{when}; {_ADVICE}{', '.join(sorted(duplicates))}"
    )


def require_name(name: str) -> None:
    """BadRequest for a URL that names no object where one is to be changed; custom resources come as far as that."""
    if not name:
        raise errors.BadRequest("name must be provided")


def check_name(obj: View, name: str, namespace: str) -> None:
    """BadRequest when an object is not the one that the URL names."""
    found, found_namespace = meta.name(obj), meta.namespace(obj)
    if not found:
        raise errors.BadRequest(
            f"the name of the object ({name} based on URL) was undeterminable: name must be provided"
        )
    if found != name:
        raise errors.BadRequest(f"the name of the object ({found}) does not match the name on the URL ({name})")
    if namespace and found_namespace and found_namespace != namespace:
        raise errors.BadRequest(
            f"the namespace of the object ({found_namespace}) does not match the namespace on the request ({namespace})"
        )
