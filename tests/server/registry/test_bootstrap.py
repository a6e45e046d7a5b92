"""What a cluster begins with."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from apimachinery import meta
from server.registry import bootstrap
from tests.server.registry.strategies import NOW
from tests.support.api import InProcess

RANGE = (ip_network("10.0.0.0/24"),)


@pytest.mark.parametrize(("minor", "there"), [(32, False), (33, True)])
def test_service_cidr_by_version(minor: int, there: bool) -> None:
    kinds = {obj["kind"] for _, obj in bootstrap.objects((1, minor), RANGE, 6443, NOW)}
    assert ("ServiceCIDR" in kinds) is there


async def test_everything_is_accepted(api: InProcess) -> None:
    for path, wanted in bootstrap.objects((1, 36), RANGE, 6443, NOW):
        answer = await api.request("GET", f"{path}/{meta.name(wanted)}")
        assert answer.status == 200, path
        found = answer.json()
        assert found["metadata"].get("labels", {}).items() >= (wanted["metadata"].get("labels") or {}).items()
        if wanted.get("status"):
            assert [c["type"] for c in found["status"]["conditions"]] == [
                c["type"] for c in wanted["status"]["conditions"]
            ]


async def test_the_first_address_is_taken(api: InProcess) -> None:
    service = (await api.request("GET", "/api/v1/namespaces/default/services/kubernetes")).json()
    assert service["spec"]["clusterIP"] == "10.0.0.1"
    assert (await api.request("GET", "/apis/networking.k8s.io/v1/ipaddresses/10.0.0.1")).status == 200
