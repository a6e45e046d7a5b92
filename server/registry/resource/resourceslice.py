"""ResourceSlice: devices of a pool that a driver offers. Models pkg/registry/resource/resourceslice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from apimachinery import field, validation
from apimachinery.objects import View
from server.registry.config import RegistryConfig
from server.registry.declaration import declare
from server.registry.generic import BuiltinStrategy
from server.registry.printing import simple
from server.registry.resource.devices import driver_name
from server.registry.rest import Column, Context, Resource

MAX_DEVICES: Final = 128
MAX_POOL_NAME: Final = 253
PLACES: Final = ("nodeName", "nodeSelector", "allNodes", "perDeviceNodeSelection")
_EXACTLY_ONE: Final = f"exactly one of {', '.join(f'`{name}`' for name in PLACES)} is required"
_SPEC: Final = field.Path("spec")


class ResourceSliceStrategy(BuiltinStrategy):
    """Driver, pool and node stay, the devices change."""

    returns_deleted_object = True
    generation_of = ("spec",)

    def validate(self, obj: View, ctx: Context) -> list[field.Error]:
        return super().validate(obj, ctx) + list(_spec(obj.get("spec") or {}))

    def validate_update(self, obj: View, old: View, ctx: Context) -> list[field.Error]:
        new, stored = obj.get("spec") or {}, old.get("spec") or {}
        found = self.validate(obj, ctx)
        for values, path in (
            ((new.get("driver"), stored.get("driver")), _SPEC / "driver"),
            (((new.get("pool") or {}).get("name"), (stored.get("pool") or {}).get("name")), _SPEC / "pool" / "name"),
            ((new.get("nodeName"), stored.get("nodeName")), _SPEC / "nodeName"),
        ):
            found += validation.immutable(*values, path)
        return found


def _spec(spec: View) -> Iterator[field.Error]:
    yield from driver_name(spec.get("driver") or "", _SPEC / "driver")
    yield from _pool(spec.get("pool") or {}, _SPEC / "pool")
    chosen = [name for name in PLACES if spec.get(name) not in (None, False)]
    if "nodeName" in chosen:
        node = spec.get("nodeName") or ""
        at = _SPEC / "nodeName"
        if not node:
            yield field.invalid(at, node, "must be either unset or set to a non-empty string")
        yield from (field.invalid(at, node, p) for p in validation.dns1123_subdomain(node) if node)
    if not chosen:
        yield field.required(_SPEC, _EXACTLY_ONE)
    elif len(chosen) > 1:
        shown = "{" + ", ".join(f"`{name}`" for name in chosen) + "}"
        yield field.invalid(_SPEC, shown, f"{_EXACTLY_ONE}, but multiple fields are set")
    devices, at = spec.get("devices") or (), _SPEC / "devices"
    if len(devices) > MAX_DEVICES:
        yield field.too_many(at, len(devices), MAX_DEVICES)
    seen: set[str] = set()
    for i, device in enumerate(devices):
        name = device.get("name") or ""
        if not name:
            yield field.required(at[i] / "name")
        else:
            yield from (field.invalid(at[i] / "name", name, p) for p in validation.dns1123_label(name))
        if name and name in seen:
            yield field.duplicate(at[i] / "name", name)
        seen.add(name)


def _pool(pool: View, path: field.Path) -> Iterator[field.Error]:
    name = pool.get("name") or ""
    if not name:
        yield field.required(path / "name")
    else:
        if len(name) > MAX_POOL_NAME:
            yield field.too_long(path / "name", MAX_POOL_NAME)
        for part in name.split("/"):
            yield from (field.invalid(path / "name", part, p) for p in validation.dns1123_subdomain(part))
    if (count := pool.get("resourceSliceCount") or 0) <= 0:
        yield field.invalid(path / "resourceSliceCount", count, "must be greater than zero")
    if (generation := pool.get("generation") or 0) < 0:
        yield field.invalid(path / "generation", generation, "must be greater than or equal to zero")


def resource(config: RegistryConfig, stored_as: tuple[str, str]) -> Resource:
    """resourceslices."""
    spec = "io.k8s.api.resource.v1.ResourceSliceSpec"
    return declare(
        "resource.k8s.io",
        "v1",
        "ResourceSlice",
        namespaced=False,
        stored_as=stored_as,
        strategy=ResourceSliceStrategy(),
        printer=simple(
            (Column("Node", doc=f"{spec}.nodeName"), lambda o: o["spec"].get("nodeName") or ""),
            (Column("Driver", doc=f"{spec}.driver"), lambda o: o["spec"].get("driver", "")),
            (
                Column("Pool", doc="io.k8s.api.resource.v1.ResourcePool.name"),
                lambda o: o["spec"].get("pool", {}).get("name", ""),
            ),
        ),
        selectable_fields=lambda o: {
            "spec.nodeName": o["spec"].get("nodeName") or "",
            "spec.driver": o["spec"].get("driver", ""),
        },
        known_field_labels=("metadata.name", "spec.nodeName", "spec.driver"),
    )
