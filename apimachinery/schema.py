"""Schemas of kinds: one tree of FieldSchema nodes, whether built in or defined by a custom resource.

Built-in kinds come from the OpenAPI definitions of a Kubernetes release that the kubernetes-validate package
ships. Models kube-openapi/pkg/util/proto and apiextensions-apiserver/pkg/apiserver/schema (structural schemas).
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal, Protocol, TypeAlias

from apimachinery import serializer
from apimachinery.gvk import GroupVersionKind

DEFAULT_VERSION: Final = "1.36"

META: Final = "io.k8s.apimachinery.pkg.apis.meta.v1."
OBJECT_META: Final = META + "ObjectMeta"
LIST_META: Final = META + "ListMeta"
TIME: Final = META + "Time"
MICRO_TIME: Final = META + "MicroTime"
DURATION: Final = META + "Duration"
FIELDS_V1: Final = META + "FieldsV1"
PATCH: Final = META + "Patch"
QUANTITY: Final = "io.k8s.apimachinery.pkg.api.resource.Quantity"
INT_OR_STRING: Final = "io.k8s.apimachinery.pkg.util.intstr.IntOrString"
RAW_EXTENSION: Final = "io.k8s.apimachinery.pkg.runtime.RawExtension"
_APIEXTENSIONS: Final = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1."
JSON: Final = _APIEXTENSIONS + "JSON"
JSON_SCHEMA_PROPS: Final = _APIEXTENSIONS + "JSONSchemaProps"
JSON_SCHEMA_PROPS_OR_ARRAY: Final = _APIEXTENSIONS + "JSONSchemaPropsOrArray"
JSON_SCHEMA_PROPS_OR_BOOL: Final = _APIEXTENSIONS + "JSONSchemaPropsOrBool"
JSON_SCHEMA_PROPS_OR_STRING_ARRAY: Final = _APIEXTENSIONS + "JSONSchemaPropsOrStringArray"
JSON_SCHEMA_UNIONS: Final = frozenset(
    {JSON_SCHEMA_PROPS_OR_ARRAY, JSON_SCHEMA_PROPS_OR_BOOL, JSON_SCHEMA_PROPS_OR_STRING_ARRAY}
)
CUSTOM_SCALARS: Final = frozenset({QUANTITY, INT_OR_STRING, TIME, MICRO_TIME})
"""Scalars whose Go types decode themselves."""

SchemaType: TypeAlias = Literal["object", "map", "array", "string", "integer", "number", "boolean", "any"]


class FieldSchema(Protocol):
    """What is known of a value: its type, what is inside it, and how two of it merge.

    `object` has `fields`, `map` has `values`, `array` has `items`; `any` is free. Absent hints are empty strings
    and tuples.
    """

    @property
    def type(self) -> SchemaType:
        """The JSON type; `map` is an object with free keys; `any` is unchecked (raw JSON, int-or-string)."""
        ...

    @property
    def format(self) -> str:
        """The OpenAPI format: int32, int64, double, byte, date-time, int-or-string, …"""
        ...

    @property
    def ref(self) -> str:
        """The definition this value is of, empty when its structure is written in place."""
        ...

    @property
    def fields(self) -> Mapping[str, FieldSchema]:
        """The fields of an object by name, in the schema's order; empty for every other type."""
        ...

    @property
    def items(self) -> FieldSchema | None:
        """The schema of an array's elements."""
        ...

    @property
    def values(self) -> FieldSchema | None:
        """The schema of a map's values."""
        ...

    @property
    def required(self) -> frozenset[str]:
        """The fields of an object that must be there."""
        ...

    @property
    def description(self) -> str:
        """The text that explains this use of the value."""
        ...

    @property
    def enum(self) -> tuple[Any, ...]:
        """The only values allowed."""
        ...

    @property
    def default(self) -> Any:
        """The default that the schema declares, None without one."""
        ...

    @property
    def nullable(self) -> bool:
        """Whether a custom resource may hold null here."""
        ...

    @property
    def list_type(self) -> str:
        """x-kubernetes-list-type: atomic, set or map."""
        ...

    @property
    def list_map_keys(self) -> tuple[str, ...]:
        """x-kubernetes-list-map-keys of a list of type map."""
        ...

    @property
    def map_type(self) -> str:
        """x-kubernetes-map-type: granular or atomic."""
        ...

    @property
    def patch_merge_key(self) -> str:
        """x-kubernetes-patch-merge-key: what a strategic merge patch matches elements by."""
        ...

    @property
    def patch_strategy(self) -> tuple[str, ...]:
        """x-kubernetes-patch-strategy: merge, replace, retainKeys."""
        ...

    @property
    def preserve_unknown_fields(self) -> bool:
        """x-kubernetes-preserve-unknown-fields: fields that are not declared are kept."""
        ...

    @property
    def int_or_string(self) -> bool:
        """x-kubernetes-int-or-string."""
        ...

    @property
    def embedded_resource(self) -> bool:
        """x-kubernetes-embedded-resource: the value is an API object with its own kind and metadata."""
        ...


