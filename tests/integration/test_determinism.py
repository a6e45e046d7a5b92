"""Two runs with the same seed and scenario are the same run: every write, in order, with its names, UIDs and times."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

import pytest

from mockube.cluster import Cluster
from tests.support.live import MERGE, Api, Obj, api_of

START: Final = "2026-01-02T03:04:05Z"
SCENARIO: Final = """
images:
- match: {image: "shop/crash:*"}
  startDelay: 1s
  exit: {after: 7s, code: 3}
  logs: [{text: "about to fail", after: 6s}]
- match: {image: "shop/slow:*"}
  pull: {time: 3s}
  readyDelay: 12s
  probes:
    readiness:
    - {after: 0s, success: true}
    - {after: 1m, success: false, output: "HTTP probe failed with statuscode: 503"}
    - {after: 2m, success: true}
    liveness:
    - {after: 0s, success: true}
    - {after: 4m, success: false}
- match: {image: "shop/gone:*"}
  pull: {error: "no such image"}
"""
WATCHED: Final = ("/api/v1/pods", "/api/v1/nodes", "/api/v1/events", "/apis/apps/v1/replicasets")
DAEMON_SETS: Final = "/apis/apps/v1/namespaces/default/daemonsets"


class Run(NamedTuple):
    """What a run left: the writes in order, and what watches saw of them."""

    writes: list[tuple[str, str, int, str]]
    histories: dict[str, list[str]]


def template(app: str, image: str, **container: Any) -> Obj:
    """A pod template."""
    return {"metadata": {"labels": {"app": app}}, "spec": {"containers": [{"name": "c", "image": image, **container}]}}


def workload(kind: str, app: str, image: str, **spec: Any) -> Obj:
    """A DaemonSet or Deployment."""
    probe = {"httpGet": {"port": 80, "path": "/"}, "periodSeconds": 5}
    pods = template(app, image, readinessProbe=probe, livenessProbe=probe)
    selector = {"matchLabels": {"app": app}}
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"name": app},
        "spec": {"selector": selector, "template": pods, **spec},
    }


def play(api: Api) -> None:
    """A morning in the life of a cluster: whatever is done is done once the last thing has come to rest."""
    apps = "/apis/apps/v1/namespaces/default"
    api.create(f"{apps}/daemonsets", workload("DaemonSet", "crash", "shop/crash:1"))
    api.advance()
    api.create(f"{apps}/deployments", workload("Deployment", "slow", "shop/slow:1", replicas=5))
    api.advance()
    api.create(f"{apps}/deployments", workload("Deployment", "gone", "shop/gone:1", replicas=2))
    api.advance()
    service = {"metadata": {"name": "slow"}, "spec": {"selector": {"app": "slow"}, "ports": [{"port": 80}]}}
    api.create("/api/v1/namespaces/default/services", service)
    api.advance(90)
    api.patch("/api/v1/nodes/node-2", {"metadata": {"annotations": {"mockube.dev/fault": "power"}}}, MERGE)
    api.advance(400)
    api.patch(
        f"{DAEMON_SETS}/crash",
        {"spec": {"template": {"spec": {"containers": [{"name": "c", "image": "shop/slow:2"}]}}}},
    )
    api.advance(30)
    api.patch("/api/v1/nodes/node-2", {"metadata": {"annotations": {"mockube.dev/fault": None}}}, MERGE)
    api.advance(120)
    api.delete("/api/v1/nodes/node-3")
    api.run_until_idle(limit=900)


def run(folder: Path, store: Literal["memory", "etcd"]) -> Run:
    """Play once, in processes of its own."""
    folder.mkdir()
    scenario, audit = folder / "scenario.yaml", folder / "audit.log"
    scenario.write_text(SCENARIO)
    with ExitStack() as stack:
        cluster = stack.enter_context(
            Cluster(
                nodes=4,
                store=store,
                etcd_start=store == "etcd",
                seed=7,
                cluster_time=START,
                server_args=[f"--audit-log-path={audit}"],
                controllers_args=[f"--scenario={scenario}"],
            )
        )
        cluster.wait_for_nodes()
        api = stack.enter_context(api_of(cluster.kubeconfig))
        api.advance()
        watches = {path: stack.enter_context(api.watch(path)) for path in WATCHED}
        play(api)
        histories = {path: list(seen(watch.events)) for path, watch in watches.items()}
    return Run(list(writes(audit)), histories)


def writes(audit: Path) -> Iterator[tuple[str, str, int, str]]:
    """Every request that may have changed something: verb, path, code and the cluster's time."""
    for line in audit.read_text().splitlines():
        entry = json.loads(line)
        path = entry["requestURI"].partition("?")[0]
        if entry["stage"] == "ResponseComplete" and entry["verb"] not in ("get", "list", "watch"):
            yield entry["verb"], path, entry["responseStatus"]["code"], entry["requestReceivedTimestamp"]


def seen(events: list[tuple[str, Obj]]) -> Iterator[str]:
    """The events of a watch as text, without the port on which a process happens to listen."""
    for kind, obj in events:
        yield re.sub(r"127\.0\.0\.1:\d+|\"Port\":\d+", "PORT", f"{kind} {json.dumps(obj)}")


@pytest.mark.slow
@pytest.mark.parametrize("store", ["memory", "etcd"])
def test_two_runs_are_the_same_run(tmp_path: Path, store: Literal["memory", "etcd"]) -> None:
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda name: run(tmp_path / name, store), ("first", "second"))
    verbs = {(verb, path.rpartition("/")[2]) for verb, path, _, _ in first.writes}
    assert {("create", "pods"), ("create", "binding"), ("create", "events"), ("patch", "status")} <= verbs
    assert len(first.writes) > 500
    for number, (one, other) in enumerate(zip(first.writes, second.writes, strict=True)):
        assert one == other, f"write {number} differs"
    for path in WATCHED:
        assert first.histories[path], path
        for mine, yours in zip(first.histories[path], second.histories[path], strict=True):
            assert mine == yours, path
    reasons = {json.loads(e.partition(" ")[2])["reason"] for e in first.histories["/api/v1/events"]}
    expected = {"BackOff", "Unhealthy", "Killing", "NodeNotReady", "TaintManagerEviction", "SuccessfulCreate", "Failed"}
    assert expected <= reasons


@pytest.mark.slow
def test_names_are_the_same_while_time_passes(tmp_path: Path) -> None:
    def names(_: int) -> dict[str, tuple[str, str]]:
        with Cluster(nodes=4, seed=7) as cluster, api_of(cluster.kubeconfig) as api:
            cluster.wait_for_nodes()
            api.create(DAEMON_SETS, workload("DaemonSet", "web", "nginx:1.25"))
            pods = api.until("/api/v1/pods", lambda pods: sum(bool(p["spec"].get("nodeName")) for p in pods) == 4)
            return {p["spec"]["nodeName"]: (p["metadata"]["name"], p["metadata"]["uid"]) for p in pods}

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(names, range(2))
    assert first == second
    assert len(set(first.values())) == 4
