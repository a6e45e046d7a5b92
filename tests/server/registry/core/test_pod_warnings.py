"""Warnings that new pods and templates earn."""

from __future__ import annotations

from typing import Any

import pytest

from apimachinery.field import Path
from server.registry.core.podspec_warnings import template_warnings
from tests.server.registry.core.pods import CONTAINER, POD, PODS, pod_with
from tests.server.registry.strategies import with_changes

PREFERRED = (
    "spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].preference.matchExpressions[0]"
)
NO_VALUE = (
    "-b is invalid, a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', "
    "and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', "
    "regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
)
CASES: list[tuple[dict[str, Any], list[str]]] = [
    ({}, []),
    (
        {"containers": [{**CONTAINER, "env": [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}]}]},
        ['spec.containers[0].env[1]: hides previous definition of "A", which may be dropped when using apply'],
    ),
    (
        {"volumes": [{"name": "v", "gitRepo": {"repository": "r"}}]},
        ["spec.volumes[0].gitRepo: deprecated in v1.11, and disabled by default in v1.33+"],
    ),
    (
        {"volumes": [{"name": "v", "projected": {"sources": [{}]}}]},
        ['volume "v" (Projected) has no sources provided'],
    ),
    (
        {
            "volumes": [
                {
                    "name": "v",
                    "configMap": {
                        "name": "m",
                        "items": [
                            {"key": k, "path": p} for k, p in (("a", "d"), ("b", "d/e/"), ("c", "de"), ("d", "d"))
                        ],
                    },
                },
                {"name": "w", "secret": {"secretName": "s", "items": [{"key": "a", "path": "a/b"}, {"path": "a"}]}},
                {"name": "x", "downwardAPI": {"items": [{"path": "labels"}, {"path": "labels"}]}},
            ]
        },
        [
            'volume "v" (ConfigMap "m"): overlapping paths: "d/e" with "d"',
            'volume "v" (ConfigMap "m"): overlapping paths: "d" with "d"',
            'volume "v" (ConfigMap "m"): overlapping paths: "d" with "d/e"',
            'volume "w" (Secret "s"): overlapping paths: "a" with "a/b"',
            'volume "x" (DownwardAPI): overlapping paths: "labels" with "labels"',
        ],
    ),
    (
        {
            "volumes": [
                {
                    "name": "foo",
                    "projected": {
                        "sources": [
                            {"configMap": {"name": "Test", "items": [{"key": "foo", "path": "test"}]}},
                            {"serviceAccountToken": {"path": "test/file"}},
                            {
                                "secret": {
                                    "name": "S",
                                    "items": [{"key": "k", "path": "test"}, {"key": "l", "path": "t"}],
                                }
                            },
                            {"downwardAPI": {"items": [{"path": "t/u"}]}},
                        ]
                    },
                }
            ]
        },
        [
            f'volume "foo" (Projected): overlapping paths: {pair}'
            for pair in (
                '"test/file" (ServiceAccountToken) with "test" (ConfigMap "Test")',
                '"test" (Secret "S") with "test" (ConfigMap "Test")',
                '"test" (Secret "S") with "test/file" (ServiceAccountToken)',
                '"t/u" (DownwardAPI) with "t" (Secret "S")',
            )
        ],
    ),
    (
        {
            "affinity": {
                "nodeAffinity": {
                    "preferredDuringSchedulingIgnoredDuringExecution": [
                        {
                            "weight": 1,
                            "preference": {
                                "matchExpressions": [
                                    {"key": "app.kubernetes.io/created-by", "operator": "In", "values": ["a", "-b"]}
                                ]
                            },
                        }
                    ]
                }
            }
        },
        [
            f"{PREFERRED}.key: app.kubernetes.io/created-by is deprecated since v1.9",
            f"{PREFERRED}.values[1]: {NO_VALUE}",
        ],
    ),
    (
        {"nodeSelector": {"scheduler.alpha.kubernetes.io/preferAvoidPods": "x"}},
        [
            (
                "spec.nodeSelector[scheduler.alpha.kubernetes.io/preferAvoidPods]: "
                "deprecated since v1.22; use Taints and Tolerations instead"
            )
        ],
    ),
    (
        {"nodeSelector": {"beta.kubernetes.io/os": "linux"}},
        ['spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use "kubernetes.io/os" instead'],
    ),
    (
        {"topologySpreadConstraints": [{"maxSkew": 1, "topologyKey": "z", "whenUnsatisfiable": "DoNotSchedule"}]},
        [
            "spec.topologySpreadConstraints[0].labelSelector: a null labelSelector results in matching no pod",
        ],
    ),
    (
        {"containers": [{**CONTAINER, "resources": {"requests": {"memory": "100m"}}}]},
        ['spec.containers[0].resources.requests[memory]: fractional byte value "100m" is invalid, must be an integer'],
    ),
    (
        {"imagePullSecrets": [{}]},
        ['spec.imagePullSecrets[0].name: invalid empty name ""'],
    ),
]


