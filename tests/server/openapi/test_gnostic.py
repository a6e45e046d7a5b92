"""The protobuf form, read back by the protobuf library over descriptors of the messages that occur."""

from __future__ import annotations

from functools import cache
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from apimachinery import serializer
from server.openapi import gnostic
from server.openapi.builder import Builder
from server.registry import builtin
from server.registry.config import RegistryConfig

PROTO = """
AdditionalPropertiesItem schema=1:Schema boolean=2:bool
Any yaml=2
ApiKeySecurity type=1 name=2 in=3 description=4
BodyParameter description=1 name=2 in=3 required=4:bool schema=5:Schema
Definitions additional_properties=1*NamedSchema
Document swagger=1 info=2:Info paths=8:Paths definitions=9:Definitions parameters=10:ParameterDefinitions \
security=12*SecurityRequirement security_definitions=13:SecurityDefinitions
Info title=1 version=2
ItemsItem schema=1*Schema
JsonReference _ref=1 description=2
NamedAny name=1 value=2:Any
NamedParameter name=1 value=2:Parameter
NamedPathItem name=1 value=2:PathItem
NamedResponseValue name=1 value=2:ResponseValue
NamedSchema name=1 value=2:Schema
NamedSecurityDefinitionsItem name=1 value=2:SecurityDefinitionsItem
NamedStringArray name=1 value=2:StringArray
NonBodyParameter query_parameter_sub_schema=3:QueryParameterSubSchema path_parameter_sub_schema=4:PathParameterSubSchema
Operation tags=1*str description=3 operation_id=5 produces=6*str consumes=7*str parameters=8*ParametersItem \
responses=9:Responses schemes=10*str vendor_extension=13*NamedAny
Parameter body_parameter=1:BodyParameter non_body_parameter=2:NonBodyParameter
ParameterDefinitions additional_properties=1*NamedParameter
ParametersItem parameter=1:Parameter json_reference=2:JsonReference
PathItem get=2:Operation put=3:Operation post=4:Operation delete=5:Operation options=6:Operation head=7:Operation \
patch=8:Operation parameters=9*ParametersItem
PathParameterSubSchema required=1:bool in=2 description=3 name=4 type=5 unique_items=19:bool
Paths path=2*NamedPathItem
Properties additional_properties=1*NamedSchema
QueryParameterSubSchema required=1:bool in=2 description=3 name=4 type=6 unique_items=20:bool
Response description=1 schema=2:SchemaItem
Responses response_code=1*NamedResponseValue
ResponseValue response=1:Response
Schema _ref=1 format=2 title=3 description=4 default=5:Any required=19*str enum=20*Any \
additional_properties=21:AdditionalPropertiesItem type=22:TypeItem items=23:ItemsItem all_of=24*Schema \
properties=25:Properties vendor_extension=31*NamedAny
SchemaItem schema=1:Schema
SecurityDefinitions additional_properties=1*NamedSecurityDefinitionsItem
SecurityDefinitionsItem api_key_security=2:ApiKeySecurity
SecurityRequirement additional_properties=1*NamedStringArray
StringArray value=1*str
TypeItem value=1*str
"""


@cache
def document_class() -> Any:
    file = descriptor_pb2.FileDescriptorProto(name="openapiv2.proto", package="openapi.v2", syntax="proto3")
    kinds = descriptor_pb2.FieldDescriptorProto
    for line in PROTO.strip().splitlines():
        name, *fields = line.split()
        message = file.message_type.add(name=name)
        for text in fields:
            field_name, _, rest = text.partition("=")
            number = "".join(c for c in rest if c.isdigit())[: len(rest) - len(rest.lstrip("0123456789"))]
            tail = rest[len(number) :]
            field = message.field.add(name=field_name, number=int(number))
            field.label = kinds.LABEL_REPEATED if tail.startswith("*") else kinds.LABEL_OPTIONAL
            of = tail[1:] or "str"
            if of in ("str", "bool"):
                field.type = kinds.TYPE_STRING if of == "str" else kinds.TYPE_BOOL
            else:
                field.type, field.type_name = kinds.TYPE_MESSAGE, f".openapi.v2.{of}"
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("openapi.v2.Document"))


