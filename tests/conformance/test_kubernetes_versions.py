"""Every emulated Kubernetes version: what /version says, which groups there are, and that kubectl gets along."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import pytest

from tests.support.api import ServerProcess, server_process
from tests.support.kubectl import Kubectl, versions

MINORS: Final = tuple(range(29, 38))
pytestmark = [pytest.mark.slow]
POD: Final[dict[str, Any]] = {"metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "image": "i"}]}}


@pytest.fixture(params=MINORS, ids=lambda m: f"1.{m}", scope="module")
def minor(request: pytest.FixtureRequest) -> int:
    found: int = request.param
    return found


@pytest.fixture(scope="module")
def server(minor: int, tmp_path_factory: pytest.TempPathFactory) -> Any:
    with server_process(
        tmp_path_factory.mktemp(f"v{minor}"),
        f"--kubernetes-version=1.{minor}",
        "--disable-admission-plugins=ServiceAccount",
    ) as found:
        yield found


def test_the_version_is_told(server: ServerProcess, minor: int) -> None:
    told = server.request("GET", "/version").json()
    assert (told["major"], told["minor"]) == ("1", str(minor))
    assert told["gitVersion"].startswith(f"v1.{minor}.")


def groups(server: ServerProcess) -> set[str]:
    return {v["groupVersion"] for g in server.request("GET", "/apis").json()["groups"] for v in g["versions"]}


def test_groups_come_and_go(server: ServerProcess, minor: int) -> None:
    served = groups(server)
    assert {"apps/v1", "batch/v1", "autoscaling/v2", "policy/v1"} <= served
    assert ("resource.k8s.io/v1" in served) == (minor >= 34)
    assert ("flowcontrol.apiserver.k8s.io/v1beta3" in served) == (minor < 32)
    networking = {r["name"] for r in server.request("GET", "/apis/networking.k8s.io/v1").json()["resources"]}
    assert ("ipaddresses" in networking) == (minor >= 33)
    admission = server.request("GET", "/apis/admissionregistration.k8s.io/v1").json()
    named = {r["name"] for r in admission["resources"]}
    assert ("validatingadmissionpolicies" in named) == (minor >= 30)
    assert ("mutatingadmissionpolicies" in named) == (minor >= 36)


def test_pods_count_their_generations_since_1_34(server: ServerProcess, minor: int) -> None:
    made = server.request("POST", "/api/v1/namespaces/default/pods", POD).json()
    assert made["metadata"].get("generation") == (1 if minor >= 34 else None)


def test_templates_show_an_empty_time_up_to_1_33(server: ServerProcess, minor: int) -> None:
    template = {"metadata": {"labels": {"a": "b"}}, "spec": POD["spec"]}
    body = {"metadata": {"name": "d"}, "spec": {"selector": {"matchLabels": {"a": "b"}}, "template": template}}
    made = server.request("POST", "/apis/apps/v1/namespaces/default/daemonsets", body).json()
    shown = made["spec"]["template"]["metadata"]
    assert shown == ({"creationTimestamp": None, "labels": {"a": "b"}} if minor <= 33 else {"labels": {"a": "b"}})


def test_endpoints_are_deprecated_since_1_33(server: ServerProcess, minor: int) -> None:
    warnings = server.request("GET", "/api/v1/namespaces/default/endpoints").warnings
    assert bool(warnings) == (minor >= 33)


def test_every_kind_of_discovery_can_be_listed(server: ServerProcess) -> None:
    for group_version in ["v1", *sorted(groups(server))]:
        prefix = "/api" if group_version == "v1" else "/apis"
        found = server.request("GET", f"{prefix}/{group_version}").json()
        for resource in found["resources"]:
            if "list" in resource["verbs"]:
                answer = server.request("GET", f"{prefix}/{group_version}/{resource['name']}")
                assert answer.status == 200, answer.body


@pytest.mark.kubectl
@pytest.mark.parametrize("client", [versions()[0], versions()[-1]])
def test_kubectl_gets_along(server: ServerProcess, minor: int, client: str, tmp_path: Path) -> None:
    kubectl = Kubectl.of(client, server.kubeconfig, tmp_path)
    assert json.loads(kubectl("version", "-o", "json"))["serverVersion"]["minor"] == str(minor)
    name = f"k{client.replace('.', '')}"
    manifest = json.dumps({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"k": "v"}})
    assert kubectl("apply", "-f", "-", stdin=manifest) == f"configmap/{name} created\n"
    assert kubectl("apply", "--server-side", "-f", "-", stdin=manifest) == f"configmap/{name} serverside-applied\n"
    assert kubectl("create", "deployment", name, "--image=i") == f"deployment.apps/{name} created\n"
    assert kubectl("get", "deploy", name, "--no-headers").split()[:2] == [name, "0/0"] or minor
    assert "containers" in kubectl("explain", "pod.spec")
    assert kubectl("api-resources", "-o", "name")
