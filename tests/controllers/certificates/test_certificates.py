"""Certificate signing requests: who is approved, what is signed for how long, what is cleaned away."""

from __future__ import annotations

import base64
import ipaddress
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

from apimachinery import meta
from apimachinery.clock import ManualClock
from apimachinery.gvk import GroupVersionResource
from apimachinery.objects import Object, View
from apimachinery.timestamp import format_time
from controllers.certificates import requests
from controllers.certificates.approving import CSRApprovingController
from controllers.certificates.cleaner import CSRCleanerController, is_stale
from controllers.certificates.requests import (
    API_CLIENT,
    KUBELET_CLIENT,
    KUBELET_SERVING,
    Subject,
    api_client_problem,
    kubelet_client_problem,
    kubelet_serving_problem,
)
from controllers.certificates.signing import CSRSigningController, lifetime
from controllers.runtime.client import Client
from controllers.runtime.kubeconfig import RestConfig
from controllers.runtime.resources import CERTIFICATE_SIGNING_REQUESTS, CLUSTER_ROLES
from tests.controllers.cluster import Cluster, at_work
from tests.support.api import ServerProcess

CLIENT = ("digital signature", "key encipherment", "client auth")
SERVING = ("digital signature", "key encipherment", "server auth")
NODE = "system:node:n1"
NODES = ("system:nodes",)
BINDINGS = GroupVersionResource("rbac.authorization.k8s.io", "v1", "clusterrolebindings")
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@cache
def key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def pkcs10(common_name: str = NODE, organization: str = "system:nodes", *names: x509.GeneralName) -> str:
    """A PKCS#10 request as spec.request has it."""
    subject = x509.Name(
        [
            x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, organization),
            x509.NameAttribute(x509.NameOID.COMMON_NAME, common_name),
        ]
    )
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject)
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    pem = builder.sign(key(), hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    return base64.b64encode(pem).decode()


def request(name: str, signer: str, usages: Sequence[str], *, text: str = "", seconds: int | None = None) -> Object:
    spec: Object = {"request": text or pkcs10(), "signerName": signer, "usages": list(usages)}
    if seconds is not None:
        spec["expirationSeconds"] = seconds
    return {
        "apiVersion": "certificates.k8s.io/v1",
        "kind": "CertificateSigningRequest",
        "metadata": {"name": name},
        "spec": spec,
    }


# decisions ----------------------------------------------------------------------------------------------------------

NO_CLIENT_USAGES = "usages did not match [client auth digital signature key encipherment]"
NO_SERVING_USAGES = "usages did not match [digital signature key encipherment server auth]"


@pytest.mark.parametrize(
    ("subject", "usages", "problem"),
    [
        (Subject(NODE, NODES), CLIENT, ""),
        (Subject(NODE, NODES), ("client auth", "digital signature"), ""),
        (Subject(NODE, ("system:masters",)), CLIENT, "subject organization is not system:nodes"),
        (Subject(NODE, ()), CLIENT, "subject organization is not system:nodes"),
        (Subject(NODE, NODES, dns_names=("a",)), CLIENT, "DNS subjectAltNames are not allowed"),
        (Subject(NODE, NODES, emails=("a@b",)), CLIENT, "Email subjectAltNames are not allowed"),
        (Subject(NODE, NODES, addresses=("10.0.0.1",)), CLIENT, "IP subjectAltNames are not allowed"),
        (Subject(NODE, NODES, uris=("a://b",)), CLIENT, "URI subjectAltNames are not allowed"),
        (Subject("n1", NODES), CLIENT, "subject common name does not begin with system:node:"),
        (Subject("n1", NODES), SERVING, "subject common name does not begin with system:node:"),
        (Subject(NODE, NODES), SERVING, NO_CLIENT_USAGES),
        (Subject(NODE, NODES), ("client auth",), NO_CLIENT_USAGES),
    ],
)
def test_kubelet_client(subject: Subject, usages: Sequence[str], problem: str) -> None:
    assert kubelet_client_problem(subject, usages) == problem


@pytest.mark.parametrize(
    ("subject", "usages", "problem"),
    [
        (Subject(NODE, NODES, dns_names=("a",)), SERVING, ""),
        (Subject(NODE, NODES, addresses=("10.0.0.1",)), ("server auth", "digital signature"), ""),
        (Subject(NODE, ("x",)), SERVING, "subject organization is not system:nodes"),
        (Subject(NODE, NODES), SERVING, "DNS or IP subjectAltName is required"),
        (Subject(NODE, NODES, ("a",), emails=("a@b",)), SERVING, "Email subjectAltNames are not allowed"),
        (Subject(NODE, NODES, ("a",), uris=("a://b",)), SERVING, "URI subjectAltNames are not allowed"),
        (Subject("n1", NODES, ("a",)), CLIENT, NO_SERVING_USAGES),
        (Subject("n1", NODES, ("a",)), SERVING, "subject common name does not begin with system:node:"),
    ],
)
def test_kubelet_serving(subject: Subject, usages: Sequence[str], problem: str) -> None:
    assert kubelet_serving_problem(subject, usages) == problem


@pytest.mark.parametrize(
    ("usages", "problem"),
    [
        (("client auth",), ""),
        (CLIENT, ""),
        (("digital signature",), "missing required usage for client certificate: client auth"),
        (("client auth", "server auth"), "invalid usage for client certificate: server auth"),
    ],
)
def test_api_client(usages: Sequence[str], problem: str) -> None:
    assert api_client_problem(usages) == problem


def test_the_names_of_a_request() -> None:
    names = (
        x509.DNSName("n1"),
        x509.IPAddress(ipaddress.ip_address("10.0.0.1")),
        x509.RFC822Name("a@b.c"),
        x509.UniformResourceIdentifier("spiffe://x"),
    )
    found = requests.subject_of(requests.parse({"spec": {"request": pkcs10(NODE, "system:nodes", *names)}}))
    assert found == Subject(NODE, NODES, ("n1",), ("10.0.0.1",), ("a@b.c",), ("spiffe://x",))


@pytest.mark.parametrize(("asked", "minutes"), [(None, 60), (3600, 60), (7200, 60), (1800, 30), (600, 10), (60, 10)])
def test_lifetime(asked: int | None, minutes: int) -> None:
    assert lifetime(asked, timedelta(hours=1)) == timedelta(minutes=minutes)


def csr(*, created: float, certificate: str = "", **conditions: float) -> Object:
    """A request so many hours old; conditions by their age in hours."""

    def ago(hours: float) -> str:
        return format_time(NOW - timedelta(hours=hours))

    told = [{"type": kind, "status": "True", "lastUpdateTime": ago(age)} for kind, age in conditions.items()]
    status = {"conditions": told, **({"certificate": certificate} if certificate else {})}
    return {"metadata": {"name": "r", "creationTimestamp": ago(created)}, "spec": {}, "status": status}


ISSUED = base64.b64encode(b"no certificate at all").decode()


@pytest.mark.parametrize(
    ("found", "stale"),
    [
        (csr(created=23.9), False),
        (csr(created=24.1), True),
        (csr(created=30, Denied=0.9), False),
        (csr(created=30, Denied=1.1), True),
        (csr(created=30, Failed=1.1), True),
        (csr(created=30, Approved=1.1), False),
        (csr(created=30, Approved=1.1, certificate=ISSUED), True),
        (csr(created=30, Approved=0.9, certificate=ISSUED), False),
    ],
)
def test_stale_requests(found: View, stale: bool) -> None:
    assert is_stale(found, NOW) is stale


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server that asks RBAC."""
    with ServerProcess(tmp_path_factory.mktemp("server"), ["--authorization-mode=RBAC"]) as process:
        yield process


# behaviour ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A CA's certificate and key, as files."""
    folder = tmp_path_factory.mktemp("ca")
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "ca")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key().public_key())
        .serial_number(1)
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=365))
        .sign(key(), hashes.SHA256())
    )
    private = key().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "ca.crt").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "ca.key").write_bytes(private)
    return folder / "ca.crt", folder / "ca.key"


