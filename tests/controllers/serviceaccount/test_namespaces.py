"""What every namespace is given: the default ServiceAccount and the cluster's CA."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from apimachinery import meta
from apimachinery.clock import ManualClock
from apimachinery.objects import Object, View
from controllers.runtime.resources import CONFIG_MAPS, NAMESPACES, SERVICE_ACCOUNTS
from controllers.serviceaccount.root_ca import RootCAPublisher
from controllers.serviceaccount.service_accounts import ServiceAccountsController
from tests.controllers.cluster import Cluster, at_work

pytestmark = pytest.mark.slow
BUNDLE = "-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n"


@pytest.fixture
async def working(bare: Cluster, tmp_path: Path) -> AsyncIterator[Cluster]:
    """A server with the two controllers."""
    (tmp_path / "ca.crt").write_text(BUNDLE)
    context = bare.context(ManualClock(), root_ca_file=str(tmp_path / "ca.crt"))
    async with at_work(context, ServiceAccountsController(context), RootCAPublisher(context)):
        yield bare


@pytest.fixture
async def fresh(working: Cluster, request: pytest.FixtureRequest) -> str:
    """A namespace that nobody but the controllers has touched."""
    name = request.node.name.removeprefix("test_").replace("_", "-")
    body: Object = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
    await working.client.create(NAMESPACES, body)
    return str(name)


async def bundle(cluster: Cluster, namespace: str, data: object = BUNDLE) -> View:
    """The ConfigMap once it holds this."""
    found = await cluster.until(
        CONFIG_MAPS,
        lambda all_: any(meta.name(c) == "kube-root-ca.crt" and c["data"] == {"ca.crt": data} for c in all_),
        namespace,
    )
    return next(c for c in found if meta.name(c) == "kube-root-ca.crt")


async def test_they_are_there(working: Cluster, fresh: str) -> None:
    accounts = await working.until(SERVICE_ACCOUNTS, bool, fresh)
    assert [meta.name(a) for a in accounts] == ["default"]
    found = await bundle(working, fresh)
    assert meta.annotations(found)["kubernetes.io/description"].startswith("Contains a CA bundle that can be used to")


async def test_they_come_back(working: Cluster, fresh: str) -> None:
    (before,) = await working.until(SERVICE_ACCOUNTS, bool, fresh)
    published = await bundle(working, fresh)
    await working.client.delete(SERVICE_ACCOUNTS, "default", namespace=fresh)
    await working.client.delete(CONFIG_MAPS, "kube-root-ca.crt", namespace=fresh)
    await working.until(SERVICE_ACCOUNTS, lambda found: bool(found) and meta.uid(found[0]) != meta.uid(before), fresh)
    await working.until(CONFIG_MAPS, lambda found: bool(found) and meta.uid(found[0]) != meta.uid(published), fresh)


async def test_the_bundle_is_restored(working: Cluster, fresh: str) -> None:
    published = await bundle(working, fresh)
    patch = {"data": {"ca.crt": "mine"}, "metadata": {"annotations": None}}
    await working.merge(CONFIG_MAPS, "kube-root-ca.crt", patch, fresh)
    await working.until(
        CONFIG_MAPS, lambda found: meta.resource_version(found[0]) != meta.resource_version(published), fresh
    )
    restored = await bundle(working, fresh)
    assert meta.annotations(restored) == meta.annotations(published)
    assert meta.uid(restored) == meta.uid(published)


async def test_a_namespace_that_goes_gets_nothing(working: Cluster, fresh: str) -> None:
    await working.until(SERVICE_ACCOUNTS, bool, fresh)
    await bundle(working, fresh)
    await working.client.delete(NAMESPACES, fresh)
    await working.client.delete(SERVICE_ACCOUNTS, "default", namespace=fresh)
    await working.until(SERVICE_ACCOUNTS, lambda found: not found, fresh)
    await working.never(SERVICE_ACCOUNTS, bool, fresh, during=0.3)
