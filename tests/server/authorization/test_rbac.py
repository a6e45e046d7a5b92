"""Decisions, reasons and rules from roles and bindings."""

from __future__ import annotations

from apimachinery.objects import Object
from server.authentication.interfaces import PRIVILEGED, User
from server.authorization.interfaces import Attributes
from server.authorization.modes import AlwaysAllow, AlwaysDeny, PrivilegedGroup, UnionAuthorizer
from server.authorization.rbac import RbacAuthorizer
from server.authorization.rbac_index import Kind, RbacIndex

JANE = User("jane", groups=("dev", "system:authenticated"))
READ_PODS: list[Object] = [{"verbs": ["get", "list"], "apiGroups": [""], "resources": ["pods"]}]


def role(name: str, rules: list[Object] | None = None, namespace: str = "") -> Object:
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    return {"metadata": metadata, "rules": READ_PODS if rules is None else rules}


def binding(name: str, role_kind: str, role_name: str, *subjects: Object, namespace: str = "") -> Object:
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    return {"metadata": metadata, "roleRef": {"kind": role_kind, "name": role_name}, "subjects": list(subjects)}


def index(*objects: tuple[Kind, Object]) -> RbacIndex:
    found = RbacIndex()
    for kind, obj in objects:
        found.put(kind, obj)
    return found


USER: Object = {"kind": "User", "name": "jane"}
GROUP: Object = {"kind": "Group", "name": "dev"}


async def test_a_role_binding_counts_in_its_namespace_only() -> None:
    rbac = RbacAuthorizer(
        index(("Role", role("r", namespace="a")), ("RoleBinding", binding("b", "Role", "r", USER, namespace="a")))
    )
    allowed = await rbac.authorize(Attributes(JANE, "get", namespace="a", resource="pods"))
    assert allowed.allowed
    assert allowed.reason == 'RBAC: allowed by RoleBinding "b/a" of Role "r" to User "jane"'
    for namespace in ("", "b"):
        assert not (await rbac.authorize(Attributes(JANE, "get", namespace=namespace, resource="pods"))).allowed


async def test_a_cluster_role_binding_counts_everywhere() -> None:
    rbac = RbacAuthorizer(
        index(("ClusterRole", role("r")), ("ClusterRoleBinding", binding("b", "ClusterRole", "r", GROUP)))
    )
    for namespace in ("", "a"):
        verdict = await rbac.authorize(Attributes(JANE, "list", namespace=namespace, resource="pods"))
        assert verdict.reason == 'RBAC: allowed by ClusterRoleBinding "b" of ClusterRole "r" to Group "dev"'


async def test_a_role_binding_may_grant_a_cluster_role_in_its_namespace() -> None:
    rbac = RbacAuthorizer(
        index(("ClusterRole", role("r")), ("RoleBinding", binding("b", "ClusterRole", "r", USER, namespace="a")))
    )
    assert (await rbac.authorize(Attributes(JANE, "get", namespace="a", resource="pods"))).allowed
    assert not (await rbac.authorize(Attributes(JANE, "get", resource="pods"))).allowed


async def test_a_service_account_is_its_user_name_and_lives_in_the_bindings_namespace_by_default() -> None:
    subject: Object = {"kind": "ServiceAccount", "name": "bot"}
    rbac = RbacAuthorizer(
        index(("Role", role("r", namespace="a")), ("RoleBinding", binding("b", "Role", "r", subject, namespace="a")))
    )
    bot = User("system:serviceaccount:a:bot")
    verdict = await rbac.authorize(Attributes(bot, "get", namespace="a", resource="pods"))
    assert verdict.reason == 'RBAC: allowed by RoleBinding "b/a" of Role "r" to ServiceAccount "bot/a"'


async def test_missing_roles_are_named() -> None:
    rbac = RbacAuthorizer(
        index(
            ("ClusterRoleBinding", binding("b", "ClusterRole", "gone", USER)),
            ("RoleBinding", binding("c", "Role", "lost", USER, namespace="a")),
        )
    )
    verdict = await rbac.authorize(Attributes(JANE, "get", namespace="a", resource="pods"))
    assert verdict.decision == "NoOpinion"
    assert verdict.reason == (
        'RBAC: [clusterrole.rbac.authorization.k8s.io "gone" not found,'
        ' role.rbac.authorization.k8s.io "lost" not found]'
    )


async def test_the_index_follows_changes_and_deletions() -> None:
    found = index(("ClusterRole", role("r")), ("ClusterRoleBinding", binding("b", "ClusterRole", "r", USER)))
    rbac, asked = RbacAuthorizer(found), Attributes(JANE, "get", resource="pods")
    assert (await rbac.authorize(asked)).allowed
    found.put("ClusterRoleBinding", binding("b", "ClusterRole", "r", {"kind": "User", "name": "bob"}))
    assert not (await rbac.authorize(asked)).allowed
    found.put("ClusterRoleBinding", binding("b", "ClusterRole", "r", USER))
    found.put("ClusterRole", role("r", []))
    assert not (await rbac.authorize(asked)).allowed
    found.put("ClusterRole", role("r"))
    assert (await rbac.authorize(asked)).allowed
    found.drop("ClusterRoleBinding", "", "b")
    assert (await rbac.authorize(asked)).reason == ""


async def test_rules_are_listed_apart() -> None:
    rules: list[Object] = [*READ_PODS, {"verbs": ["get"], "nonResourceURLs": ["/x"]}]
    rbac = RbacAuthorizer(
        index(("ClusterRole", role("r", rules)), ("ClusterRoleBinding", binding("b", "ClusterRole", "r", USER)))
    )
    found = await rbac.rules_for(JANE, "a")
    assert found.resource_rules == ({"verbs": ["get", "list"], "apiGroups": [""], "resources": ["pods"]},)
    assert found.non_resource_rules == ({"verbs": ["get"], "nonResourceURLs": ["/x"]},)
    assert not found.incomplete


async def test_modes_are_asked_in_order() -> None:
    asked = Attributes(JANE, "get", resource="pods")
    master = Attributes(User("root", groups=(PRIVILEGED,)), "get", resource="pods")
    denying = UnionAuthorizer([PrivilegedGroup(), AlwaysDeny()])
    assert (await denying.authorize(asked)).reason == "Everything is forbidden."
    assert (await denying.authorize(master)).allowed
    assert (await UnionAuthorizer([AlwaysDeny(), AlwaysAllow()]).authorize(asked)).allowed
    assert (await UnionAuthorizer([AlwaysAllow()]).rules_for(JANE, "a")).resource_rules[0]["verbs"] == ["*"]