_NOTHING: Final[Mapping[str, Any]] = {}
_FREE: Final = JSON_SCHEMA_UNIONS | {JSON, RAW_EXTENSION}
_STRINGS: Final = frozenset({QUANTITY, TIME, MICRO_TIME, DURATION})


class DefinitionSchema:
    """A FieldSchema of a built-in kind; what it refers to is resolved when first asked for."""

    __slots__ = (
        "_definitions",
        "_fields",
        "_raw",
        "_required",
        "_target",
        "description",
        "enum",
        "format",
        "int_or_string",
        "items",
        "list_map_keys",
        "list_type",
        "map_type",
        "patch_merge_key",
        "patch_strategy",
        "preserve_unknown_fields",
        "ref",
        "type",
        "values",
    )

    default: Final = None
    embedded_resource: Final = False
    nullable: Final = False

    def __init__(self, definitions: Definitions, raw: Mapping[str, Any], name: str = "") -> None:
        self._definitions = definitions
        self.ref: str = name or raw.get("$ref", "").rpartition("/")[2]
        target = definitions.raw(self.ref) if self.ref else raw
        self._raw = raw
        self._target = target
        self._fields: Mapping[str, FieldSchema] | None = None
        self._required: frozenset[str] | None = None
        self.type: SchemaType = _type(target, self.ref)
        self.int_or_string = self.ref == INT_OR_STRING
        self.preserve_unknown_fields = self.ref in (RAW_EXTENSION, FIELDS_V1, JSON)
        self.format: str = "int-or-string" if self.int_or_string else target.get("format", "")
        self.description: str = raw.get("description", "")
        self.enum: tuple[Any, ...] = tuple(raw.get("enum", ()))
        self.list_type: str = raw.get("x-kubernetes-list-type", "")
        self.list_map_keys: tuple[str, ...] = tuple(raw.get("x-kubernetes-list-map-keys", ()))
        self.map_type: str = raw.get("x-kubernetes-map-type") or target.get("x-kubernetes-map-type", "")
        self.patch_merge_key: str = raw.get("x-kubernetes-patch-merge-key", "")
        strategy = raw.get("x-kubernetes-patch-strategy", "")
        self.patch_strategy: tuple[str, ...] = tuple(strategy.split(",")) if strategy else ()
        items = target.get("items")
        self.items: DefinitionSchema | None = DefinitionSchema(definitions, items) if items is not None else None
        values = target.get("additionalProperties")
        self.values: DefinitionSchema | None = DefinitionSchema(definitions, values) if values else None

    @property
    def fields(self) -> Mapping[str, FieldSchema]:
        """The fields of an object by name."""
        found = self._fields
        if found is None:
            if self.ref and self._raw is not self._target:
                found = self._definitions.get(self.ref).fields
            else:
                properties = self._target.get("properties", _NOTHING)
                found = {name: DefinitionSchema(self._definitions, raw) for name, raw in properties.items()}
            self._fields = found
        return found

    @property
    def required(self) -> frozenset[str]:
        """The fields of an object that must be there."""
        if self._required is None:
            self._required = frozenset(self._target.get("required", ()))
        return self._required

    def __repr__(self) -> str:
        return f"DefinitionSchema({self.ref or self.type})"


