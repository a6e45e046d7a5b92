"""The Python clients of Kubernetes, each against real processes."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes
import kubernetes.aio as kubernetes_aio
import kubernetes_asyncio
import lightkube
import pytest
import yaml
from kubernetes.client.exceptions import ApiException
from kubernetes.dynamic import DynamicClient
from kubernetes.informer import SharedInformer
from lightkube.core.exceptions import ApiError
from lightkube.models.core_v1 import Container, PodSpec
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.core_v1 import ConfigMap, Namespace, Pod

from mockube.cluster import Cluster

pytestmark = pytest.mark.slow
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: nginx}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80}]}
"""


@pytest.fixture
def namespace(cluster: Cluster) -> Iterator[str]:
    """A namespace of the test's own with its default ServiceAccount."""
    name = f"client-{uuid.uuid4().hex[:8]}"
    api = cluster.api()
    api.request("POST", "/api/v1/namespaces", {"metadata": {"name": name}})
    path = f"/api/v1/namespaces/{name}/serviceaccounts?fieldSelector=metadata.name=default"
    deadline = time.monotonic() + 60
    while not api.request("GET", path)["items"]:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    yield name
    api.request("DELETE", f"/api/v1/namespaces/{name}")
    api.close()


@pytest.fixture
def client(cluster: Cluster) -> Iterator[Any]:
    """The official client's ApiClient."""
    configuration = kubernetes.client.Configuration()
    kubernetes.config.load_kube_config(str(cluster.kubeconfig), client_configuration=configuration)
    with kubernetes.client.ApiClient(configuration) as found:
        yield found


