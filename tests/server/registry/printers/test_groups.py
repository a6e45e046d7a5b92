"""Cells of storage, policies, access and devices."""

from __future__ import annotations

from typing import Any

import pytest

from server.registry import builtin
from server.registry.config import RegistryConfig
from server.registry.table import in_order
from tests.server.registry.kinds import kind
from tests.server.registry.printers.rows import ago, cells
from tests.server.registry.strategies import Kind

ADMISSION = "admissionregistration.k8s.io/v1"
FLOW = "flowcontrol.apiserver.k8s.io/v1"
STORAGE = "storage.k8s.io/v1"


def binding(ref: dict[str, Any] | None) -> dict[str, Any]:
    return {"spec": {"policyName": "p", **({"paramRef": ref} if ref is not None else {})}}


def subject(kind: str, name: str, namespace: str = "") -> dict[str, str]:
    return {"kind": kind, "name": name, **({"namespace": namespace} if namespace else {})}


SUBJECTS = [
    subject("User", "u1"),
    subject("ServiceAccount", "s", "n"),
    subject("Group", "g1"),
    subject("User", "u2"),
    subject("Group", "g2"),
    subject("Robot", "r"),
]
BOUND = {"Users": "u1, u2", "Groups": "g1, g2", "ServiceAccounts": "n/s"}
REQUEST = {"signerName": "example.com/signer", "username": "jane"}

