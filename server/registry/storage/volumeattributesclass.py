"""VolumeAttributesClass. Models pkg/registry/storage/volumeattributesclass and pkg/apis/storage/validation."""

from __future__ import annotations

from apimachinery import field
from apimachinery.objects import View
from server.registry.config import RegistryConfig
from server.registry.declaration import declare
from server.registry.generic import BuiltinStrategy
from server.registry.printing import simple
from server.registry.rest import Column, Context, Resource
from server.registry.storage.validation import parameters, provisioner, unchanged


class VolumeAttributesClassStrategy(BuiltinStrategy):
    """A driver and its parameters, for ever."""

    returns_deleted_object = True

    def validate(self, obj: View, ctx: Context) -> list[field.Error]:
        found = super().validate(obj, ctx)
        found += provisioner(obj.get("driverName") or "", field.Path("driverName"))
        return found + parameters(obj.get("parameters"), field.Path("parameters"), required=True)

    def validate_update(self, obj: View, old: View, ctx: Context) -> list[field.Error]:
        return unchanged(obj, old, "driverName", "parameters") + self.validate(obj, ctx)


def resource(config: RegistryConfig) -> Resource:
    """volumeattributesclasses."""
    driver = Column("DriverName", doc="io.k8s.api.storage.v1.VolumeAttributesClass.driverName")
    return declare(
        "storage.k8s.io",
        "v1",
        "VolumeAttributesClass",
        namespaced=False,
        plural="volumeattributesclasses",
        stored_as=("storage.k8s.io", "v1beta1" if config.version == (1, 34) else "v1"),
        short_names=("vac",),
        strategy=VolumeAttributesClassStrategy(),
        printer=simple((driver, lambda o: o.get("driverName") or "")),
    )
