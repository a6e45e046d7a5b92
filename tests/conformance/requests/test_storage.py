"""Requests for volumes, their classes and drivers, priorities, runtimes and leases which no recording asks."""

from __future__ import annotations

from typing import Any

import pytest

from apimachinery.objects import Object
from tests.conformance.requests.asked import MERGE, Asked, check, columns, refused
from tests.server.registry.words import LABEL, QUALIFIED_NAME, SUBDOMAIN
from tests.support.api import InProcess

pytestmark = pytest.mark.asyncio(loop_scope="package")

GROUP = "/apis/storage.k8s.io/v1"
CLASSES = f"{GROUP}/storageclasses"
ATTACHMENTS = f"{GROUP}/volumeattachments"
DRIVERS = f"{GROUP}/csidrivers"
NODES = f"{GROUP}/csinodes"
CAPACITIES = f"{GROUP}/namespaces/default/csistoragecapacities"
ATTRIBUTES_CLASSES = f"{GROUP}/volumeattributesclasses"
VOLUMES = "/api/v1/persistentvolumes"
CLAIMS = "/api/v1/namespaces/default/persistentvolumeclaims"
PRIORITIES = "/apis/scheduling.k8s.io/v1/priorityclasses"
RUNTIMES = "/apis/node.k8s.io/v1/runtimeclasses"
LEASES = "/apis/coordination.k8s.io/v1/namespaces/default/leases"
STORAGE = "pkg/apis/storage/validation/validation.go"
CORE = "pkg/apis/core/validation/validation.go"
PRIORITY = "pkg/apis/scheduling/validation/validation.go"
RUNTIME = "pkg/apis/node/validation/validation.go"
LEASE = "pkg/apis/coordination/validation/validation.go"
PRINTERS = "pkg/printers/internalversion/printers.go"


def n(name: str, **members: Any) -> Object:
    """An object of any kind."""
    return {"metadata": {"name": name}, **members}


def pv(name: str = "pv", **spec: Any) -> Object:
    own = {"capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"], "hostPath": {"path": "/tmp"}}
    return n(name, spec={key: value for key, value in {**own, **spec}.items() if value is not None})


def pvc(name: str = "c", **spec: Any) -> Object:
    own = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    return n(name, spec={key: value for key, value in {**own, **spec}.items() if value is not None})


