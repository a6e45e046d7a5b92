"""envtest's own sequence against the stand-ins: start, health, clients with certificates, denials, SIGTERM."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from mockube.envtest import write_assets
from mockube.envtest_processes import SERVER_FLAGS, server_arguments, split_flags
from server.options import ServerOptions, flag
from tests.support.etcd import free_ports

START_TIMEOUT = STOP_TIMEOUT = 60.0


class Authority:
    """A small CA such as envtest makes: EC keys, PKCS #8."""

    def __init__(self, name: str) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.certificate = self._builder(self.name, self.key, ca=True).sign(self.key, hashes.SHA256())

    def _builder(self, subject: x509.Name, key: ec.EllipticCurvePrivateKey, *, ca: bool) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder(
                self.name,
                subject,
                key.public_key(),
                x509.random_serial_number(),
                now - timedelta(minutes=5),
                now + timedelta(days=1),
            )
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False)
        )

    def issue(self, path: Path, common_name: str, groups: tuple[str, ...] = (), *, server: bool = False) -> Path:
        """Write `<path>.crt` and `<path>.key`; returns the certificate's path."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = [x509.NameAttribute(NameOID.COMMON_NAME, common_name)]
        names += [x509.NameAttribute(NameOID.ORGANIZATION_NAME, g) for g in groups]
        usage = ExtendedKeyUsageOID.SERVER_AUTH if server else ExtendedKeyUsageOID.CLIENT_AUTH
        builder = self._builder(x509.Name(names), key, ca=False)
        builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        if server:
            addresses = [x509.IPAddress(ip_address("127.0.0.1")), x509.DNSName("localhost")]
            builder = builder.add_extension(x509.SubjectAlternativeName(addresses), critical=False)
        write_pair(path, builder.sign(self.key, hashes.SHA256()), key)
        return path.with_suffix(".crt")


def write_pair(path: Path, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> None:
    path.with_suffix(".crt").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    path.with_suffix(".key").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )


@dataclass
class Environment:
    """What envtest's Environment holds: the folder, the CAs and two processes."""

    folder: Path
    assets: Path
    variables: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=lambda: free_ports(1)[0])
    etcd_port: int = field(default_factory=lambda: free_ports(1)[0])
    serving: Authority = field(default_factory=lambda: Authority("envtest-environment"))
    clients: Authority = field(default_factory=lambda: Authority("envtest-clients"))
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def log(self) -> str:
        return (self.folder / "kube-apiserver.log").read_text(errors="replace")

    def start(self, *more: str) -> None:
        """Files, etcd, apiserver, health: in the order and with the flags of controller-runtime."""
        certs = self.folder / "certs"
        certs.mkdir()
        self.serving.issue(certs / "apiserver", "localhost", server=True)
        write_pair(certs / "client-cert-auth-ca", self.clients.certificate, self.clients.key)
        (certs / "client-cert-auth-ca.key").unlink()
        signer = Authority("sa-signer")
        write_pair(certs / "sa-signer", signer.certificate, signer.key)
        for name in ("kube-apiserver", "etcd"):
            done = subprocess.run([self.assets / name, "--help"], capture_output=True, text=True, check=True)
            assert "--insecure-port" not in done.stdout
            assert ("--unsafe-no-fsync" in done.stdout) is (name == "etcd")
        started = time.monotonic()
        etcd = f"http://127.0.0.1:{self.etcd_port}"
        data = self.folder / "etcd"
        self._run("etcd", f"--advertise-client-urls={etcd}", f"--data-dir={data}", f"--listen-client-urls={etcd}",
                  "--listen-peer-urls=http://localhost:0", "--unsafe-no-fsync=true")  # fmt: skip
        self._until_healthy(f"{etcd}/health")
        self._run(
            "kube-apiserver",
            "--allow-privileged=true",
            "--authorization-mode=RBAC",
            "--bind-address=127.0.0.1",
            f"--cert-dir={certs}",
            f"--client-ca-file={certs}/client-cert-auth-ca.crt",
            "--disable-admission-plugins=ServiceAccount",
            f"--etcd-servers={etcd}",
            f"--secure-port={self.port}",
            f"--service-account-issuer=https://127.0.0.1:{self.port}/",
            f"--service-account-key-file={certs}/sa-signer.crt",
            f"--service-account-signing-key-file={certs}/sa-signer.key",
            "--service-cluster-ip-range=10.0.0.0/24",
            *more,
        )
        self._until_healthy(f"https://127.0.0.1:{self.port}/healthz")
        self.seconds = time.monotonic() - started

    def _run(self, name: str, *arguments: str) -> None:
        with (self.folder / f"{name}.log").open("wb") as log:
            self.processes.append(
                subprocess.Popen(
                    [self.assets / name, *arguments],
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    env={**os.environ, **self.variables},
                )
            )

    def _until_healthy(self, url: str) -> None:
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        deadline = time.monotonic() + START_TIMEOUT
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(url, context=context, timeout=START_TIMEOUT) as answer:
                    assert answer.status == 200
                    return
            except OSError:
                assert self.processes[-1].poll() is None, self.log
                time.sleep(0.1)
        raise AssertionError(f"{url} did not become healthy")

    def user(self, name: str, *groups: str) -> ssl.SSLContext:
        """AddUser: a certificate of the client CA, and trust in the serving CA alone."""
        certificate = self.clients.issue(self.folder / f"client-{name}", name, groups)
        authority = self.serving.certificate.public_bytes(serialization.Encoding.PEM).decode()
        context = ssl.create_default_context(cadata=authority)
        context.load_cert_chain(certificate, certificate.with_suffix(".key"))
        return context

    def request(self, user: ssl.SSLContext, method: str, path: str, body: object = None) -> tuple[int, Any]:
        data = json.dumps(body).encode() if body is not None else None
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        url = f"https://127.0.0.1:{self.port}{path}"
        request = urllib.request.Request(url, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, context=user, timeout=START_TIMEOUT) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as e:
            return e.code, json.loads(e.read())

    def stop(self) -> list[int]:
        """SIGTERM, and SIGKILL to those that stay; exit codes in the order of starting."""
        for process in reversed(self.processes):
            process.send_signal(signal.SIGTERM)
        try:
            return [p.wait(STOP_TIMEOUT) for p in self.processes]
        finally:
            for process in self.processes:
                process.kill()
                process.wait()


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[Environment]:
    write_assets(tmp_path / "bin")
    found = Environment(tmp_path, tmp_path / "bin")
    yield found
    for process in found.processes:
        process.kill()
        process.wait()


