"""What the Go types say that the published definitions do not: which fields are struct values, and declared defaults.

Facts of k8s.io/api types.go, as kube-openapi's generators show them in OpenAPI v3: a struct that is not a pointer has
the default `{}`, a required scalar its zero value, and a few fields a default of their own.
"""

from __future__ import annotations

from typing import Any, Final

from apimachinery import schema as schemas
from apimachinery.schema import FieldSchema

_ALWAYS_STRUCTS: Final = frozenset({"metadata", "spec", "status"})
_STRUCTS: Final = frozenset({
    "io.k8s.api.apps.v1.DaemonSetSpec.updateStrategy",
    "io.k8s.api.apps.v1.DeploymentSpec.strategy",
    "io.k8s.api.apps.v1.ReplicaSetSpec.template",
    "io.k8s.api.apps.v1.StatefulSetSpec.updateStrategy",
    "io.k8s.api.core.v1.Container.resources",
    "io.k8s.api.core.v1.ContainerStatus.lastState",
    "io.k8s.api.core.v1.ContainerStatus.state",
    "io.k8s.api.core.v1.EphemeralContainer.resources",
    "io.k8s.api.core.v1.Event.source",
    "io.k8s.api.core.v1.NodeDaemonEndpoints.kubeletEndpoint",
    "io.k8s.api.core.v1.NodeStatus.daemonEndpoints",
    "io.k8s.api.core.v1.NodeStatus.nodeInfo",
    "io.k8s.api.core.v1.PersistentVolumeClaimSpec.resources",
    "io.k8s.api.core.v1.PodTemplate.template",
    "io.k8s.api.core.v1.ServiceStatus.loadBalancer",
    "io.k8s.api.discovery.v1.Endpoint.conditions",
    "io.k8s.api.events.v1.Event.deprecatedSource",
    "io.k8s.api.events.v1.Event.regarding",
    "io.k8s.api.flowcontrol.v1.LimitedPriorityLevelConfiguration.limitResponse",
    "io.k8s.api.networking.v1.IngressServiceBackend.port",
    "io.k8s.api.networking.v1.IngressStatus.loadBalancer",
    "io.k8s.api.networking.v1.NetworkPolicySpec.podSelector",
    "io.k8s.api.resource.v1.AllocationResult.devices",
    "io.k8s.api.resource.v1.ResourceClaimSpec.devices",
    "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionStatus.acceptedNames",
})  # fmt: skip
_POINTERS: Final = frozenset({
    "io.k8s.api.apps.v1.DaemonSetSpec.selector",
    "io.k8s.api.apps.v1.DeploymentSpec.selector",
    "io.k8s.api.apps.v1.ReplicaSetSpec.selector",
    "io.k8s.api.apps.v1.StatefulSetSpec.selector",
    "io.k8s.api.core.v1.ContainerRestartRule.action",
    "io.k8s.api.core.v1.ContainerRestartRuleOnExitCodes.operator",
    "io.k8s.api.core.v1.ImageVolumeStatus.imageRef",
    "io.k8s.api.core.v1.PodCertificateProjection.keyType",
    "io.k8s.api.core.v1.PodCertificateProjection.signerName",
    "io.k8s.api.core.v1.ScaleIOPersistentVolumeSource.secretRef",
    "io.k8s.api.core.v1.ScaleIOVolumeSource.secretRef",
})  # fmt: skip
"""Required fields that have no zero value all the same."""
NULLS: Final = frozenset({
    "io.k8s.api.authentication.v1.TokenRequestSpec.boundObjectRef",
    "io.k8s.api.core.v1.Event.eventTime",
    "io.k8s.api.core.v1.Event.firstTimestamp",
    "io.k8s.api.core.v1.Event.lastTimestamp",
    "io.k8s.api.events.v1.Event.deprecatedFirstTimestamp",
    "io.k8s.api.events.v1.Event.deprecatedLastTimestamp",
})  # fmt: skip
"""Optional fields that Go writes as null when they are not set."""
DEFAULTS: Final[dict[str, Any]] = {
    "io.k8s.api.apps.v1.StatefulSetOrdinals.start": 0,
    "io.k8s.api.apps.v1.StatefulSetSpec.serviceName": "",
    "io.k8s.api.apps.v1.StatefulSetStatus.availableReplicas": 0,
    "io.k8s.api.authentication.v1.TokenRequestStatus.token": "",
    "io.k8s.api.autoscaling.v1.ScaleSpec.replicas": 0,
    "io.k8s.api.core.v1.AzureDiskVolumeSource.cachingMode": "ReadWrite",
    "io.k8s.api.core.v1.AzureDiskVolumeSource.fsType": "ext4",
    "io.k8s.api.core.v1.AzureDiskVolumeSource.kind": "Shared",
    "io.k8s.api.core.v1.AzureDiskVolumeSource.readOnly": False,
    "io.k8s.api.core.v1.ConfigMapEnvSource.name": "",
    "io.k8s.api.core.v1.ConfigMapKeySelector.name": "",
    "io.k8s.api.core.v1.ConfigMapProjection.name": "",
    "io.k8s.api.core.v1.ConfigMapVolumeSource.name": "",
    "io.k8s.api.core.v1.ContainerPort.protocol": "TCP",
    "io.k8s.api.core.v1.Event.reportingComponent": "",
    "io.k8s.api.core.v1.Event.reportingInstance": "",
    "io.k8s.api.core.v1.FileKeySelector.optional": False,
    "io.k8s.api.core.v1.GRPCAction.service": "",
    "io.k8s.api.core.v1.ISCSIPersistentVolumeSource.iscsiInterface": "default",
    "io.k8s.api.core.v1.ISCSIVolumeSource.iscsiInterface": "default",
    "io.k8s.api.core.v1.LocalObjectReference.name": "",
    "io.k8s.api.core.v1.NodeRuntimeHandler.name": "",
    "io.k8s.api.core.v1.RBDPersistentVolumeSource.keyring": "/etc/ceph/keyring",
    "io.k8s.api.core.v1.RBDPersistentVolumeSource.pool": "rbd",
    "io.k8s.api.core.v1.RBDPersistentVolumeSource.user": "admin",
    "io.k8s.api.core.v1.RBDVolumeSource.keyring": "/etc/ceph/keyring",
    "io.k8s.api.core.v1.RBDVolumeSource.pool": "rbd",
    "io.k8s.api.core.v1.RBDVolumeSource.user": "admin",
    "io.k8s.api.core.v1.ReplicationControllerSpec.minReadySeconds": 0,
    "io.k8s.api.core.v1.ReplicationControllerSpec.replicas": 1,
    "io.k8s.api.core.v1.ScaleIOPersistentVolumeSource.fsType": "xfs",
    "io.k8s.api.core.v1.ScaleIOPersistentVolumeSource.storageMode": "ThinProvisioned",
    "io.k8s.api.core.v1.ScaleIOVolumeSource.fsType": "xfs",
    "io.k8s.api.core.v1.ScaleIOVolumeSource.storageMode": "ThinProvisioned",
    "io.k8s.api.core.v1.SecretEnvSource.name": "",
    "io.k8s.api.core.v1.SecretKeySelector.name": "",
    "io.k8s.api.core.v1.SecretProjection.name": "",
    "io.k8s.api.core.v1.ServicePort.protocol": "TCP",
}
_ZEROES: Final = {"string": "", "integer": 0, "number": 0, "boolean": False}
_NOT_STRUCTS: Final = frozenset({schemas.INT_OR_STRING, schemas.RAW_EXTENSION, schemas.FIELDS_V1, schemas.JSON})
NO_DEFAULT: Final = object()


def is_struct_value(owner: FieldSchema, name: str) -> bool:
    """Whether a field of a built-in definition is a struct that is always there, not a pointer to one."""
    declared = owner.fields[name]
    if declared.type != "object" or not declared.ref or declared.ref in _NOT_STRUCTS:
        return False
    path = f"{owner.ref}.{name}"
    return name in _ALWAYS_STRUCTS or path in _STRUCTS or (name in owner.required and path not in _POINTERS)


def default_of(owner: FieldSchema, name: str) -> Any:
    """The default that the field of a built-in definition declares; NO_DEFAULT without one."""
    if is_struct_value(owner, name):
        return {}
    path = f"{owner.ref}.{name}"
    if path in DEFAULTS:
        return DEFAULTS[path]
    declared = owner.fields[name]
    if name not in owner.required or path in _POINTERS or declared.ref:
        return NO_DEFAULT
    return _ZEROES.get(declared.type, NO_DEFAULT)
