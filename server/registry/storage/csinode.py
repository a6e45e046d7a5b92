"""CSINode. Models pkg/registry/storage/csinode and pkg/apis/storage/validation."""

from __future__ import annotations

from typing import Any, Final

from apimachinery import field, validation
from apimachinery.objects import View
from server.registry.config import RegistryConfig
from server.registry.core.internal import internal_value
from server.registry.core.podspec_volumes import csi_driver_name
from server.registry.declaration import declare
from server.registry.generic import BuiltinStrategy, names
from server.registry.printing import simple
from server.registry.rest import Column, Context, Resource

MAX_NODE_ID: Final = 256
_DRIVERS: Final = field.Path("spec") / "drivers"


class CSINodeStrategy(BuiltinStrategy):
    """What kubelets say of the drivers on a node; an entry changes only by going."""

    allow_unconditional_update = False
    returns_deleted_object = True

    def validate(self, obj: View, ctx: Context) -> list[field.Error]:
        found = super().validate(obj, ctx)
        seen: set[str] = set()
        for i, driver in enumerate((obj.get("spec") or {}).get("drivers") or ()):
            found += _driver_errors(driver, seen, _DRIVERS[i])
        return found

    def validate_update(self, obj: View, old: View, ctx: Context) -> list[field.Error]:
        found = self.validate(obj, ctx)
        drivers = (obj.get("spec") or {}).get("drivers") or ()
        for stored in (old.get("spec") or {}).get("drivers") or ():
            for driver in drivers:
                if driver.get("name") == stored.get("name") and _fixed(driver, ctx) != _fixed(stored, ctx):
                    shown = internal_value("CSINodeDriver", driver)
                    found.append(field.invalid(_DRIVERS, shown, validation.FIELD_IMMUTABLE))
        return found


def _fixed(driver: View, ctx: Context) -> dict[str, Any]:
    counts_may_change = ctx.version >= (1, 34)
    return {k: v for k, v in driver.items() if k != "allocatable" or not counts_may_change}


def _driver_errors(driver: View, seen: set[str], path: field.Path) -> list[field.Error]:
    name, node_id = driver.get("name") or "", driver.get("nodeID") or ""
    found = csi_driver_name(name, path / "name")
    if not node_id:
        found.append(field.required(path / "nodeID"))
    if len(node_id.encode()) > MAX_NODE_ID:
        found.append(field.invalid(path / "nodeID", node_id, f"must be {MAX_NODE_ID} characters or less"))
    count = (driver.get("allocatable") or {}).get("count")
    if count is not None:
        found += validation.non_negative(count, path / "allocatable" / "count")
    if name in seen:
        found.append(field.duplicate(path / "name", name))
    seen.add(name)
    keys = driver.get("topologyKeys") or []
    for i, key in enumerate(keys):
        if not key:
            found.append(field.required(path))
        if key in keys[:i]:
            found.append(field.duplicate(path, key))
        found += names(path, key, validation.qualified_name)
    return found


def resource(config: RegistryConfig) -> Resource:
    """csinodes."""
    description = "Drivers indicates the number of CSI drivers registered on the node"
    drivers = Column("Drivers", type="integer", description=description)
    return declare(
        "storage.k8s.io",
        "v1",
        "CSINode",
        namespaced=False,
        strategy=CSINodeStrategy(),
        printer=simple((drivers, lambda o: len((o.get("spec") or {}).get("drivers") or ()))),
    )
