"""The Swagger 2.0 document. Models kube-openapi/pkg/builder, with parameters shared as in its parameters.go."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from typing import Any, Final

from apimachinery import serializer
from server.openapi.operations import META, Operation, PathItem
from server.openapi.parameters import Parameter
from server.openapi.schemas import JSONSchema, Schemas

_UNSHARED: Final = frozenset({"name", "fieldValidation", "dryRun"})
"""Parameters that old clients look for in the operations themselves."""
_PATCH: Final = f"{META}Patch"
_DELETE_OPTIONS: Final = f"{META}DeleteOptions"
SECURITY: Final = {
    "BearerToken": {
        "description": "Bearer Token authentication",
        "type": "apiKey",
        "name": "authorization",
        "in": "header",
    }
}
_FNV_OFFSET: Final = 0xCBF29CE484222325
_FNV_PRIME: Final = 0x100000001B3


def document(items: Iterable[PathItem], schemas: Schemas, title_version: str) -> JSONSchema:
    """The whole document for these paths."""
    builder = _Builder(schemas)
    paths = {item.path: builder.path(item) for item in sorted(items, key=lambda i: i.path)}
    return {
        "swagger": "2.0",
        "info": {"title": "Kubernetes", "version": title_version},
        "paths": paths,
        "definitions": schemas.closure(builder.used),
        "parameters": dict(sorted(builder.shared.items())),
        "securityDefinitions": SECURITY,
        "security": [{"BearerToken": []}],
    }


class _Builder:
    def __init__(self, schemas: Schemas) -> None:
        self._schemas = schemas
        self.used: set[str] = set()
        self.shared: dict[str, JSONSchema] = {}
        self._parameters: dict[Parameter, JSONSchema] = {}
        self._bodies: dict[tuple[str, bool], JSONSchema] = {}

    def path(self, item: PathItem) -> JSONSchema:
        out: JSONSchema = {o.method: self._operation(o) for o in item.operations}
        if item.parameters:
            out["parameters"] = [self._parameter(p) for p in item.parameters]
        return out

    def _operation(self, operation: Operation) -> JSONSchema:
        out: JSONSchema = {"description": operation.description}
        if operation.consumes:
            out["consumes"] = list(operation.consumes)
        out["produces"] = list(operation.produces)
        out["schemes"] = ["https"]
        out["tags"] = [operation.tag]
        out["operationId"] = operation.id
        parameters = [self._body(operation.body, operation.body_required)] if operation.body else []
        parameters += [self._parameter(p) for p in operation.parameters]
        if parameters:
            out["parameters"] = parameters
        out["responses"] = {
            **{
                str(code): {"description": text, "schema": self._schema(s)}
                for code, (text, s) in operation.responses.items()
            },
            "401": {"description": "Unauthorized"},
        }
        if operation.action:
            out["x-kubernetes-action"] = operation.action
        if operation.gvk is not None:
            group, version, kind = operation.gvk
            out["x-kubernetes-group-version-kind"] = {"group": group, "kind": kind, "version": version}
        return out

    def _schema(self, name: str) -> JSONSchema:
        if not name:
            return {"type": "string"}
        self.used.add(name)
        return self._schemas.reference(name)

    def _body(self, schema: str, required: bool) -> JSONSchema:
        found = self._bodies.get((schema, required))
        if found is None:
            found = {"name": "body", "in": "body"}
            if required:
                found["required"] = True
            found["schema"] = self._schema(schema)
            if schema in (_PATCH, _DELETE_OPTIONS):
                found = self._share(found)
            self._bodies[schema, required] = found
        return found

    def _parameter(self, parameter: Parameter) -> JSONSchema:
        found = self._parameters.get(parameter)
        if found is None:
            found = {
                "uniqueItems": True,
                "type": parameter.type,
                "description": parameter.description,
                "name": parameter.name,
                "in": parameter.place,
            }
            if parameter.required:
                found["required"] = True
            if parameter.name not in _UNSHARED:
                found = self._share(found)
            self._parameters[parameter] = found
        return found

    def _share(self, parameter: JSONSchema) -> JSONSchema:
        name = f"{parameter['name']}-{_hash(parameter)}"
        self.shared[name] = parameter
        return {"$ref": f"#/parameters/{name}"}


def _hash(parameter: Any) -> str:
    """Eight characters of the 64-bit FNV-1 hash of the parameter's JSON."""
    value = _FNV_OFFSET
    for byte in serializer.go_json(parameter, sort=False).encode():
        value = ((value * _FNV_PRIME) & 0xFFFFFFFFFFFFFFFF) ^ byte
    return base64.urlsafe_b64encode(value.to_bytes(8, "big")[:6]).decode()
