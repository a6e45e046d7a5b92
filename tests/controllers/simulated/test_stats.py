"""What a kubelet measures of its containers."""

from __future__ import annotations

import pytest

from apimachinery.objects import Object
from controllers.simulated.endpoint.stats import SYSTEM_CPU, SYSTEM_MEMORY, NodeStats, go_float
from controllers.simulated.scenario import Scenario
from tests.controllers.simulated.stage import START, Stage, pod

USAGE = Scenario.model_validate({"images": [{"usage": {"cpu": "250m", "memory": "64Mi"}}]})
NODE: Object = {
    "metadata": {"name": "n1", "creationTimestamp": "2026-01-02T03:04:05Z"},
    "status": {
        "capacity": {"memory": "8Gi", "ephemeral-storage": "100Gi"},
        "allocatable": {"memory": "8Gi", "ephemeral-storage": "100Gi"},
    },
}


@pytest.fixture
def stats() -> NodeStats:
    """A node with one pod, whose container has run for a while."""
    stage = Stage(pod(), scenario=USAGE)
    stage.run(100)
    return NodeStats(stage.host, NODE, [stage.machine], stage.now)


def test_the_summary_says_what_the_scenario_says(stats: NodeStats) -> None:
    (found,) = stats.summary()["pods"]
    (container,) = found["containers"]
    assert found["podRef"]["name"] == "p"
    assert container["cpu"]["usageNanoCores"] == 250_000_000
    assert container["memory"]["workingSetBytes"] == found["memory"]["workingSetBytes"] == 64 << 20
    seconds = stats.now - stats.machines[0].containers[0].started_at
    assert container["cpu"]["usageCoreNanoSeconds"] == int(0.25 * seconds * 1e9)
    assert container["logs"]["usedBytes"] > 0, "nginx has logged its start"


def test_the_node_is_the_sum_and_what_it_needs_itself(stats: NodeStats) -> None:
    node = stats.summary()["node"]
    assert node["cpu"]["usageNanoCores"] == (SYSTEM_CPU + 250) * 1_000_000
    assert node["memory"]["workingSetBytes"] == SYSTEM_MEMORY + (64 << 20)
    assert node["memory"]["availableBytes"] == (8 << 30) - node["memory"]["workingSetBytes"]
    assert node["fs"]["capacityBytes"] == 100 << 30


def test_a_machine_under_pressure_measures_what_its_evictions_are_told(stats: NodeStats) -> None:
    stats.host.short_of = frozenset({"MemoryPressure"})
    assert stats.summary()["node"]["memory"]["availableBytes"] == 50 << 20


def test_a_pod_that_has_not_started_is_not_measured() -> None:
    stage = Stage(pod())
    assert NodeStats(stage.host, NODE, [stage.machine], START).summary()["pods"] == []


def test_metrics_are_as_prometheus_reads_them(stats: NodeStats) -> None:
    lines = stats.metrics().splitlines()
    moment = int(stats.now * 1000)
    labels = '{container="c",namespace="ns",pod="p"}'
    assert f"container_memory_working_set_bytes{labels} 6.7108864e+07 {moment}" in lines
    assert f'pod_memory_working_set_bytes{{namespace="ns",pod="p"}} 6.7108864e+07 {moment}' in lines
    assert "# TYPE container_cpu_usage_seconds_total counter" in lines
    assert "# HELP node_memory_working_set_bytes [STABLE] Current working set of the node in bytes" in lines
    assert lines[-1] == "resource_scrape_error 0"
    families = [line.split()[2] for line in lines if line.startswith("# TYPE")]
    assert families == sorted(families)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (1, "1"),
        (0.25, "0.25"),
        (100000, "100000"),
        (999999, "999999"),
        (1000000, "1e+06"),
        (8388608, "8.388608e+06"),
        (1767323045.5, "1.7673230455e+09"),
        (0.0001, "0.0001"),
        (0.00001, "1e-05"),
        (-2.5, "-2.5"),
    ],
)
def test_numbers_are_written_as_go_writes_them(value: float, text: str) -> None:
    assert go_float(value) == text
