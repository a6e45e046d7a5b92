"""Secret. Models pkg/registry/core/secret and ValidateSecret."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Final

from apimachinery import field, meta, validation
from apimachinery.objects import Object, View
from server.registry.config import RegistryConfig
from server.registry.core.configmap import MAX_SIZE, immutable_errors
from server.registry.core.keypair import key_pair_problem
from server.registry.declaration import declare
from server.registry.generic import BuiltinStrategy
from server.registry.printing import simple
from server.registry.rest import Column, Context, Resource

SERVICE_ACCOUNT_NAME: Final = "kubernetes.io/service-account.name"
_DATA: Final = field.Path("data")
_DOCKER_KEYS: Final = {
    "kubernetes.io/dockercfg": ".dockercfg",
    "kubernetes.io/dockerconfigjson": ".dockerconfigjson",
}


class SecretStrategy(BuiltinStrategy):
    """stringData folded into data, keys a type demands, and immutability once asked for."""

    def default(self, obj: Object) -> None:
        written = obj.pop("stringData", None)
        if written:
            data = obj.setdefault("data", {})
            for key, value in written.items():
                data[key] = base64.b64encode(value.encode()).decode()
        if not obj.get("type"):
            obj["type"] = "Opaque"

    def prepare_for_update(self, obj: Object, old: View, ctx: Context) -> None:
        if not obj.get("type"):
            obj["type"] = old.get("type", "Opaque")

    def validate(self, obj: View, ctx: Context) -> list[field.Error]:
        found = super().validate(obj, ctx)
        data = decoded(obj)
        for key in sorted(data):
            found += [field.invalid(_DATA.key(key), key, problem) for problem in validation.config_map_key(key)]
        if sum(map(len, data.values())) > MAX_SIZE:
            found.append(field.too_long(_DATA, MAX_SIZE))
        return found + _type_errors(obj, data)

    def validate_update(self, obj: View, old: View, ctx: Context) -> list[field.Error]:
        found = validation.immutable(obj.get("type"), old.get("type"), field.Path("type"))
        return found + immutable_errors(obj, old, "data") + self.validate(obj, ctx)

    def warnings_on_create(self, obj: View, ctx: Context) -> list[str]:
        if obj.get("type") != "kubernetes.io/tls":
            return []
        data = decoded(obj)
        problem = key_pair_problem(data.get("tls.crt", b""), data.get("tls.key", b""))
        return [problem] if problem else []

    def warnings_on_update(self, obj: View, old: View, ctx: Context) -> list[str]:
        return self.warnings_on_create(obj, ctx)


def decoded(obj: View) -> dict[str, bytes]:
    """The data of a secret as bytes."""
    return {k: base64.b64decode(v or "") for k, v in (obj.get("data") or {}).items()}


def _type_errors(obj: View, data: Mapping[str, bytes]) -> list[field.Error]:
    match obj.get("type"):
        case "kubernetes.io/service-account-token" if not meta.annotations(obj).get(SERVICE_ACCOUNT_NAME):
            return [field.required((field.Path("metadata") / "annotations").key(SERVICE_ACCOUNT_NAME))]
        case "kubernetes.io/dockercfg" | "kubernetes.io/dockerconfigjson" as kind:
            return _docker_errors(data, _DOCKER_KEYS[kind])
        case "kubernetes.io/basic-auth" if "username" not in data and "password" not in data:
            return [field.required(_DATA.key("username")), field.required(_DATA.key("password"))]
        case "kubernetes.io/ssh-auth" if not data.get("ssh-privatekey"):
            return [field.required(_DATA.key("ssh-privatekey"))]
        case "kubernetes.io/tls":
            return [field.required(_DATA.key(key)) for key in ("tls.crt", "tls.key") if key not in data]
    return []


def _docker_errors(data: Mapping[str, bytes], key: str) -> list[field.Error]:
    path = _DATA.key(key)
    if key not in data:
        return [field.required(path)]
    problem = json_object_problem(data[key])
    return [field.invalid(path, "<secret contents redacted>", problem)] if problem else []


def json_object_problem(text: bytes) -> str:
    """What Go says of bytes that should be a JSON object; empty when they are."""
    if not text.strip():
        return "unexpected end of JSON input"
    try:
        value = json.loads(text)
    except json.JSONDecodeError as e:
        if e.pos >= len(e.doc.rstrip()):
            return "unexpected end of JSON input"
        return f"invalid character {_go_char(e.doc[e.pos])} looking for beginning of value"
    except UnicodeDecodeError:
        return "invalid character 'ÿ' looking for beginning of value"
    if value is None or isinstance(value, dict):
        return ""
    kind = {str: "string", list: "array", bool: "bool"}.get(type(value), "number")
    return f"json: cannot unmarshal {kind} into Go value of type map[string]interface {{}}"


def _go_char(char: str) -> str:
    return {"'": "'\\''", '"': "'\"'"}.get(char, f"'{char}'")


def resource(config: RegistryConfig) -> Resource:
    """secrets."""
    kind = Column("Type", doc="io.k8s.api.core.v1.Secret.type")
    data = Column("Data", doc="io.k8s.api.core.v1.Secret.data")
    return declare(
        "",
        "v1",
        "Secret",
        namespaced=True,
        strategy=SecretStrategy(),
        printer=simple((kind, lambda o: o.get("type", "")), (data, lambda o: len(o.get("data") or {}))),
        selectable_fields=lambda o: {"type": o.get("type", "")},
        known_field_labels=("type", "metadata.namespace", "metadata.name"),
    )
