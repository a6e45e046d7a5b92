"""Simulated kubelets in their process, against an API server in its own."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest

from apimachinery import errors, meta
from apimachinery.objects import Object, View
from controllers.runtime.resources import CONFIG_MAPS, NODES, PODS
from controllers.simulated.scenario import ANNOTATION
from tests.controllers.cluster import Cluster
from tests.support.api import ADMIN_TOKEN, ServerProcess


def pod(name: str, image: str = "nginx:1.25", **spec: Any) -> Object:
    """A pod with one container `c`; keyword arguments go into the container, `pod_…` ones into the pod's spec."""
    own = {k.removeprefix("pod_"): v for k, v in spec.items() if k.startswith("pod_")}
    container = {"name": "c", "image": image, **{k: v for k, v in spec.items() if not k.startswith("pod_")}}
    metadata = {"name": name}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"containers": [container], **own}}


def waiting(found: View) -> str:
    """Why the first container waits."""
    statuses = (found.get("status") or {}).get("containerStatuses") or [{}]
    return str(((statuses[0].get("state") or {}).get("waiting") or {}).get("reason", ""))


def ready(found: View) -> bool:
    """Whether the pod's Ready condition is True."""
    condition = meta.condition(found, "Ready")
    return condition is not None and condition["status"] == "True"


async def started(cluster: Cluster, namespace: str, obj: Object) -> View:
    """Create a pod and wait until it is ready."""
    name = meta.name(obj)
    await cluster.client.create(PODS, obj, namespace=namespace)
    found = await cluster.until(PODS, lambda pods: any(meta.name(p) == name and ready(p) for p in pods), namespace)
    return next(p for p in found if meta.name(p) == name)


async def run(
    server: ServerProcess, namespace: str, name: str, command: Sequence[str], stdin: str = ""
) -> tuple[str, str, Object]:
    """exec over a WebSocket: standard output, standard error and the status."""
    query = [("container", "c"), ("stdout", "true"), ("stderr", "true"), *(("command", c) for c in command)]
    if stdin:
        query.append(("stdin", "true"))
    url = f"https://127.0.0.1:{server.port}/api/v1/namespaces/{namespace}/pods/{name}/exec?{urlencode(query)}"
    out: dict[int, bytes] = {}
    headers = {"Authorization": f"Bearer {ADMIN_TOKEN}"}
    async with aiohttp.ClientSession(headers=headers) as session:
        async with session.ws_connect(url, protocols=["v5.channel.k8s.io"], ssl=False) as socket:
            assert socket.protocol == "v5.channel.k8s.io"
            if stdin:
                await socket.send_bytes(b"\0" + stdin.encode())
                await socket.send_bytes(b"\xff\0")
            async for message in socket:
                out[message.data[0]] = out.get(message.data[0], b"") + message.data[1:]
    return out.get(1, b"").decode(), out.get(2, b"").decode(), json.loads(out[3])


async def clock(server: ServerProcess, action: str = "", body: Object | None = None) -> Object:
    """Ask for the clock, or move it."""
    url = f"https://127.0.0.1:{server.port}/mockube/v1/clock{'/' + action if action else ''}"
    headers = {"Authorization": f"Bearer {ADMIN_TOKEN}"}
    async with aiohttp.ClientSession(headers=headers) as session:
        async with session.request("POST" if action else "GET", url, json=body, ssl=False) as answer:
            assert answer.status == 200, await answer.text()
            found: Object = await answer.json(content_type=None)
            return found


async def log(cluster: Cluster, namespace: str, name: str, **query: str) -> str:
    """A container's log."""
    path = f"/api/v1/namespaces/{namespace}/pods/{name}/log"
    return (await cluster.client.request("GET", path, query)).decode()


