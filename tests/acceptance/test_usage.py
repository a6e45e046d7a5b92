"""What containers use can be read through the API server, as from any kubelet."""

from __future__ import annotations

from tests.acceptance.objects import ALL_NODES, PODS, name_of, pod
from tests.support.live import Api, Obj
from tests.support.machine import fail, recover

NODES = 2


def using(name: str, node: str) -> Obj:
    """A pod that uses much."""
    found = pod(name, nodeName=node)
    found["metadata"]["annotations"] = {"mockube.dev/behaviour": "usage: {cpu: 300m, memory: 256Mi}"}
    return found


def test_each_node_tells_of_its_own_pods(api: Api, namespace: str) -> None:
    path = PODS.format(namespace)
    for number in (1, 2):
        api.create(path, using(f"on-{number}", f"node-{number}"))
    api.advance(30)
    for number in (1, 2):
        summary = api.get(f"{ALL_NODES}/node-{number}/proxy/stats/summary")
        assert summary["node"]["nodeName"] == f"node-{number}"
        (found,) = [p for p in summary["pods"] if p["podRef"]["namespace"] == namespace]
        assert found["podRef"] == {
            "name": f"on-{number}",
            "namespace": namespace,
            "uid": api.get(f"{path}/on-{number}")["metadata"]["uid"],
        }
        assert found["memory"]["workingSetBytes"] == 256 << 20
        assert found["cpu"]["usageNanoCores"] == 300_000_000


def test_prometheus_finds_the_resource_metrics(api: Api, namespace: str) -> None:
    api.create(PODS.format(namespace), using("measured", "node-1"))
    api.advance(10)
    answer = api.request("GET", f"{ALL_NODES}/node-1:10250/proxy/metrics/resource")
    assert answer.code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    wanted = f'pod_memory_working_set_bytes{{namespace="{namespace}",pod="measured"}} 2.68435456e+08 '
    assert any(line.startswith(wanted) for line in answer.body.decode().splitlines())


def test_a_dead_kubelet_tells_nothing(api: Api) -> None:
    fail(api, "node-2")
    try:
        api.advance()
        assert api.request("GET", f"{ALL_NODES}/node-2/proxy/stats/summary").code >= 500
        assert api.request("GET", f"{ALL_NODES}/node-1/proxy/stats/summary").code == 200
    finally:
        recover(api, "node-2")
    assert {name_of(n) for n in api.items(ALL_NODES)} == {"node-1", "node-2"}