def test_the_sequence_of_envtest(environment: Environment, capsys: pytest.CaptureFixture[str]) -> None:
    environment.start("--feature-gates=Foo=true", "--a-flag-of-the-future", "value")
    with capsys.disabled():
        print(f"\nready after {environment.seconds:.2f} s")
    assert "flag --a-flag-of-the-future is accepted and does nothing here" in environment.log
    admin = environment.user("admin", "system:masters")
    assert environment.request(admin, "GET", "/api/v1/namespaces/default")[0] == 200
    assert environment.request(admin, "GET", "/apis")[0] == 200
    pod = {"metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
    status, created = environment.request(admin, "POST", "/api/v1/namespaces/default/pods", pod)
    assert status == 201, created
    assert "volumes" not in created["spec"]

    jane = environment.user("jane", "dev")
    status, refused = environment.request(jane, "GET", "/api/v1/namespaces/default/pods")
    assert status == 403
    assert refused["message"].startswith('pods is forbidden: User "jane" cannot list resource "pods"')
    rbac = "/apis/rbac.authorization.k8s.io/v1/namespaces/default"
    role = {"metadata": {"name": "r"}, "rules": [{"verbs": ["list"], "apiGroups": [""], "resources": ["pods"]}]}
    binding = {
        "metadata": {"name": "b"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "r"},
        "subjects": [{"kind": "Group", "apiGroup": "rbac.authorization.k8s.io", "name": "dev"}],
    }
    assert environment.request(admin, "POST", f"{rbac}/roles", role)[0] == 201
    assert environment.request(admin, "POST", f"{rbac}/rolebindings", binding)[0] == 201
    status, pods = environment.request(jane, "GET", "/api/v1/namespaces/default/pods")
    assert (status, [p["metadata"]["name"] for p in pods["items"]]) == (200, ["p"])
    assert environment.stop() == [0, 0]


def test_certificates_of_strangers_open_nothing(environment: Environment) -> None:
    environment.start()
    environment.clients = Authority("envtest-clients")
    stranger = environment.user("admin", "system:masters")
    with pytest.raises((urllib.error.URLError, ssl.SSLError, ConnectionError)):
        environment.request(stranger, "GET", "/api/v1/namespaces/default")


def test_controllers_run_when_asked_for(environment: Environment) -> None:
    environment.variables["MOCKUBE_CONTROLLERS"] = "1"
    environment.start()
    admin = environment.user("admin", "system:masters")
    deadline = time.monotonic() + START_TIMEOUT
    account = "/api/v1/namespaces/default/serviceaccounts/default"
    while environment.request(admin, "GET", account)[0] != 200:
        assert time.monotonic() < deadline, environment.log
        time.sleep(0.05)
    assert environment.stop() == [0, 0]


def test_a_port_that_is_taken_ends_the_server(environment: Environment) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", environment.port))
        taken.listen()
        done = subprocess.run(
            [environment.assets / "kube-apiserver", f"--secure-port={environment.port}", "--bind-address=127.0.0.1"],
            capture_output=True,
            cwd=environment.folder,
            timeout=START_TIMEOUT,
            check=False,
        )
    assert done.returncode == 1


def test_kubectl_is_the_one_on_the_path(tmp_path: Path) -> None:
    names = [p.name for p in write_assets(tmp_path)]
    assert names == ["kube-apiserver", "etcd", *(["kubectl"] if shutil.which("kubectl") else [])]
    assert all(os.access(tmp_path / n, os.X_OK) for n in names)


def test_flags_are_read_in_every_spelling() -> None:
    argv = ["--a=1", "--b", "2", "-c", "--d", "--e=x=y"]
    assert list(split_flags(argv)) == [("a", "1"), ("b", "2"), ("c", None), ("d", None), ("e", "x=y")]
    kept, ignored = server_arguments(["--secure-port", "1", "--etcd-servers=x", "--anonymous-auth", "--profiling"])
    assert kept == ["--secure-port=1", "--anonymous-auth=true"]
    assert ignored == ["etcd-servers", "profiling"]


def test_every_flag_that_is_passed_on_exists() -> None:
    assert {flag(n).removeprefix("--") for n in ServerOptions.model_fields} >= SERVER_FLAGS
