"""A PUT or an apply that would create an object needs the permission to create: withAuthorization of update.go."""

from __future__ import annotations

import asyncio

from tests.support.api import USER_TOKEN, InProcess

LEASES = "/apis/coordination.k8s.io/v1/namespaces/default/leases"
RBAC = "/apis/rbac.authorization.k8s.io/v1/namespaces/default"
APPLY = {"Content-Type": "application/apply-patch+yaml"}
LEASE = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": "l"}}
TURNS = 1000
"""Of the loop: roles are followed by a watch."""
REFUSED = (
    'leases.coordination.k8s.io "l" is forbidden: User "jane" cannot create resource "leases" in API group '
    '"coordination.k8s.io" in the namespace "default"'
)


async def allow(api: InProcess, *verbs: str) -> None:
    rules = [{"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "verbs": list(verbs)}]
    role = {"metadata": {"name": "r"}, "rules": rules}
    subjects = [{"kind": "User", "name": "jane"}]
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "r"}
    binding = {"metadata": {"name": "b"}, "subjects": subjects, "roleRef": reference}
    assert (await api.request("PUT", f"{RBAC}/roles/r", role)).status in (200, 201)
    assert (await api.request("PUT", f"{RBAC}/rolebindings/b", binding)).status in (200, 201)
    for _ in range(TURNS):
        if all([await may(api, verb) for verb in verbs]):
            return
        await asyncio.sleep(0)
    raise AssertionError("the role was not followed")


async def may(api: InProcess, verb: str) -> bool:
    asked = {"namespace": "default", "verb": verb, "group": "coordination.k8s.io", "resource": "leases"}
    review = {"spec": {"user": "jane", "resourceAttributes": asked}}
    answer = await api.request("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", review)
    return bool(answer.json()["status"]["allowed"])


async def test_put(api: InProcess) -> None:
    await allow(api, "update")
    refused = await api.request("PUT", f"{LEASES}/l", LEASE, token=USER_TOKEN)
    assert (refused.status, refused.json()["message"]) == (403, REFUSED)
    await allow(api, "update", "create")
    assert (await api.request("PUT", f"{LEASES}/l", LEASE, token=USER_TOKEN)).status == 201


async def test_apply(api: InProcess) -> None:
    await allow(api, "patch")
    path = f"{LEASES}/l?fieldManager=m"
    refused = await api.request("PATCH", path, LEASE, headers=APPLY, token=USER_TOKEN)
    assert (refused.status, refused.json()["message"]) == (403, REFUSED)
    await allow(api, "patch", "create")
    assert (await api.request("PATCH", path, LEASE, headers=APPLY, token=USER_TOKEN)).status == 201


async def test_what_exists_needs_no_permission_to_create(api: InProcess) -> None:
    assert (await api.request("POST", LEASES, LEASE)).status == 201
    await allow(api, "update")
    assert (await api.request("PUT", f"{LEASES}/l", {"metadata": {"name": "m"}}, token=USER_TOKEN)).status == 400
    found = (await api.request("GET", f"{LEASES}/l")).json()
    assert (await api.request("PUT", f"{LEASES}/l", found, token=USER_TOKEN)).status == 200
