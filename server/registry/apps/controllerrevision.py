"""ControllerRevisions. Models pkg/registry/apps/controllerrevision/strategy.go and printControllerRevision."""

from __future__ import annotations

from typing import Any, Final

from apimachinery import decode, field, meta, serializer, validation
from apimachinery.field import Error, Path
from apimachinery.gvk import GroupVersion
from apimachinery.objects import Object, View
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


class Verbatim(str):
    """Data as its client wrote it, where that is not what its value is encoded as; stored as a JSON string."""

    __slots__ = ()


class ControllerRevisionStrategy(BuiltinStrategy):
    """Data that never changes, under a number that may."""

    def prepare_for_create(self, obj: Object, ctx: Context) -> None:
        super().prepare_for_create(obj, ctx)
        if ctx.sent:
            obj["data"] = Verbatim(ctx.sent)

    def prepare_for_update(self, obj: Object, old: View, ctx: Context) -> None:
        super().prepare_for_update(obj, old, ctx)
        stored = _text(ctx.stored if ctx.stored is not None else old)
        if ctx.sent:
            obj["data"] = Verbatim(ctx.sent)
        elif _text(obj) == _text(old) and (text := decode.compact(stored)) != _text(obj):
            obj["data"] = Verbatim(text)

    def validate(self, obj: View, ctx: Context) -> list[Error]:
        found = super().validate(obj, ctx)
        data = _value(obj)
        if data is None:
            found.append(field.required(Path("data"), "data is mandatory"))
        elif not isinstance(data, dict):
            found.append(field.required(Path("data"), "data must be a valid JSON object"))
        return found + validation.non_negative(int(obj.get("revision") or 0), Path("revision"))

    def validate_update(self, obj: View, old: View, ctx: Context) -> list[Error]:
        found = self.validate(obj, ctx)
        if _text(obj) != _text(ctx.stored if ctx.stored is not None else old):
            shown = field.Raw(decode.compact(_text(obj)))
            found.append(field.invalid(Path("data"), shown, validation.FIELD_IMMUTABLE))
        return found


def _text(obj: View) -> str:
    data = obj.get("data")
    return data if isinstance(data, str) else serializer.dumps(data).decode()


def _value(obj: View) -> Any:
    data = obj.get("data")
    return serializer.loads(str(data)) if isinstance(data, Verbatim) else data


def _served(obj: Object) -> Object:
    if isinstance(obj.get("data"), str):
        obj["data"] = serializer.loads(obj["data"])
    return obj


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
        "apps",
        "v1",
        "ControllerRevision",
        namespaced=True,
        strategy=strategy,
        printer=Printer(_COLUMNS, _cells),
        verbatim="data",
        from_storage=_served,
    )
