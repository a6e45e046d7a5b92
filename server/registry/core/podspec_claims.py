"""Claim templates inside pods. Models pkg/apis/core/validation (ValidatePersistentVolumeClaimTemplate)."""

from __future__ import annotations

from typing import Final

from apimachinery import field, validation
from apimachinery.field import Error, Path
from apimachinery.objects import View
from apimachinery.quantity import Quantity

_ACCESS_MODES: Final = ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"]
_VOLUME_MODES: Final = ["Block", "Filesystem"]
_ALLOWED_METADATA: Final = frozenset({"labels", "annotations", "creationTimestamp"})


def validate_claim_template(template: View, path: Path) -> list[Error]:
    """Field errors of a volumeClaimTemplate of an ephemeral volume."""
    meta = template.get("metadata") or {}
    at = path / "metadata"
    found = validation.annotations(meta.get("annotations"), at / "annotations")
    found += validation.labels(meta.get("labels"), at / "labels")
    found += [
        field.forbidden(at / name, "cannot be set") for name, v in meta.items() if v and name not in _ALLOWED_METADATA
    ]
    return found + validate_claim_spec(template.get("spec") or {}, path / "spec")


def validate_claim_spec(spec: View, path: Path) -> list[Error]:
    """Field errors of a PersistentVolumeClaimSpec. Models ValidatePersistentVolumeClaimSpec."""
    modes = spec.get("accessModes") or []
    found: list[Error] = []
    if not modes:
        found.append(field.required(path / "accessModes", "at least 1 access mode is required"))
    found += validation.label_selector(spec.get("selector"), path / "selector")
    for mode in modes:
        if mode not in _ACCESS_MODES:
            found.append(field.not_supported(path / "accessModes", mode, _ACCESS_MODES))
    if "ReadWriteOncePod" in modes and any(m in _ACCESS_MODES and m != "ReadWriteOncePod" for m in modes):
        found.append(field.forbidden(path / "accessModes", "may not use ReadWriteOncePod with other access modes"))
    storage = ((spec.get("resources") or {}).get("requests") or {}).get("storage")
    if storage is None:
        found.append(field.required((path / "resources").key("storage")))
    elif Quantity.parse(storage).sign() <= 0:
        shown = Quantity.parse(storage).canonical()
        found.append(field.invalid((path / "resources").key("storage"), shown, "must be greater than zero"))
    class_name = spec.get("storageClassName")
    if class_name:
        found += [
            field.invalid(path / "storageClassName", class_name, p) for p in validation.dns1123_subdomain(class_name)
        ]
    mode = spec.get("volumeMode")
    if mode is not None and mode not in _VOLUME_MODES:
        found.append(field.not_supported(path / "volumeMode", mode, _VOLUME_MODES))
    return found
