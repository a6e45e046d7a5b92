"""Definitions as the documents show them. Models kube-openapi/pkg/builder and builder3/util (WrapRefs).

A definition of a release is changed back to what the server publishes: optional types lose their null, apiVersion and
kind their constants, and string fields get the enums they have in Go. v3 adds defaults and wraps references that
have siblings in `allOf`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, TypeAlias

from apimachinery import schema as schemas
from apimachinery.gvk import GroupVersion
from apimachinery.schema import Definitions, FieldSchema
from apimachinery.structural import Structural
from server.openapi.defaults import NO_DEFAULT, default_of
from server.openapi.enums import ENUMS
from server.registry.rest import Resource

JSONSchema: TypeAlias = dict[str, Any]

_CONSTANTS: Final = frozenset({"apiVersion", "kind"})
_GVKS: Final = "x-kubernetes-group-version-kind"
_TYPE_META: Final = "io.k8s.api.core.v1.ConfigMap"
_INT_OR_STRING: Final = "Either an integer or a string."
_QUANTITY: Final = "A decimal number with an optional suffix, such as 100m, 1.5 or 64Mi."
_V2_SCALARS: Final[dict[str, JSONSchema]] = {
    schemas.QUANTITY: {"description": _QUANTITY, "type": "string"},
    schemas.INT_OR_STRING: {"description": _INT_OR_STRING, "type": "string", "format": "int-or-string"},
}
_V3_SCALARS: Final[dict[str, JSONSchema]] = {
    schemas.QUANTITY: {"description": _QUANTITY, "oneOf": [{"type": "string"}, {"type": "number"}]},
    schemas.INT_OR_STRING: {
        "description": _INT_OR_STRING,
        "format": "int-or-string",
        "oneOf": [{"type": "integer"}, {"type": "string"}],
    },
}


class Schemas:
    """The definitions of one document version by name, each rendered once."""

    def __init__(self, definitions: Definitions, custom: Iterable[tuple[Resource, str]] = (), *, v3: bool) -> None:
        """`custom` are the custom resources and the names they are to be defined under, with their lists."""
        self._definitions = definitions
        self._v3 = v3
        self._prefix = "#/components/schemas/" if v3 else "#/definitions/"
        self._rendered: dict[str, JSONSchema] = dict(_V3_SCALARS if v3 else _V2_SCALARS)
        self._references: dict[str, tuple[str, ...]] = {}
        self._custom: dict[str, JSONSchema] = {}
        for resource, name in custom:
            self._custom[name] = self._custom_kind(resource)
            self._custom[f"{name}List"] = self._custom_list(resource, name)

    def reference(self, name: str) -> JSONSchema:
        """A reference to a definition."""
        return {"$ref": self._prefix + name}

    def closure(self, names: Iterable[str], served: GroupVersion | None = None) -> dict[str, JSONSchema]:
        """The definitions of these names and of all they refer to, sorted.

        In a document of one group version (`served`), kinds that every group has are named for that version only.
        """
        found: dict[str, JSONSchema] = {}
        pending = list(names)
        while pending:
            name = pending.pop()
            if name in found:
                continue
            found[name] = self.get(name)
            pending += self._references.get(name, ())
        if served is not None:
            for name, rendered in found.items():
                if len(rendered.get(_GVKS, ())) > 1:
                    found[name] = {**rendered, _GVKS: _only(rendered[_GVKS], served)}
        return dict(sorted(found.items()))

    def get(self, name: str) -> JSONSchema:
        """One definition; an empty schema for a name that nobody defines."""
        rendered = self._rendered.get(name)
        if rendered is None:
            found: list[str] = []
            if name in self._custom:
                rendered = self._custom[name]
                found = [schemas.OBJECT_META if not name.endswith("List") else schemas.LIST_META]
                if name.endswith("List"):
                    found.append(name.removesuffix("List"))
            elif name in self._definitions:
                rendered = self._render(self._definitions.raw(name), found, name)
            else:
                rendered = {}
            self._rendered[name] = rendered
            self._references[name] = tuple(dict.fromkeys(found))
        return rendered

    def _custom_kind(self, resource: Resource) -> JSONSchema:
        gvks = [{"group": resource.group, "kind": resource.kind, "version": resource.version}]
        structural: FieldSchema | None = resource.schema
        if structural is None:
            return {"type": "object", "x-kubernetes-preserve-unknown-fields": True, _GVKS: gvks}
        own = self._whole(structural)
        properties = {**own.get("properties", {}), **self._type_meta(schemas.OBJECT_META)}
        return {**own, "type": "object", "properties": dict(sorted(properties.items())), _GVKS: gvks}

    def _custom_list(self, resource: Resource, name: str) -> JSONSchema:
        kind = resource.list_kind or f"{resource.kind}List"
        items = {"description": f"List of {resource.plural}.", "type": "array", "items": self.reference(name)}
        return {
            "description": f"{kind} is a list of {resource.kind}",
            "type": "object",
            "required": ["items"],
            "properties": {**self._type_meta(schemas.LIST_META), "items": items},
            _GVKS: [{"group": resource.group, "kind": kind, "version": resource.version}],
        }

    def _type_meta(self, metadata: str) -> JSONSchema:
        known: JSONSchema = self.get(_TYPE_META)["properties"]
        text = known["metadata"]["description"]
        reference = self.reference(metadata)
        wrapped = {"description": text, "allOf": [reference]} if self._v3 else {"description": text, **reference}
        return {"apiVersion": known["apiVersion"], "kind": known["kind"], "metadata": wrapped}

    def _whole(self, declared: FieldSchema) -> JSONSchema:
        """v3 shows a custom resource's schema as it was written, v2 what that version can say of it."""
        if self._v3 and isinstance(declared, Structural):
            return dict(declared.raw)
        return self.structural(declared)

    def structural(self, declared: FieldSchema) -> JSONSchema:
        """The JSON schema of a custom resource's field."""
        out: JSONSchema = {}
        if declared.description:
            out["description"] = declared.description
        if declared.type in ("object", "map"):
            out["type"] = "object"
        elif declared.type != "any":
            out["type"] = declared.type
        if declared.format and declared.format != "int-or-string":
            out["format"] = declared.format
        if declared.enum:
            out["enum"] = list(declared.enum)
        if declared.fields:
            out["properties"] = {name: self.structural(child) for name, child in sorted(declared.fields.items())}
        if declared.required:
            out["required"] = sorted(declared.required)
        if declared.items is not None:
            out["items"] = self.structural(declared.items)
        if declared.values is not None:
            out["additionalProperties"] = self.structural(declared.values)
        if self._v3:
            if declared.default is not None:
                out["default"] = declared.default
            if declared.nullable:
                out["nullable"] = True
        return out | _extensions(declared)

    def _render(self, raw: Mapping[str, Any], found: list[str], owner: str = "") -> JSONSchema:
        out: JSONSchema = {}
        for key, value in raw.items():
            if key == "$ref":
                name = value.rpartition("/")[2]
                found.append(name)
                out[key] = self._prefix + name
            elif key == "type":
                out[key] = value[0] if isinstance(value, list) else value
            elif key in ("items", "additionalProperties") and isinstance(value, dict):
                out[key] = self._render(value, found)
            elif key == "properties":
                out[key] = {name: self._property(owner, name, child, found) for name, child in value.items()}
            else:
                out[key] = value
        if self._v3 and "$ref" in out and len(out) > 1:
            reference = out.pop("$ref")
            out["allOf"] = [{"$ref": reference}]
        return out

    def _property(self, owner: str, name: str, raw: Mapping[str, Any], found: list[str]) -> JSONSchema:
        if name in _CONSTANTS and "enum" in raw:
            raw = {k: v for k, v in raw.items() if k != "enum"}
        out = self._render(raw, found)
        if self._v3 and owner:
            default = default_of(self._definitions.get(owner), name)
            if default is not NO_DEFAULT:
                if "$ref" in out:
                    out["allOf"] = [{"$ref": out.pop("$ref")}]
                out["default"] = default
        values = ENUMS.get(f"{owner}.{name}")
        if values is None:
            return out
        if "items" in out:
            out["items"]["enum"] = list(values)
        elif "additionalProperties" in out:
            out["additionalProperties"]["enum"] = list(values)
        else:
            out["enum"] = list(values)
            lines = "\n".join(f' - `"{v}"`' for v in values)
            out["description"] = f"{out.get('description', '')}\n\nPossible enum values:\n{lines}"
        return out


def _only(gvks: list[JSONSchema], served: GroupVersion) -> list[JSONSchema]:
    return [k for k in gvks if (k["group"], k["version"]) in (("", "v1"), tuple(served))]


def _extensions(declared: FieldSchema) -> JSONSchema:
    out: JSONSchema = {}
    if declared.list_type:
        out["x-kubernetes-list-type"] = declared.list_type
    if declared.list_map_keys:
        out["x-kubernetes-list-map-keys"] = list(declared.list_map_keys)
    if declared.map_type:
        out["x-kubernetes-map-type"] = declared.map_type
    if declared.preserve_unknown_fields:
        out["x-kubernetes-preserve-unknown-fields"] = True
    if declared.int_or_string:
        out["x-kubernetes-int-or-string"] = True
    if declared.embedded_resource:
        out["x-kubernetes-embedded-resource"] = True
    return out
