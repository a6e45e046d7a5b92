"""Identities, RBAC, tokens, quotas and the audit log, through the whole server in process."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from apimachinery.clock import ManualClock
from apimachinery.objects import Object
from tests.support.api import USER_TOKEN, Answer, InProcess, in_process

RBAC = "/apis/rbac.authorization.k8s.io/v1"
NS = "/api/v1/namespaces/ns"
SELF_REVIEW = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
JANE: Object = {"kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": "jane"}


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[InProcess]:
    async with in_process(tmp_path, authorization_mode=("RBAC",), audit_log_path=str(tmp_path / "audit.log")) as server:
        await server.create("/api/v1/namespaces", {"metadata": {"name": "ns"}})
        yield server


async def until(api: InProcess, status: int, method: str, path: str, body: object = None, **more: Any) -> Answer:
    """Ask again until RBAC has seen the last change."""
    async with asyncio.timeout(60):
        while (answer := await api.request(method, path, body, **more)).status != status:  # noqa: ASYNC110
            await asyncio.sleep(0)
    return answer


async def grant(api: InProcess, name: str, *rules: Object, subject: Object = JANE) -> None:
    """A ClusterRole with these rules, bound to a subject everywhere."""
    await api.create(f"{RBAC}/clusterroles", {"metadata": {"name": name}, "rules": list(rules)})
    ref = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": name}
    await api.create(f"{RBAC}/clusterrolebindings", {"metadata": {"name": name}, "roleRef": ref, "subjects": [subject]})


def rule(verbs: str, group: str, resources: str, names: str = "") -> Object:
    found: Object = {"verbs": verbs.split(), "apiGroups": [group], "resources": resources.split()}
    return {**found, "resourceNames": names.split()} if names else found


async def test_nobody_sees_only_what_is_public(api: InProcess) -> None:
    for path in ("/healthz", "/livez", "/readyz", "/version"):
        assert (await api.request("GET", path, token="")).status == 200, path
    for path in ("/api", "/apis", "/api/v1/namespaces", "/openid/v1/jwks", "/metrics", "/openapi/v3", "/"):
        answer = await api.request("GET", path, token="")
        assert answer.status == 403, path
        assert 'User "system:anonymous" cannot' in answer.json()["message"]


async def test_a_wrong_token_is_nobody_not_even_anonymous(api: InProcess) -> None:
    assert (await api.request("GET", "/healthz", token="wrong")).status == 401


async def test_a_role_may_not_grant_more_than_its_author_has(api: InProcess) -> None:
    await grant(api, "author", rule("create update", "rbac.authorization.k8s.io", "roles"), rule("get", "", "pods"))
    path, name = f"{RBAC}/namespaces/ns/roles", {"metadata": {"name": "r"}}
    small, big = {**name, "rules": [rule("get", "", "pods")]}, {**name, "rules": [rule("get list", "", "secrets")]}
    await until(api, 201, "POST", f"{path}?dryRun=All", small, token=USER_TOKEN)
    refused = await api.request("POST", path, big, token=USER_TOKEN)
    assert (refused.status, refused.json()["message"]) == (
        403,
        (
            'roles.rbac.authorization.k8s.io "r" is forbidden: user "jane" (groups=["dev" "system:authenticated"]) is'
            " attempting to grant RBAC permissions not currently held:\n"
            '{APIGroups:[""], Resources:["secrets"], Verbs:["get" "list"]}'
        ),
    )
    assert (await api.request("POST", path, small, token=USER_TOKEN)).status == 201
    widened = await api.request("PUT", f"{path}/r", big, token=USER_TOKEN)
    assert widened.status == 403
    await grant(api, "escalator", rule("escalate", "rbac.authorization.k8s.io", "roles"))
    await until(api, 200, "PUT", f"{path}/r", big, token=USER_TOKEN)


async def test_a_binding_needs_the_rules_or_the_verb(api: InProcess) -> None:
    await grant(api, "binder", rule("create", "rbac.authorization.k8s.io", "rolebindings"))
    path = f"{RBAC}/namespaces/ns/rolebindings"

    def binding(role: str) -> Object:
        ref = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role}
        return {"metadata": {"name": "b"}, "roleRef": ref, "subjects": [JANE]}

    missing = await until(api, 404, "POST", path, binding("absent"), token=USER_TOKEN)
    assert missing.json()["message"] == 'clusterroles.rbac.authorization.k8s.io "absent" not found'
    refused = await api.request("POST", path, binding("cluster-admin"), token=USER_TOKEN)
    assert '{APIGroups:["*"], Resources:["*"], Verbs:["*"]}' in refused.json()["message"]
    assert refused.json()["details"]["name"] == "b"
    await grant(api, "may-bind", rule("bind", "rbac.authorization.k8s.io", "clusterroles", "cluster-admin"))
    await until(api, 201, "POST", path, binding("cluster-admin"), token=USER_TOKEN)


async def test_masters_escalate_as_they_like(api: InProcess) -> None:
    everything = {"metadata": {"name": "all"}, "rules": [rule("*", "*", "*")]}
    assert (await api.request("POST", f"{RBAC}/clusterroles", everything)).status == 201


async def test_impersonation_takes_on_user_groups_uid_and_extra(api: InProcess) -> None:
    headers = {
        "Impersonate-User": "bob",
        "Impersonate-Group": "a\nb",
        "Impersonate-Uid": "7",
        "Impersonate-Extra-Example.com%2fScopes": "x\ny",
    }
    body = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
    await grant(
        api,
        "reviewers",
        rule("create", "authentication.k8s.io", "selfsubjectreviews"),
        subject={"kind": "Group", "apiGroup": "rbac.authorization.k8s.io", "name": "b"},
    )
    answer = await until(api, 201, "POST", SELF_REVIEW, body, headers=headers)
    assert answer.json()["status"]["userInfo"] == {
        "username": "bob",
        "uid": "7",
        "groups": ["a", "b", "system:authenticated"],
        "extra": {"example.com/scopes": ["x", "y"]},
    }


async def test_legacy_impersonation_needs_the_verb_on_each_part(api: InProcess) -> None:
    await grant(api, "impersonator", rule("impersonate", "", "users", "bob"))
    headers = {"Impersonate-User": "bob"}
    path = f"{NS}/pods"
    seen = await until(api, 403, "GET", path, headers=headers, token=USER_TOKEN)
    async with asyncio.timeout(60):
        while "impersonate-on" in seen.json()["message"]:
            seen = await api.request("GET", path, headers=headers, token=USER_TOKEN)
            await asyncio.sleep(0)
    assert 'User "bob" cannot list resource "pods"' in seen.json()["message"]
    more = await api.request("GET", path, headers={**headers, "Impersonate-Group": "system:masters"}, token=USER_TOKEN)
    assert more.status == 403
    assert 'User "jane" cannot' in more.json()["message"]


async def test_constrained_impersonation_is_for_one_action(api: InProcess) -> None:
    await grant(
        api,
        "constrained",
        rule("impersonate:user-info", "authentication.k8s.io", "users", "bob"),
        rule("impersonate-on:user-info:list", "", "pods"),
    )
    bob: Object = {"kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": "bob"}
    await grant(api, "bob", rule("*", "", "pods"), subject=bob)
    headers = {"Impersonate-User": "bob"}
    await until(api, 200, "GET", f"{NS}/pods", headers=headers, token=USER_TOKEN)
    assert (await api.request("GET", f"{NS}/pods/x", headers=headers, token=USER_TOKEN)).status == 403


async def test_impersonation_without_a_name_is_a_bad_request(api: InProcess) -> None:
    answer = await api.request("GET", f"{NS}/pods", headers={"Impersonate-Group": "g"})
    assert answer.status == 400
    assert "without impersonating a user name" in answer.json()["message"]


async def token_for(api: InProcess, **spec: Any) -> str:
    answer = await api.request("POST", f"{NS}/serviceaccounts/bot/token", {"spec": spec})
    assert answer.status == 201, answer.body
    token: str = answer.json()["status"]["token"]
    return token


async def whoami(api: InProcess, token: str) -> Answer:
    body = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
    return await api.request("POST", SELF_REVIEW, body, token=token)


async def test_a_bound_token_dies_with_its_pod(api: InProcess) -> None:
    await api.create(f"{NS}/serviceaccounts", {"metadata": {"name": "bot"}})
    spec = {"serviceAccountName": "bot", "containers": [{"name": "c", "image": "i"}]}
    await api.create(f"{NS}/pods", {"metadata": {"name": "p"}, "spec": spec})
    bound = {"apiVersion": "v1", "kind": "Pod", "name": "p"}
    token = await token_for(api, boundObjectRef=bound)
    info = (await whoami(api, token)).json()["status"]["userInfo"]
    assert info["username"] == "system:serviceaccount:ns:bot"
    assert info["extra"]["authentication.kubernetes.io/pod-name"] == ["p"]
    assert (await api.request("DELETE", f"{NS}/pods/p?gracePeriodSeconds=0")).status == 200
    assert (await whoami(api, token)).status == 401


async def test_a_token_dies_with_its_account_even_if_one_of_the_same_name_comes(api: InProcess) -> None:
    await api.create(f"{NS}/serviceaccounts", {"metadata": {"name": "bot"}})
    token = await token_for(api)
    assert (await whoami(api, token)).status == 201
    await api.request("DELETE", f"{NS}/serviceaccounts/bot")
    assert (await whoami(api, token)).status == 401
    await api.create(f"{NS}/serviceaccounts", {"metadata": {"name": "bot"}})
    assert (await whoami(api, token)).status == 401


async def test_a_token_for_others_is_none_for_us(api: InProcess) -> None:
    await api.create(f"{NS}/serviceaccounts", {"metadata": {"name": "bot"}})
    token = await token_for(api, audiences=["vault"])
    assert (await whoami(api, token)).status == 401
    path = "/apis/authentication.k8s.io/v1/tokenreviews"
    ours = await api.request("POST", path, {"spec": {"token": token}})
    assert ours.json()["status"].get("authenticated") is None
    theirs = await api.request("POST", path, {"spec": {"token": token, "audiences": ["vault", "x"]}})
    assert theirs.json()["status"]["audiences"] == ["vault"]


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ({"spec": {"expirationSeconds": 5}}, 422, "may not specify a duration less than 10 minutes"),
        ({"metadata": {"name": "other"}}, 422, "must match the service account name if specified"),
        (
            {"spec": {"boundObjectRef": {"kind": "Pod", "apiVersion": "v1", "name": "gone"}}},
            404,
            'pods "gone" not found',
        ),
        (
            {"spec": {"boundObjectRef": {"kind": "Job", "apiVersion": "batch/v1"}}},
            400,
            "cannot bind token to object of type",
        ),
    ],
)
async def test_bad_token_requests(api: InProcess, body: Object, status: int, message: str) -> None:
    await api.create(f"{NS}/serviceaccounts", {"metadata": {"name": "bot"}})
    answer = await api.request("POST", f"{NS}/serviceaccounts/bot/token", body)
    assert answer.status == status
    assert message in answer.json()["message"]


async def test_tokens_expire_by_the_clusters_clock(tmp_path: Path) -> None:
    clock = ManualClock()
    async with in_process(tmp_path, clock=clock, authorization_mode=("RBAC",)) as api:
        await api.create("/api/v1/namespaces", {"metadata": {"name": "ns"}})
        await api.create(f"{NS}/serviceaccounts", {"metadata": {"name": "bot"}})
        token = await token_for(api, expirationSeconds=600)
        clock.advance(timedelta(minutes=10).total_seconds())
        assert (await whoami(api, token)).status == 201
        clock.advance(61)
        assert (await whoami(api, token)).status == 401


async def test_a_secret_of_the_old_kind_holds_a_token_while_it_lasts(tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    (tmp_path / "sa.key").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    async with in_process(tmp_path, service_account_signing_key_file=tmp_path / "sa.key") as api:
        await api.create("/api/v1/namespaces", {"metadata": {"name": "ns"}})
        account = await api.create(f"{NS}/serviceaccounts", {"metadata": {"name": "bot"}})
        prefix = "kubernetes.io/serviceaccount"
        claims = {
            "iss": prefix.replace("kubernetes.io", "kubernetes"),
            "sub": "system:serviceaccount:ns:bot",
            f"{prefix}/namespace": "ns",
            f"{prefix}/secret.name": "bot-token",
            f"{prefix}/service-account.name": "bot",
            f"{prefix}/service-account.uid": account["metadata"]["uid"],
        }
        token = jwt.encode(claims, key, algorithm="ES256")
        assert (await whoami(api, token)).status == 401
        annotations = {"kubernetes.io/service-account.name": "bot"}
        secret: Object = {"metadata": {"name": "bot-token", "annotations": annotations}, "stringData": {"token": token}}
        secret["type"] = "kubernetes.io/service-account-token"
        await api.create(f"{NS}/secrets", secret)
        info = (await whoami(api, token)).json()["status"]["userInfo"]
        assert (info["username"], info["uid"]) == (claims["sub"], account["metadata"]["uid"])
        assert (await api.request("DELETE", f"{NS}/secrets/bot-token")).status == 200
        assert (await whoami(api, token)).status == 401


async def test_the_published_keys_verify_tokens(api: InProcess) -> None:
    await api.create(f"{NS}/serviceaccounts", {"metadata": {"name": "bot"}})
    token = await token_for(api)
    configuration = (await api.request("GET", "/.well-known/openid-configuration", token=token)).json()
    answer = await api.request("GET", "/openid/v1/jwks", token=token)
    assert answer.headers["content-type"] == "application/jwk-set+json"
    kid = jwt.get_unverified_header(token)["kid"]
    key = next(k for k in answer.json()["keys"] if k["kid"] == kid)
    found = jwt.decode(token, jwt.PyJWK(key), audience=configuration["issuer"], issuer=configuration["issuer"])
    assert found["sub"] == "system:serviceaccount:ns:bot"


@pytest.mark.parametrize(
    ("kind", "path", "spec", "message"),
    [
        ("SubjectAccessReview", "subjectaccessreviews", {"user": "a"}, "exactly one of nonResourceAttributes or"),
        (
            "SubjectAccessReview",
            "subjectaccessreviews",
            {"nonResourceAttributes": {"path": "/"}},
            "at least one of user or group must be specified",
        ),
        (
            "SelfSubjectAccessReview",
            "selfsubjectaccessreviews",
            {"nonResourceAttributes": {"path": "/", "verb": "get"}, "resourceAttributes": {"verb": "get"}},
            'Invalid value: {"Path":"/","Verb":"get"}: cannot be specified in combination with resourceAttributes',
        ),
        (
            "LocalSubjectAccessReview",
            "namespaces/ns/localsubjectaccessreviews",
            {"user": "a", "resourceAttributes": {"namespace": "other", "verb": "get"}},
            'spec.resourceAttributes.namespace: Invalid value: "other": must match metadata.namespace',
        ),
    ],
)
async def test_reviews_are_validated(api: InProcess, kind: str, path: str, spec: Object, message: str) -> None:
    body = {"apiVersion": "authorization.k8s.io/v1", "kind": kind, "spec": spec}
    answer = await api.request("POST", f"/apis/authorization.k8s.io/v1/{path}", body)
    assert answer.status == 422
    assert message in answer.json()["message"]


async def test_a_review_answers_as_the_request_would_be_answered(api: InProcess) -> None:
    path = "/apis/authorization.k8s.io/v1/subjectaccessreviews"

    async def allowed(user: str, groups: list[str], **asked: str) -> bool:
        spec = {"user": user, "groups": groups, "resourceAttributes": asked}
        return bool((await api.request("POST", path, {"spec": spec})).json()["status"]["allowed"])

    assert await allowed("x", ["system:masters"], verb="delete", resource="nodes")
    assert not await allowed("x", [], verb="delete", resource="nodes")
    assert await allowed(
        "system:kube-scheduler", [], verb="create", resource="pods", subresource="binding", namespace="a"
    )


async def test_a_quota_is_never_overdrawn(api: InProcess) -> None:
    hard = {"count/configmaps": "3"}
    await api.create(f"{NS}/resourcequotas", {"metadata": {"name": "q"}, "spec": {"hard": hard}})
    status = {"metadata": {"name": "q"}, "status": {"hard": hard, "used": {"count/configmaps": "0"}}}
    assert (await api.request("PUT", f"{NS}/resourcequotas/q/status", status)).status == 200
    answers = await asyncio.gather(
        *(api.request("POST", f"{NS}/configmaps", {"metadata": {"name": f"c{i}"}}) for i in range(10))
    )
    assert sorted(a.status for a in answers) == [201] * 3 + [403] * 7
    refused = next(a for a in answers if a.status == 403).json()["message"]
    assert "exceeded quota: q, requested: count/configmaps=1, used: count/configmaps=3, limited:" in refused
    used = (await api.request("GET", f"{NS}/resourcequotas/q")).json()["status"]["used"]
    assert used == {"count/configmaps": "3"}


async def test_a_pod_waits_for_the_default_account(api: InProcess) -> None:
    pod = {"metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
    waiting = asyncio.create_task(api.request("POST", f"{NS}/pods", pod))
    for _ in range(5):
        await asyncio.sleep(0)
    assert not waiting.done()
    await api.create(f"{NS}/serviceaccounts", {"metadata": {"name": "default"}})
    assert (await waiting).status == 201


async def test_a_kubelet_reads_what_its_pods_refer_to(tmp_path: Path) -> None:
    kubelet = {"Impersonate-User": "system:node:n1", "Impersonate-Group": "system:nodes"}
    async with in_process(tmp_path, authorization_mode=("Node", "RBAC")) as api:
        await api.create("/api/v1/namespaces", {"metadata": {"name": "ns"}})
        await api.create(f"{NS}/serviceaccounts", {"metadata": {"name": "default"}})
        for name in ("used", "other"):
            await api.create(f"{NS}/secrets", {"metadata": {"name": name}})
        for node in ("n1", "n2"):
            await api.create("/api/v1/nodes", {"metadata": {"name": node}})
        volumes = [{"name": "v", "secret": {"secretName": "used"}}]
        spec = {"nodeName": "n1", "containers": [{"name": "c", "image": "i"}], "volumes": volumes}
        await api.create(f"{NS}/pods", {"metadata": {"name": "p"}, "spec": spec})
        expected = {
            f"{NS}/secrets/used": 200,
            f"{NS}/secrets/other": 403,
            f"{NS}/secrets": 403,
            f"{NS}/configmaps/kube-root-ca.crt": 404,
            f"{NS}/configmaps/else": 403,
            f"{NS}/pods/p": 200,
            "/api/v1/nodes/n1": 200,
            "/api/v1/nodes/n2": 403,
            "/api/v1/services": 200,
            "/apis/apps/v1/deployments": 403,
        }
        for path, status in expected.items():
            assert (await api.request("GET", path, headers=kubelet)).status == status, path
        refused = (await api.request("GET", f"{NS}/secrets/other", headers=kubelet)).json()["message"]
        assert refused.endswith("no relationship found between node 'n1' and this object")


async def test_the_audit_log_says_who_did_what_and_no_secrets(api: InProcess, tmp_path: Path) -> None:
    secret = {"metadata": {"name": "s"}, "stringData": {"password": "hunter2"}}
    await api.create(f"{NS}/secrets", secret)
    await api.create(f"{NS}/serviceaccounts", {"metadata": {"name": "bot"}})
    token = await token_for(api)
    await whoami(api, token)
    await api.request("GET", f"{NS}/secrets/s", headers={"Impersonate-User": "bob"})
    await api.request("GET", f"{NS}/secrets/s", token="not-a-token")
    text = (tmp_path / "audit.log").read_text()
    assert not [word for word in ("hunter2", "aHVudGVyMg", token, "not-a-token", USER_TOKEN) if word in text]
    events = [json.loads(line) for line in text.splitlines()]
    made = [e for e in events if e.get("objectRef", {}).get("resource") == "secrets" and e["verb"] == "create"]
    assert [e["stage"] for e in made] == ["RequestReceived", "ResponseComplete"]
    assert made[1]["objectRef"]["name"] == "s"
    assert made[1]["responseStatus"]["code"] == 201
    assert made[1]["user"]["username"] == "admin"
    refused = [e for e in events if e.get("impersonatedUser") and e["stage"] == "ResponseComplete"]
    assert refused[0]["impersonatedUser"]["username"] == "bob"
    assert refused[0]["responseStatus"]["code"] == 403
    assert refused[0]["annotations"]["authorization.k8s.io/decision"] == "forbid"
    turned_away = [e for e in events if e.get("responseStatus", {}).get("code") == 401]
    assert turned_away[0]["responseStatus"]["message"] == "Authentication failed, attempted: bearer"


async def test_an_audit_policy_chooses_levels(tmp_path: Path) -> None:
    policy = tmp_path / "policy.yaml"
    policy.write_text(
        "apiVersion: audit.k8s.io/v1\nkind: Policy\nomitStages: [RequestReceived]\nrules:\n"
        "- level: RequestResponse\n  resources: [{group: '', resources: [configmaps, secrets]}]\n"
        "  omitManagedFields: true\n"
        "- level: None\n"
    )
    log = tmp_path / "audit.log"
    async with in_process(tmp_path, audit_log_path=str(log), audit_policy_file=policy) as api:
        await api.create("/api/v1/namespaces/default/configmaps", {"metadata": {"name": "c"}, "data": {"a": "b"}})
        await api.create(
            "/api/v1/namespaces/default/secrets", {"metadata": {"name": "s"}, "stringData": {"a": "hidden"}}
        )
        await api.request("GET", "/api/v1/nodes")
    events = [json.loads(line) for line in log.read_text().splitlines()]
    assert [(e["objectRef"]["resource"], e["level"]) for e in events] == [
        ("configmaps", "RequestResponse"),
        ("secrets", "Metadata"),
    ]
    assert events[0]["requestObject"]["data"] == events[0]["responseObject"]["data"] == {"a": "b"}
    assert "managedFields" not in events[0]["responseObject"]["metadata"]
    assert "hidden" not in log.read_text()
