"""StorageObjectInUseProtection and PersistentVolumeClaimResize.

Models plugin/pkg/admission/storage/{storageobjectinuseprotection,persistentvolume/resize}.
"""

from __future__ import annotations

from typing import Final

from apimachinery import meta, resource_list
from apimachinery.objects import View
from apimachinery.quantity import Quantity
from server.admission.attributes import Attributes
from server.admission.interfaces import Operation
from server.admission.plugins.default_class import STORAGE_CLASSES
from server.admission.plugins.lister import Lister
from server.admission.plugins.refusal import forbidden

FINALIZERS: Final = {
    "persistentvolumes": "kubernetes.io/pv-protection",
    "persistentvolumeclaims": "kubernetes.io/pvc-protection",
    "volumeattributesclasses.storage.k8s.io": "kubernetes.io/vac-protection",
}


class StorageObjectInUseProtection:
    """Gives volumes, claims and attribute classes the finalizer that a controller removes once they are unused."""

    name = "StorageObjectInUseProtection"
    operations: frozenset[Operation] = frozenset({"CREATE"})
    resources: frozenset[str] = frozenset(FINALIZERS)

    async def admit(self, attributes: Attributes) -> None:
        """Add the finalizer unless it is there."""
        finalizer = FINALIZERS.get(str(attributes.group_resource))
        if attributes.object is None or attributes.subresource or finalizer is None:
            return
        present = meta.finalizers(attributes.object)
        if finalizer not in present:
            attributes.object.setdefault("metadata", {})["finalizers"] = [*present, finalizer]


class PersistentVolumeClaimResize:
    """Lets only bound claims of expandable classes grow."""

    name = "PersistentVolumeClaimResize"
    operations: frozenset[Operation] = frozenset({"UPDATE"})
    resources: frozenset[str] = frozenset({"persistentvolumeclaims"})

    def __init__(self, lister: Lister) -> None:
        self._lister = lister

    async def validate(self, attributes: Attributes) -> None:
        """Shrinking is for validation to judge."""
        claim, old = attributes.object, attributes.old_object
        if claim is None or old is None or not attributes.is_("persistentvolumeclaims"):
            return
        before, after = _storage(old), _storage(claim)
        if after is None or (before is not None and after <= before) or after.sign() <= 0:
            return
        if (old.get("status") or {}).get("phase") != "Bound":
            raise forbidden(attributes, "Only bound persistent volume claims can be expanded")
        if not await self._expandable(claim, old):
            raise forbidden(
                attributes,
                "only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must"
                " support resize",
            )

    async def _expandable(self, claim: View, old: View) -> bool:
        name = storage_class(claim)
        if not name or name != storage_class(old):
            return False
        found = await self._lister.get(STORAGE_CLASSES, "", name)
        return found is not None and bool(found.get("allowVolumeExpansion"))


def storage_class(claim: View) -> str:
    """The class of a claim: the annotation of old first."""
    annotated = meta.annotations(claim).get("volume.beta.kubernetes.io/storage-class")
    return annotated if annotated is not None else (claim.get("spec") or {}).get("storageClassName") or ""


def _storage(claim: View) -> Quantity | None:
    return resource_list.of(claim.get("spec") or {}, "requests").get("storage")