@pytest.mark.parametrize(("changes", "expected"), CASES, ids=[str(c)[:60] for c, _ in CASES])
def test_pods(changes: dict[str, Any], expected: list[str]) -> None:
    assert PODS.warnings(pod_with(**changes)) == expected


def test_a_name_that_is_no_label() -> None:
    (found,) = PODS.warnings(with_changes(POD, {"metadata.name": "a.b"}))
    assert found.startswith(
        "metadata.name: this is used in the Pod's hostname, which can result in surprising behavior; "
        "a DNS label is recommended: ["
    )


def test_templates_warn_of_a_negative_grace_which_pods_have_corrected() -> None:
    spec = pod_with(terminationGracePeriodSeconds=-1)["spec"]
    expected = "must be >= 0; negative values are invalid and will be treated as 1"
    assert template_warnings({"spec": spec}, Path("template")) == [
        f"template.spec.terminationGracePeriodSeconds: {expected}"
    ]
    assert PODS.warnings({**POD, "spec": spec}) == []


def test_templates_warn_of_port_names_used_twice() -> None:
    def named(name: str, port: int, **more: object) -> dict[str, Any]:
        return {"name": f"c{port}", "image": "i", "ports": [{"name": name, "containerPort": port}], **more}

    spec = pod_with(
        containers=[named("http", 80), named("https", 443), named("http", 8080), named("side", 15001)],
        initContainers=[named("init", 81), named("side", 15000, restartPolicy="Always")],
    )["spec"]
    suffix = "services and probes that select ports by name will use"
    http, side = "template.spec.containers[0].ports[0]", "template.spec.initContainers[1].ports[0]"
    assert template_warnings({"spec": spec}, Path("template")) == [
        f'template.spec.containers[2].ports[0]: duplicate port name "http" with {http}, {suffix} {http}',
        f'template.spec.containers[3].ports[0]: duplicate port name "side" with {side}, {suffix} {side}',
    ]


def test_the_old_name_of_control_plane_nodes_is_worth_a_word() -> None:
    spec = pod_with(nodeSelector={"node-role.kubernetes.io/master": ""})["spec"]
    (found,) = template_warnings({"spec": spec}, Path())
    assert (
        found
        == 'spec.nodeSelector[node-role.kubernetes.io/master]: use "node-role.kubernetes.io/control-plane" instead'
    )


def projected(*sources: dict[str, Any]) -> list[str]:
    spec = {"volumes": [{"name": "v", "projected": {"sources": list(sources)}}]}
    prefix = 'volume "v" (Projected): overlapping paths: '
    return [warning.removeprefix(prefix) for warning in template_warnings({"spec": spec}, Path("template"))]


def test_certificates_in_projected_volumes() -> None:
    certificate = {"certificateChainPath": "chain", "keyPath": "keys/a", "credentialBundlePath": "chain"}
    bundle = {"signerName": "a/b", "path": "keys"}
    assert projected({"clusterTrustBundle": bundle}, {"podCertificate": certificate}) == [
        '"keys/a" (PodCertificate key) with "keys" (ClusterTrustBundle "a/b")',
        '"chain" (PodCertificate credential bundle) with "chain" (PodCertificate chain)',
    ]


def test_a_source_that_names_no_files_is_judged_by_those_before_it() -> None:
    token = {"serviceAccountToken": {"path": "token"}}
    assert projected({"configMap": {"name": "m"}}, token) == []
    assert projected(token, {"configMap": {"name": "m"}}) == [
        '"token" (ServiceAccountToken) with "token" (ServiceAccountToken)'
    ]
