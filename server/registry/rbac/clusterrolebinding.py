"""ClusterRoleBinding. Models pkg/registry/rbac/clusterrolebinding."""

from __future__ import annotations

from apimachinery import field
from apimachinery.objects import Object, View
from server.registry.config import RegistryConfig
from server.registry.declaration import declare
from server.registry.generic import PathSegmentNames
from server.registry.printing import simple
from server.registry.rbac import rules
from server.registry.rest import Column, Context, Resource


class ClusterRoleBindingStrategy(PathSegmentNames):
    """Who has a role, everywhere."""

    allow_create_on_update = True

    def default(self, obj: Object) -> None:
        rules.default_binding(obj)

    def validate(self, obj: View, ctx: Context) -> list[field.Error]:
        return super().validate(obj, ctx) + rules.binding(obj, ("ClusterRole",), namespaced=False)

    def validate_update(self, obj: View, old: View, ctx: Context) -> list[field.Error]:
        return self.validate(obj, ctx) + rules.role_ref_change(obj, old)


def resource(config: RegistryConfig) -> Resource:
    """clusterrolebindings."""
    role = (
        "RoleRef can only reference a ClusterRole in the global namespace. "
        "If the RoleRef cannot be resolved, the Authorizer must return an error."
    )
    users = Column("Users", priority=1, description="Users in the clusterRoleBinding")
    groups = Column("Groups", priority=1, description="Groups in the clusterRoleBinding")
    accounts = Column("ServiceAccounts", priority=1, description="ServiceAccounts in the clusterRoleBinding")
    return declare(
        rules.GROUP,
        "v1",
        "ClusterRoleBinding",
        namespaced=False,
        strategy=ClusterRoleBindingStrategy(),
        printer=simple(
            (Column("Role", description=role), rules.role_ref),
            after=[
                (users, lambda o: rules.subjects(o, "User")),
                (groups, lambda o: rules.subjects(o, "Group")),
                (accounts, lambda o: rules.subjects(o, "ServiceAccount")),
            ],
        ),
    )