async def test_nodes_register_as_kubelets_do(cluster: Cluster) -> None:
    node = await cluster.client.get(NODES, "n1")
    assert node["metadata"]["labels"]["kubernetes.io/os"] == "linux"
    assert [c["type"] for c in node["status"]["conditions"]] == [
        "MemoryPressure",
        "DiskPressure",
        "PIDPressure",
        "Ready",
    ]
    assert node["status"]["nodeInfo"]["kubeletVersion"] == "v1.36.1"
    assert node["status"]["allocatable"]["pods"] == "110"


async def test_pod_becomes_ready_and_talks(cluster: Cluster, server: ServerProcess, namespace: str) -> None:
    await cluster.client.create(
        CONFIG_MAPS, {"kind": "ConfigMap", "metadata": {"name": "cm"}, "data": {"k": "from a map"}}, namespace=namespace
    )
    env = [{"name": "A", "valueFrom": {"configMapKeyRef": {"name": "cm", "key": "k"}}}]
    mounts = [{"name": "v", "mountPath": "/etc/config"}]
    volumes = [{"name": "v", "configMap": {"name": "cm"}}]
    await started(cluster, namespace, pod("web", env=env, volumeMounts=mounts, pod_volumes=volumes))
    assert "start worker processes" in await log(cluster, namespace, "web")
    assert await log(cluster, namespace, "web", tailLines="1") == "[notice] 1#1: start worker processes\n"
    assert (await run(server, namespace, "web", ["cat", "/etc/config/k"]))[0] == "from a map"
    out, _, status = await run(server, namespace, "web", ["sh", "-c", "echo $A; echo no >&2; exit 3"])
    assert out == "from a map\n"
    assert status["details"]["causes"] == [{"reason": "ExitCode", "message": "3"}]
    assert (await run(server, namespace, "web", ["cat"], stdin="one\ntwo\n"))[0] == "one\ntwo\n"
    token = (await run(server, namespace, "web", ["cat", "/var/run/secrets/kubernetes.io/serviceaccount/token"]))[0]
    assert token.count(".") == 2
    _, complaint, status = await run(server, namespace, "web", ["nosuch"])
    assert 'exec: "nosuch": executable file not found in $PATH' in complaint
    assert status["status"] == "Failure"


async def test_crash_is_seen_and_explained(cluster: Cluster, namespace: str) -> None:
    crashing = pod("crash", "busybox", command=["sh", "-c", "echo goodbye; exit 3"])
    await cluster.client.create(PODS, crashing, namespace=namespace)
    await cluster.until(PODS, lambda pods: any(waiting(p) == "CrashLoopBackOff" for p in pods), namespace)
    assert await log(cluster, namespace, "crash", previous="true") == "goodbye\n"
    (event,) = await cluster.events(namespace, "BackOff")
    assert event["involvedObject"]["fieldPath"] == "spec.containers{c}"
    assert event["source"]["component"] == "kubelet"


async def test_log_of_a_container_that_waits(cluster: Cluster, namespace: str) -> None:
    await cluster.client.create(PODS, pod("gone", "nginx:404"), namespace=namespace)
    await cluster.until(PODS, lambda pods: any(waiting(p) == "ImagePullBackOff" for p in pods), namespace)
    with pytest.raises(errors.BadRequest) as error:
        await log(cluster, namespace, "gone")
    assert str(error.value) == 'container "c" in pod "gone" is waiting to start: trying and failing to pull image'


async def test_missing_map_is_waited_for(cluster: Cluster, namespace: str) -> None:
    env = [{"name": "A", "valueFrom": {"configMapKeyRef": {"name": "late", "key": "k"}}}]
    await cluster.client.create(PODS, pod("waits", env=env), namespace=namespace)
    await cluster.until(PODS, lambda pods: any(waiting(p) == "CreateContainerConfigError" for p in pods), namespace)
    await cluster.client.create(
        CONFIG_MAPS, {"kind": "ConfigMap", "metadata": {"name": "late"}, "data": {"k": "v"}}, namespace=namespace
    )
    (found,) = await cluster.until(PODS, lambda pods: all(map(ready, pods)), namespace)
    assert found["status"]["containerStatuses"][0]["restartCount"] == 0


