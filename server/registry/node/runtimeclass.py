"""RuntimeClass. Models pkg/registry/node/runtimeclass and pkg/apis/node/validation."""

from __future__ import annotations

from apimachinery import field, validation
from apimachinery.objects import Object, View
from server.registry import node_labels
from server.registry.config import RegistryConfig
from server.registry.core.internal import internal_value
from server.registry.core.podspec_resources import validate_container_resources
from server.registry.core.podspec_scheduling import validate_tolerations
from server.registry.core.resourcelist import round_up
from server.registry.declaration import declare
from server.registry.generic import BuiltinStrategy, names
from server.registry.printing import simple
from server.registry.rest import Column, Context, Resource


class RuntimeClassStrategy(BuiltinStrategy):
    """A handler for ever, and what pods that use it need beside."""

    allow_create_on_update = True
    allow_unconditional_update = False

    def default(self, obj: Object) -> None:
        round_up(obj.get("overhead"), "podFixed")

    def validate(self, obj: View, ctx: Context) -> list[field.Error]:
        found = super().validate(obj, ctx)
        found += names(field.Path("handler"), obj.get("handler") or "", validation.dns1123_label)
        overhead, scheduling = obj.get("overhead"), obj.get("scheduling")
        if overhead is not None:
            limits = {"limits": overhead.get("podFixed") or {}}
            found += validate_container_resources(limits, frozenset(), field.Path("overhead"))
        if scheduling is not None:
            path = field.Path("scheduling")
            found += validation.labels(scheduling.get("nodeSelector"), path / "nodeSelector")
            tolerations = scheduling.get("tolerations") or []
            found += validate_tolerations(tolerations, path / "tolerations")
            found += [
                field.duplicate((path / "tolerations")[i], internal_value("Toleration", toleration))
                for i, toleration in enumerate(tolerations)
                if toleration in tolerations[:i]
            ]
        return found

    def warnings_on_create(self, obj: View, ctx: Context) -> list[str]:
        selector = (obj.get("scheduling") or {}).get("nodeSelector") or {}
        return [f"scheduling.nodeSelector: {text}" for key, text in node_labels.DEPRECATED.items() if key in selector]

    def warnings_on_update(self, obj: View, old: View, ctx: Context) -> list[str]:
        return self.warnings_on_create(obj, ctx)

    def validate_update(self, obj: View, old: View, ctx: Context) -> list[field.Error]:
        found = super().validate(obj, ctx)
        return found + validation.immutable(obj.get("handler"), old.get("handler"), field.Path("handler"))


def resource(config: RegistryConfig) -> Resource:
    """runtimeclasses."""
    return declare(
        "node.k8s.io",
        "v1",
        "RuntimeClass",
        namespaced=False,
        plural="runtimeclasses",
        strategy=RuntimeClassStrategy(),
        printer=simple((Column("Handler"), lambda o: o.get("handler") or "")),
    )
