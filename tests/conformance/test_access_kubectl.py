"""Identities and rights through real kubectl, up to a kubeconfig made from an approved certificate request."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from mockube.cluster import Cluster
from tests.support.kubectl import Kubectl

pytestmark = pytest.mark.kubectl


def yes(text: str) -> bool:
    return text.strip() == "yes"


def test_whoami_names_the_administrator(kubectl: Kubectl) -> None:
    info = json.loads(kubectl("auth", "whoami", "-o", "json"))["status"]["userInfo"]
    assert info["groups"] == ["system:masters", "system:authenticated"]


def test_impersonation_carries_every_group(kubectl: Kubectl) -> None:
    asked = ("--as", "bob", "--as-uid", "7", "--as-group", "a,b", "--as-group", "system:masters")
    info = json.loads(kubectl("auth", "whoami", "-o", "json", *asked))["status"]["userInfo"]
    assert (info["username"], info["uid"]) == ("bob", "7")
    assert info["groups"] == ["a,b", "system:masters", "system:authenticated"]


def test_rights_come_with_a_binding(kubectl: Kubectl) -> None:
    assert kubectl.run("auth", "can-i", "list", "pods", "--as", "eve").out.strip() == "no"
    kubectl("create", "role", "reader", "--verb=list", "--resource=pods,pods/log")
    kubectl("create", "rolebinding", "reader", "--role=reader", "--user=eve")
    kubectl.until(yes, "auth", "can-i", "list", "pods", "--as", "eve")
    listed = kubectl("auth", "can-i", "--list", "--as", "eve")
    assert any(line.split()[0] == "pods/log" and "[list]" in line for line in listed.splitlines())
    refused = kubectl.run("get", "pod", "x", "--as", "eve")
    assert 'pods "x" is forbidden: User "eve" cannot get resource "pods" in API group ""' in refused.err


def test_view_is_aggregated_by_the_controllers(kubectl: Kubectl) -> None:
    kubectl("create", "rolebinding", "viewer", "--clusterrole=view", "--user=ann")
    kubectl.until(yes, "auth", "can-i", "get", "deployments.apps", "--as", "ann")
    assert kubectl.run("auth", "can-i", "get", "secrets", "--as", "ann").out.strip() == "no"


def test_a_token_is_its_account(kubectl: Kubectl, cluster: Cluster, tmp_path: Path) -> None:
    kubectl("create", "serviceaccount", "robot")
    token = kubectl("create", "token", "robot", "--duration=10m").strip()
    review = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": {"token": token}}
    answer = json.loads(kubectl("create", "-o", "json", "-f", "-", stdin=json.dumps(review)))
    assert answer["status"]["user"]["username"] == "system:serviceaccount:default:robot"


def test_an_approved_request_becomes_a_kubeconfig(kubectl: Kubectl, cluster: Cluster, tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "carol")])
    request = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, hashes.SHA256())
    pem = request.public_bytes(serialization.Encoding.PEM)
    wanted = {
        "apiVersion": "certificates.k8s.io/v1",
        "kind": "CertificateSigningRequest",
        "metadata": {"name": "carol"},
        "spec": {
            "signerName": "kubernetes.io/kube-apiserver-client",
            "usages": ["client auth"],
            "request": base64.b64encode(pem).decode(),
        },
    }
    kubectl("create", "-f", "-", stdin=json.dumps(wanted))
    kubectl("certificate", "approve", "carol")
    certificate = base64.b64decode(kubectl.until(bool, "get", "csr", "carol", "-o", "jsonpath={.status.certificate}"))
    (tmp_path / "carol.crt").write_bytes(certificate)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (tmp_path / "carol.key").write_bytes(private)
    pair = (f"--client-certificate={tmp_path / 'carol.crt'}", f"--client-key={tmp_path / 'carol.key'}")
    view = json.loads(kubectl("config", "view", "--raw", "-o", "json"))
    server = view["clusters"][0]["cluster"]["server"]
    empty = Kubectl(kubectl.binary, tmp_path / "none", tmp_path)
    info = empty("auth", "whoami", "-o", "json", f"--server={server}", "--insecure-skip-tls-verify", *pair)
    assert json.loads(info)["status"]["userInfo"]["username"] == "carol"
