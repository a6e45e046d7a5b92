"""What a PersistentVolumeClaim counts for a quota. Models evaluator/core/persistent_volume_claims.go."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from apimachinery import meta, resource_list
from apimachinery.gvk import GroupResource
from apimachinery.objects import View
from apimachinery.quota.evaluator import ONE, Evaluator, selects
from apimachinery.resource_list import ResourceList

STORAGE: Final = "requests.storage"
CLAIMS: Final = "persistentvolumeclaims"
CLASS_SUFFIX: Final = ".storageclass.storage.k8s.io/"
CLASS_ANNOTATION: Final = "volume.beta.kubernetes.io/storage-class"


class ClaimEvaluator(Evaluator):
    """Counts claims and the storage they request, in all and by storage class."""

    def __init__(self) -> None:
        super().__init__(GroupResource("", CLAIMS), (CLAIMS,))

    def handles(self, operation: str, subresource: str) -> bool:
        return operation in ("CREATE", "UPDATE") and not subresource

    def matching(self, names: Iterable[str]) -> set[str]:
        return {
            n
            for n in names
            if n in self.counted or n == STORAGE or n.endswith((CLASS_SUFFIX + STORAGE, CLASS_SUFFIX + CLAIMS))
        }

    def usage(self, obj: View, now: datetime) -> ResourceList:
        found = super().usage(obj, now)
        spec = obj.get("spec") or {}
        storage_class = meta.annotations(obj).get(CLASS_ANNOTATION) or spec.get("storageClassName") or ""
        if storage_class:
            found[storage_class + CLASS_SUFFIX + CLAIMS] = ONE
        asked = resource_list.of(spec, "requests").get("storage")
        if asked is not None:
            allocated = resource_list.read((obj.get("status") or {}).get("allocatedResources")).get("storage")
            asked = (max(asked, allocated) if allocated is not None else asked).rounded_up(0)
            found[STORAGE] = asked
            if storage_class:
                found[storage_class + CLASS_SUFFIX + STORAGE] = asked
        return found

    def in_scope(self, scope: Mapping[str, Any], obj: View) -> bool:
        if scope.get("scopeName") != "VolumeAttributesClass":
            return False
        return selects(scope, (obj.get("spec") or {}).get("volumeAttributesClassName") or "")
