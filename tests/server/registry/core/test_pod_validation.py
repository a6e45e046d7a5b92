"""What new pods are refused for: paths, kinds of error, words and order."""

from __future__ import annotations

from typing import Any

import pytest

from tests.server.registry.core.pods import CONTAINER, PODS, container_with, pod_with

LABEL = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with "
    "an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
)
C = "spec.containers[0]"

CONTAINERS: list[tuple[dict[str, Any], list[str]]] = [
    ({"name": ""}, [f"{C}.name: Required value"]),
    ({"name": "A"}, [f'{C}.name: Invalid value: "A": {LABEL}']),
    ({"image": ""}, [f"{C}.image: Required value"]),
    ({"image": " nginx"}, [f'{C}.image: Invalid value: " nginx": must not have leading or trailing whitespace']),
    (
        {"imagePullPolicy": "Sometimes"},
        [f'{C}.imagePullPolicy: Unsupported value: "Sometimes": supported values: "Always", "IfNotPresent", "Never"'],
    ),
    (
        {"terminationMessagePolicy": "X"},
        [f'{C}.terminationMessagePolicy: Unsupported value: "X": supported values: "File", "FallbackToLogsOnError"'],
    ),
    (
        {"ports": [{"containerPort": 0}]},
        [f"{C}.ports[0].containerPort: Required value"],
    ),
    (
        {"ports": [{"containerPort": 65536}]},
        [f"{C}.ports[0].containerPort: Invalid value: 65536: must be between 1 and 65535, inclusive"],
    ),
    (
        {"ports": [{"containerPort": 1, "name": "a"}, {"containerPort": 2, "name": "a"}]},
        [f'{C}.ports[1].name: Duplicate value: "a"'],
    ),
    (
        {"ports": [{"containerPort": 1, "protocol": "ICMP"}]},
        [f'{C}.ports[0].protocol: Unsupported value: "ICMP": supported values: "SCTP", "TCP", "UDP"'],
    ),
    (
        {"resources": {"limits": {"cpu": "1"}, "requests": {"cpu": "2"}}},
        [f'{C}.resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1'],
    ),
    (
        {"resources": {"limits": {"cpu": "-1"}}},
        [
            f'{C}.resources.limits[cpu]: Invalid value: "-1": must be greater than or equal to 0',
            f'{C}.resources.requests[cpu]: Invalid value: "-1": must be greater than or equal to 0',
        ],
    ),
    (
        {"resources": {"limits": {"gpus": "1"}}},
        [
            f'{C}.resources.limits[gpus]: Invalid value: "gpus": must be a standard resource type or fully qualified',
            f'{C}.resources.limits[gpus]: Invalid value: "gpus": must be a standard resource for containers',
            f'{C}.resources.requests[gpus]: Invalid value: "gpus": must be a standard resource type or fully qualified',
            f'{C}.resources.requests[gpus]: Invalid value: "gpus": must be a standard resource for containers',
        ],
    ),
    (
        {"env": [{"name": ""}]},
        [f"{C}.env[0].name: Required value"],
    ),
    (
        {"env": [{"name": "N", "value": "x", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}]},
        [f'{C}.env[0].valueFrom: Invalid value: "": may not be specified when `value` is not empty'],
    ),
    (
        {"env": [{"name": "N", "valueFrom": {}}]},
        [
            (
                f'{C}.env[0].valueFrom: Invalid value: "": must specify one of: `fieldRef`, `resourceFieldRef`, '
                "`configMapKeyRef`, `secretKeyRef` or `fileKeyRef`"
            )
        ],
    ),
    (
        {"volumeMounts": [{"name": "no", "mountPath": "/x"}]},
        [f'{C}.volumeMounts[0].name: Not found: "no"'],
    ),
    (
        {"livenessProbe": {}},
        [f"{C}.livenessProbe: Required value: must specify a handler type"],
    ),
    (
        {"livenessProbe": {"exec": {"command": ["x"]}, "successThreshold": 2}},
        [f"{C}.livenessProbe.successThreshold: Invalid value: 2: must be 1"],
    ),
    (
        {"lifecycle": {"preStop": {"exec": {}}}},
        [f"{C}.lifecycle.preStop.exec.command: Required value"],
    ),
    (
        {"securityContext": {"privileged": True, "allowPrivilegeEscalation": False}},
        [
            (
                f"{C}.securityContext: Invalid value: "
                "cannot set `allowPrivilegeEscalation` to false and `privileged` to true"
            )
        ],
    ),
]