async def test_finalizers_keep_a_stopped_pod(cluster: Cluster, namespace: str) -> None:
    obj = pod("kept")
    obj["metadata"]["finalizers"] = ["example.com/keep"]
    await started(cluster, namespace, obj)
    await cluster.client.delete(PODS, "kept", namespace=namespace)
    (found,) = await cluster.until(
        PODS, lambda pods: any((p.get("status") or {}).get("phase") == "Succeeded" for p in pods), namespace
    )
    assert meta.is_deleting(found)
    await cluster.merge(PODS, "kept", {"metadata": {"finalizers": None}}, namespace)
    await cluster.until(PODS, lambda pods: not pods, namespace)


async def test_phase_that_somebody_wrote_stays(cluster: Cluster, namespace: str) -> None:
    for phase in ("Succeeded", "Failed"):
        await started(cluster, namespace, pod(phase.lower()))
        await cluster.merge(PODS, phase.lower(), {"status": {"phase": phase}}, namespace, "status")

    def right(found: View) -> bool:
        return str(found["status"]["phase"]).lower() == meta.name(found)

    await cluster.until(PODS, lambda pods: all(map(right, pods)), namespace)
    await cluster.never(PODS, lambda pods: not all(map(right, pods)), namespace, during=0.5)


async def test_dead_kubelet_is_noticed_in_cluster_time(cluster: Cluster, server: ServerProcess, namespace: str) -> None:
    await started(cluster, namespace, pod("here", pod_nodeName="n2"))
    before = await clock(server)
    await cluster.merge(NODES, "n2", {"metadata": {"annotations": {"mockube.dev/fault": "kubelet"}}})
    begun = time.monotonic()
    await clock(server, "advance", {"seconds": 75})
    assert time.monotonic() - begun < 60

    def state(nodes: list[View]) -> str:
        node = next(n for n in nodes if meta.name(n) == "n2")
        return str((meta.condition(node, "Ready") or {}).get("status"))

    await cluster.until(NODES, lambda nodes: state(nodes) == "Unknown")
    await cluster.until(PODS, lambda pods: not any(map(ready, pods)), namespace)
    await cluster.merge(NODES, "n2", {"metadata": {"annotations": {"mockube.dev/fault": None}}})
    await cluster.until(NODES, lambda nodes: state(nodes) == "True")
    await cluster.until(PODS, lambda pods: all(map(ready, pods)), namespace)
    after = await clock(server)
    assert after["now"] > before["now"]


async def test_paused_time_stops_the_containers(cluster: Cluster, server: ServerProcess, namespace: str) -> None:
    obj = pod("timed", pod_restartPolicy="Never")
    obj["metadata"]["annotations"] = {ANNOTATION: "exit: {after: 1h}"}
    await started(cluster, namespace, obj)
    await clock(server, "pause")
    assert (await clock(server))["paused"] is True
    await asyncio.sleep(0)
    await clock(server, "advance", {"seconds": 3700})
    await cluster.until(PODS, lambda pods: all(p["status"]["phase"] == "Succeeded" for p in pods), namespace)
    await clock(server, "resume")


async def test_clock_is_not_for_everybody(server: ServerProcess) -> None:
    url = f"https://127.0.0.1:{server.port}/mockube/v1/clock"
    async with aiohttp.ClientSession(headers={"Authorization": "Bearer user-token"}) as session:
        async with session.post(f"{url}/pause", ssl=False) as answer:
            assert answer.status == 403
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {ADMIN_TOKEN}"}) as session:
        async with session.post(f"{url}/speed", json={"speed": -1}, ssl=False) as answer:
            assert answer.status == 400
            assert "speed" in (await answer.json(content_type=None))["message"]


async def test_kubelet_endpoint_lets_nobody_else_in(cluster: Cluster) -> None:
    node = await cluster.client.get(NODES, "n1")
    url = node["metadata"]["annotations"]["mockube.dev/kubelet-endpoint"]
    async with aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.ClientError):
            async with session.get(f"{url}/healthz", ssl=False) as answer:
                await answer.read()