@cache
def swagger() -> Any:
    return serializer.loads(serializer.dumps(Builder((1, 36)).v2(builtin.resources(RegistryConfig()))))


@cache
def decoded() -> Any:
    return document_class().FromString(gnostic.encode(swagger()))


def schema_tree(message: Any) -> Any:
    out: dict[str, Any] = {}
    for name, key in (("_ref", "$ref"), ("format", "format"), ("description", "description")):
        if getattr(message, name):
            out[key] = getattr(message, name)
    if message.HasField("type"):
        [out["type"]] = message.type.value
    if message.HasField("default"):
        out["default"] = serializer.loads(message.default.yaml)
    if message.required:
        out["required"] = list(message.required)
    if message.enum:
        out["enum"] = [serializer.loads(v.yaml) for v in message.enum]
    if message.HasField("additional_properties"):
        which = message.additional_properties
        out["additionalProperties"] = schema_tree(which.schema) if which.HasField("schema") else which.boolean
    if message.HasField("items"):
        [item] = message.items.schema
        out["items"] = schema_tree(item)
    if message.all_of:
        out["allOf"] = [schema_tree(s) for s in message.all_of]
    if message.HasField("properties"):
        out["properties"] = {p.name: schema_tree(p.value) for p in message.properties.additional_properties}
    return out | extensions(message)


def extensions(message: Any) -> dict[str, Any]:
    return {e.name: serializer.loads(e.value.yaml) for e in message.vendor_extension}


def parameter_tree(item: Any) -> dict[str, Any]:
    if item.HasField("json_reference"):
        return {"$ref": item.json_reference._ref}
    return plain_parameter(item.parameter)


def plain_parameter(parameter: Any) -> dict[str, Any]:
    if parameter.HasField("body_parameter"):
        body = parameter.body_parameter
        out: dict[str, Any] = {"name": body.name, "in": getattr(body, "in"), "schema": schema_tree(body.schema)}
    else:
        kind = parameter.non_body_parameter
        found = kind.query_parameter_sub_schema
        if kind.HasField("path_parameter_sub_schema"):
            found = kind.path_parameter_sub_schema
        out = {"name": found.name, "in": getattr(found, "in"), "type": found.type, "description": found.description}
        out["uniqueItems"] = found.unique_items
        body = found
    return out | ({"required": True} if body.required else {})


def operation_tree(operation: Any) -> dict[str, Any]:
    out = {
        "description": operation.description,
        "operationId": operation.operation_id,
        "consumes": list(operation.consumes),
        "produces": list(operation.produces),
        "schemes": list(operation.schemes),
        "tags": list(operation.tags),
        "parameters": [parameter_tree(p) for p in operation.parameters],
        "responses": {r.name: response_tree(r.value.response) for r in operation.responses.response_code},
    }
    return {k: v for k, v in out.items() if v} | extensions(operation)


def response_tree(response: Any) -> dict[str, Any]:
    out = {"description": response.description}
    return out | ({"schema": schema_tree(response.schema.schema)} if response.HasField("schema") else {})


def test_definitions_survive() -> None:
    found = {d.name: schema_tree(d.value) for d in decoded().definitions.additional_properties}
    assert found == swagger()["definitions"]


def test_paths_survive() -> None:
    found = {}
    for item in decoded().paths.path:
        methods = ("get", "put", "post", "delete", "options", "head", "patch")
        tree: dict[str, Any] = {m: operation_tree(getattr(item.value, m)) for m in methods if item.value.HasField(m)}
        if item.value.parameters:
            tree["parameters"] = [parameter_tree(p) for p in item.value.parameters]
        found[item.name] = tree
    assert found == swagger()["paths"]


def test_the_rest_survives() -> None:
    document = decoded()
    assert (document.swagger, document.info.title, document.info.version) == ("2.0", "Kubernetes", "1.36")
    shared = {p.name: plain_parameter(p.value) for p in document.parameters.additional_properties}
    assert shared == swagger()["parameters"]
    [security] = document.security_definitions.additional_properties
    assert (security.name, security.value.api_key_security.type) == ("BearerToken", "apiKey")
    assert [n.name for n in document.security[0].additional_properties] == ["BearerToken"]
