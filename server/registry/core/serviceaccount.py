"""ServiceAccount. Models pkg/registry/core/serviceaccount."""

from __future__ import annotations

from typing import Final

from apimachinery import meta
from apimachinery.gvk import GroupVersionKind
from apimachinery.objects import Object, View
from server.registry.config import RegistryConfig
from server.registry.declaration import at_least, declare
from server.registry.generic import BuiltinStrategy
from server.registry.printing import simple
from server.registry.rest import Column, Context, Resource, Subresource

ENFORCE_MOUNTABLE_SECRETS: Final = "kubernetes.io/enforce-mountable-secrets"


class ServiceAccountStrategy(BuiltinStrategy):
    """References to secrets keep nothing but their names."""

    returns_deleted_object = True

    def prepare_for_create(self, obj: Object, ctx: Context) -> None:
        _clean_secret_references(obj)

    def prepare_for_update(self, obj: Object, old: View, ctx: Context) -> None:
        _clean_secret_references(obj)

    def warnings_on_create(self, obj: View, ctx: Context) -> list[str]:
        if ctx.version < (1, 32) or ENFORCE_MOUNTABLE_SECRETS not in meta.annotations(obj):
            return []
        advice = "prefer separate namespaces to isolate access to mounted secrets"
        return [f"metadata.annotations[{ENFORCE_MOUNTABLE_SECRETS}]: deprecated in v1.32+; {advice}"]

    def warnings_on_update(self, obj: View, old: View, ctx: Context) -> list[str]:
        before = ENFORCE_MOUNTABLE_SECRETS in meta.annotations(old)
        return [] if before else self.warnings_on_create(obj, ctx)


def _clean_secret_references(obj: Object) -> None:
    if obj.get("secrets"):
        obj["secrets"] = [{"name": s["name"]} if s.get("name") else {} for s in obj["secrets"]]


def resource(config: RegistryConfig) -> Resource:
    """serviceaccounts; before 1.36 printed with the number of their secrets."""
    secrets = Column("Secrets", doc="io.k8s.api.core.v1.ServiceAccount.secrets")
    shown = () if at_least(config, 36) else ((secrets, lambda o: len(o.get("secrets") or ())),)
    token = GroupVersionKind("authentication.k8s.io", "v1", "TokenRequest")
    return declare(
        "",
        "v1",
        "ServiceAccount",
        namespaced=True,
        short_names=("sa",),
        strategy=ServiceAccountStrategy(),
        subresources=(Subresource("token", token, ("create",), handler="token"),),
        printer=simple(*shown),
    )
