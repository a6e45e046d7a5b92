"""DeviceClass: what kind of device a claim asks for. Models pkg/registry/resource/deviceclass."""

from __future__ import annotations

from apimachinery import field
from apimachinery.objects import View
from server.registry.config import RegistryConfig
from server.registry.core.podspec_resources import is_extended
from server.registry.declaration import declare
from server.registry.generic import BuiltinStrategy
from server.registry.printing import simple
from server.registry.resource import devices
from server.registry.rest import Context, Resource


class DeviceClassStrategy(BuiltinStrategy):
    """Selectors and configuration, both free to change."""

    returns_deleted_object = True
    generation_of = ("spec",)

    def validate(self, obj: View, ctx: Context) -> list[field.Error]:
        return super().validate(obj, ctx) + _errors(obj.get("spec") or {}, field.Path("spec"))


def _errors(spec: View, path: field.Path) -> list[field.Error]:
    found = devices.selectors(spec.get("selectors"), path / "selectors")
    found += devices.each(spec.get("config"), devices.MAX_CONFIGS, devices.configuration, path / "config")
    name = spec.get("extendedResourceName")
    if name is not None and not is_extended(name):
        found.append(field.invalid(path / "extendedResourceName", name, "must be a valid extended resource name"))
    return found


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
