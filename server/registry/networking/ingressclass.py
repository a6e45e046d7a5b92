"""IngressClass. Models pkg/registry/networking/ingressclass and pkg/apis/networking/validation."""

from __future__ import annotations

from typing import Final

from apimachinery import field, validation
from apimachinery.objects import Object, View
from server.registry.config import RegistryConfig
from server.registry.declaration import declare
from server.registry.generic import BuiltinStrategy, domain_prefixed_path, names
from server.registry.networking.ingress import typed_reference
from server.registry.printing import NONE, simple
from server.registry.rest import Column, Context, Resource

MAX_CONTROLLER: Final = 250
_SPEC: Final = field.Path("spec")


class IngressClassStrategy(BuiltinStrategy):
    """A controller for ever, and where its parameters are."""

    generation_of = ("spec",)

    def default(self, obj: Object) -> None:
        parameters = obj.setdefault("spec", {}).get("parameters")
        if parameters is not None and parameters.get("scope") is None:
            parameters["scope"] = "Cluster"

    def validate(self, obj: View, ctx: Context) -> list[field.Error]:
        found = super().validate(obj, ctx)
        spec = obj.get("spec") or {}
        controller = spec.get("controller") or ""
        if len(controller.encode()) > MAX_CONTROLLER:
            found.append(field.too_long(_SPEC / "controller", MAX_CONTROLLER))
        found += domain_prefixed_path(_SPEC / "controller", controller)
        return found + (_parameters(spec["parameters"]) if spec.get("parameters") is not None else [])

    def validate_update(self, obj: View, old: View, ctx: Context) -> list[field.Error]:
        new, stored = (obj.get("spec") or {}).get("controller"), (old.get("spec") or {}).get("controller")
        return validation.immutable(new, stored, _SPEC / "controller") + self.validate(obj, ctx)


def _parameters(parameters: View) -> list[field.Error]:
    path = _SPEC / "parameters"
    found = typed_reference(parameters, path)
    scope, namespace = parameters.get("scope"), parameters.get("namespace")
    if scope is None:
        found.append(field.required(path / "scope"))
    elif scope not in ("Cluster", "Namespace"):
        found.append(field.not_supported(path / "scope", scope, ("Cluster", "Namespace")))
    elif scope == "Cluster" and namespace is not None:
        found.append(field.forbidden(path / "namespace", "`parameters.scope` is set to 'Cluster'"))
    elif scope == "Namespace":
        at = path / "namespace"
        if namespace is None:
            found.append(field.required(at, "`parameters.scope` is set to 'Namespace'"))
        else:
            found += names(at, namespace, validation.dns1123_label)
    return found


def _format(obj: View) -> str:
    parameters = (obj.get("spec") or {}).get("parameters")
    if parameters is None:
        return NONE
    group = f".{parameters['apiGroup']}" if parameters.get("apiGroup") is not None else ""
    return f"{parameters.get('kind', '')}{group}/{parameters.get('name', '')}"


def resource(config: RegistryConfig) -> Resource:
    """ingressclasses."""
    controller = Column("Controller", description="Controller that is responsible for handling this class")
    parameters = Column("Parameters", description="A reference to a resource with additional parameters")
    return declare(
        "networking.k8s.io",
        "v1",
        "IngressClass",
        namespaced=False,
        plural="ingressclasses",
        strategy=IngressClassStrategy(),
        printer=simple(
            (controller, lambda o: (o.get("spec") or {}).get("controller") or ""),
            (parameters, _format),
        ),
    )
