"""RoleBinding. Models pkg/registry/rbac/rolebinding."""

from __future__ import annotations

from apimachinery import field
from apimachinery.objects import Object, View
from server.registry.config import RegistryConfig
from server.registry.declaration import declare
from server.registry.generic import PathSegmentNames
from server.registry.printing import simple
from server.registry.rbac import rules
from server.registry.rest import Column, Context, Resource


class RoleBindingStrategy(PathSegmentNames):
    """Who has a role, in one namespace."""

    allow_create_on_update = True

    def default(self, obj: Object) -> None:
        rules.default_binding(obj)

    def validate(self, obj: View, ctx: Context) -> list[field.Error]:
        return super().validate(obj, ctx) + rules.binding(obj, ("Role", "ClusterRole"), namespaced=True)

    def validate_update(self, obj: View, old: View, ctx: Context) -> list[field.Error]:
        return self.validate(obj, ctx) + rules.role_ref_change(obj, old)


def resource(config: RegistryConfig) -> Resource:
    """rolebindings."""
    role = (
        "RoleRef can reference a Role in the current namespace or a ClusterRole in the global namespace. "
        "If the RoleRef cannot be resolved, the Authorizer must return an error."
    )
    users = Column("Users", priority=1, description="Users in the roleBinding")
    groups = Column("Groups", priority=1, description="Groups in the roleBinding")
    accounts = Column("ServiceAccounts", priority=1, description="ServiceAccounts in the roleBinding")
    return declare(
        rules.GROUP,
        "v1",
        "RoleBinding",
        namespaced=True,
        strategy=RoleBindingStrategy(),
        printer=simple(
            (Column("Role", description=role), rules.role_ref),
            after=[
                (users, lambda o: rules.subjects(o, "User")),
                (groups, lambda o: rules.subjects(o, "Group")),
                (accounts, lambda o: rules.subjects(o, "ServiceAccount")),
            ],
        ),
    )