@pytest.fixture
async def signing(bare: Cluster, authority: tuple[Path, Path]) -> AsyncIterator[Cluster]:
    """A server with the signing controller alone, at the start of the manual clock."""
    certificate, private = authority
    context = bare.context(
        ManualClock(NOW),
        cluster_signing_cert_file=str(certificate),
        cluster_signing_key_file=str(private),
        cluster_signing_duration=86400.0,
    )
    async with at_work(context, CSRSigningController(context)):
        yield bare


async def approve(cluster: Cluster, name: str) -> None:
    live = await cluster.client.get(CERTIFICATE_SIGNING_REQUESTS, name)
    live["status"] = {"conditions": [{"type": "Approved", "status": "True", "reason": "Test", "message": ""}]}
    await cluster.client.update(CERTIFICATE_SIGNING_REQUESTS, live, subresource="approval")


async def answered(cluster: Cluster, name: str) -> View:
    """The request's status once it has a certificate or has failed."""

    def done(found: list[View]) -> bool:
        mine = next((c for c in found if meta.name(c) == name), {})
        status = mine.get("status") or {}
        return bool(status.get("certificate")) or meta.condition(mine, "Failed") is not None

    found = await cluster.until(CERTIFICATE_SIGNING_REQUESTS, done, what=f"an answer to {name}")
    return next(c for c in found if meta.name(c) == name)


def certificate_of(found: View) -> x509.Certificate:
    return x509.load_pem_x509_certificate(base64.b64decode(found["status"]["certificate"]))


