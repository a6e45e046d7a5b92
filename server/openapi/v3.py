"""OpenAPI 3.0 documents, one a group version. Models kube-openapi/pkg/builder3."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from apimachinery.gvk import GroupVersion
from server.openapi.operations import Operation, PathItem
from server.openapi.order import METHODS, ordered
from server.openapi.parameters import Parameter
from server.openapi.schemas import JSONSchema, Schemas

SECURITY: Final = {
    "BearerToken": {
        "type": "apiKey",
        "description": "Bearer Token authentication",
        "name": "authorization",
        "in": "header",
    }
}


def document(
    items: Iterable[PathItem], schemas: Schemas, title_version: str, served: GroupVersion | None
) -> JSONSchema:
    """The document of these paths; `served` when they belong to one group version."""
    builder = _Builder(schemas)
    paths = {item.path: builder.path(item) for item in sorted(items, key=lambda i: i.path)}
    components: JSONSchema = {"securitySchemes": SECURITY}
    if builder.used:
        found = schemas.closure(builder.used, served)
        components = {"schemas": {name: ordered(schema) for name, schema in found.items()}, **components}
    return {
        "openapi": "3.0.0",
        "info": {"title": "Kubernetes", "version": title_version},
        "paths": paths,
        "components": components,
    }


class _Builder:
    def __init__(self, schemas: Schemas) -> None:
        self._schemas = schemas
        self.used: set[str] = set()
        self._parameters: dict[Parameter, JSONSchema] = {}

    def path(self, item: PathItem) -> JSONSchema:
        operations = sorted(item.operations, key=lambda o: METHODS.index(o.method))
        out: JSONSchema = {o.method: self._operation(o) for o in operations}
        if item.parameters:
            out["parameters"] = [self._parameter(p) for p in item.parameters]
        return out

    def _operation(self, operation: Operation) -> JSONSchema:
        out: JSONSchema = {
            "tags": [operation.tag],
            "description": operation.description,
            "operationId": operation.id,
        }
        if operation.parameters:
            out["parameters"] = [self._parameter(p) for p in operation.parameters]
        if operation.body:
            body: JSONSchema = {"content": self._content(operation.consumes, operation.body)}
            if operation.body_required:
                body["required"] = True
            out["requestBody"] = body
        out["responses"] = {
            **{
                str(code): {"description": text, "content": self._content(operation.produces, schema)}
                for code, (text, schema) in operation.responses.items()
            },
            "401": {"description": "Unauthorized"},
        }
        if operation.action:
            out["x-kubernetes-action"] = operation.action
        if operation.gvk is not None:
            group, version, kind = operation.gvk
            out["x-kubernetes-group-version-kind"] = {"group": group, "version": version, "kind": kind}
        return out

    def _content(self, types: tuple[str, ...], name: str) -> JSONSchema:
        if name:
            self.used.add(name)
        schema = {"schema": self._schemas.reference(name) if name else {"type": "string"}}
        return dict.fromkeys(sorted(types), schema)

    def _parameter(self, parameter: Parameter) -> JSONSchema:
        found = self._parameters.get(parameter)
        if found is None:
            found = {"name": parameter.name, "in": parameter.place, "description": parameter.description}
            if parameter.required:
                found["required"] = True
            found["schema"] = {"type": parameter.type, "uniqueItems": True}
            self._parameters[parameter] = found
        return found