@pytest.mark.parametrize(("changes", "expected"), CONTAINERS, ids=[str(c)[:50] for c, _ in CONTAINERS])
def test_containers(changes: dict[str, Any], expected: list[str]) -> None:
    assert [without_security_context(line) for line in PODS.refusals(container_with(**changes))] == expected


def without_security_context(line: str) -> str:
    """A security context is printed with the fields of its internal type, which are not the point here."""
    path, _, detail = line.partition(" Invalid value: ")
    return f"{path} Invalid value: {detail[detail.index('cannot') :]}" if path.endswith(".securityContext:") else line


SPECS: list[tuple[dict[str, Any], list[str]]] = [
    ({"containers": []}, ["spec.containers: Required value"]),
    (
        {"restartPolicy": "Sometimes"},
        ['spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "OnFailure", "Never"'],
    ),
    (
        {"dnsPolicy": "X"},
        [
            (
                'spec.dnsPolicy: Unsupported value: "X": supported values: "ClusterFirstWithHostNet", "ClusterFirst", '
                '"Default", "None"'
            )
        ],
    ),
    (
        {"dnsPolicy": "None"},
        ["spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None"],
    ),
    (
        {"activeDeadlineSeconds": 0},
        ["spec.activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive"],
    ),
    (
        {"containers": [CONTAINER, CONTAINER]},
        ['spec.containers[1].name: Duplicate value: "c"'],
    ),
    (
        {"volumes": [{"name": "v", "emptyDir": {}, "hostPath": {"path": "/x"}}]},
        ["spec.volumes[0].hostPath: Forbidden: may not specify more than 1 volume type"],
    ),
    (
        {"volumes": [{"name": "v"}, {"name": "v"}]},
        ['spec.volumes[1].name: Duplicate value: "v"'],
    ),
    (
        {"tolerations": [{"operator": "Equal", "value": "x"}]},
        [
            (
                'spec.tolerations[0].operator: Invalid value: "Equal": operator must be Exists when `key` is empty, '
                'which means "match all values and all keys"'
            )
        ],
    ),
    (
        {"nodeName": "n", "schedulingGates": [{"name": "example.com/g"}]},
        ["spec.nodeName: Forbidden: cannot be set until all schedulingGates have been cleared"],
    ),
    (
        {"ephemeralContainers": [{"name": "dbg", "image": "x"}]},
        ["spec.ephemeralContainers: Forbidden: cannot be set on create"],
    ),
    (
        {"topologySpreadConstraints": [{"maxSkew": 0, "topologyKey": "", "whenUnsatisfiable": "DoNotSchedule"}]},
        [
            "spec.topologySpreadConstraints[0].maxSkew: Invalid value: 0: must be greater than zero",
            "spec.topologySpreadConstraints[0].topologyKey: Required value: can not be empty",
        ],
    ),
    (
        {"hostAliases": [{"ip": "nope"}]},
        [
            (
                'spec.hostAliases[0].ip: Invalid value: "nope": '
                "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"
            )
        ],
    ),
    (
        {"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": []}}}},
        [
            (
                "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms: "
                "Required value: must have at least one node selector term"
            )
        ],
    ),
    (
        {"readinessGates": [{"conditionType": "a b"}]},
        [
            (
                'spec.readinessGates[0].conditionType: Invalid value: "a b": name part must consist of alphanumeric '
                "characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. "
                "'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
                "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
            )
        ],
    ),
]


@pytest.mark.parametrize(("changes", "expected"), SPECS, ids=[str(c)[:60] for c, _ in SPECS])
def test_specs(changes: dict[str, Any], expected: list[str]) -> None:
    assert PODS.refusals(pod_with(**changes)) == expected


def test_errors_come_in_the_order_of_validation() -> None:
    found = PODS.refusals(
        pod_with(
            restartPolicy="Sometimes",
            volumes=[{"name": "V"}],
            containers=[{"name": "C"}],
            tolerations=[{"key": "k", "effect": "No"}],
        )
    )
    assert [line.split(":")[0] for line in found] == [
        "spec.volumes[0].name",
        "spec.containers[0].name",
        "spec.containers[0].image",
        "spec.restartPolicy",
        "spec.tolerations[0].effect",
    ]
