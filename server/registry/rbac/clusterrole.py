"""ClusterRole. Models pkg/registry/rbac/clusterrole."""

from __future__ import annotations

from apimachinery import field, validation
from apimachinery.objects import View
from server.registry.config import RegistryConfig
from server.registry.declaration import declare
from server.registry.generic import PathSegmentNames
from server.registry.rbac import rules
from server.registry.rest import Context, Resource


class ClusterRoleStrategy(PathSegmentNames):
    """Rules for resources everywhere and for other URLs, its own or collected by label."""

    allow_create_on_update = True

    def validate(self, obj: View, ctx: Context) -> list[field.Error]:
        found = super().validate(obj, ctx)
        found += rules.policy_rules(obj.get("rules") or (), namespaced=False)
        aggregation = obj.get("aggregationRule")
        if aggregation is not None:
            selectors, path = aggregation.get("clusterRoleSelectors") or (), field.Path("aggregationRule")
            at = path / "clusterRoleSelectors"
            if not selectors:
                detail = "at least one clusterRoleSelector required if aggregationRule is non-nil"
                found.append(field.required(at, detail))
            for i, selector in enumerate(selectors):
                found += validation.label_selector(selector, at[i])
        return found


def resource(config: RegistryConfig) -> Resource:
    """clusterroles."""
    return declare(rules.GROUP, "v1", "ClusterRole", namespaced=False, strategy=ClusterRoleStrategy())
