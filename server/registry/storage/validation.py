"""Rules that several storage kinds share. Models pkg/apis/storage/validation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from apimachinery import field, meta, validation
from apimachinery.objects import View
from server.registry.generic import names

MAX_PARAMETERS: Final = 512
MAX_PARAMETERS_SIZE: Final = 256 * 1024
DEFAULT_CLASS_ANNOTATIONS: Final = (
    "storageclass.kubernetes.io/is-default-class",
    "storageclass.beta.kubernetes.io/is-default-class",
)


def provisioner(name: str, path: field.Path) -> list[field.Error]:
    """Errors of the name of a driver."""
    return names(path, name.lower(), validation.qualified_name) if name else [field.required(path)]


def parameters(found: Mapping[str, str] | None, path: field.Path, *, required: bool) -> list[field.Error]:
    """Errors of what is handed to a driver."""
    found = found or {}
    if len(found) > MAX_PARAMETERS:
        return [field.too_long(path, MAX_PARAMETERS)]
    errors = [field.invalid(path, "", "field can not be empty.")] if "" in found else []
    if sum(len(k.encode()) + len(v.encode()) for k, v in found.items()) > MAX_PARAMETERS_SIZE:
        errors.append(field.too_long(path, MAX_PARAMETERS_SIZE))
    if required and not found:
        errors.append(field.required(path, "must contain at least one key/value pair"))
    return errors


def unchanged(obj: View, old: View, *names: str) -> list[field.Error]:
    """Errors of fields that were changed and must not be."""
    return [
        field.forbidden(field.Path(name), f"updates to {name} are forbidden.")
        for name in names
        if (obj.get(name) or None) != (old.get(name) or None)
    ]


def is_default_class(obj: View) -> bool:
    """Whether claims that name no class get this one."""
    annotations = meta.annotations(obj)
    return any(annotations.get(a) == "true" for a in DEFAULT_CLASS_ANNOTATIONS)
