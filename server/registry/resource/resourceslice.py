"""ResourceSlice: devices of a pool that a driver offers. Models pkg/registry/resource/resourceslice."""

from __future__ import annotations

from typing import Final

from apimachinery import field, validation
from apimachinery.objects import Object, View
from apimachinery.serializer import go_json, go_quote
from server.registry.config import RegistryConfig
from server.registry.core.internal import to_internal
from server.registry.core.podspec_scheduling import validate_node_selector
from server.registry.declaration import declare
from server.registry.generic import BuiltinStrategy
from server.registry.printing import simple
from server.registry.resource import devices
from server.registry.resource.device import counters, device_errors, node_name
from server.registry.rest import Column, Context, Resource

MAX_DEVICES: Final = 128
MAX_SPECIAL_DEVICES: Final = 64
MAX_COUNTER_SETS: Final = 8
PLACES: Final = ("nodeName", "nodeSelector", "allNodes", "perDeviceNodeSelection")
_EXACTLY_ONE: Final = f"exactly one of {', '.join(f'`{name}`' for name in PLACES)} is required"
_LISTS: Final = frozenset({"bools", "ints", "strings", "versions"})
_SPEC: Final = field.Path("spec")


class ResourceSliceStrategy(BuiltinStrategy):
    """Driver, pool and node stay, the devices change."""

    returns_deleted_object = True
    generation_of = ("spec",)

    def prepare_for_create(self, obj: Object, ctx: Context) -> None:
        super().prepare_for_create(obj, ctx)
        _drop_lists(obj, {})

    def prepare_for_update(self, obj: Object, old: View, ctx: Context) -> None:
        super().prepare_for_update(obj, old, ctx)
        _drop_lists(obj, old)

    def validate(self, obj: View, ctx: Context) -> list[field.Error]:
        return super().validate(obj, ctx) + _spec_errors(obj.get("spec") or {}, None)

    def validate_update(self, obj: View, old: View, ctx: Context) -> list[field.Error]:
        return super().validate(obj, ctx) + _spec_errors(obj.get("spec") or {}, old.get("spec") or {})

    def warnings_on_create(self, obj: View, ctx: Context) -> list[str]:
        driver: str = (obj.get("spec") or {}).get("driver") or ""
        if driver == driver.lower():
            return []
        return [f"spec.driver: driver names should be lowercase; {go_quote(driver)} contains uppercase characters"]

    def warnings_on_update(self, obj: View, old: View, ctx: Context) -> list[str]:
        return self.warnings_on_create(obj, ctx)


def _attributes(obj: View) -> list[Object]:
    offered = (obj.get("spec") or {}).get("devices") or ()
    return [attribute for device in offered for attribute in (device.get("attributes") or {}).values()]


def _drop_lists(obj: Object, old: View) -> None:
    """Drop attributes with several values, which are off by default, unless they were in use."""
    if any(attribute.keys() & _LISTS for attribute in _attributes(old)):
        return
    for attribute in _attributes(obj):
        for name in attribute.keys() & _LISTS:
            del attribute[name]


def _spec_errors(spec: View, old: View | None) -> list[field.Error]:
    pool = spec.get("pool") or {}
    found = devices.driver_name(spec.get("driver") or "", _SPEC / "driver") + _pool(pool, _SPEC / "pool")
    if old is not None:
        found += validation.immutable(pool.get("name"), (old.get("pool") or {}).get("name"), _SPEC / "pool" / "name")
        found += validation.immutable(spec.get("driver"), old.get("driver"), _SPEC / "driver")
        found += validation.immutable(spec.get("nodeName"), old.get("nodeName"), _SPEC / "nodeName")
    found += _place(spec)
    if spec.get("sharedCounters") is not None and spec.get("devices") is not None:
        found.append(field.invalid(_SPEC, "", "only one of `sharedCounters` or `devices` is allowed"))
    return found + _devices(spec, old or {}) + _counter_sets(spec)


def _devices(spec: View, old: View) -> list[field.Error]:
    offered = spec.get("devices") or ()
    stored = {devices.by_name(one): one for one in old.get("devices") or ()}
    few = any(one.get("taints") or one.get("consumesCounters") for one in offered)

    def rule(one: View, path: field.Path) -> list[field.Error]:
        placed = bool(spec.get("perDeviceNodeSelection"))
        return device_errors(one, stored.get(devices.by_name(one)), path, placed=placed)

    limit = MAX_SPECIAL_DEVICES if few else MAX_DEVICES
    return devices.each_once(offered, limit, rule, _SPEC / "devices", devices.by_name)


def _counter_sets(spec: View) -> list[field.Error]:
    def rule(one: View, path: field.Path) -> list[field.Error]:
        name, at = devices.by_name(one), path / "name"
        return (devices.label_name(name, at) if name else [field.required(at)]) + counters(one, path)

    return devices.each_once(
        spec.get("sharedCounters"), MAX_COUNTER_SETS, rule, _SPEC / "sharedCounters", devices.by_name
    )


def _place(spec: View) -> list[field.Error]:
    found: list[field.Error] = []
    chosen = [f"`{name}`" for name in PLACES if spec.get(name) not in (None, "", False)]
    node, selector = spec.get("nodeName"), spec.get("nodeSelector")
    if node is not None:
        at, detail = _SPEC / "nodeName", "must be either unset or set to a non-empty string"
        found += node_name(node, at) if node else [field.invalid(at, node, detail)]
    if selector is not None:
        at, terms = _SPEC / "nodeSelector", selector.get("nodeSelectorTerms") or ()
        found += validate_node_selector(selector, at)
        if len(terms) != 1:
            shown = field.Raw(go_json([to_internal("NodeSelectorTerm", t) for t in terms] or None, sort=False))
            found.append(field.invalid(at / "nodeSelectorTerms", shown, "must have exactly one node selector term"))
    found += [
        field.invalid(_SPEC / name, False, "must be either unset or set to true")
        for name in ("allNodes", "perDeviceNodeSelection")
        if spec.get(name) is False
    ]
    if not chosen:
        found.append(field.required(_SPEC, _EXACTLY_ONE))
    elif len(chosen) > 1:
        shown_names = f"{{{', '.join(chosen)}}}"
        found.append(field.invalid(_SPEC, shown_names, f"{_EXACTLY_ONE}, but multiple fields are set"))
    return found


def _pool(pool: View, path: field.Path) -> list[field.Error]:
    found = devices.pool_name(pool.get("name") or "", path / "name")
    count, generation = pool.get("resourceSliceCount") or 0, pool.get("generation") or 0
    if count <= 0:
        found.append(field.invalid(path / "resourceSliceCount", count, "must be greater than zero"))
    if generation < 0:
        found.append(field.invalid(path / "generation", generation, "must be greater than or equal to zero"))
    return found


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
