"""How values merge: a schema reduced to what ownership needs to know. Models structured-merge-diff/schema and
kube-openapi/pkg/schemaconv.

A type knows up to three shapes, of which the value at hand picks one: scalar, map (with declared fields, free keys or
both) and list. What a schema leaves open is *deduced*: maps are granular there, lists atomic.
"""

from __future__ import annotations

from typing import Any, Final

from apimachinery import schema as schemas
from apimachinery.schema import FieldSchema
from server.fieldmanager.fieldset import key_element, value_element
from server.openapi.defaults import NO_DEFAULT, default_of

MAX_NAMES: Final = 1024
"""How many items' names a list remembers the path elements of."""


class ElementError(Exception):
    """A list item that has no path element; the message says why."""


class Fields(dict[str, "tuple[str, Type] | None"]):
    """Declared fields by name as (path element, type), converted when first asked for; None when not declared."""

    __slots__ = ("_converter", "_preserve", "_source")

    def __init__(self, converter: Converter, source: Any, *, preserve: bool) -> None:
        super().__init__()
        self._converter = converter
        self._source = source
        self._preserve = preserve

    def __missing__(self, name: str) -> tuple[str, Type] | None:
        declared = self._source.get(name)
        if declared is None:
            return None
        found = self[name] = (f"f:{name}", self._converter.convert(declared, preserve=self._preserve))
        return found


class MapType:
    """A map: `fields` are declared, `element` is the type of every other key, None when there may be none."""

    __slots__ = ("atomic", "element", "fields")

    def __init__(self, fields: Fields, element: Type | None, *, atomic: bool = False) -> None:
        self.fields = fields
        self.element = element
        self.atomic = atomic


class ListType:
    """A list: atomic, a set of scalars, or a map in disguise whose items are told apart by `keys`."""

    __slots__ = ("_elements", "_key", "atomic", "defaults", "element", "keys")

    def __init__(
        self, element: Type, *, atomic: bool, keys: tuple[str, ...] = (), defaults: tuple[Any, ...] = ()
    ) -> None:
        self.element = element
        self.atomic = atomic
        self.keys = keys
        self.defaults = defaults
        self._key = keys[0] if len(keys) == 1 else None
        self._elements: dict[str, str] = {}

    def path_element(self, item: Any) -> str:
        """The path element of an item; raises ElementError."""
        if type(item) is dict and self._key is not None:
            value = item.get(self._key)
            if type(value) is str:
                return self._elements.get(value) or self._named(value)
        keys = self.keys
        if not keys:
            return self._set_element(item)
        if type(item) is not dict:
            kind = "a null element" if item is None else "non-map elements"
            raise ElementError(f"associative list with keys may not have {kind}")
        values = []
        for name, default in zip(keys, self.defaults, strict=True):
            value = item.get(name, default)
            if value is None and name not in item:
                raise ElementError(
                    f'associative list with keys has an element that omits key field "{name}" '
                    "(and doesn't have default value)"
                )
            values.append(value)
        return key_element(keys, values)

    def _named(self, name: str) -> str:
        if len(self._elements) >= MAX_NAMES:
            self._elements.clear()
        found = self._elements[name] = key_element(self.keys, [name])
        return found

    def _set_element(self, item: Any) -> str:
        if isinstance(item, dict):
            raise ElementError("associative list without keys has an element that's a map type")
        if isinstance(item, list):
            raise ElementError("not supported: associative list with lists as elements")
        if item is None:
            raise ElementError("associative list without keys has an element that's an explicit null")
        return value_element(item)


class Type:
    """The shapes a value may take; absent shapes are None."""

    __slots__ = ("list", "map", "scalar")

    def __init__(self, scalar: str = "", map_type: MapType | None = None, list_type: ListType | None = None) -> None:
        self.scalar = scalar
        self.map = map_type
        self.list = list_type