def _type(raw: Mapping[str, Any], name: str) -> SchemaType:
    if name in _STRINGS:
        return "string"
    if name in _FREE or name == INT_OR_STRING:
        return "any"
    declared = raw.get("type", "any")
    if isinstance(declared, list):
        declared = next(t for t in declared if t != "null")
    if declared == "object" and "additionalProperties" in raw:
        return "map"
    found: SchemaType = declared
    return found


class Definitions:
    """Every definition of one Kubernetes release, by OpenAPI name."""

    def __init__(self, version: str, raw: Mapping[str, Mapping[str, Any]]) -> None:
        self.version = version
        self._raw = raw
        self._schemas: dict[str, DefinitionSchema] = {}
        self._by_gvk: dict[GroupVersionKind, str] | None = None

    def __contains__(self, name: object) -> bool:
        return name in self._raw

    def __iter__(self) -> Iterator[str]:
        return iter(self._raw)

    def raw(self, name: str) -> Mapping[str, Any]:
        """A definition as the package ships it, optional types as `[type, null]`; raises KeyError."""
        return self._raw[name]

    def get(self, name: str) -> FieldSchema:
        """The schema of a definition such as `io.k8s.api.apps.v1.DaemonSet`; raises KeyError."""
        schema = self._schemas.get(name)
        if schema is None:
            schema = self._schemas[name] = DefinitionSchema(self, self._raw[name], name)
        return schema

    def field(self, name: str, field: str) -> FieldSchema:
        """The schema of one field of a definition; raises KeyError."""
        return self.get(name).fields[field]

    def for_gvk(self, gvk: GroupVersionKind) -> str:
        """The definition name of a kind; raises KeyError when this release has none."""
        return self.kinds[gvk]

    @property
    def kinds(self) -> Mapping[GroupVersionKind, str]:
        """Every kind that has a definition of its own, lists included."""
        if self._by_gvk is None:
            self._by_gvk = {
                GroupVersionKind(k["group"], k["version"], k["kind"]): name
                for name, raw in self._raw.items()
                for k in raw.get("x-kubernetes-group-version-kind", ())
            }
        return self._by_gvk

    def describe(self, path: str) -> str:
        """The description of `<definition>` or `<definition>.<field>`; empty when there is none."""
        if path in self._raw:
            return self.get(path).description
        name, _, field = path.rpartition(".")
        if name not in self._raw or field not in self.get(name).fields:
            return ""
        return self.field(name, field).description


def minor_version(version: str) -> tuple[int, int]:
    """`1.36`, `v1.36.1` and `1.36+` as (1, 36); raises ValueError."""
    match = re.match(r"v?(\d+)\.(\d+)", version)
    if match is None:
        raise ValueError(f"not a Kubernetes version: {version!r}")
    return int(match.group(1)), int(match.group(2))


def definitions(version: str = DEFAULT_VERSION) -> Definitions:
    """The definitions of a Kubernetes version such as `1.36`; raises ValueError for one that is not shipped."""
    return _load(*minor_version(version))


def versions() -> tuple[str, ...]:
    """The Kubernetes versions whose definitions are shipped, oldest first."""
    found = {minor_version(p.name) for p in _data().glob("v*-local") if (p / "_definitions.json").is_file()}
    return tuple(f"{major}.{minor}" for major, minor in sorted(found))


@cache
def _load(major: int, minor: int) -> Definitions:
    path = _data() / f"v{major}.{minor}.0-local" / "_definitions.json"
    if not path.is_file():
        raise ValueError(f"no definitions of Kubernetes {major}.{minor}: have {', '.join(versions())}")
    return Definitions(f"{major}.{minor}", serializer.loads(path.read_bytes())["$defs"])


def _data() -> Path:
    spec = importlib.util.find_spec("kubernetes_validate")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("kubernetes_validate is not installed")
    return Path(spec.submodule_search_locations[0]) / "kubernetes-json-schema"