def config_map(name: str, **data: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


def pod(name: str) -> dict[str, Any]:
    spec = {"containers": [{"name": "c", "image": "nginx"}]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec}


def test_the_typed_api(client: Any, namespace: str) -> None:
    core = kubernetes.client.CoreV1Api(client)
    made = core.create_namespaced_config_map(namespace, config_map("a", k="v"))
    assert made.metadata.creation_timestamp.tzinfo is not None
    made.data["k"] = "w"
    assert core.replace_namespaced_config_map("a", namespace, made).data == {"k": "w"}
    made.metadata.resource_version = "1"
    with pytest.raises(ApiException) as refused:
        core.replace_namespaced_config_map("a", namespace, made)
    assert (refused.value.status, refused.value.reason) == (409, "Conflict")
    patched = core.patch_namespaced_config_map("a", namespace, {"data": {"l": "x"}})
    assert patched.data == {"k": "w", "l": "x"}
    assert [i.metadata.name for i in core.list_namespaced_config_map(namespace, field_selector="metadata.name=a").items]
    page = core.list_namespaced_config_map(namespace, limit=1)
    following = core.list_namespaced_config_map(namespace, limit=1, _continue=page.metadata._continue)
    assert page.items[0].metadata.name != following.items[0].metadata.name
    assert core.delete_namespaced_config_map("a", namespace)["status"] == "Success"
    assert core.create_namespaced_pod(namespace, pod("p")).status.phase == "Pending"
    assert kubernetes.client.VersionApi(client).get_code().minor == "36"


def test_a_watch_of_the_official_client(client: Any, namespace: str) -> None:
    core = kubernetes.client.CoreV1Api(client)
    start = core.list_namespaced_config_map(namespace).metadata.resource_version
    core.create_namespaced_config_map(namespace, config_map("w", k="1"))
    core.patch_namespaced_config_map("w", namespace, {"data": {"k": "2"}})
    core.delete_namespaced_config_map("w", namespace)
    watch, seen = kubernetes.watch.Watch(), []
    for event in watch.stream(core.list_namespaced_config_map, namespace, resource_version=start, timeout_seconds=60):
        if event["object"].metadata.name == "w":
            seen.append((event["type"], event["object"].data["k"]))
        if event["type"] == "DELETED":
            watch.stop()
    assert seen == [("ADDED", "1"), ("MODIFIED", "2"), ("DELETED", "2")]


def test_the_dynamic_client(client: Any, namespace: str) -> None:
    dynamic = DynamicClient(client)
    maps = dynamic.resources.get(api_version="v1", kind="ConfigMap")
    assert maps.create(body=config_map("d", k="v"), namespace=namespace).data.k == "v"
    applied = dynamic.server_side_apply(
        maps, body=config_map("d", k="v", l="w"), namespace=namespace, name="d", field_manager="python"
    )
    assert {m.manager for m in applied.metadata.managedFields} >= {"python"}
    deployments = dynamic.resources.get(api_version="apps/v1", kind="Deployment")
    assert deployments.get(namespace=namespace).items == []
    for event in maps.watch(namespace=namespace, timeout=30, name="d"):
        assert (event["type"], event["object"].metadata.name) == ("ADDED", "d")
        break
    maps.delete(name="d", namespace=namespace)


def rolled_out(status: Any) -> bool:
    """Whether the controller has nothing more to say."""
    reasons = {c.reason for c in status.conditions or ()}
    return status.available_replicas == 2 and "NewReplicaSetAvailable" in reasons


def test_a_file_of_objects(client: Any, namespace: str, tmp_path: Path) -> None:
    (tmp_path / "web.yaml").write_text(DEPLOYMENT)
    kubernetes.utils.create_from_yaml(client, str(tmp_path / "web.yaml"), namespace=namespace)
    apps = kubernetes.client.AppsV1Api(client)
    deadline = time.monotonic() + 60
    while not rolled_out(apps.read_namespaced_deployment_status("web", namespace).status):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    scale = apps.read_namespaced_deployment_scale("web", namespace)
    scale.spec.replicas = 1
    assert apps.replace_namespaced_deployment_scale("web", namespace, scale).spec.replicas == 1
    with pytest.raises(kubernetes.utils.FailToCreateError):
        kubernetes.utils.create_from_yaml(client, str(tmp_path / "web.yaml"), namespace=namespace)


def test_the_informer(client: Any, namespace: str) -> None:
    core = kubernetes.client.CoreV1Api(client)
    core.create_namespaced_config_map(namespace, config_map("before"))
    seen: list[tuple[str, str]] = []
    told = threading.Event()

    def note(event: str) -> Any:
        def handler(obj: Any, *_: Any) -> None:
            seen.append((event, obj.metadata.name))
            if event == "DELETED":
                told.set()

        return handler

    informer = SharedInformer(core.list_namespaced_config_map, namespace=namespace, field_selector="metadata.name!=x")
    for event in ("ADDED", "MODIFIED", "DELETED"):
        informer.add_event_handler(event, note(event))
    informer.start()
    try:
        deadline = time.monotonic() + 60
        while ("ADDED", "before") not in seen:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        core.patch_namespaced_config_map("before", namespace, {"data": {"k": "v"}})
        core.delete_namespaced_config_map("before", namespace)
        assert told.wait(60), seen
    finally:
        informer.stop()
    assert [e for e in seen if e[1] == "before"] == [(e, "before") for e in ("ADDED", "MODIFIED", "DELETED")]


LEADER = """
import sys
from kubernetes import config
from kubernetes.leaderelection import electionconfig, leaderelection
from kubernetes.leaderelection.resourcelock.leaselock import LeaseLock

config.load_kube_config(sys.argv[1])
lock = LeaseLock("election", sys.argv[2], "one")
leading = lambda: print("leading", flush=True)
leaderelection.LeaderElection(electionconfig.Config(lock, 15, 10, 2, leading, None)).run()
"""


def test_leader_election(cluster: Cluster, client: Any, namespace: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", LEADER, str(cluster.kubeconfig), namespace], stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            assert any(line == "leading\n" for line in process.stdout)
        finally:
            process.kill()
    lease = kubernetes.client.CoordinationV1Api(client).read_namespaced_lease("election", namespace)
    assert lease.spec.holder_identity == "one"


@pytest.mark.parametrize("library", [kubernetes_aio, kubernetes_asyncio], ids=["kubernetes.aio", "kubernetes_asyncio"])
async def test_the_asynchronous_clients(library: Any, cluster: Cluster, namespace: str) -> None:
    configuration = library.client.Configuration()
    await library.config.load_kube_config(str(cluster.kubeconfig), client_configuration=configuration)
    async with library.client.ApiClient(configuration) as api:
        core = library.client.CoreV1Api(api)
        start = (await core.list_namespaced_config_map(namespace)).metadata.resource_version
        await core.create_namespaced_config_map(namespace, config_map("a", k="1"))
        await core.patch_namespaced_config_map("a", namespace, {"data": {"k": "2"}})
        await core.delete_namespaced_config_map("a", namespace)
        seen = []
        async with library.watch.Watch() as watch:
            stream = watch.stream(
                core.list_namespaced_config_map, namespace, resource_version=start, timeout_seconds=60
            )
            async for event in stream:
                seen.append(event["type"])
                if event["type"] == "DELETED":
                    break
        assert seen == ["ADDED", "MODIFIED", "DELETED"]
        dynamic = await library.dynamic.DynamicClient(api)
        maps = await dynamic.resources.get(api_version="v1", kind="ConfigMap")
        assert (await maps.create(body=config_map("d", k="v"), namespace=namespace)).data.k == "v"
        with pytest.raises(library.client.ApiException) as missing:
            await core.read_namespaced_config_map("gone", namespace)
        assert missing.value.status == 404


def test_lightkube(cluster: Cluster, namespace: str) -> None:
    config = lightkube.KubeConfig.from_dict(yaml.safe_load(cluster.kubeconfig.read_text()))
    client = lightkube.Client(config=config, namespace=namespace, field_manager="lightkube")
    client.create(ConfigMap(metadata=ObjectMeta(name="a"), data={"k": "v"}))
    assert client.get(ConfigMap, "a").data == {"k": "v"}
    assert client.patch(ConfigMap, "a", {"data": {"l": "w"}}).data == {"k": "v", "l": "w"}
    applied = client.apply(ConfigMap(metadata=ObjectMeta(name="b", namespace=namespace), data={"x": "y"}))
    assert applied.metadata.managedFields[0].manager == "lightkube"
    assert {o.metadata.name for o in client.list(ConfigMap)} >= {"a", "b"}
    client.create(Pod(metadata=ObjectMeta(name="p"), spec=PodSpec(containers=[Container(name="c", image="nginx")])))
    client.wait(Pod, "p", for_conditions=["Ready"])
    for event, found in client.watch(ConfigMap, fields={"metadata.name": "a"}, server_timeout=60):
        assert (event, found.metadata.name) == ("ADDED", "a")
        break
    client.delete(ConfigMap, "a")
    with pytest.raises(ApiError) as missing:
        client.get(ConfigMap, "a")
    assert missing.value.status.code == 404
    assert client.get(Namespace, namespace).status.phase == "Active"