REQUESTS = [
    refused(STORAGE, CLASSES, n("s"), 'StorageClass.storage.k8s.io "s" is invalid: provisioner: Required value'),
    refused(
        STORAGE,
        CLASSES,
        n("s", provisioner="a b", reclaimPolicy="Foo", volumeBindingMode="X", parameters={"": "x"}),
        (
            'StorageClass.storage.k8s.io "s" is invalid: [provisioner: Invalid value: "a b": '
            f'{QUALIFIED_NAME}, parameters: Invalid value: "": field can not be empty., '
            'reclaimPolicy: Unsupported value: "Foo": supported values: "Delete", "Retain", '
            'volumeBindingMode: Unsupported value: "X": supported values: "Immediate", '
            '"WaitForFirstConsumer"]'
        ),
    ),
    refused(
        STORAGE,
        CLASSES,
        n("s", provisioner="p", reclaimPolicy="Recycle"),
        (
            'StorageClass.storage.k8s.io "s" is invalid: reclaimPolicy: Unsupported value: '
            '"Recycle": supported values: "Delete", "Retain"'
        ),
    ),
    refused(
        STORAGE,
        CLASSES,
        n(
            "s",
            provisioner="p",
            allowedTopologies=[
                {
                    "matchLabelExpressions": [
                        {"key": "a b", "values": []},
                        {"key": "a", "values": ["x", "x"]},
                        {"key": "a", "values": ["y"]},
                    ]
                },
                {},
                {},
            ],
        ),
        (
            'StorageClass.storage.k8s.io "s" is invalid: '
            "[allowedTopologies[0].matchLabelExpressions[0].values: Required value, "
            'allowedTopologies[0].matchLabelExpressions[0].key: Invalid value: "a b": '
            f"{QUALIFIED_NAME}, allowedTopologies[0].matchLabelExpressions[1].values[1]: Duplicate "
            'value: "x", allowedTopologies[0].matchLabelExpressions[2].key: Duplicate value: "a", '
            'allowedTopologies[2].matchLabelExpressions: Duplicate value: ""]'
        ),
    ),
    refused(
        STORAGE,
        CLASSES,
        n("s", provisioner="p", parameters={str(i): "x" for i in range(513)}),
        ('StorageClass.storage.k8s.io "s" is invalid: parameters: Too long: may not be more than 512 bytes'),
    ),
    Asked(
        STORAGE,
        "PATCH",
        CLASSES + "/s",
        {
            "provisioner": "q",
            "parameters": {"a": "c"},
            "reclaimPolicy": "Retain",
            "volumeBindingMode": "WaitForFirstConsumer",
        },
        status=422,
        says=(
            'StorageClass.storage.k8s.io "s" is invalid: [parameters: Forbidden: updates to '
            "parameters are forbidden., provisioner: Forbidden: updates to provisioner are "
            "forbidden., reclaimPolicy: Forbidden: updates to reclaimPolicy are forbidden., "
            'volumeBindingMode: Invalid value: "WaitForFirstConsumer": field is immutable]'
        ),
        headers=MERGE,
        before=(("POST", CLASSES, n("s", provisioner="p.io", parameters={"a": "b"}, mountOptions=["x"])),),
    ),
    columns(
        STORAGE,
        CLASSES + "/s",
        "Name Provisioner ReclaimPolicy VolumeBindingMode AllowVolumeExpansion Age",
        before=(("POST", CLASSES, n("s", provisioner="p.io", parameters={"a": "b"}, mountOptions=["x"])),),
    ),
    refused(
        STORAGE,
        ATTACHMENTS,
        n("v"),
        (
            'VolumeAttachment.storage.k8s.io "v" is invalid: [spec.attacher: Required value, '
            "spec.source: Required value: must specify exactly one of inlineVolumeSpec and "
            f'persistentVolumeName, spec.nodeName: Invalid value: "": {SUBDOMAIN}, spec.attacher: '
            f'Invalid value: "": {SUBDOMAIN}]'
        ),
    ),
    refused(
        STORAGE,
        ATTACHMENTS,
        n("v", spec={"attacher": "a b", "nodeName": "A_", "source": {}}),
        (
            'VolumeAttachment.storage.k8s.io "v" is invalid: [spec.source: Required value: must '
            "specify exactly one of inlineVolumeSpec and persistentVolumeName, spec.nodeName: "
            f'Invalid value: "A_": {SUBDOMAIN}, spec.attacher: Invalid value: "a b": {SUBDOMAIN}]'
        ),
    ),
    refused(
        STORAGE,
        ATTACHMENTS,
        n(
            "v",
            spec={"attacher": "a", "nodeName": "n", "source": {"persistentVolumeName": "p", "inlineVolumeSpec": {}}},
        ),
        (
            'VolumeAttachment.storage.k8s.io "v" is invalid: spec.source: Forbidden: must specify '
            "exactly one of inlineVolumeSpec and persistentVolumeName"
        ),
    ),
    refused(
        STORAGE,
        ATTACHMENTS,
        n("v", spec={"attacher": "a", "nodeName": "n", "source": {"persistentVolumeName": ""}}),
        (
            'VolumeAttachment.storage.k8s.io "v" is invalid: [spec.source.persistentVolumeName: '
            "Required value: must specify non empty persistentVolumeName, "
            f'spec.source.persistentVolumeName: Invalid value: "": {SUBDOMAIN}]'
        ),
    ),
    Asked(
        STORAGE,
        "PATCH",
        ATTACHMENTS + "/v",
        {"spec": {"nodeName": "m"}},
        status=422,
        says=(
            'VolumeAttachment.storage.k8s.io "v" is invalid: spec: Invalid value: '
            '{"Attacher":"a","Source":{"PersistentVolumeName":"p","InlineVolumeSpec":null},"NodeName":"m"}: '
            "field is immutable"
        ),
        headers=MERGE,
        before=(
            (
                "POST",
                ATTACHMENTS,
                n(
                    "v",
                    spec={"attacher": "a", "nodeName": "n", "source": {"persistentVolumeName": "p"}},
                    status={"attached": True},
                ),
            ),
        ),
    ),
    columns(STORAGE, ATTACHMENTS, "Name Attacher PV Node Attached Age"),
    refused(
        STORAGE,
        DRIVERS,
        n("A b"),
        (f'CSIDriver.storage.k8s.io "A b" is invalid: metadata.name: Invalid value: "A b": {SUBDOMAIN}'),
    ),
    refused(
        STORAGE,
        DRIVERS,
        n(
            "a.c",
            spec={
                "attachRequired": False,
                "podInfoOnMount": True,
                "volumeLifecycleModes": ["Foo", "Ephemeral"],
                "fsGroupPolicy": "X",
                "tokenRequests": [
                    {"audience": "a"},
                    {"audience": "a"},
                    {"audience": "b", "expirationSeconds": 5},
                    {"audience": "c", "expirationSeconds": 1 << 33},
                ],
            },
        ),
        (
            'CSIDriver.storage.k8s.io "a.c" is invalid: [spec.fsGroupPolicy: Unsupported value: "X": '
            'supported values: "File", "None", "ReadWriteOnceWithFSType", '
            'spec.tokenRequests[1].audience: Duplicate value: "a", '
            "spec.tokenRequests[2].expirationSeconds: Invalid value: 5: may not specify a duration "
            "less than 10 minutes, spec.tokenRequests[3].expirationSeconds: Invalid value: "
            "8589934592: may not specify a duration larger than 2^32 seconds, "
            'spec.volumeLifecycleModes: Unsupported value: "Foo": supported values: "Persistent", '
            '"Ephemeral"]'
        ),
    ),
    Asked(
        STORAGE,
        "PATCH",
        DRIVERS + "/a.d",
        {
            "spec": {
                "attachRequired": False,
                "volumeLifecycleModes": ["Persistent"],
                "podInfoOnMount": True,
                "storageCapacity": True,
                "fsGroupPolicy": "None",
            }
        },
        status=422,
        says=(
            'CSIDriver.storage.k8s.io "a.d" is invalid: [spec.attachedRequired: Invalid value: '
            'false: field is immutable, spec.volumeLifecycleModes: Invalid value: ["Persistent"]: '
            "field is immutable]"
        ),
        headers=MERGE,
        before=(
            (
                "POST",
                DRIVERS,
                n(
                    "a.d",
                    spec={"tokenRequests": [{"audience": "a"}], "volumeLifecycleModes": ["Persistent", "Ephemeral"]},
                ),
            ),
        ),
    ),
    Asked(
        STORAGE,
        "PATCH",
        DRIVERS + "/a.d",
        {"spec": {"nodeAllocatableUpdatePeriodSeconds": 5}},
        status=422,
        says=(
            'CSIDriver.storage.k8s.io "a.d" is invalid: spec.nodeAllocatableUpdatePeriodSeconds: '
            "Invalid value: 5: must be greater than or equal to 10 seconds"
        ),
        headers=MERGE,
        before=(
            (
                "POST",
                DRIVERS,
                n(
                    "a.d",
                    spec={"tokenRequests": [{"audience": "a"}], "volumeLifecycleModes": ["Persistent", "Ephemeral"]},
                ),
            ),
        ),
    ),
    columns(
        STORAGE,
        DRIVERS,
        ("Name AttachRequired PodInfoOnMount StorageCapacity TokenRequests RequiresRepublish Modes Age"),
    ),
    columns(STORAGE, NODES, "Name Drivers Age"),
    refused(
        STORAGE,
        CAPACITIES,
        n("c", capacity="-1", maximumVolumeSize="-1", nodeTopology={"matchLabels": {"a b": "c"}}),
        (
            'CSIStorageCapacity.storage.k8s.io "c" is invalid: [nodeTopology.matchLabels: Invalid '
            f'value: "a b": {QUALIFIED_NAME}, storageClassName: Invalid value: "": {SUBDOMAIN}, '
            'capacity: Invalid value: "-1": must be greater than or equal to 0]'
        ),
    ),
    Asked(
        STORAGE,
        "PATCH",
        CAPACITIES + "/c",
        {"storageClassName": "t", "nodeTopology": {"matchLabels": {"a": "d"}}},
        status=422,
        says=(
            'CSIStorageCapacity.storage.k8s.io "c" is invalid: [nodeTopology: Invalid value: '
            '{"matchLabels":{"a":"d"}}: field is immutable, storageClassName: Invalid value: "t": '
            "field is immutable]"
        ),
        headers=MERGE,
        before=(
            (
                "POST",
                CAPACITIES,
                n("c", storageClassName="s", capacity="1Gi", nodeTopology={"matchLabels": {"a": "c"}}),
            ),
        ),
    ),
    columns(STORAGE, CAPACITIES, "Name StorageClassName Capacity"),
    refused(
        STORAGE,
        ATTRIBUTES_CLASSES,
        n("v"),
        (
            'VolumeAttributesClass.storage.k8s.io "v" is invalid: [driverName: Required value, '
            "parameters: Required value: must contain at least one key/value pair]"
        ),
    ),
    refused(
        STORAGE,
        ATTRIBUTES_CLASSES,
        n("v", driverName="a b"),
        (
            'VolumeAttributesClass.storage.k8s.io "v" is invalid: [driverName: Invalid value: "a b": '
            f"{QUALIFIED_NAME}, parameters: Required value: must contain at least one key/value pair]"
        ),
    ),
    refused(
        STORAGE,
        ATTRIBUTES_CLASSES,
        n("v", driverName="a", parameters={"": "x"}),
        ('VolumeAttributesClass.storage.k8s.io "v" is invalid: parameters: Invalid value: "": field can not be empty.'),
    ),
    Asked(
        STORAGE,
        "PATCH",
        ATTRIBUTES_CLASSES + "/v",
        {"driverName": "c", "parameters": {"x": "z"}},
        status=422,
        says=(
            'VolumeAttributesClass.storage.k8s.io "v" is invalid: [driverName: Forbidden: updates to '
            "driverName are forbidden., parameters: Forbidden: updates to parameters are forbidden.]"
        ),
        headers=MERGE,
        before=(("POST", ATTRIBUTES_CLASSES, n("v", driverName="a.b", parameters={"x": "y"})),),
    ),
    columns(STORAGE, ATTRIBUTES_CLASSES, "Name DriverName Age"),
    refused(
        CORE,
        VOLUMES,
        n("p"),
        (
            'PersistentVolume "p" is invalid: [spec.accessModes: Required value, spec.capacity: '
            'Required value, spec.capacity: Unsupported value: null: supported values: "storage", '
            "spec: Required value: must specify a volume type]"
        ),
    ),
    refused(
        CORE,
        VOLUMES,
        pv(hostPath=None),
        'PersistentVolume "pv" is invalid: spec: Required value: must specify a volume type',
    ),
    refused(
        CORE,
        VOLUMES,
        pv(nfs={"server": "a", "path": "/b"}),
        ('PersistentVolume "pv" is invalid: spec.nfs: Forbidden: may not specify more than 1 volume type'),
    ),
    refused(
        CORE,
        VOLUMES,
        pv(accessModes=["Foo"]),
        (
            'PersistentVolume "pv" is invalid: spec.accessModes: Unsupported value: "Foo": supported '
            'values: "ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"'
        ),
    ),
    refused(
        CORE,
        VOLUMES,
        pv(accessModes=["ReadWriteOncePod", "ReadWriteOnce"]),
        (
            'PersistentVolume "pv" is invalid: spec.accessModes: Forbidden: may not use '
            "ReadWriteOncePod with other access modes"
        ),
    ),
    refused(
        CORE,
        VOLUMES,
        pv(capacity={"storage": "0", "cpu": "1"}),
        (
            'PersistentVolume "pv" is invalid: [spec.capacity: Unsupported value: '
            '{"cpu":"1","storage":"0"}: supported values: "storage", spec.capacity[storage]: Invalid '
            'value: "0": must be greater than zero]'
        ),
    ),
    refused(
        CORE,
        VOLUMES,
        pv(capacity={"storage": "-1"}),
        (
            'PersistentVolume "pv" is invalid: [spec.capacity[storage]: Invalid value: -1: must be a '
            'valid resource quantity, spec.capacity[storage]: Invalid value: "-1": must be greater '
            "than zero]"
        ),
    ),
    refused(
        CORE,
        VOLUMES,
        pv(persistentVolumeReclaimPolicy="Foo", volumeMode="X", storageClassName="A_"),
        (
            'PersistentVolume "pv" is invalid: [spec.persistentVolumeReclaimPolicy: Unsupported '
            'value: "Foo": supported values: "Delete", "Recycle", "Retain", spec.storageClassName: '
            f'Invalid value: "A_": {SUBDOMAIN}, spec.volumeMode: Unsupported value: "X": supported '
            'values: "Block", "Filesystem"]'
        ),
    ),
    refused(
        CORE,
        VOLUMES,
        pv(persistentVolumeReclaimPolicy="Recycle", hostPath={"path": "/"}),
        (
            'PersistentVolume "pv" is invalid: spec.persistentVolumeReclaimPolicy: Forbidden: may '
            "not be 'recycle' for a hostPath mount of '/'"
        ),
    ),
    refused(
        CORE,
        VOLUMES,
        pv(hostPath={"path": "", "type": "Foo"}),
        'PersistentVolume "pv" is invalid: spec.hostPath.path: Required value',
    ),
    refused(
        CORE,
        VOLUMES,
        pv(hostPath={"path": "/a/../b"}),
        ('PersistentVolume "pv" is invalid: spec.hostPath.path: Invalid value: "/a/../b": must not contain \'..\''),
    ),
    refused(
        CORE,
        VOLUMES,
        pv(hostPath=None, nfs={"server": "", "path": "b"}),
        (
            'PersistentVolume "pv" is invalid: [spec.nfs.server: Required value, spec.nfs.path: '
            'Invalid value: "b": must be an absolute path]'
        ),
    ),
    refused(
        CORE,
        VOLUMES,
        pv(
            hostPath=None,
            csi={
                "driver": "",
                "volumeHandle": "",
                "controllerPublishSecretRef": {},
                "nodeStageSecretRef": {"name": "x"},
            },
        ),
        (
            'PersistentVolume "pv" is invalid: [spec.csi.driver: Required value, spec.csi.driver: '
            f'Invalid value: "": {SUBDOMAIN}, spec.csi.volumeHandle: Required value, '
            "spec.csi.controllerPublishSecretRef.name: Required value, "
            "spec.csi.controllerPublishSecretRef.namespace: Required value]"
        ),
    ),
    refused(
        CORE,
        VOLUMES,
        pv(hostPath=None, local={"path": "/x"}),
        ('PersistentVolume "pv" is invalid: spec.nodeAffinity: Required value: Local volume requires node affinity'),
    ),
    refused(
        CORE,
        VOLUMES,
        pv(nodeAffinity={}),
        (
            'PersistentVolume "pv" is invalid: spec.nodeAffinity.required: Required value: must '
            "specify required node constraints"
        ),
    ),
    refused(
        CORE,
        VOLUMES,
        pv(
            nodeAffinity={
                "required": {
                    "nodeSelectorTerms": [
                        {"matchExpressions": [{"key": "a", "operator": "Foo"}, {"key": "b", "operator": "In"}]}
                    ]
                }
            }
        ),
        (
            'PersistentVolume "pv" is invalid: '
            "[spec.nodeAffinity.required.nodeSelectorTerms[0].matchExpressions[0].operator: Invalid "
            'value: "Foo": not a valid selector operator, '
            "spec.nodeAffinity.required.nodeSelectorTerms[0].matchExpressions[1].values: Required "
            "value: must be specified when `operator` is 'In' or 'NotIn']"
        ),
    ),
    Asked(
        CORE,
        "PATCH",
        VOLUMES + "/pv",
        {"spec": {"hostPath": {"path": "/q"}, "volumeMode": "Block"}},
        status=422,
        says=(
            'PersistentVolume "pv" is invalid: [spec.persistentvolumesource: Forbidden: '
            "spec.persistentvolumesource is immutable after creation\n@@ -2,7 +2,7 @@\n  "
            '"GCEPersistentDisk": null,\n  "AWSElasticBlockStore": null,\n  "HostPath": {\n-  "Path": '
            '"/tmp",\n+  "Path": "/q",\n   "Type": ""\n  },\n  "Glusterfs": null,\n, volumeMode: Invalid '
            'value: "Block": field is immutable]'
        ),
        headers=MERGE,
        before=(("POST", VOLUMES, pv(persistentVolumeReclaimPolicy="Recycle")),),
    ),
    columns(
        CORE,
        VOLUMES,
        (
            "Name Capacity Access_Modes Reclaim_Policy Status Claim StorageClass "
            "VolumeAttributesClass Reason Age VolumeMode*"
        ),
    ),
    Asked(
        CORE, "GET", VOLUMES + "?fieldSelector=spec.foo=x", None, status=400, says="field label not supported: spec.foo"
    ),
    refused(
        CORE,
        CLAIMS,
        n("c"),
        (
            'PersistentVolumeClaim "c" is invalid: [spec.accessModes: Required value: at least 1 '
            "access mode is required, spec.resources[storage]: Required value]"
        ),
    ),
    refused(
        CORE,
        CLAIMS,
        pvc(accessModes=[], resources={}),
        (
            'PersistentVolumeClaim "c" is invalid: [spec.accessModes: Required value: at least 1 '
            "access mode is required, spec.resources[storage]: Required value]"
        ),
    ),
    refused(
        CORE,
        CLAIMS,
        pvc(resources={"requests": {"storage": "0"}}),
        (
            'PersistentVolumeClaim "c" is invalid: spec.resources[storage]: Invalid value: "0": must '
            "be greater than zero"
        ),
    ),
    refused(
        CORE,
        CLAIMS,
        pvc(dataSource={"kind": "PersistentVolumeClaim", "name": ""}),
        (
            'PersistentVolumeClaim "c" is invalid: [spec.dataSource.name: Required value, '
            "spec.dataSourceRef.name: Required value]"
        ),
    ),
    refused(
        CORE,
        CLAIMS,
        pvc(volumeAttributesClassName="A_"),
        (f'PersistentVolumeClaim "c" is invalid: spec.volumeAttributesClassName: Invalid value: "A_": {SUBDOMAIN}'),
    ),
    Asked(
        CORE,
        "PATCH",
        CLAIMS + "/c",
        {"spec": {"resources": {"requests": {"storage": "512Mi"}}}},
        status=422,
        says=(
            'PersistentVolumeClaim "c" is invalid: spec: Forbidden: spec is immutable after creation '
            "except resources.requests and volumeAttributesClassName for bound claims\n@@ -6,7 +6,7 "
            '@@\n  "Resources": {\n   "Limits": null,\n   "Requests": {\n-   "storage": "1Gi"\n+   '
            '"storage": "512Mi"\n   }\n  },\n  "VolumeName": "",\n'
        ),
        headers=MERGE,
        before=(("POST", CLAIMS, pvc(dataSource={"kind": "Foo", "name": "x"})),),
    ),
    Asked(
        CORE,
        "PATCH",
        CLAIMS + "/c",
        {"spec": {"resources": {"requests": {"storage": "5Gi"}}}},
        status=422,
        says=(
            'PersistentVolumeClaim "c" is invalid: spec: Forbidden: spec is immutable after creation '
            "except resources.requests and volumeAttributesClassName for bound claims\n@@ -6,7 +6,7 "
            '@@\n  "Resources": {\n   "Limits": null,\n   "Requests": {\n-   "storage": "1Gi"\n+   '
            '"storage": "5Gi"\n   }\n  },\n  "VolumeName": "",\n'
        ),
        headers=MERGE,
        before=(("POST", CLAIMS, pvc(dataSource={"kind": "Foo", "name": "x"})),),
    ),
    Asked(
        CORE,
        "PATCH",
        CLAIMS + "/c/status",
        {
            "status": {
                "capacity": {"cpu": "1", "storage": "-1"},
                "allocatedResources": {"foo": "1"},
                "allocatedResourceStatuses": {"storage": "Foo"},
            }
        },
        status=422,
        says=(
            'PersistentVolumeClaim "c" is invalid: [status.capacity[storage]: Invalid value: -1: '
            "must be a valid resource quantity, status.allocatedResourceStatus: Unsupported value: "
            '"storage": supported values: "ControllerResizeInProgress", '
            '"ControllerResizeInfeasible", "NodeResizeInProgress", "NodeResizeInfeasible", '
            '"NodeResizePending", status.allocatedResources: Unsupported value: "foo": supported '
            'values: "storage"]'
        ),
        headers=MERGE,
        before=(("POST", CLAIMS, pvc(dataSource={"kind": "Foo", "name": "x"})),),
    ),
    Asked(
        CORE,
        "PATCH",
        CLAIMS + "/c/status",
        {"status": {"capacity": {"storage": "-1"}}},
        status=422,
        says=(
            'PersistentVolumeClaim "c" is invalid: status.capacity[storage]: Invalid value: -1: must '
            "be a valid resource quantity"
        ),
        headers=MERGE,
        before=(("POST", CLAIMS, pvc(dataSource={"kind": "Foo", "name": "x"})),),
    ),
    columns(
        CORE, CLAIMS, ("Name Status Volume Capacity Access_Modes StorageClass VolumeAttributesClass Age VolumeMode*")
    ),
    refused(
        PRIORITY,
        PRIORITIES,
        n("p", value=2000000000),
        (
            'PriorityClass.scheduling.k8s.io "p" is invalid: value: Forbidden: maximum allowed value '
            "of a user defined priority is 1000000000"
        ),
    ),
    refused(
        PRIORITY,
        PRIORITIES,
        n("system-x", value=1),
        (
            'PriorityClass.scheduling.k8s.io "system-x" is invalid: metadata.name: Forbidden: '
            "priority class names with 'system-' prefix are reserved for system use only. error: "
            "system-x is not a known system priority class"
        ),
    ),
    refused(
        PRIORITY,
        PRIORITIES,
        n("p", value=1, preemptionPolicy="Foo"),
        (
            'PriorityClass.scheduling.k8s.io "p" is invalid: preemptionPolicy: Unsupported value: '
            '"Foo": supported values: "PreemptLowerPriority", "Never"'
        ),
    ),
    Asked(
        PRIORITY,
        "PATCH",
        PRIORITIES + "/p",
        {"value": 6, "preemptionPolicy": "Never"},
        status=422,
        says=(
            'PriorityClass.scheduling.k8s.io "p" is invalid: [value: Forbidden: may not be changed '
            'in an update., preemptionPolicy: Invalid value: "Never": field is immutable]'
        ),
        headers=MERGE,
        before=(("POST", PRIORITIES, n("p")),),
    ),
    columns(PRIORITY, PRIORITIES, "Name Value Global-Default Age PreemptionPolicy"),
    Asked(
        PRIORITY,
        "DELETE",
        PRIORITIES + "/system-node-critical?dryRun=All",
        None,
        status=403,
        says=(
            'priorityclasses.scheduling.k8s.io "system-node-critical" is forbidden: this is a system '
            "priority class and cannot be deleted"
        ),
    ),
    refused(RUNTIME, RUNTIMES, n("r"), f'RuntimeClass.node.k8s.io "r" is invalid: handler: Invalid value: "": {LABEL}'),
    Asked(
        RUNTIME,
        "PATCH",
        RUNTIMES + "/r",
        {"handler": "i"},
        status=422,
        says='RuntimeClass.node.k8s.io "r" is invalid: handler: Invalid value: "i": field is immutable',
        headers=MERGE,
        before=(("POST", RUNTIMES, n("r", handler="h")),),
    ),
    columns(RUNTIME, RUNTIMES, "Name Handler Age"),
    refused(
        LEASE,
        LEASES,
        n(
            "l",
            spec={
                "leaseDurationSeconds": 0,
                "leaseTransitions": -1,
                "holderIdentity": "",
                "strategy": "Foo",
                "preferredHolder": "x",
            },
        ),
        (
            'Lease.coordination.k8s.io "l" is invalid: [spec.leaseDurationSeconds: Invalid value: 0: '
            "must be greater than 0, spec.leaseTransitions: Invalid value: -1: must be greater than "
            "or equal to 0]"
        ),
    ),
    Asked(
        LEASE,
        "POST",
        LEASES,
        b'{"metadata":{"name":"l"},"spec":{"renewTime":"2020-01-01T00:00:00Z","acquireTime":"x"}}',
        status=400,
        says=(
            'Lease in version "v1" cannot be handled as a Lease: parsing time "2020-01-01T00:00:00Z" '
            'as "2006-01-02T15:04:05.000000Z07:00": cannot parse "Z" as ".000000"'
        ),
    ),
    Asked(
        LEASE,
        "POST",
        LEASES,
        n("l", spec={"renewTime": "2020-01-01T00:00:00Z", "holderIdentity": "h", "leaseDurationSeconds": 5}),
        status=400,
        says=(
            'Lease in version "v1" cannot be handled as a Lease: parsing time "2020-01-01T00:00:00Z" '
            'as "2006-01-02T15:04:05.000000Z07:00": cannot parse "Z" as ".000000"'
        ),
    ),
    columns(LEASE, LEASES, "Name Holder Age"),
]


@pytest.mark.parametrize("asked", REQUESTS, ids=Asked.title)
async def test_request(api: InProcess, asked: Asked) -> None:
    await check(api, asked)
