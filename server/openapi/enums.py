"""Values of the string fields that are enums in Go, which the published definitions leave out.

Facts of k8s.io/api types.go: the constants of each enum type, sorted. Where a field is a list or a map, they
constrain its elements.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_VALUES: Final[Mapping[str, tuple[tuple[str, tuple[str, ...]], ...]]] = {
    "io.k8s.api.admissionregistration.v1": (
        (
            "MatchResources.matchPolicy MutatingWebhook.matchPolicy ValidatingWebhook.matchPolicy",
            ("Equivalent", "Exact"),
        ),
        (
            ("MutatingAdmissionPolicySpec.failurePolicy MutatingWebhook.failurePolicy "
            "ValidatingAdmissionPolicySpec.failurePolicy ValidatingWebhook.failurePolicy"),
            ("Fail", "Ignore"),
        ),
        ("MutatingAdmissionPolicySpec.reinvocationPolicy MutatingWebhook.reinvocationPolicy", ("IfNeeded", "Never")),
        ("MutatingWebhook.sideEffects ValidatingWebhook.sideEffects", ("None", "NoneOnDryRun", "Some", "Unknown")),
        ("Mutation.patchType", ("ApplyConfiguration", "JSONPatch")),
        (
            "NamedRuleWithOperations.operations RuleWithOperations.operations",
            ("*", "CONNECT", "CREATE", "DELETE", "UPDATE"),
        ),
        ("NamedRuleWithOperations.scope RuleWithOperations.scope", ("*", "Cluster", "Namespaced")),
        ("ValidatingAdmissionPolicyBindingSpec.validationActions", ("Audit", "Deny", "Warn")),
    ),
    "io.k8s.api.apps.v1": (
        ("DaemonSetUpdateStrategy.type StatefulSetUpdateStrategy.type", ("OnDelete", "RollingUpdate")),
        ("DeploymentStrategy.type", ("Recreate", "RollingUpdate")),
        ("StatefulSetSpec.podManagementPolicy", ("OrderedReady", "Parallel")),
    ),
    "io.k8s.api.batch.v1": (
        ("CronJobSpec.concurrencyPolicy", ("Allow", "Forbid", "Replace")),
        ("JobSpec.completionMode", ("Indexed", "NonIndexed")),
        ("JobSpec.podReplacementPolicy", ("Failed", "TerminatingOrFailed")),
        ("PodFailurePolicyOnExitCodesRequirement.operator", ("In", "NotIn")),
        ("PodFailurePolicyRule.action", ("Count", "FailIndex", "FailJob", "Ignore")),
    ),
    "io.k8s.api.certificates.v1": (
        (
            "CertificateSigningRequestSpec.usages",
            (
                "any", "cert sign", "client auth", "code signing", "content commitment", "crl sign",
                "data encipherment", "decipher only", "digital signature", "email protection", "encipher only",
                "ipsec end system", "ipsec tunnel", "ipsec user", "key agreement", "key encipherment",
                "microsoft sgc", "netscape sgc", "ocsp signing", "s/mime", "server auth", "signing",
                "timestamping",
            ),
        ),
    ),
    "io.k8s.api.core.v1": (
        ("AppArmorProfile.type SeccompProfile.type", ("Localhost", "RuntimeDefault", "Unconfined")),
        ("AzureDiskVolumeSource.cachingMode", ("None", "ReadOnly", "ReadWrite")),
        ("AzureDiskVolumeSource.kind", ("Dedicated", "Managed", "Shared")),
        (
            "Container.imagePullPolicy EphemeralContainer.imagePullPolicy ImageVolumeSource.pullPolicy",
            ("Always", "IfNotPresent", "Never"),
        ),
        (
            "Container.terminationMessagePolicy EphemeralContainer.terminationMessagePolicy",
            ("FallbackToLogsOnError", "File"),
        ),
        (
            "ContainerPort.protocol EndpointPort.protocol PortStatus.protocol ServicePort.protocol",
            ("SCTP", "TCP", "UDP"),
        ),
        (
            "ContainerStatus.stopSignal Lifecycle.stopSignal",
            (
                "SIGABRT", "SIGALRM", "SIGBUS", "SIGCHLD", "SIGCLD", "SIGCONT", "SIGFPE", "SIGHUP", "SIGILL",
                "SIGINT", "SIGIO", "SIGIOT", "SIGKILL", "SIGPIPE", "SIGPOLL", "SIGPROF", "SIGPWR", "SIGQUIT",
                "SIGRTMAX", "SIGRTMAX-1", "SIGRTMAX-10", "SIGRTMAX-11", "SIGRTMAX-12", "SIGRTMAX-13",
                "SIGRTMAX-14", "SIGRTMAX-2", "SIGRTMAX-3", "SIGRTMAX-4", "SIGRTMAX-5", "SIGRTMAX-6", "SIGRTMAX-7",
                "SIGRTMAX-8", "SIGRTMAX-9", "SIGRTMIN", "SIGRTMIN+1", "SIGRTMIN+10", "SIGRTMIN+11", "SIGRTMIN+12",
                "SIGRTMIN+13", "SIGRTMIN+14", "SIGRTMIN+15", "SIGRTMIN+2", "SIGRTMIN+3", "SIGRTMIN+4",
                "SIGRTMIN+5", "SIGRTMIN+6", "SIGRTMIN+7", "SIGRTMIN+8", "SIGRTMIN+9", "SIGSEGV", "SIGSTKFLT",
                "SIGSTOP", "SIGSYS", "SIGTERM", "SIGTRAP", "SIGTSTP", "SIGTTIN", "SIGTTOU", "SIGURG", "SIGUSR1",
                "SIGUSR2", "SIGVTALRM", "SIGWINCH", "SIGXCPU", "SIGXFSZ",
            ),
        ),
        ("HTTPGetAction.scheme", ("HTTP", "HTTPS")),
        (
            "HostPathVolumeSource.type",
            ("", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"),
        ),
        ("ModifyVolumeStatus.status", ("InProgress", "Infeasible", "Pending")),
        ("NamespaceStatus.phase", ("Active", "Terminating")),
        ("NodeSelectorRequirement.operator", ("DoesNotExist", "Exists", "Gt", "In", "Lt", "NotIn")),
        ("NodeStatus.phase", ("Pending", "Running", "Terminated")),
        (
            ("PersistentVolumeClaimSpec.accessModes PersistentVolumeClaimStatus.accessModes "
            "PersistentVolumeSpec.accessModes"),
            ("ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"),
        ),
        ("PersistentVolumeClaimSpec.volumeMode PersistentVolumeSpec.volumeMode", ("Block", "Filesystem")),
        (
            "PersistentVolumeClaimStatus.allocatedResourceStatuses",
            (
                "ControllerResizeInProgress", "ControllerResizeInfeasible", "NodeResizeInProgress",
                "NodeResizeInfeasible", "NodeResizePending",
            ),
        ),
        ("PersistentVolumeClaimStatus.phase", ("Bound", "Lost", "Pending")),
        ("PersistentVolumeSpec.persistentVolumeReclaimPolicy", ("Delete", "Recycle", "Retain")),
        ("PersistentVolumeStatus.phase", ("Available", "Bound", "Failed", "Pending", "Released")),
        ("PodSecurityContext.fsGroupChangePolicy", ("Always", "OnRootMismatch")),
        ("PodSecurityContext.supplementalGroupsPolicy", ("Merge", "Strict")),
        ("PodSpec.dnsPolicy", ("ClusterFirst", "ClusterFirstWithHostNet", "Default", "None")),
        ("PodSpec.preemptionPolicy", ("Never", "PreemptLowerPriority")),
        ("PodSpec.restartPolicy", ("Always", "Never", "OnFailure")),
        ("PodStatus.phase", ("Failed", "Pending", "Running", "Succeeded", "Unknown")),
        ("PodStatus.qosClass", ("BestEffort", "Burstable", "Guaranteed")),
        (
            "ResourceQuotaSpec.scopes ScopedResourceSelectorRequirement.scopeName",
            (
                "BestEffort", "CrossNamespacePodAffinity", "NotBestEffort", "NotTerminating", "PriorityClass",
                "Terminating", "VolumeAttributesClass",
            ),
        ),
        ("ScopedResourceSelectorRequirement.operator", ("DoesNotExist", "Exists", "In", "NotIn")),
        ("SecurityContext.procMount", ("Default", "Unmasked")),
        ("ServiceSpec.externalTrafficPolicy ServiceSpec.internalTrafficPolicy", ("Cluster", "Local")),
        ("ServiceSpec.ipFamilies", ("", "IPv4", "IPv6")),
        ("ServiceSpec.ipFamilyPolicy", ("PreferDualStack", "RequireDualStack", "SingleStack")),
        ("ServiceSpec.sessionAffinity", ("ClientIP", "None")),
        ("ServiceSpec.type", ("ClusterIP", "ExternalName", "LoadBalancer", "NodePort")),
        ("Taint.effect Toleration.effect", ("NoExecute", "NoSchedule", "PreferNoSchedule")),
        ("Toleration.operator", ("Equal", "Exists", "Gt", "Lt")),
        (
            "TopologySpreadConstraint.nodeAffinityPolicy TopologySpreadConstraint.nodeTaintsPolicy",
            ("Honor", "Ignore"),
        ),
        ("TopologySpreadConstraint.whenUnsatisfiable", ("DoNotSchedule", "ScheduleAnyway")),
        ("VolumeMount.mountPropagation", ("Bidirectional", "HostToContainer", "None")),
    ),
    "io.k8s.api.discovery.v1": (
        ("EndpointPort.protocol", ("SCTP", "TCP", "UDP")),
        ("EndpointSlice.addressType", ("FQDN", "IPv4", "IPv6")),
    ),
    "io.k8s.api.networking.v1": (
        ("IngressPortStatus.protocol NetworkPolicyPort.protocol", ("SCTP", "TCP", "UDP")),
        ("HTTPIngressPath.pathType", ("Exact", "ImplementationSpecific", "Prefix")),
        ("NetworkPolicySpec.policyTypes", ("Egress", "Ingress")),
    ),
    "io.k8s.api.storage.v1": (
        ("StorageClass.reclaimPolicy", ("Delete", "Recycle", "Retain")),
        ("StorageClass.volumeBindingMode", ("Immediate", "WaitForFirstConsumer")),
    ),
    "io.k8s.api.scheduling.v1": (
        ("PriorityClass.preemptionPolicy", ("Never", "PreemptLowerPriority")),
    ),
    "io.k8s.api.policy.v1": (
        ("PodDisruptionBudgetSpec.unhealthyPodEvictionPolicy", ("AlwaysAllow", "IfHealthyBudget")),
    ),
    "io.k8s.api.resource.v1": (
        ("DeviceAllocationConfiguration.source", ("FromClaim", "FromClass")),
        ("DeviceSubRequest.allocationMode ExactDeviceRequest.allocationMode", ("All", "ExactCount")),
        ("DeviceTaint.effect DeviceToleration.effect", ("NoExecute", "NoSchedule", "None")),
        ("DeviceToleration.operator", ("Equal", "Exists")),
    ),
    "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1": (
        (
            "ValidationRule.reason",
            ("FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"),
        ),
    ),
}  # fmt: skip

ENUMS: Final[Mapping[str, tuple[str, ...]]] = {
    f"{package}.{name}": values
    for package, entries in _VALUES.items()
    for names, values in entries
    for name in names.split()
}
"""Values by `<definition>.<field>`."""
