"""Defaults that OpenAPI v3 declares for built-in fields, which the published definitions leave out.

A struct that is not a pointer has the default `{}`, a scalar that is always encoded its zero value; the rest are the
default markers of k8s.io/api types.go. Models kube-openapi/pkg/generators/openapi.go.
"""

from __future__ import annotations

from typing import Any, Final

from apimachinery.gotypes import Presence, go_field
from apimachinery.schema import FieldSchema

NO_DEFAULT: Final = object()
_ZEROES: Final = {"string": "", "integer": 0, "number": 0, "boolean": False}
_DECLARED: Final[dict[str, Any]] = {
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
    "io.k8s.api.core.v1.GRPCAction.service": "",
    "io.k8s.api.core.v1.ISCSIPersistentVolumeSource.iscsiInterface": "default",
    "io.k8s.api.core.v1.ISCSIVolumeSource.iscsiInterface": "default",
    "io.k8s.api.core.v1.LocalObjectReference.name": "",
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


def presence(owner: FieldSchema, name: str) -> Presence:
    """When a field of a built-in definition is encoded."""
    return go_field(owner.ref, name, owner.fields[name], required=name in owner.required).presence


def default_of(owner: FieldSchema, name: str) -> Any:
    """The default that the field of a built-in definition declares; NO_DEFAULT without one."""
    path = f"{owner.ref}.{name}"
    if path in _DECLARED:
        return _DECLARED[path]
    declared = owner.fields[name]
    if presence(owner, name) is not Presence.ALWAYS:
        return NO_DEFAULT
    if declared.type == "object":
        return {}
    return NO_DEFAULT if declared.ref else _ZEROES.get(declared.type, NO_DEFAULT)
