"""DeviceClass: what kind of device a claim asks for. Models pkg/registry/resource/deviceclass."""

from __future__ import annotations

from apimachinery import field
from apimachinery.objects import View
from server.registry.config import RegistryConfig
from server.registry.declaration import declare
from server.registry.generic import BuiltinStrategy
from server.registry.printing import simple
from server.registry.resource.devices import class_errors
from server.registry.rest import Context, Resource


class DeviceClassStrategy(BuiltinStrategy):
    """Selectors and configuration, both free to change."""

    returns_deleted_object = True
    generation_of = ("spec",)

    def validate(self, obj: View, ctx: Context) -> list[field.Error]:
        return super().validate(obj, ctx) + class_errors(obj.get("spec") or {}, field.Path("spec"))


def resource(config: RegistryConfig, stored_as: tuple[str, str]) -> Resource:
    """deviceclasses."""
    return declare(
        "resource.k8s.io",
        "v1",
        "DeviceClass",
        namespaced=False,
        plural="deviceclasses",
        stored_as=stored_as,
        strategy=DeviceClassStrategy(),
        printer=simple(),
    )
