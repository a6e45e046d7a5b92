"""ConfigMap. Models pkg/registry/core/configmap and ValidateConfigMap."""

from __future__ import annotations

import base64
from typing import Final

from apimachinery import field, validation
from apimachinery.objects import View
from server.registry.config import RegistryConfig
from server.registry.declaration import declare
from server.registry.generic import BuiltinStrategy
from server.registry.printing import simple
from server.registry.rest import Column, Context, Resource

MAX_SIZE: Final = 1024 * 1024
IMMUTABLE: Final = "field is immutable when `immutable` is set"


class ConfigMapStrategy(BuiltinStrategy):
    """Keys, the size limit, and immutability once asked for."""

    def validate(self, obj: View, ctx: Context) -> list[field.Error]:
        found = super().validate(obj, ctx)
        data, binary = obj.get("data") or {}, obj.get("binaryData") or {}
        size = 0
        for key, value in sorted(data.items()):
            path = field.Path("data").key(key)
            found += [field.invalid(path, key, problem) for problem in validation.config_map_key(key)]
            if key in binary:
                found.append(field.invalid(path, key, "duplicate of key present in binaryData"))
            size += len(value.encode())
        for key, value in sorted(binary.items()):
            path = field.Path("binaryData").key(key)
            found += [field.invalid(path, key, problem) for problem in validation.config_map_key(key)]
            size += len(base64.b64decode(value or ""))
        if size > MAX_SIZE:
            found.append(field.too_long(field.Path("[]"), MAX_SIZE))
        return found

    def validate_update(self, obj: View, old: View, ctx: Context) -> list[field.Error]:
        return immutable_errors(obj, old, "data", "binaryData") + self.validate(obj, ctx)


def immutable_errors(obj: View, old: View, *parts: str) -> list[field.Error]:
    """What may not change of an object that was declared immutable."""
    if not old.get("immutable"):
        return []
    found = [] if obj.get("immutable") else [field.forbidden(field.Path("immutable"), IMMUTABLE)]
    found += [
        field.forbidden(field.Path(part), IMMUTABLE) for part in parts if (obj.get(part) or {}) != (old.get(part) or {})
    ]
    return found


def resource(config: RegistryConfig) -> Resource:
    """configmaps."""
    data = Column("Data", doc="io.k8s.api.core.v1.ConfigMap.data")
    return declare(
        "",
        "v1",
        "ConfigMap",
        namespaced=True,
        short_names=("cm",),
        strategy=ConfigMapStrategy(),
        printer=simple((data, lambda o: len(o.get("data") or {}) + len(o.get("binaryData") or {}))),
    )
