"""Endpoints are stored in one form: addresses gathered by ports, in upstream's order. Models RepackSubsets."""

from __future__ import annotations

from typing import Any

import pytest

from tests.server.registry.kinds import kind

DNS = {"name": "dns", "port": 53, "protocol": "UDP"}
DNS_TCP = {"name": "dns-tcp", "port": 53, "protocol": "TCP"}
METRICS = {"name": "metrics", "port": 9153, "protocol": "TCP"}


def ips(*addresses: str) -> list[dict[str, Any]]:
    return [{"ip": address} for address in addresses]


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        (
            [{"addresses": ips("10.0.0.2", "10.0.0.1"), "ports": [DNS, METRICS, DNS_TCP]}],
            [{"addresses": ips("10.0.0.1", "10.0.0.2"), "ports": [DNS_TCP, METRICS, DNS]}],
        ),
        (
            [{"addresses": ips("10.0.0.1"), "ports": [DNS]}, {"addresses": ips("10.0.0.1"), "ports": [METRICS]}],
            [{"addresses": ips("10.0.0.1"), "ports": [METRICS, DNS]}],
        ),
        (
            [{"addresses": ips("10.0.0.1"), "ports": [DNS]}, {"notReadyAddresses": ips("10.0.0.1"), "ports": [DNS]}],
            [{"notReadyAddresses": ips("10.0.0.1"), "ports": [DNS]}],
        ),
        ([{"addresses": ips("10.0.0.1")}], [{"addresses": ips("10.0.0.1")}]),
    ],
)
def test_subsets_are_repacked(given: list[dict[str, Any]], stored: list[dict[str, Any]]) -> None:
    assert kind("v1", "endpoints").created({"metadata": {"name": "e"}, "subsets": given})["subsets"] == stored
