"""CSIStorageCapacity. Models pkg/registry/storage/csistoragecapacity and pkg/apis/storage/validation."""

from __future__ import annotations

from apimachinery import field, validation
from apimachinery.objects import View
from apimachinery.quantity import Quantity, canonical
from server.registry.config import RegistryConfig
from server.registry.core.internal import internal_value
from server.registry.declaration import declare
from server.registry.generic import BuiltinStrategy, names
from server.registry.node_labels import selector_warnings
from server.registry.printing import UNSET, plain
from server.registry.rest import Column, Context, Resource


class CSIStorageCapacityStrategy(BuiltinStrategy):
    """How much of a class there is, for a topology."""

    allow_unconditional_update = False

    def validate(self, obj: View, ctx: Context) -> list[field.Error]:
        found = super().validate(obj, ctx)
        found += validation.label_selector(obj.get("nodeTopology"), field.Path("nodeTopology"))
        name = obj.get("storageClassName") or ""
        found += names(field.Path("storageClassName"), name, validation.dns1123_subdomain)
        if obj.get("capacity") is not None and Quantity.parse(str(obj["capacity"])).sign() < 0:
            shown = canonical(str(obj["capacity"]))
            found.append(field.invalid(field.Path("capacity"), shown, "must be greater than or equal to 0"))
        return found

    def warnings_on_create(self, obj: View, ctx: Context) -> list[str]:
        return list(selector_warnings(obj.get("nodeTopology"), field.Path("nodeTopology")))

    def warnings_on_update(self, obj: View, old: View, ctx: Context) -> list[str]:
        return self.warnings_on_create(obj, ctx)

    def validate_update(self, obj: View, old: View, ctx: Context) -> list[field.Error]:
        found = super().validate(obj, ctx)
        topology = obj.get("nodeTopology")
        if topology != old.get("nodeTopology"):
            shown = internal_value("selector", topology)
            found.append(field.invalid(field.Path("nodeTopology"), shown, validation.FIELD_IMMUTABLE))
        name, stored = obj.get("storageClassName"), old.get("storageClassName")
        return found + validation.immutable(name, stored, field.Path("storageClassName"))


def resource(config: RegistryConfig) -> Resource:
    """csistoragecapacities."""
    kind = "io.k8s.api.storage.v1.CSIStorageCapacity"
    name, capacity = (
        Column("StorageClassName", doc=f"{kind}.storageClassName"),
        Column("Capacity", doc=f"{kind}.capacity"),
    )
    return declare(
        "storage.k8s.io",
        "v1",
        "CSIStorageCapacity",
        namespaced=True,
        plural="csistoragecapacities",
        strategy=CSIStorageCapacityStrategy(),
        printer=plain(
            (name, lambda o: o.get("storageClassName") or ""),
            (capacity, lambda o: canonical(str(o["capacity"])) if o.get("capacity") is not None else UNSET),
        ),
    )
