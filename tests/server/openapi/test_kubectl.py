"""What kubectl makes of the documents: explain from both versions, client-side apply and diff."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import kubectl as kubectls
from tests.support.api import ServerProcess
from tests.support.kubectl import Kubectl

pytestmark = pytest.mark.kubectl

DAEMON_SET = """
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: NAME}
spec:
  selector: {matchLabels: {app: NAME}}
  template:
    metadata: {labels: {app: NAME}}
    spec:
      containers: [{name: c, image: "nginx:1", ports: [{containerPort: 80}]}]
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with ServerProcess(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.mark.parametrize("version", kubectls.versions())
def test_explain_from_both_documents(version: str, server: ServerProcess, tmp_path: Path) -> None:
    kubectl = Kubectl.of(version, server.kubeconfig, tmp_path)
    for arguments in ((), ("--output=plaintext-openapiv2",)):
        explained = kubectl("explain", "daemonset.spec.updateStrategy", *arguments)
        assert "RollingUpdate" in explained
        assert "rollingUpdate" in explained
        assert "<string>" in explained
    missing = kubectl.run("explain", "daemonset.spec.nothing")
    assert missing.code != 0
    assert 'field "nothing" does not exist' in missing.err


@pytest.mark.parametrize("version", kubectls.versions())
def test_apply_and_diff_use_the_merge_keys(version: str, server: ServerProcess, tmp_path: Path) -> None:
    kubectl = Kubectl.of(version, server.kubeconfig, tmp_path)
    name = f"d-{version.replace('.', '-')}"
    first, second = tmp_path / "first.yaml", tmp_path / "second.yaml"
    first.write_text(DAEMON_SET.replace("NAME", name))
    second.write_text(first.read_text().replace("nginx:1", "nginx:2"))
    assert "created (server dry run)" in kubectl("apply", "-f", str(first), "--dry-run=server")
    assert "created" in kubectl("apply", "-f", str(first))
    assert "unchanged" in kubectl("apply", "-f", str(first))
    changed = kubectl.run("diff", "-f", str(second))
    assert changed.code == 1
    assert [line for line in changed.out.splitlines() if line[:1] in ("+", "-") and " image:" in line] == [
        "-      - image: nginx:1",
        "+      - image: nginx:2",
    ]
    assert "configured" in kubectl("apply", "-f", str(second))
    ports = kubectl("get", "daemonset", name, "-o", "jsonpath={.spec.template.spec.containers[*].ports[*].protocol}")
    assert ports == "TCP"


@pytest.mark.parametrize("version", kubectls.versions())
def test_moving_from_client_to_server_side_apply(version: str, server: ServerProcess, tmp_path: Path) -> None:
    kubectl = Kubectl.of(version, server.kubeconfig, tmp_path)
    name = f"s-{version.replace('.', '-')}"
    manifest = tmp_path / "manifest.yaml"
    manifest.write_text(DAEMON_SET.replace("NAME", name))
    kubectl("apply", "-f", str(manifest))
    manifest.write_text(manifest.read_text().replace("nginx:1", "nginx:2"))
    assert "serverside-applied" in kubectl("apply", "--server-side", "-f", str(manifest))
    managers = kubectl(
        "get", "daemonset", name, "--show-managed-fields", "-o", "jsonpath={.metadata.managedFields[*].manager}"
    )
    assert "kubectl" in managers.split()
    assert "kubectl-client-side-apply" not in managers.split()
    other = kubectl.run(
        "apply", "--server-side", "--field-manager=other", "-f", str(manifest), "--force-conflicts=false"
    )
    assert other.code == 0
    manifest.write_text(manifest.read_text().replace("nginx:2", "nginx:3"))
    refused = kubectl.run("apply", "--server-side", "--field-manager=other", "-f", str(manifest))
    assert refused.code != 0
    assert '.spec.template.spec.containers[name="c"].image' in refused.err


def test_strict_validation_names_what_is_unknown_and_nothing_else(server: ServerProcess, tmp_path: Path) -> None:
    kubectl = Kubectl.newest(server.kubeconfig, tmp_path)
    kubectl("create", "configmap", "strict", "--from-literal=a=1", "--save-config")
    body = '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "strict"}, "bogus": 1}'
    refused = kubectl.run("apply", "-f", "-", stdin=body)
    assert refused.code != 0
    assert refused.err.rstrip().endswith('strict decoding error: unknown field "bogus"')