@pytest.mark.slow
async def test_a_certificate_says_what_was_asked_for(signing: Cluster) -> None:
    text = pkcs10(NODE, "system:nodes", x509.DNSName("n1"))
    body = request("serving", KUBELET_SERVING, SERVING, text=text)
    await signing.client.create(CERTIFICATE_SIGNING_REQUESTS, body)
    await approve(signing, "serving")
    found = certificate_of(await answered(signing, "serving"))
    assert found.subject.rfc4514_string() == "CN=system:node:n1,O=system:nodes"
    names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["n1"]
    usage = found.extensions.get_extension_for_class(x509.KeyUsage).value
    assert usage.digital_signature and usage.key_encipherment and not usage.key_cert_sign
    extended = found.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(extended) == [ExtendedKeyUsageOID.SERVER_AUTH]
    assert not found.extensions.get_extension_for_class(x509.BasicConstraints).value.ca


@pytest.mark.slow
@pytest.mark.parametrize(("seconds", "ends"), [(None, timedelta(minutes=24 * 60 - 5)), (3600, timedelta(hours=1))])
async def test_a_short_life_is_not_shortened(signing: Cluster, seconds: int | None, ends: timedelta) -> None:
    name = f"life-{seconds}".lower()
    await signing.client.create(
        CERTIFICATE_SIGNING_REQUESTS, request(name, API_CLIENT, ("client auth",), seconds=seconds)
    )
    await approve(signing, name)
    found = certificate_of(await answered(signing, name))
    assert found.not_valid_before_utc == NOW - timedelta(minutes=5)
    assert found.not_valid_after_utc == NOW + ends


@pytest.mark.slow
async def test_a_signer_refuses_what_its_name_forbids(signing: Cluster) -> None:
    body = request("refused", API_CLIENT, ("server auth",))
    await signing.client.create(CERTIFICATE_SIGNING_REQUESTS, body)
    await approve(signing, "refused")
    condition = meta.condition(await answered(signing, "refused"), "Failed") or {}
    assert (condition["status"], condition["reason"]) == ("True", "SignerValidationFailure")
    assert condition["message"] == "invalid usage for client certificate: server auth"


def role(name: str, resource: str) -> Object:
    """May create these, and what it is about."""
    rule = {"apiGroups": ["certificates.k8s.io"], "resources": [resource], "verbs": ["create"]}
    kind = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole"}
    return {**kind, "metadata": {"name": name}, "rules": [rule]}


async def grant(cluster: Cluster, user: str, name: str) -> None:
    """Bind a ClusterRole to a user."""
    group = "rbac.authorization.k8s.io"
    body: Object = {
        "apiVersion": f"{group}/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": name},
        "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": name},
        "subjects": [{"apiGroup": group, "kind": "User", "name": user}],
    }
    await cluster.client.create(BINDINGS, body)


@pytest.mark.slow
async def test_a_kubelet_is_approved_as_soon_as_its_author_may(bare: Cluster, server: ServerProcess) -> None:
    for name, resource in (("ask", "certificatesigningrequests"), ("join", "certificatesigningrequests/nodeclient")):
        await bare.client.create(CLUSTER_ROLES, role(name, resource))
    await grant(bare, "jane", "ask")
    context = bare.context(ManualClock(NOW))
    jane = RestConfig(server.url, ca=server.authority.read_bytes(), token="user-token")
    async with at_work(context, CSRApprovingController(context)), Client(jane) as client:
        await client.create(CERTIFICATE_SIGNING_REQUESTS, request("not-a-kubelet", KUBELET_CLIENT, SERVING))
        await client.create(CERTIFICATE_SIGNING_REQUESTS, request("kubelet", KUBELET_CLIENT, CLIENT))
        await bare.never(CERTIFICATE_SIGNING_REQUESTS, approved, "", during=0.5)
        await grant(bare, "jane", "join")
        found = await bare.until(CERTIFICATE_SIGNING_REQUESTS, approved)
    condition = meta.condition(next(c for c in found if meta.name(c) == "kubelet"), "Approved") or {}
    assert (condition["reason"], condition["message"]) == (
        "AutoApproved",
        "Auto approving kubelet client certificate after SubjectAccessReview.",
    )
    assert meta.condition(next(c for c in found if meta.name(c) == "not-a-kubelet"), "Approved") is None


def approved(found: list[View]) -> bool:
    return any(meta.name(c) == "kubelet" and meta.condition(c, "Approved") for c in found)


@pytest.mark.slow
async def test_old_requests_go(bare: Cluster) -> None:
    await bare.client.create(CERTIFICATE_SIGNING_REQUESTS, request("forgotten", "example.com/nobody", ("any",)))
    found = await bare.until(CERTIFICATE_SIGNING_REQUESTS, lambda all_: any(meta.name(c) == "forgotten" for c in all_))
    created = meta.creation_timestamp(next(c for c in found if meta.name(c) == "forgotten"))
    assert created is not None
    clock = ManualClock(created + timedelta(hours=25))
    context = bare.context(clock)
    async with at_work(context, CSRCleanerController(context)):
        await bare.until(CERTIFICATE_SIGNING_REQUESTS, lambda all_: not any(meta.name(c) == "forgotten" for c in all_))
