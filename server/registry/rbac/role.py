"""Role. Models pkg/registry/rbac/role."""

from __future__ import annotations

from apimachinery import field
from apimachinery.objects import View
from server.registry.config import RegistryConfig
from server.registry.declaration import declare
from server.registry.generic import PathSegmentNames
from server.registry.rbac import rules
from server.registry.rest import Context, Resource


class RoleStrategy(PathSegmentNames):
    """Rules for resources of one namespace."""

    allow_create_on_update = True

    def validate(self, obj: View, ctx: Context) -> list[field.Error]:
        found = super().validate(obj, ctx)
        found += rules.policy_rules(obj.get("rules") or (), namespaced=True)
        return found


def resource(config: RegistryConfig) -> Resource:
    """roles."""
    return declare(rules.GROUP, "v1", "Role", namespaced=True, strategy=RoleStrategy())
