"""DefaultStorageClass and DefaultIngressClass: the class that an object without one gets.

Models plugin/pkg/admission/storage/storageclass/setdefault and plugin/pkg/admission/network/defaultingressclass.
"""

from __future__ import annotations

from typing import Final

from apimachinery import meta
from apimachinery.objects import View
from server.admission.attributes import Attributes
from server.admission.interfaces import Operation
from server.admission.plugins.lister import Lister

STORAGE_CLASSES: Final = "storageclasses.storage.k8s.io"
INGRESS_CLASSES: Final = "ingressclasses.networking.k8s.io"
_STORAGE_DEFAULT: Final = (
    "storageclass.kubernetes.io/is-default-class",
    "storageclass.beta.kubernetes.io/is-default-class",
)
_INGRESS_DEFAULT: Final = ("ingressclass.kubernetes.io/is-default-class",)
_CLAIM_CLASS: Final = "volume.beta.kubernetes.io/storage-class"
_INGRESS_CLASS: Final = "kubernetes.io/ingress.class"


def default_class(classes: list[View], annotations: tuple[str, ...]) -> str:
    """The class marked as default; the newest of several, then the first by name; empty when none is."""
    marked = [c for c in classes if any(meta.annotations(c).get(a) == "true" for a in annotations)]
    marked.sort(key=meta.name)
    marked.sort(key=lambda c: meta.metadata(c).get("creationTimestamp") or "", reverse=True)
    return meta.name(marked[0]) if marked else ""


class DefaultStorageClass:
    """Gives PersistentVolumeClaims without a class the default one."""

    name = "DefaultStorageClass"
    operations: frozenset[Operation] = frozenset({"CREATE"})
    resources: frozenset[str] = frozenset({"persistentvolumeclaims"})

    def __init__(self, lister: Lister) -> None:
        self._lister = lister

    async def admit(self, attributes: Attributes) -> None:
        """An empty class is a choice too, and stays."""
        claim = attributes.object
        if claim is None or not attributes.is_("persistentvolumeclaims"):
            return
        spec = claim.setdefault("spec", {})
        if spec.get("storageClassName") is not None or _CLAIM_CLASS in meta.annotations(claim):
            return
        name = default_class(await self._lister.list(STORAGE_CLASSES), _STORAGE_DEFAULT)
        if name:
            spec["storageClassName"] = name


class DefaultIngressClass:
    """Gives Ingresses without a class the default one."""

    name = "DefaultIngressClass"
    operations: frozenset[Operation] = frozenset({"CREATE"})
    resources: frozenset[str] = frozenset({"ingresses.networking.k8s.io"})

    def __init__(self, lister: Lister) -> None:
        self._lister = lister

    async def admit(self, attributes: Attributes) -> None:
        """The annotation of old counts as a class."""
        ingress = attributes.object
        if ingress is None or not attributes.is_("ingresses.networking.k8s.io"):
            return
        spec = ingress.setdefault("spec", {})
        if spec.get("ingressClassName") is not None or _INGRESS_CLASS in meta.annotations(ingress):
            return
        name = default_class(await self._lister.list(INGRESS_CLASSES), _INGRESS_DEFAULT)
        if name:
            spec["ingressClassName"] = name