KINDS: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = [
    ("coordination.k8s.io/v1", "leases", {"spec": {"holderIdentity": "holder"}}, {"Holder": "holder"}),
    ("coordination.k8s.io/v1", "leases", {"spec": {}}, {"Holder": ""}),
    ("node.k8s.io/v1", "runtimeclasses", {"handler": "runc"}, {"Handler": "runc"}),
    (
        "scheduling.k8s.io/v1",
        "priorityclasses",
        {"value": 1000000000, "globalDefault": True, "preemptionPolicy": "Never"},
        {"Value": 1000000000, "Global-Default": True, "PreemptionPolicy": "Never"},
    ),
    ("scheduling.k8s.io/v1", "priorityclasses", {}, {"Value": 0, "Global-Default": False, "PreemptionPolicy": ""}),
    (
        "rbac.authorization.k8s.io/v1",
        "rolebindings",
        {"roleRef": {"kind": "Role", "name": "extension"}, "subjects": SUBJECTS},
        {"Role": "Role/extension", **BOUND},
    ),
    (
        "rbac.authorization.k8s.io/v1",
        "clusterrolebindings",
        {"roleRef": {"kind": "ClusterRole", "name": "view"}, "subjects": SUBJECTS},
        {"Role": "ClusterRole/view", **BOUND},
    ),
    (
        STORAGE,
        "storageclasses",
        {"provisioner": "p"},
        {
            "Provisioner": "p",
            "ReclaimPolicy": "Delete",
            "VolumeBindingMode": "Immediate",
            "AllowVolumeExpansion": False,
        },
    ),
    (
        STORAGE,
        "storageclasses",
        {
            "metadata": {"annotations": {"storageclass.beta.kubernetes.io/is-default-class": "true"}},
            "provisioner": "p",
            "reclaimPolicy": "Retain",
            "volumeBindingMode": "WaitForFirstConsumer",
            "allowVolumeExpansion": True,
        },
        {
            "Name": "x (default)",
            "Provisioner": "p",
            "ReclaimPolicy": "Retain",
            "VolumeBindingMode": "WaitForFirstConsumer",
            "AllowVolumeExpansion": True,
        },
    ),
    (
        STORAGE,
        "volumeattributesclasses",
        {
            "metadata": {"annotations": {"storageclass.kubernetes.io/is-default-class": "true"}},
            "driverName": "d.example.com",
        },
        {"DriverName": "d.example.com"},
    ),
    (
        STORAGE,
        "volumeattachments",
        {
            "spec": {"attacher": "a", "nodeName": "n", "source": {"persistentVolumeName": "v"}},
            "status": {"attached": True},
        },
        {"Attacher": "a", "PV": "v", "Node": "n", "Attached": True},
    ),
    (
        STORAGE,
        "volumeattachments",
        {"spec": {"attacher": "a", "nodeName": "n", "source": {"inlineVolumeSpec": {}}}},
        {"Attacher": "a", "PV": "", "Node": "n", "Attached": False},
    ),
    (STORAGE, "csinodes", {"spec": {"drivers": [{"name": "a"}, {"name": "b"}]}}, {"Drivers": 2}),
    (
        STORAGE,
        "csistoragecapacities",
        {"storageClassName": "slow", "capacity": "1048576Ki"},
        {"StorageClassName": "slow", "Capacity": "1Gi"},
    ),
    (
        STORAGE,
        "csistoragecapacities",
        {"storageClassName": "slow"},
        {"StorageClassName": "slow", "Capacity": "<unset>"},
    ),
    (
        STORAGE,
        "csidrivers",
        {"spec": {}},
        {
            "AttachRequired": True,
            "PodInfoOnMount": False,
            "StorageCapacity": False,
            "TokenRequests": "<unset>",
            "RequiresRepublish": False,
            "Modes": "<none>",
        },
    ),
    (
        STORAGE,
        "csidrivers",
        {
            "spec": {
                "attachRequired": False,
                "podInfoOnMount": True,
                "storageCapacity": True,
                "tokenRequests": [{"audience": "https://a"}, {"audience": ""}, {"audience": "b"}],
                "requiresRepublish": True,
                "volumeLifecycleModes": ["Persistent", "Ephemeral"],
            }
        },
        {
            "AttachRequired": False,
            "PodInfoOnMount": True,
            "StorageCapacity": True,
            "TokenRequests": "https://a,,b",
            "RequiresRepublish": True,
            "Modes": "Persistent,Ephemeral",
        },
    ),
    (ADMISSION, "mutatingwebhookconfigurations", {"webhooks": [{}, {}]}, {"Webhooks": 2}),
    (ADMISSION, "validatingwebhookconfigurations", {}, {"Webhooks": 0}),
    (
        ADMISSION,
        "validatingadmissionpolicies",
        {"spec": {"validations": [{}, {}], "paramKind": {"apiVersion": "v1", "kind": "ConfigMap"}}},
        {"Validations": 2, "ParamKind": "v1/ConfigMap"},
    ),
    (ADMISSION, "validatingadmissionpolicies", {"spec": {}}, {"Validations": 0, "ParamKind": "<unset>"}),
    (
        ADMISSION,
        "mutatingadmissionpolicies",
        {"spec": {"mutations": [{}], "paramKind": {"apiVersion": "example.com/v1", "kind": "K"}}},
        {"Mutations": 1, "ParamKind": "example.com/v1/K"},
    ),
    (ADMISSION, "validatingadmissionpolicybindings", binding(None), {"PolicyName": "p", "ParamRef": "<unset>"}),
    (ADMISSION, "validatingadmissionpolicybindings", binding({"name": "n"}), {"PolicyName": "p", "ParamRef": "*/n"}),
    (
        ADMISSION,
        "mutatingadmissionpolicybindings",
        binding({"name": "n", "namespace": "ns"}),
        {"PolicyName": "p", "ParamRef": "ns/n"},
    ),
    (
        ADMISSION,
        "validatingadmissionpolicybindings",
        binding(
            {
                "selector": {
                    "matchLabels": {"b": "2", "a": "1"},
                    "matchExpressions": [{"key": "k", "operator": "In", "values": ["v", "w"]}],
                }
            }
        ),
        {
            "PolicyName": "p",
            "ParamRef": (
                "&LabelSelector{MatchLabels:map[string]string{a: 1,b: 2,},MatchExpressions:[]LabelSelectorRequirement{"
                "LabelSelectorRequirement{Key:k,Operator:In,Values:[v w],},},}"
            ),
        },
    ),
    (
        "apiregistration.k8s.io/v1",
        "apiservices",
        {"spec": {}, "status": {"conditions": [{"type": "Available", "status": "True", "reason": "Local"}]}},
        {"Service": "Local", "Available": "True"},
    ),
    (
        "apiregistration.k8s.io/v1",
        "apiservices",
        {
            "spec": {"service": {"namespace": "n", "name": "s"}},
            "status": {"conditions": [{"type": "Available", "status": "False"}]},
        },
        {"Service": "n/s", "Available": "False"},
    ),
    ("apiregistration.k8s.io/v1", "apiservices", {"spec": {}}, {"Service": "Local", "Available": "Unknown"}),
    (
        "certificates.k8s.io/v1",
        "certificatesigningrequests",
        {"spec": {**REQUEST, "expirationSeconds": 600}},
        {
            "SignerName": "example.com/signer",
            "Requestor": "jane",
            "RequestedDuration": "10m",
            "Condition": "Pending",
        },
    ),
    (
        "certificates.k8s.io/v1",
        "certificatesigningrequests",
        {"spec": {}, "status": {"conditions": [{"type": "Approved"}, {"type": "Failed"}], "certificate": "Y2VydA=="}},
        {
            "SignerName": "<none>",
            "Requestor": "",
            "RequestedDuration": "<none>",
            "Condition": "Approved,Failed,Issued",
        },
    ),
    (
        "certificates.k8s.io/v1",
        "certificatesigningrequests",
        {"spec": REQUEST, "status": {"conditions": [{"type": "Approved"}, {"type": "Denied"}]}},
        {
            "SignerName": "example.com/signer",
            "Requestor": "jane",
            "RequestedDuration": "<none>",
            "Condition": "Denied",
        },
    ),
    (
        FLOW,
        "flowschemas",
        {
            "spec": {
                "priorityLevelConfiguration": {"name": "allee"},
                "matchingPrecedence": 2247483647,
                "distinguisherMethod": {"type": "ByNamespace"},
            },
            "status": {"conditions": [{"type": "Dangling", "status": "True"}]},
        },
        {
            "PriorityLevel": "allee",
            "MatchingPrecedence": 2247483647,
            "DistinguisherMethod": "ByNamespace",
            "MissingPL": "True",
        },
    ),
    (
        FLOW,
        "flowschemas",
        {"spec": {"priorityLevelConfiguration": {"name": "a"}}},
        {"PriorityLevel": "a", "MatchingPrecedence": 0, "DistinguisherMethod": "<none>", "MissingPL": "?"},
    ),
    (
        FLOW,
        "prioritylevelconfigurations",
        {"spec": {"type": "Exempt", "exempt": {"nominalConcurrencyShares": 5}}},
        {
            "Type": "Exempt",
            "NominalConcurrencyShares": "<none>",
            "Queues": "<none>",
            "HandSize": "<none>",
            "QueueLengthLimit": "<none>",
        },
    ),
    (
        FLOW,
        "prioritylevelconfigurations",
        {"spec": {"type": "Limited", "limited": {"nominalConcurrencyShares": 47, "limitResponse": {"type": "Reject"}}}},
        {
            "Type": "Limited",
            "NominalConcurrencyShares": 47,
            "Queues": "<none>",
            "HandSize": "<none>",
            "QueueLengthLimit": "<none>",
        },
    ),
    (
        FLOW,
        "prioritylevelconfigurations",
        {
            "spec": {
                "type": "Limited",
                "limited": {
                    "nominalConcurrencyShares": 47,
                    "limitResponse": {
                        "type": "Queue",
                        "queuing": {"queues": 8, "handSize": 3, "queueLengthLimit": 5},
                    },
                },
            }
        },
        {
            "Type": "Limited",
            "NominalConcurrencyShares": 47,
            "Queues": 8,
            "HandSize": 3,
            "QueueLengthLimit": 5,
        },
    ),
    ("resource.k8s.io/v1", "deviceclasses", {"spec": {}}, {}),
    ("resource.k8s.io/v1", "resourceclaimtemplates", {"spec": {}}, {}),
    ("resource.k8s.io/v1", "resourceclaims", {"spec": {}}, {"State": "pending"}),
    ("resource.k8s.io/v1", "resourceclaims", {"status": {"allocation": {}}}, {"State": "allocated"}),
    (
        "resource.k8s.io/v1",
        "resourceclaims",
        {"metadata": {"deletionTimestamp": ago(seconds=1)}, "status": {"allocation": {}, "reservedFor": [{}]}},
        {"State": "deleted,allocated,reserved"},
    ),
    (
        "resource.k8s.io/v1",
        "resourceclaims",
        {"metadata": {"deletionTimestamp": ago(seconds=1)}},
        {"State": "deleted"},
    ),
    (
        "resource.k8s.io/v1",
        "resourceslices",
        {"spec": {"nodeName": "n", "driver": "d", "pool": {"name": "p"}}},
        {"Node": "n", "Driver": "d", "Pool": "p"},
    ),
    (
        "resource.k8s.io/v1",
        "resourceslices",
        {"spec": {"allNodes": True, "driver": "d", "pool": {"name": "p"}}},
        {"Node": "", "Driver": "d", "Pool": "p"},
    ),
]


