"""Random tokens, headers and paths: no way past RBAC, nothing to read without an identity, no credentials in logs."""

from __future__ import annotations

import asyncio
import base64
import logging
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.authentication.x509 import user_of
from tests.support.api import ADMIN_TOKEN, USER_TOKEN, Answer, InProcess, in_process

PASSWORD = "cGFzcy1vZi10aGUtc2VjcmV0"
OPEN = {"/healthz", "/livez", "/readyz", "/version", "/version/"}
SUPPRESSED = (HealthCheck.function_scoped_fixture, HealthCheck.too_slow)
BOUNDED = settings(max_examples=150, suppress_health_check=SUPPRESSED)
WORDS = [
    "api",
    "apis",
    "v1",
    "apps",
    "rbac.authorization.k8s.io",
    "namespaces",
    "ns",
    "secrets",
    "s",
    "pods",
    "p",
    "configmaps",
    "serviceaccounts",
    "bot",
    "token",
    "nodes",
    "clusterroles",
    "cluster-admin",
    "status",
    "watch",
    "proxy",
    "log",
    "exec",
    "healthz",
    "livez",
    "readyz",
    "version",
    "metrics",
    "openapi",
    "v2",
    "v3",
    ".well-known",
    "openid",
    "jwks",
    "flagz",
    ".",
    "..",
    "*",
    "%2e",
    "system:masters",
]

paths = st.lists(st.one_of(st.sampled_from([*WORDS, ""]), st.text(max_size=6)), max_size=7).map(
    lambda p: "/" + "/".join(p)
)
protected = st.sampled_from(
    [
        "/api/v1/namespaces/ns/secrets/s",
        "/api/v1/namespaces/ns/secrets",
        "/api/v1/secrets",
        "/api/v1/watch/secrets",
        "/api/v1/namespaces/ns/secrets?watch=true&timeoutSeconds=1",
        "/api/v1/namespaces",
        "/apis/rbac.authorization.k8s.io/v1/clusterroles/cluster-admin",
        "/metrics",
    ]
)
methods = st.sampled_from(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "get", ""])
values = st.one_of(
    st.sampled_from(
        ["system:masters", "admin", "system:apiserver", "system:serviceaccount:ns:bot", "system:node:n", "*", ""]
    ),
    st.text(max_size=20),
    st.lists(st.sampled_from(["system:masters", "a", ""]), max_size=5).map("\n".join),
)
headers = st.dictionaries(
    st.one_of(
        st.sampled_from(
            [
                "impersonate-user",
                "impersonate-group",
                "impersonate-uid",
                "impersonate-extra-a",
                "impersonate-extra-%2f",
                "x-remote-user",
                "x-remote-group",
                "x-forwarded-user",
                "x-http-method-override",
                "host",
                "upgrade",
                "sec-websocket-protocol",
            ]
        ),
        st.text("abcdefghijklmnopqrstuvwxyz-", min_size=1, max_size=12).filter(lambda name: name != "authorization"),
    ),
    values,
    max_size=4,
)
authorizations = st.one_of(
    st.sampled_from(
        ["Bearer", "Bearer ", "bearer x", "Basic YWRtaW46YWRtaW4=", "Negotiate x", "Bearer  \t", "Token admin"]
    ),
    st.text(max_size=40).map(lambda text: f"Bearer {text}"),
    st.text(max_size=20).map(lambda text: f"Bearer {ADMIN_TOKEN}{text}x"),
    st.text(max_size=20).map(lambda text: f"Bearer {text}.{text}.{text}"),
)


@dataclass
class Fortress:
    """A server with a secret in it, on a loop of its own."""

    runner: asyncio.Runner
    api: InProcess
    service_account_token: str
    audit_log: Path
    log: list[str]

    def request(self, method: str, path: str, headers: dict[str, str], token: str = "") -> Answer:
        return self.runner.run(self.api.request(method, path, headers=headers, token=token))

    def logged(self) -> str:
        return "\n".join(self.log) + self.audit_log.read_text()


