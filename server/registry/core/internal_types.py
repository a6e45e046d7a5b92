"""The fields of internal types, in their order: `GoName[=jsonName][:type]`, `+Type` for an embedded one.

A type is `*Type`, `[]Type`, `Type`, or says the zero value of a leaf: nothing for an empty string, `int`, `bool`,
`quantity`, and `*` for what may be null. `any` is a structure that is shown as it came, `selector` a metav1 one.
Models pkg/apis/{core,apps,batch,networking,storage,resource}/types.go.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

TYPES: Final[Mapping[str, str]] = {
    "PodSpec": """Volumes:[]Volume InitContainers:[]Container Containers:[]Container
        EphemeralContainers:[]EphemeralContainer RestartPolicy TerminationGracePeriodSeconds:* ActiveDeadlineSeconds:*
        DNSPolicy NodeSelector:* ServiceAccountName AutomountServiceAccountToken:* NodeName
        SecurityContext:*PodSecurityContext ImagePullSecrets:[]LocalObjectReference Hostname Subdomain
        SetHostnameAsFQDN:* Affinity:*Affinity SchedulerName Tolerations:[]Toleration HostAliases:[]HostAlias
        PriorityClassName Priority:* PreemptionPolicy:* DNSConfig:*PodDNSConfig ReadinessGates:[]PodReadinessGate
        RuntimeClassName:* Overhead:* EnableServiceLinks:* TopologySpreadConstraints:[]TopologySpreadConstraint
        OS:*PodOS SchedulingGates:[]PodSchedulingGate ResourceClaims:[]PodResourceClaim
        Resources:*ResourceRequirements HostnameOverride:* SchedulingGroup:*any""",
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
    "TopologySpreadConstraint": """MaxSkew:int TopologyKey WhenUnsatisfiable LabelSelector:*selector MinDomains:*
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
    "PodAffinityTerm": """LabelSelector:*selector Namespaces:* TopologyKey NamespaceSelector:*selector MatchLabelKeys:*
        MismatchLabelKeys:*""",
    "WeightedPodAffinityTerm": "Weight:int PodAffinityTerm:PodAffinityTerm",
    "Volume": """Name HostPath:*HostPathVolumeSource EmptyDir:*EmptyDirVolumeSource
        GCEPersistentDisk:*GCEPersistentDiskVolumeSource AWSElasticBlockStore:*AWSElasticBlockStoreVolumeSource
        GitRepo:*GitRepoVolumeSource Secret:*SecretVolumeSource NFS:*NFSVolumeSource ISCSI:*ISCSIVolumeSource
        Glusterfs:*any
        PersistentVolumeClaim:*PersistentVolumeClaimVolumeSource RBD:*any Quobyte:*any FlexVolume:*any Cinder:*any
        CephFS=cephfs:*any Flocker:*any DownwardAPI:*DownwardAPIVolumeSource FC:*any AzureFile:*any
        ConfigMap:*ConfigMapVolumeSource VsphereVolume:*any AzureDisk:*any PhotonPersistentDisk:*any
        Projected:*ProjectedVolumeSource PortworxVolume:*any ScaleIO:*any StorageOS=storageos:*any CSI:*CSIVolumeSource
        Ephemeral:*any Image:*ImageVolumeSource""",
    "EmptyDirVolumeSource": "Medium SizeLimit:*",
    "SecretVolumeSource": "SecretName Items:[]KeyToPath DefaultMode:* Optional:*",
    "ConfigMapVolumeSource": "Name Items:[]KeyToPath DefaultMode:* Optional:*",
    "PersistentVolumeClaimVolumeSource": "ClaimName ReadOnly:bool",
    "DownwardAPIVolumeSource": "Items:[]DownwardAPIVolumeFile DefaultMode:*",
    "DownwardAPIVolumeFile": "Path FieldRef:*ObjectFieldSelector ResourceFieldRef:*ResourceFieldSelector Mode:*",
    "KeyToPath": "Key Path Mode:*",
    "ProjectedVolumeSource": "Sources:[]VolumeProjection DefaultMode:*",
    "VolumeProjection": """Secret:*Projection DownwardAPI:*DownwardAPIProjection ConfigMap:*Projection
        ServiceAccountToken:*ServiceAccountTokenProjection ClusterTrustBundle:*ClusterTrustBundleProjection
        PodCertificate:*PodCertificateProjection""",
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
    "HostPathVolumeSource": "Path Type:*",
    "GCEPersistentDiskVolumeSource": "PDName FSType Partition:int ReadOnly:bool",
    "AWSElasticBlockStoreVolumeSource": "VolumeID FSType Partition:int ReadOnly:bool",
    "GitRepoVolumeSource": "Repository Revision Directory",
    "NFSVolumeSource": "Server Path ReadOnly:bool",
    "ISCSIVolumeSource": """TargetPortal IQN Lun:int ISCSIInterface FSType ReadOnly:bool Portals:*
        DiscoveryCHAPAuth=chapAuthDiscovery:bool SecretRef:*LocalObjectReference SessionCHAPAuth=chapAuthSession:bool
        InitiatorName:*""",
    "CSIVolumeSource": "Driver ReadOnly:* FSType:* VolumeAttributes:* NodePublishSecretRef:*LocalObjectReference",
    "ImageVolumeSource": "Reference PullPolicy",
    "ClusterTrustBundleProjection": "Name:* SignerName:* LabelSelector:*selector Optional:* Path",
    "PodCertificateProjection": """SignerName KeyType MaxExpirationSeconds:* CredentialBundlePath KeyPath
        CertificateChainPath UserAnnotations:*""",
    "PersistentVolumeSource": """GCEPersistentDisk:*GCEPersistentDiskVolumeSource
        AWSElasticBlockStore:*AWSElasticBlockStoreVolumeSource HostPath:*HostPathVolumeSource Glusterfs:*any
        NFS:*NFSVolumeSource RBD:*any Quobyte:*any ISCSI:*ISCSIPersistentVolumeSource FlexVolume:*any Cinder:*any
        CephFS=cephfs:*any FC:*FCVolumeSource Flocker:*any AzureFile:*any VsphereVolume:*any AzureDisk:*any
        PhotonPersistentDisk:*any PortworxVolume:*any ScaleIO:*any Local:*LocalVolumeSource StorageOS=storageos:*any
        CSI:*CSIPersistentVolumeSource""",
    "ISCSIPersistentVolumeSource": """TargetPortal IQN Lun:int ISCSIInterface FSType ReadOnly:bool Portals:*
        DiscoveryCHAPAuth=chapAuthDiscovery:bool SecretRef:*SecretReference SessionCHAPAuth=chapAuthSession:bool
        InitiatorName:*""",
    "FCVolumeSource": "TargetWWNs:* Lun:* FSType ReadOnly:bool WWIDs=wwids:*",
    "LocalVolumeSource": "Path FSType:*",
    "CSIPersistentVolumeSource": """Driver VolumeHandle ReadOnly:bool FSType VolumeAttributes:*
        ControllerPublishSecretRef:*SecretReference NodeStageSecretRef:*SecretReference
        NodePublishSecretRef:*SecretReference ControllerExpandSecretRef:*SecretReference
        NodeExpandSecretRef:*SecretReference""",
    "SecretReference": "Name Namespace",
    "PersistentVolumeClaimSpec": """AccessModes:* Selector:*selector Resources:VolumeResourceRequirements VolumeName
        StorageClassName:* VolumeMode:* DataSource:*TypedLocalObjectReference DataSourceRef:*TypedObjectReference
        VolumeAttributesClassName:*""",
    "VolumeResourceRequirements": "Limits:* Requests:*",
    "TypedLocalObjectReference": "APIGroup:* Kind Name",
    "TypedObjectReference": "APIGroup:* Kind Name Namespace:*",
    "VolumeAttachmentSpec": "Attacher Source:VolumeAttachmentSource NodeName",
    "VolumeAttachmentSource": "PersistentVolumeName:* InlineVolumeSpec:*PersistentVolumeSpec",
    "PersistentVolumeSpec": """Capacity:* +PersistentVolumeSource AccessModes:* ClaimRef:*ObjectReference
        PersistentVolumeReclaimPolicy StorageClassName MountOptions:* VolumeMode:* NodeAffinity:*VolumeNodeAffinity
        VolumeAttributesClassName:*""",
    "VolumeNodeAffinity": "Required:*NodeSelector",
    "ScopeSelector": "MatchExpressions:[]ScopedResourceSelectorRequirement",
    "ScopedResourceSelectorRequirement": "ScopeName Operator Values:*",
    "ObjectReference": "Kind Namespace Name UID APIVersion ResourceVersion FieldPath",
    "EventSource": "Component Host",
    "ParentReference": "Group Resource Namespace Name",
    "CSINodeDriver": "Name NodeID TopologyKeys:* Allocatable:*VolumeNodeResources",
    "VolumeNodeResources": "Count:*",
    "ResourceClaimSpec": "Devices:DeviceClaim",
    "DeviceClaim": "Requests:[]DeviceRequest Constraints:[]DeviceConstraint Config:[]DeviceClaimConfiguration",
    "DeviceRequest": "Name Exactly:*ExactDeviceRequest FirstAvailable:[]DeviceSubRequest",
    "ExactDeviceRequest": """DeviceClassName Selectors:[]DeviceSelector AllocationMode Count:int AdminAccess:*
        Tolerations:[]DeviceToleration Capacity:*CapacityRequirements""",
    "DeviceSubRequest": """Name DeviceClassName Selectors:[]DeviceSelector AllocationMode Count:int
        Tolerations:[]DeviceToleration Capacity:*CapacityRequirements""",
    "DeviceSelector": "CEL:*CELDeviceSelector",
    "CELDeviceSelector": "Expression",
    "DeviceToleration": "Key Operator Value Effect TolerationSeconds:*",
    "AllocationResult": "Devices:DeviceAllocationResult NodeSelector:*NodeSelector AllocationTimestamp:*",
    "DeviceAllocationResult": "Results:[]DeviceRequestAllocationResult Config:[]DeviceAllocationConfiguration",
    "DeviceRequestAllocationResult": """Request Driver Pool Device AdminAccess:* Tolerations:[]DeviceToleration
        BindingConditions:* BindingFailureConditions:* ShareID:* ConsumedCapacity:*""",
    "DeviceAllocationConfiguration": "Source Requests:* Opaque:*OpaqueDeviceConfiguration",
    "DeviceAttribute": "IntValue=int:* BoolValue=bool:* StringValue=string:* VersionValue=version:*",
    "CapacityRequirements": "Requests:*",
    "DeviceConstraint": "Requests:* MatchAttribute:* DistinctAttribute:*",
    "DeviceClaimConfiguration": "Requests:* Opaque:*OpaqueDeviceConfiguration",
    "OpaqueDeviceConfiguration": "Driver Parameters:*",
}