class Converter:
    """Converts schemas to types, each definition once; a converter lives as long as its schemas."""

    def __init__(self) -> None:
        self._by_definition: dict[tuple[str, bool, str], Type] = {}

    def convert_object(self, declared: FieldSchema) -> Type:
        """The type of a whole object: kind, apiVersion and metadata are known though a custom schema omits them."""
        return (
            self.convert(declared) if declared.ref else Type(map_type=self._map(declared, preserve=False, whole=True))
        )

    def convert(self, declared: FieldSchema, *, preserve: bool = False) -> Type:
        """The type of a schema; `preserve` when an enclosing custom resource schema keeps unknown fields."""
        if not declared.ref:
            return self._build(declared, preserve=preserve)
        key = (declared.ref, preserve, declared.map_type)
        found = self._by_definition.get(key)
        if found is None:
            found = self._by_definition[key] = Type()
            built = self._build(declared, preserve=preserve)
            found.scalar, found.map, found.list = built.scalar, built.map, built.list
        return found

    def _build(self, declared: FieldSchema, *, preserve: bool) -> Type:
        kind = declared.type
        if kind == "array":
            return Type(list_type=self._list(declared, preserve=preserve))
        if declared.ref == schemas.RAW_EXTENSION:
            return ATOMIC
        if kind in ("object", "map"):
            return Type(map_type=self._map(declared, preserve=preserve))
        if kind == "any":
            return DEDUCED
        if kind == "boolean":
            return Type("boolean")
        if kind in ("integer", "number"):
            return Type("numeric")
        plain = declared.format in ("", "byte") and declared.ref != schemas.QUANTITY
        return Type("string" if plain else "untyped")

    def _map(self, declared: FieldSchema, *, preserve: bool, whole: bool = False) -> MapType:
        keeps = preserve or declared.preserve_unknown_fields
        fields = declared.fields
        if whole or declared.embedded_resource:
            fields = {**fields, **_object_fields()}
        element = None
        if declared.values is not None:
            element = self.convert(declared.values, preserve=keeps)
        elif keeps or not fields:
            element = DEDUCED
        return MapType(Fields(self, fields, preserve=keeps), element, atomic=declared.map_type == "atomic")

    def _list(self, declared: FieldSchema, *, preserve: bool) -> ListType:
        keeps = preserve or declared.preserve_unknown_fields
        element = self.convert(declared.items, preserve=keeps) if declared.items is not None else DEDUCED
        if declared.list_type:
            keys = declared.list_map_keys if declared.list_type == "map" else ()
            atomic = declared.list_type not in ("map", "set")
        else:
            merges = "merge" in declared.patch_strategy
            keys = (declared.patch_merge_key,) if merges and declared.patch_merge_key else ()
            atomic = not merges
        keys = tuple(sorted(keys))
        item = declared.items
        defaults = tuple(_key_default(item, k) if item is not None else None for k in keys)
        return ListType(element, atomic=atomic, keys=keys, defaults=defaults)


def _object_fields() -> dict[str, FieldSchema]:
    known = schemas.definitions().get("io.k8s.api.core.v1.ConfigMap").fields
    return {name: known[name] for name in ("apiVersion", "kind", "metadata")}


def _key_default(item: FieldSchema, key: str) -> Any:
    declared = item.fields.get(key)
    if declared is None:
        return None
    if declared.default is not None or not item.ref:
        return declared.default
    default = default_of(item, key)
    return None if default is NO_DEFAULT else default


def _deduced() -> tuple[Type, Type]:
    converter = Converter()
    atomic = Type("untyped")
    atomic.list = ListType(atomic, atomic=True)
    atomic.map = MapType(Fields(converter, {}, preserve=True), atomic, atomic=True)
    granular = Type("untyped", list_type=ListType(atomic, atomic=True))
    granular.map = MapType(Fields(converter, {}, preserve=True), granular)
    return granular, atomic


DEDUCED, ATOMIC = _deduced()
