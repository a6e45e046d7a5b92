"""The controller over a real server, its pods made ready by hand and its clock moved by hand."""

from __future__ import annotations

from datetime import timedelta

import pytest

from apimachinery import meta
from apimachinery.clock import ManualClock
from apimachinery.objects import View
from apimachinery.timestamp import format_time
from controllers.daemon.daemon_controller import DaemonSetController
from controllers.runtime.resources import DAEMON_SETS, NODES, PODS
from tests.controllers.cluster import Cluster, at_work, daemonset

pytestmark = pytest.mark.slow


async def make_ready(cluster: Cluster, pod: View, clock: ManualClock, ago: float = 0.0) -> None:
    since = format_time(clock.now() - timedelta(seconds=ago))
    condition = {"type": "Ready", "status": "True", "lastTransitionTime": since}
    await cluster.merge(PODS, meta.name(pod), {"status": {"conditions": [condition]}}, meta.namespace(pod), "status")


async def test_earlier_look_does_not_make_it_miss_when_a_pod_becomes_available(
    bare: Cluster, bare_namespace: str
) -> None:
    clock = ManualClock()
    await bare.client.create(NODES, {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n1"}})
    await bare.merge(NODES, "n1", {"spec": {"taints": None}})
    context = bare.context(clock)
    async with at_work(context, DaemonSetController(context)):
        strategy = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}
        wanted = daemonset(spec={"minReadySeconds": 10, "updateStrategy": strategy})
        await bare.client.create(DAEMON_SETS, wanted, namespace=bare_namespace)
        (old,) = await bare.until(PODS, lambda pods: len(pods) == 1, bare_namespace)
        await make_ready(bare, old, clock, ago=60.0)
        await bare.settled()
        clock.advance(5.0)
        image = {"spec": {"template": {"spec": {"containers": [{"name": "c", "image": "nginx:1.26"}]}}}}
        await bare.strategic(DAEMON_SETS, "ds", image, bare_namespace)
        both = await bare.until(PODS, lambda pods: len(pods) == 2, bare_namespace)
        (new,) = (p for p in both if meta.uid(p) != meta.uid(old))
        await make_ready(bare, new, clock)
        await bare.settled()
        clock.advance(6.0)
        await bare.settled()
        assert len(await bare.live(PODS, bare_namespace)) == 2
        clock.advance(4.0)
        (left,) = await bare.until(PODS, lambda pods: len(pods) == 1, bare_namespace, what="the old pod gone")
        assert meta.uid(left) == meta.uid(new)
