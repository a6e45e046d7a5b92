"""Requests to the core group which no recording asks. Each line names the upstream file that answers it."""

from __future__ import annotations

from typing import Any

import pytest

from apimachinery.objects import Object
from tests.conformance.requests.asked import MERGE, Asked, check, refused
from tests.support.api import InProcess

pytestmark = pytest.mark.asyncio(loop_scope="package")

NS = "/api/v1/namespaces/default"
DRY = "dryRun=All"


def pod(**spec: Any) -> Object:
    """A pod that admission does not change."""
    own = {"containers": [{"name": "c", "image": "i:1"}], "automountServiceAccountToken": False}
    return {"metadata": {"name": "p"}, "spec": {**own, **spec}}


def with_metadata(obj: Object, **metadata: Any) -> Object:
    return {**obj, "metadata": {**obj["metadata"], **metadata}}


def daemon_set(**container: Any) -> Object:
    template = {
        "metadata": {"labels": {"a": "b"}},
        "spec": {"containers": [{"name": "c", "image": "i:1", **container}]},
    }
    return {"metadata": {"name": "d"}, "spec": {"selector": {"matchLabels": {"a": "b"}}, "template": template}}


def service(**spec: Any) -> Object:
    return {"metadata": {"name": "s"}, "spec": {"ports": [{"port": 80}], "selector": {"a": "b"}, **spec}}


def claim(**spec: Any) -> Object:
    own = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    return {"metadata": {"name": "c"}, "spec": {**own, **spec}}


def owner(name: str, **more: Any) -> Object:
    return {"apiVersion": "v1", "kind": "A", "name": name, "uid": "u", **more}


OWNERS = (
    '[{"apiVersion":"v1","kind":"A","name":"a","uid":"u","controller":true},'
    '{"apiVersion":"v1","kind":"A","name":"b","uid":"u","controller":true,"blockOwnerDeletion":false}]'
)
QUALIFIED = (
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric "
    "character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
    "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
)

TWO = [{"name": n, "image": "i:1", "resources": {"requests": {"cpu": "1"}}} for n in ("a", "b")]
TWO_BEFORE = (("POST", f"{NS}/pods", with_metadata(pod(containers=TWO), name="two")),)