@pytest.mark.parametrize(("group_version", "plural", "obj", "expected"), KINDS, ids=[k[1] for k in KINDS])
def test_kinds(group_version: str, plural: str, obj: dict[str, Any], expected: dict[str, Any]) -> None:
    assert cells(group_version, plural, obj) == expected


def test_flow_schemas_stand_in_the_order_in_which_they_match() -> None:
    printer = kind(FLOW, "flowschemas").resource.printer
    assert printer is not None
    listed = [("a", 9000), ("b", 2), ("d", 500), ("c", 500), ("e", 0)]
    found = in_order([{"metadata": {"name": n}, "spec": {"matchingPrecedence": p}} for n, p in listed], printer)
    assert [o["metadata"]["name"] for o in found] == ["e", "b", "c", "d", "a"]


LATER: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("clustertrustbundles", {"spec": {}}, {"SignerName": "<none>"}),
    ("clustertrustbundles", {"spec": {"signerName": "a/b"}}, {"SignerName": "a/b"}),
    (
        "podcertificaterequests",
        {"spec": {"podName": "p", "serviceAccountName": "s", "nodeName": "n", "signerName": "a/b"}},
        {"PodName": "p", "ServiceAccountName": "s", "NodeName": "n", "SignerName": "a/b", "State": "Pending"},
    ),
    (
        "podcertificaterequests",
        {"status": {"conditions": [{"type": "Denied"}, {"type": "Other"}]}},
        {"PodName": "", "ServiceAccountName": "", "NodeName": "", "SignerName": "", "State": "Denied"},
    ),
    (
        "devicetaintrules",
        {"spec": {"taint": {"key": "k", "value": "v", "effect": "NoExecute", "timeAdded": "2026-01-01T11:00:00Z"}}},
        {"Key": "k", "Value": "v", "Effect": "NoExecute", "TimeAdded": "60m", "Age": "<unknown>"},
    ),
    (
        "devicetaintrules",
        {"spec": {"taint": {"key": "k", "effect": "NoSchedule"}}},
        {"Key": "k", "Value": "", "Effect": "NoSchedule", "TimeAdded": "", "Age": "<unknown>"},
    ),
    (
        "storageversionmigrations",
        {"spec": {"resource": {"group": "apps", "resource": "deployments"}}},
        {"Resource": "deployments.apps"},
    ),
]


@pytest.mark.parametrize(("plural", "obj", "expected"), LATER, ids=[n[0] for n in LATER])
def test_kinds_that_come_later(plural: str, obj: dict[str, Any], expected: dict[str, Any]) -> None:
    found = next(r for r in builtin.resources(RegistryConfig(version=(1, 37))) if r.plural == plural)
    assert Kind(found).row({"metadata": {"name": "a"}, **obj}) == {"Name": "a", **expected}