class _Lines(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@pytest.fixture(scope="module")
def fortress(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fortress]:
    folder = tmp_path_factory.mktemp("fortress")
    handler, root = _Lines(), logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        audit = folder / "audit.log"
        entering = stack.enter_async_context(
            in_process(folder, authorization_mode=("Node", "RBAC"), audit_log_path=str(audit))
        )
        api = runner.run(entering)
        token = runner.run(_furnish(api))
        try:
            yield Fortress(runner, api, token, audit, handler.lines)
        finally:
            runner.run(stack.aclose())
            root.removeHandler(handler)
            root.setLevel(level)


async def _furnish(api: InProcess) -> str:
    await api.create("/api/v1/namespaces", {"metadata": {"name": "ns"}})
    await api.create("/api/v1/namespaces/ns/secrets", {"metadata": {"name": "s"}, "data": {"password": PASSWORD}})
    await api.create("/api/v1/namespaces/ns/serviceaccounts", {"metadata": {"name": "bot"}})
    answer = await api.request("POST", "/api/v1/namespaces/ns/serviceaccounts/bot/token", {"spec": {}})
    token: str = answer.json()["status"]["token"]
    return token


@BOUNDED
@given(method=methods, path=st.one_of(paths, protected), sent=headers)
def test_without_an_identity_only_health_and_version_answer(
    fortress: Fortress, method: str, path: str, sent: dict[str, str]
) -> None:
    answer = fortress.request(method, path, sent)
    assert PASSWORD.encode() not in answer.body
    if answer.status < 300:
        assert path.partition("?")[0] in OPEN
        assert method.upper() in ("GET", "HEAD")


@BOUNDED
@given(authorization=authorizations, path=protected)
def test_made_up_credentials_are_refused(fortress: Fortress, authorization: str, path: str) -> None:
    answer = fortress.request("GET", path, {"authorization": authorization})
    assert answer.status in (401, 403)
    assert PASSWORD.encode() not in answer.body


@BOUNDED
@given(at=st.integers(min_value=0), replacement=st.characters(codec="ascii"), path=protected)
def test_a_changed_token_is_no_token(fortress: Fortress, at: int, replacement: str, path: str) -> None:
    token = fortress.service_account_token
    at %= len(token)
    changed = token[:at] + replacement + token[at + 1 :]
    answer = fortress.request("GET", path, {}, changed.strip())
    same = _parts(changed.strip()) == _parts(token)
    assert answer.status == (403 if same else 401)
    assert PASSWORD.encode() not in answer.body


def _parts(token: str) -> list[bytes]:
    """What the parts decode to: base64 has spare bits at its end, so two texts may be one token."""
    try:
        return [base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in token.split(".")]
    except ValueError:
        return []


@BOUNDED
@given(method=methods, path=protected, sent=headers)
def test_headers_give_no_powers(fortress: Fortress, method: str, path: str, sent: dict[str, str]) -> None:
    for token in (USER_TOKEN, fortress.service_account_token):
        answer = fortress.request(method, path, sent, token)
        assert answer.status >= 400
        assert PASSWORD.encode() not in answer.body


@settings(BOUNDED, max_examples=30)
@given(
    names=st.lists(
        st.text(min_size=1, max_size=12).filter(lambda t: t.isprintable() and t.strip() == t), min_size=1, max_size=3
    )
)
def test_a_certificate_says_no_more_than_its_subject(names: list[str]) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    attributes = [x509.NameAttribute(NameOID.COMMON_NAME, names[0])]
    attributes += [x509.NameAttribute(NameOID.ORGANIZATION_NAME, n) for n in names[1:]]
    subject, now = x509.Name(attributes), datetime.now(UTC)
    builder = x509.CertificateBuilder(subject, subject, key.public_key(), 1, now, now + timedelta(days=1))
    user = user_of(builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER))
    assert user is not None
    assert (user.name, user.groups) == (names[0], tuple(names[1:]))


def test_nothing_that_was_sent_to_prove_an_identity_was_written_down(fortress: Fortress) -> None:
    fortress.request("GET", "/api/v1/namespaces/ns/secrets/s", {}, ADMIN_TOKEN)
    written = fortress.logged()
    assert '"resource":"secrets"' in written
    for word in (ADMIN_TOKEN, USER_TOKEN, fortress.service_account_token, PASSWORD, "PRIVATE KEY"):
        assert word not in written
