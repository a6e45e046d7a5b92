"""Objects as Kubernetes' internal types print them: Go field names, zero values included.

Field errors show whole structures in this form, and so does the difference that a refused pod update prints.
Models pkg/apis/core/types.go, pkg/apis/apps/types.go and the conversions between them and v1.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from apimachinery.field import Raw
from apimachinery.objects import View
from apimachinery.serializer import go_json

_TYPES: Final[Mapping[str, str]] = {
    "PodSpec": """Volumes:[]Volume InitContainers:[]Container Containers:[]Container
        EphemeralContainers:[]EphemeralContainer RestartPolicy TerminationGracePeriodSeconds:* ActiveDeadlineSeconds:*
        DNSPolicy NodeSelector:* ServiceAccountName AutomountServiceAccountToken:* NodeName
        SecurityContext:*PodSecurityContext ImagePullSecrets:[]LocalObjectReference Hostname Subdomain
        SetHostnameAsFQDN:* Affinity:*Affinity SchedulerName Tolerations:[]Toleration HostAliases:[]HostAlias
        PriorityClassName Priority:* PreemptionPolicy:* DNSConfig:*PodDNSConfig ReadinessGates:[]PodReadinessGate
        RuntimeClassName:* Overhead:* EnableServiceLinks:* TopologySpreadConstraints:[]TopologySpreadConstraint
        OS:*PodOS SchedulingGates:[]PodSchedulingGate ResourceClaims:[]PodResourceClaim
        Resources:*ResourceRequirements HostnameOverride:*""",
    "PodSecurityContext": """HostNetwork:bool HostPID:bool HostIPC:bool ShareProcessNamespace:* HostUsers:*
        SELinuxOptions:*SELinuxOptions WindowsOptions:*WindowsSecurityContextOptions RunAsUser:* RunAsGroup:*
        RunAsNonRoot:* SupplementalGroups:* SupplementalGroupsPolicy:* FSGroup:* FSGroupChangePolicy:*
        Sysctls:[]Sysctl SeccompProfile:*SeccompProfile AppArmorProfile:*AppArmorProfile SELinuxChangePolicy:*""",
    "Container": """Name Image Command:* Args:* WorkingDir Ports:[]ContainerPort EnvFrom:[]EnvFromSource Env:[]EnvVar
        Resources:ResourceRequirements ResizePolicy:[]ContainerResizePolicy RestartPolicy:*
        RestartPolicyRules:[]ContainerRestartRule VolumeMounts:[]VolumeMount VolumeDevices:[]VolumeDevice
        LivenessProbe:*Probe ReadinessProbe:*Probe StartupProbe:*Probe Lifecycle:*Lifecycle TerminationMessagePath
        TerminationMessagePolicy ImagePullPolicy SecurityContext:*SecurityContext Stdin:bool StdinOnce:bool TTY:bool""",
    "EphemeralContainer": "+Container TargetContainerName",
    "ContainerPort": "Name HostPort:int ContainerPort:int Protocol HostIP",
    "ContainerResizePolicy": "ResourceName RestartPolicy",
    "ContainerRestartRule": "Action ExitCodes:*ContainerRestartRuleOnExitCodes",
    "ContainerRestartRuleOnExitCodes": "Operator Values:*",
    "EnvFromSource": "Prefix ConfigMapRef:*ConfigMapEnvSource SecretRef:*SecretEnvSource",
    "ConfigMapEnvSource": "Name Optional:*",
    "SecretEnvSource": "Name Optional:*",
    "EnvVar": "Name Value ValueFrom:*EnvVarSource",
    "EnvVarSource": """FieldRef:*ObjectFieldSelector ResourceFieldRef:*ResourceFieldSelector
        ConfigMapKeyRef:*KeySelector SecretKeyRef:*KeySelector FileKeyRef:*FileKeySelector""",
    "ObjectFieldSelector": "APIVersion FieldPath",
    "ResourceFieldSelector": "ContainerName Resource Divisor:quantity",
    "KeySelector": "Name Key Optional:*",
    "FileKeySelector": "VolumeName Path Key Optional:*",
    "ResourceRequirements": "Limits:* Requests:* Claims:[]ResourceClaim",
    "ResourceClaim": "Name Request",
    "VolumeMount": "Name ReadOnly:bool RecursiveReadOnly:* MountPath SubPath MountPropagation:* SubPathExpr",
    "VolumeDevice": "Name DevicePath",
    "Probe": """+ProbeHandler InitialDelaySeconds:int TimeoutSeconds:int PeriodSeconds:int SuccessThreshold:int
        FailureThreshold:int TerminationGracePeriodSeconds:*""",
    "ProbeHandler": "Exec:*ExecAction HTTPGet:*HTTPGetAction TCPSocket:*TCPSocketAction GRPC:*GRPCAction",
    "ExecAction": "Command:*",
    "HTTPGetAction": "Path Port:int Host Scheme HTTPHeaders:[]HTTPHeader",
    "HTTPHeader": "Name Value",
    "TCPSocketAction": "Port:int Host",
    "GRPCAction": "Port:int Service:*",
    "Lifecycle": "PostStart:*LifecycleHandler PreStop:*LifecycleHandler StopSignal:*",
    "LifecycleHandler": "Exec:*ExecAction HTTPGet:*HTTPGetAction TCPSocket:*TCPSocketAction Sleep:*SleepAction",
    "SleepAction": "Seconds:int",
    "SecurityContext": """Capabilities:*Capabilities Privileged:* SELinuxOptions:*SELinuxOptions
        WindowsOptions:*WindowsSecurityContextOptions RunAsUser:* RunAsGroup:* RunAsNonRoot:* ReadOnlyRootFilesystem:*
        AllowPrivilegeEscalation:* ProcMount:* SeccompProfile:*SeccompProfile AppArmorProfile:*AppArmorProfile""",
    "Capabilities": "Add:* Drop:*",
    "SELinuxOptions": "User Role Type Level",
    "WindowsSecurityContextOptions": "GMSACredentialSpecName:* GMSACredentialSpec:* RunAsUserName:* HostProcess:*",
    "SeccompProfile": "Type LocalhostProfile:*",
    "AppArmorProfile": "Type LocalhostProfile:*",
    "Sysctl": "Name Value",
    "LocalObjectReference": "Name",
    "Toleration": "Key Operator Value Effect TolerationSeconds:*",
    "HostAlias": "IP Hostnames:*",
    "PodDNSConfig": "Nameservers:* Searches:* Options:[]PodDNSConfigOption",
    "PodDNSConfigOption": "Name Value:*",
    "PodReadinessGate": "ConditionType",
    "PodOS": "Name",
    "PodSchedulingGate": "Name",
    "PodResourceClaim": "Name ResourceClaimName:* ResourceClaimTemplateName:*",
    "TopologySpreadConstraint": """MaxSkew:int TopologyKey WhenUnsatisfiable LabelSelector:* MinDomains:*
        NodeAffinityPolicy:* NodeTaintsPolicy:* MatchLabelKeys:*""",
    "Affinity": "NodeAffinity:*NodeAffinity PodAffinity:*PodAffinity PodAntiAffinity:*PodAffinity",
    "NodeAffinity": """RequiredDuringSchedulingIgnoredDuringExecution:*NodeSelector
        PreferredDuringSchedulingIgnoredDuringExecution:[]PreferredSchedulingTerm""",
    "NodeSelector": "NodeSelectorTerms:[]NodeSelectorTerm",
    "NodeSelectorTerm": "MatchExpressions:[]NodeSelectorRequirement MatchFields:[]NodeSelectorRequirement",
    "NodeSelectorRequirement": "Key Operator Values:*",
    "PreferredSchedulingTerm": "Weight:int Preference:NodeSelectorTerm",
    "PodAffinity": """RequiredDuringSchedulingIgnoredDuringExecution:[]PodAffinityTerm
        PreferredDuringSchedulingIgnoredDuringExecution:[]WeightedPodAffinityTerm""",
    "PodAffinityTerm": """LabelSelector:* Namespaces:* TopologyKey NamespaceSelector:* MatchLabelKeys:*
        MismatchLabelKeys:*""",
    "WeightedPodAffinityTerm": "Weight:int PodAffinityTerm:PodAffinityTerm",
    "Volume": """Name HostPath:*any EmptyDir:*EmptyDirVolumeSource GCEPersistentDisk:*any AWSElasticBlockStore:*any
        GitRepo:*any Secret:*SecretVolumeSource NFS:*any ISCSI:*any Glusterfs:*any
        PersistentVolumeClaim:*PersistentVolumeClaimVolumeSource RBD:*any Quobyte:*any FlexVolume:*any Cinder:*any
        CephFS=cephfs:*any Flocker:*any DownwardAPI:*DownwardAPIVolumeSource FC:*any AzureFile:*any
        ConfigMap:*ConfigMapVolumeSource VsphereVolume:*any AzureDisk:*any PhotonPersistentDisk:*any
        Projected:*ProjectedVolumeSource PortworxVolume:*any ScaleIO:*any StorageOS=storageos:*any CSI:*any
        Ephemeral:*any Image:*any""",
    "EmptyDirVolumeSource": "Medium SizeLimit:*",
    "SecretVolumeSource": "SecretName Items:[]KeyToPath DefaultMode:* Optional:*",
    "ConfigMapVolumeSource": "Name Items:[]KeyToPath DefaultMode:* Optional:*",
    "PersistentVolumeClaimVolumeSource": "ClaimName ReadOnly:bool",
    "DownwardAPIVolumeSource": "Items:[]DownwardAPIVolumeFile DefaultMode:*",
    "DownwardAPIVolumeFile": "Path FieldRef:*ObjectFieldSelector ResourceFieldRef:*ResourceFieldSelector Mode:*",
    "KeyToPath": "Key Path Mode:*",
    "ProjectedVolumeSource": "Sources:[]VolumeProjection DefaultMode:*",
    "VolumeProjection": """Secret:*Projection DownwardAPI:*DownwardAPIProjection ConfigMap:*Projection
        ServiceAccountToken:*ServiceAccountTokenProjection ClusterTrustBundle:*any PodCertificate:*any""",
    "Projection": "Name Items:[]KeyToPath Optional:*",
    "DownwardAPIProjection": "Items:[]DownwardAPIVolumeFile",
    "ServiceAccountTokenProjection": "Audience ExpirationSeconds:int Path",
    "DaemonSetUpdateStrategy": "Type RollingUpdate:*RollingUpdateDaemonSet",
    "RollingUpdateDaemonSet": "MaxUnavailable:int MaxSurge:int",
    "DeploymentStrategy": "Type RollingUpdate:*RollingUpdateDeployment",
    "RollingUpdateDeployment": "MaxUnavailable:int MaxSurge:int",
    "StatefulSetUpdateStrategy": "Type RollingUpdate:*RollingUpdateStatefulSetStrategy",
    "RollingUpdateStatefulSetStrategy": "Partition:int MaxUnavailable:*",
    "PodFailurePolicy": "Rules:[]PodFailurePolicyRule",
    "PodFailurePolicyRule": """Action OnExitCodes:*PodFailurePolicyOnExitCodesRequirement
        OnPodConditions:[]PodFailurePolicyOnPodConditionsPattern""",
    "PodFailurePolicyOnExitCodesRequirement": "ContainerName:* Operator Values:*",
    "PodFailurePolicyOnPodConditionsPattern": "Type Status",
    "SuccessPolicy": "Rules:[]SuccessPolicyRule",
    "SuccessPolicyRule": "SucceededIndexes:* SucceededCount:*",
    "UncountedTerminatedPods": "Succeeded:* Failed:*",
}

_ON_THE_HOST: Final = ("hostNetwork", "hostPID", "hostIPC", "shareProcessNamespace", "hostUsers")
_ZERO: Final[Mapping[str, Any]] = {"": "", "int": 0, "bool": False, "quantity": "0", "*": None}


@cache
def _fields(name: str) -> tuple[tuple[str, str, str], ...]:
    """Go name, JSON name and type of each field, those of embedded structures in their place."""
    found: list[tuple[str, str, str]] = []
    for word in _TYPES[name].split():
        if word.startswith("+"):
            found += _fields(word[1:])
            continue
        names, _, kind = word.partition(":")
        go, _, key = names.partition("=")
        found.append((go, key or _json_name(go), kind))
    return tuple(found)


def _json_name(go: str) -> str:
    upper = re.match("[A-Z]+", go)
    length = len(upper.group()) if upper else 0
    if length > 1 and length < len(go):
        length -= 1
    return go[:length].lower() + go[length:]


def to_internal(kind: str, value: View) -> dict[str, Any]:
    """A v1 structure in the internal form of a type."""
    if kind == "any":
        return {key[:1].upper() + key[1:]: value[key] for key in value}
    if kind == "PodSpec" and any(value.get(name) is not None for name in _ON_THE_HOST):
        moved = {name: value[name] for name in _ON_THE_HOST if value.get(name) is not None}
        value = {**value, "securityContext": {**(value.get("securityContext") or {}), **moved}}
    return {go: _convert(kind_, value.get(key)) for go, key, kind_ in _fields(kind)}


def _convert(kind: str, value: Any) -> Any:
    if kind in _ZERO:
        return _ZERO[kind] if value is None else value
    if kind.startswith("[]"):
        return [to_internal(kind[2:], v) for v in value] if value else None
    if kind.startswith("*"):
        return None if value is None else to_internal(kind[1:], value)
    return to_internal(kind, value or {})


def internal_value(kind: str, value: View | None) -> Raw:
    """How a field error prints a structure."""
    return Raw("null") if value is None else Raw(go_json(to_internal(kind, value), sort=False))


def internal_template(template: View) -> Raw:
    """How a field error prints a PodTemplateSpec, whose metadata is embedded."""
    shown = {**(template.get("metadata") or {}), "Spec": to_internal("PodSpec", template.get("spec") or {})}
    return Raw(go_json(shown, sort=False))


def internal_diff(kind: str, old: View, new: View) -> str:
    """The lines in which two structures differ, as a unified diff without its head."""
    texts = [json.dumps(to_internal(kind, v), indent=1, ensure_ascii=False).splitlines() for v in (old, new)]
    lines = list(difflib.unified_diff(texts[0], texts[1], lineterm="", n=3))
    return "".join(f"{line}\n" for line in lines[2:])
