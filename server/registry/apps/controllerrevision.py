"""ControllerRevisions. Models pkg/registry/apps/controllerrevision/strategy.go and printControllerRevision."""

from __future__ import annotations

from typing import Any, Final

from apimachinery import field, meta, validation
from apimachinery.field import Error, Path
from apimachinery.gvk import GroupVersion
from apimachinery.objects import View
from server.registry.config import RegistryConfig
from server.registry.declaration import declare
from server.registry.generic import BuiltinStrategy
from server.registry.printing import NONE, age
from server.registry.rest import AGE, NAME, CellContext, Column, Context, Printer, Resource

_COLUMNS: Final = (
    NAME,
    Column("Controller", description="Controller of the object"),
    Column("Revision", doc="io.k8s.api.apps.v1.ControllerRevision.revision"),
    AGE,
)


class ControllerRevisionStrategy(BuiltinStrategy):
    """Data that never changes, under a number that may."""

    def validate(self, obj: View, ctx: Context) -> list[Error]:
        found = super().validate(obj, ctx)
        data = obj.get("data")
        if data is None:
            found.append(field.required(Path("data"), "data is mandatory"))
        elif not isinstance(data, dict):
            found.append(field.required(Path("data"), "data must be a valid JSON object"))
        return found + validation.non_negative(int(obj.get("revision") or 0), Path("revision"))

    def validate_update(self, obj: View, old: View, ctx: Context) -> list[Error]:
        return self.validate(obj, ctx) + validation.immutable(obj.get("data"), old.get("data"), Path("data"))


def _controller(obj: View) -> str:
    ref = meta.controller_of(obj)
    if ref is None:
        return NONE
    group = GroupVersion.parse(ref.get("apiVersion") or "").group
    kind = (ref.get("kind") or "").lower()
    return f"{kind}.{group}/{ref.get('name')}" if group else f"{kind}/{ref.get('name')}"


def _cells(obj: View, ctx: CellContext) -> list[Any]:
    return [meta.name(obj), _controller(obj), obj.get("revision") or 0, age(obj, ctx)]


def resource(_config: RegistryConfig) -> Resource:
    """ControllerRevisions of apps/v1."""
    strategy = ControllerRevisionStrategy()
    return declare(
        "apps", "v1", "ControllerRevision", namespaced=True, strategy=strategy, printer=Printer(_COLUMNS, _cells)
    )