REQUESTS = [
    Asked(
        "core/validation.go, ValidatePodResize: containers stay where they are",
        "PATCH",
        f"{NS}/pods/two/resize",
        {"spec": {"containers": TWO[::-1]}},
        status=422,
        says='Pod "two" is invalid: [spec.containers[0].name: Forbidden: containers may not be renamed or reordered on '
        "resize, spec.containers[1].name: Forbidden: containers may not be renamed or reordered on resize]",
        headers=MERGE,
        before=TWO_BEFORE,
    ),
    Asked(
        "core/validation.go, ValidatePodResize: a count that differs is all that is told",
        "PATCH",
        f"{NS}/pods/two/resize",
        {"spec": {"containers": TWO[:1]}},
        status=422,
        says='Pod "two" is invalid: spec.containers: Forbidden: containers may not be added or removed on resize',
        headers=MERGE,
        before=TWO_BEFORE,
    ),
    refused(
        "core/validation.go, ValidatePortNumOrName: an empty string is a name, not zero",
        f"{NS}/pods",
        pod(containers=[{"name": "c", "image": "i:1", "livenessProbe": {"tcpSocket": {"port": ""}}}]),
        'Pod "p" is invalid: [spec.containers[0].livenessProbe.tcpSocket.port: Invalid value: "": must contain only '
        "alpha-numeric characters (a-z, 0-9), and hyphens (-), spec.containers[0].livenessProbe.tcpSocket.port: "
        'Invalid value: "": must contain at least one letter (a-z)]',
    ),
    refused(
        "core/validation.go, validateKubeFinalizerName: asked whether or not the name is qualified",
        f"{NS}/configmaps",
        with_metadata({"metadata": {"name": "c"}}, finalizers=["a b"]),
        f'ConfigMap "c" is invalid: [metadata.finalizers: Invalid value: "a b": {QUALIFIED}, metadata.finalizers[0]: '
        'Invalid value: "a b": name is neither a standard finalizer name nor is it fully qualified]',
    ),
    refused(
        "api/validation/objectmeta.go, ValidateOwnerReferences: the references print in the order of Go's fields",
        f"{NS}/configmaps",
        with_metadata(
            {"metadata": {"name": "c"}},
            ownerReferences=[owner("a", controller=True), owner("b", blockOwnerDeletion=False, controller=True)],
        ),
        f'ConfigMap "c" is invalid: metadata.ownerReferences: Invalid value: {OWNERS}: Only one reference can have '
        'Controller set to true. Found "true" in references for A/a and A/b',
    ),
    Asked(
        "api/pod/util.go, dropContainerStopSignals: alpha, and a lifecycle without anything else goes with it",
        "POST",
        f"{NS}/pods?{DRY}",
        pod(containers=[{"name": "c", "image": "i:1", "lifecycle": {"stopSignal": "SIGTERM"}}]),
        status=201,
        shows=lambda b: "lifecycle" in b["spec"]["containers"][0],
        shown=False,
    ),
    Asked(
        "api/pod/util.go, dropContainerStopSignals: handlers stay",
        "POST",
        f"/apis/apps/v1/namespaces/default/daemonsets?{DRY}",
        daemon_set(lifecycle={"stopSignal": "SIGTERM", "preStop": {"sleep": {"seconds": 1}}}),
        status=201,
        shows=lambda b: b["spec"]["template"]["spec"]["containers"][0]["lifecycle"],
        shown={"preStop": {"sleep": {"seconds": 1}}},
    ),
    Asked(
        "api/pod/util.go, dropDisabledClusterTrustBundleProjection: off by default, which leaves a source without one",
        "POST",
        f"{NS}/pods?{DRY}",
        pod(volumes=[{"name": "v", "projected": {"sources": [{"clusterTrustBundle": {"path": "p", "name": "n"}}]}}]),
        status=201,
        shows=lambda b: b["spec"]["volumes"][0]["projected"]["sources"],
        shown=[{}],
        warns=('volume "v" (Projected) has no sources provided',),
    ),
    Asked(
        "api/pod/util.go, dropDisabledWorkloadRef: GenericWorkload is alpha",
        "POST",
        f"{NS}/pods?{DRY}",
        pod(schedulingGroup={"podGroupName": "g"}),
        status=201,
        shows=lambda b: "schedulingGroup" in b["spec"],
        shown=False,
    ),
    refused(
        "core/validation.go, ValidateHostAliases and validatePodDNSConfig: IsValidIPForLegacyField, strict since 1.36",
        f"{NS}/pods?{DRY}",
        pod(hostAliases=[{"ip": "010.0.0.1"}], dnsConfig={"nameservers": ["::ffff:1.2.3.4"]}),
        'Pod "p" is invalid: [spec.dnsConfig.nameservers[0]: Invalid value: "::ffff:1.2.3.4": must not be an '
        'IPv4-mapped IPv6 address, spec.hostAliases[0].ip: Invalid value: "010.0.0.1": must not have leading 0s]',
    ),
    refused(
        "core/validation.go, ValidateService: load balancers do not expose kubelets",
        f"{NS}/services?{DRY}",
        service(type="LoadBalancer", ports=[{"port": 10250}]),
        'Service "s" is invalid: spec.ports[0]: Invalid value: 10250: may not expose port 10250 externally since it is '
        "used by kubelet",
    ),
    Asked(
        "api/persistentvolumeclaim/util.go, EnforceDataSourceBackwardsCompatibility",
        "POST",
        f"{NS}/persistentvolumeclaims?{DRY}",
        claim(dataSource={"apiGroup": "x.y", "kind": "Z", "name": "z"}),
        status=201,
        shows=lambda b: b["spec"].keys() & {"dataSource", "dataSourceRef"},
        shown=set(),
    ),
    Asked(
        "api/persistentvolumeclaim/util.go, NormalizeDataSources",
        "POST",
        f"{NS}/persistentvolumeclaims?{DRY}",
        claim(dataSourceRef={"apiGroup": "x.y", "kind": "Z", "name": "z"}),
        status=201,
        shows=lambda b: b["spec"]["dataSource"],
        shown={"apiGroup": "x.y", "kind": "Z", "name": "z"},
    ),
    Asked(
        "api/persistentvolumeclaim/util.go, DropDisabledFields: CrossNamespaceVolumeDataSource is alpha",
        "POST",
        f"{NS}/persistentvolumeclaims?{DRY}",
        claim(dataSourceRef={"kind": "PersistentVolumeClaim", "name": "z", "namespace": "other"}),
        status=201,
        shows=lambda b: b["spec"].get("dataSourceRef"),
        shown=None,
    ),
]


@pytest.mark.parametrize("asked", REQUESTS, ids=lambda a: a.why)
async def test_core(api: InProcess, asked: Asked) -> None:
    await check(api, asked)
