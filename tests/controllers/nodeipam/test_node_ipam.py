"""Ranges of pod addresses: which parts are handed out, to whom, and what is said when there are none."""

from __future__ import annotations

import ipaddress

import pytest

from apimachinery import meta
from apimachinery.clock import ManualClock
from apimachinery.objects import View
from controllers.nodeipam.node_ipam import CidrSet, NodeIPAMController, NodeIPAMOptions, cidr_sets
from controllers.runtime.resources import NODES
from tests.controllers.cluster import Cluster, at_work
from tests.controllers.factories import node


def cidr_set(cluster: str = "10.0.0.0/22", prefix: int = 24) -> CidrSet:
    return CidrSet(ipaddress.ip_network(cluster), prefix)


def test_parts_are_handed_out_in_order_and_again() -> None:
    found = cidr_set()
    assert [found.allocate() for _ in range(5)] == [
        "10.0.0.0/24",
        "10.0.1.0/24",
        "10.0.2.0/24",
        "10.0.3.0/24",
        None,
    ]
    found.release("10.0.2.0/24")
    assert found.allocate() == "10.0.2.0/24"


def test_what_is_occupied_is_left_out() -> None:
    found = cidr_set()
    found.occupy("10.0.0.0/24")
    found.occupy("192.168.0.0/24")
    assert found.allocate() == "10.0.1.0/24"


@pytest.mark.parametrize(
    ("services", "first"),
    [
        ("10.0.0.0/24", "10.0.1.0/24"),
        ("10.0.0.0/25", "10.0.1.0/24"),
        ("10.0.0.0/23", "10.0.2.0/24"),
        ("10.0.0.0/16", None),
    ],
)
def test_the_services_range_is_kept_free(services: str, first: str | None) -> None:
    options = NodeIPAMOptions(cluster_cidr="10.0.0.0/22", service_cluster_ip_range=services)
    (found,) = cidr_sets(options)
    assert found.allocate() == first


def test_a_set_for_each_family() -> None:
    options = NodeIPAMOptions(cluster_cidr="10.0.0.0/16, fd00::/56", node_cidr_mask_size=26)
    assert [found.allocate() for found in cidr_sets(options)] == ["10.0.0.0/26", "fd00::/64"]


def test_a_node_cannot_have_more_than_there_is() -> None:
    with pytest.raises(ValueError, match="larger than"):
        cidr_set(prefix=20)


@pytest.mark.slow
async def test_nodes_get_ranges_while_there_are_any(bare: Cluster) -> None:
    context = bare.context(ManualClock(), allocate_node_cidrs=True, cluster_cidr="10.0.0.0/23,fd00::/63")
    taken = node("taken")
    taken["spec"] = {"podCIDR": "10.0.0.0/24", "podCIDRs": ["10.0.0.0/24", "fd00::/64"]}
    await bare.client.create(NODES, taken)
    await bare.until(NODES, lambda found: len(found) == 1)
    async with at_work(context, NodeIPAMController(context)):
        await bare.client.create(NODES, node("fresh"))
        await bare.until(NODES, lambda found: ranges(found, "fresh") == ["10.0.1.0/24", "fd00:0:0:1::/64"])
        await bare.client.create(NODES, node("late"))
        event = await bare.said("default", "Node late status is now: CIDRNotAvailable")
        assert (event["type"], event["reason"]) == ("Normal", "CIDRNotAvailable")
        assert event["source"] == {"component": "cidrAllocator"}
        await bare.client.delete(NODES, "taken")
        await bare.until(NODES, lambda found: ranges(found, "late") == ["10.0.0.0/24", "fd00::/64"])


def ranges(found: list[View], name: str) -> list[str]:
    return next((list(n["spec"].get("podCIDRs") or ()) for n in found if meta.name(n) == name), [])
