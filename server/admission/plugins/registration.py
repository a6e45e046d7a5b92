"""The order of plugins, which are on by default, and how a server's chain is put together.

Models pkg/kubeapiserver/options/plugins.go (AllOrderedPlugins, DefaultOffAdmissionPlugins).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Final

from server.admission.interfaces import Plugin, PluginContext, PluginFactory
from server.admission.plugins import always, certificates, default_class, namespace_exists, opt_in, storage_objects
from server.admission.plugins.default_toleration_seconds import DefaultTolerationSeconds
from server.admission.plugins.limit_ranger import LimitRanger
from server.admission.plugins.lister import Lister, RegistryLister
from server.admission.plugins.namespace_lifecycle import NamespaceLifecycle
from server.admission.plugins.node_restriction import NodeRestriction
from server.admission.plugins.owner_references import OwnerReferencesPermissionEnforcement
from server.admission.plugins.pod_security.plugin import PodSecurity
from server.admission.plugins.pod_topology_labels import PodTopologyLabels
from server.admission.plugins.priority import Priority
from server.admission.plugins.resource_quota import RegistryQuotaAccessor, ResourceQuota
from server.admission.plugins.runtime_class import RuntimeClass
from server.admission.plugins.service_account import ServiceAccountPlugin
from server.admission.plugins.taint_nodes_by_condition import TaintNodesByCondition

_log = logging.getLogger(__name__)

ORDER: Final = (
    "AlwaysAdmit",
    "NamespaceAutoProvision",
    "NamespaceLifecycle",
    "NamespaceExists",
    "LimitRanger",
    "ServiceAccount",
    "NodeRestriction",
    "TaintNodesByCondition",
    "AlwaysPullImages",
    "ImagePolicyWebhook",
    "PodSecurity",
    "PodNodeSelector",
    "Priority",
    "DefaultTolerationSeconds",
    "PodTolerationRestriction",
    "EventRateLimit",
    "ExtendedResourceToleration",
    "DefaultStorageClass",
    "StorageObjectInUseProtection",
    "OwnerReferencesPermissionEnforcement",
    "PersistentVolumeClaimResize",
    "RuntimeClass",
    "CertificateApproval",
    "CertificateSigning",
    "ClusterTrustBundleAttest",
    "CertificateSubjectRestriction",
    "DefaultIngressClass",
    "DenyServiceExternalIPs",
    "PodTopologyLabels",
    "NodeDeclaredFeatureValidator",
    "MutatingAdmissionPolicy",
    "MutatingAdmissionWebhook",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionWebhook",
    "ResourceQuota",
    "AlwaysDeny",
)
"""Every plugin name that the flags accept, in the order in which plugins run."""

DEFAULT_ON: Final = frozenset(
    {
        "NamespaceLifecycle",
        "LimitRanger",
        "ServiceAccount",
        "TaintNodesByCondition",
        "PodSecurity",
        "Priority",
        "DefaultTolerationSeconds",
        "DefaultStorageClass",
        "StorageObjectInUseProtection",
        "PersistentVolumeClaimResize",
        "RuntimeClass",
        "CertificateApproval",
        "CertificateSigning",
        "ClusterTrustBundleAttest",
        "CertificateSubjectRestriction",
        "DefaultIngressClass",
        "PodTopologyLabels",
        "NodeDeclaredFeatureValidator",
        "MutatingAdmissionPolicy",
        "MutatingAdmissionWebhook",
        "ValidatingAdmissionPolicy",
        "ValidatingAdmissionWebhook",
        "ResourceQuota",
    }
)

_Maker = Callable[[PluginContext, Lister], Plugin]

_MAKERS: Final[Mapping[str, _Maker]] = {
    "AlwaysAdmit": lambda c, ls: always.AlwaysAdmit(),
    "NamespaceAutoProvision": lambda c, ls: namespace_exists.NamespaceAutoProvision(ls, c.registry),
    "NamespaceLifecycle": lambda c, ls: NamespaceLifecycle(ls),
    "NamespaceExists": lambda c, ls: namespace_exists.NamespaceExists(ls),
    "LimitRanger": lambda c, ls: LimitRanger(ls),
    "ServiceAccount": lambda c, ls: ServiceAccountPlugin(ls, c.names),
    "NodeRestriction": lambda c, ls: NodeRestriction(ls),
    "TaintNodesByCondition": lambda c, ls: TaintNodesByCondition(),
    "AlwaysPullImages": lambda c, ls: always.AlwaysPullImages(),
    "PodSecurity": lambda c, ls: PodSecurity(ls),
    "Priority": lambda c, ls: Priority(ls),
    "DefaultTolerationSeconds": lambda c, ls: DefaultTolerationSeconds(),
    "ExtendedResourceToleration": lambda c, ls: opt_in.ExtendedResourceToleration(),
    "DefaultStorageClass": lambda c, ls: default_class.DefaultStorageClass(ls),
    "StorageObjectInUseProtection": lambda c, ls: storage_objects.StorageObjectInUseProtection(),
    "OwnerReferencesPermissionEnforcement": lambda c, ls: OwnerReferencesPermissionEnforcement(
        c.registry, c.authorizer
    ),
    "PersistentVolumeClaimResize": lambda c, ls: storage_objects.PersistentVolumeClaimResize(ls),
    "RuntimeClass": lambda c, ls: RuntimeClass(ls),
    "CertificateApproval": lambda c, ls: certificates.CertificateApproval(c.authorizer),
    "CertificateSigning": lambda c, ls: certificates.CertificateSigning(c.authorizer),
    "ClusterTrustBundleAttest": lambda c, ls: certificates.ClusterTrustBundleAttest(c.authorizer),
    "CertificateSubjectRestriction": lambda c, ls: certificates.CertificateSubjectRestriction(),
    "DefaultIngressClass": lambda c, ls: default_class.DefaultIngressClass(ls),
    "DenyServiceExternalIPs": lambda c, ls: opt_in.DenyServiceExternalIPs(),
    "PodTopologyLabels": lambda c, ls: PodTopologyLabels(ls),
    "ResourceQuota": lambda c, ls: ResourceQuota(ls, RegistryQuotaAccessor(c.registry), c.clock),
    "AlwaysDeny": lambda c, ls: always.AlwaysDeny(),
}
IMPLEMENTED: Final = frozenset(_MAKERS)


def enabled_names(enable: Collection[str] = (), disable: Collection[str] = ()) -> list[str]:
    """The plugins to run, in order; ValueError with upstream's text for a name that does not exist or is in both."""
    for flag, names in (("enable", enable), ("disable", disable)):
        for name in names:
            if name not in ORDER:
                raise ValueError(f"{flag}-admission-plugins plugin {_quote(name)} is unknown")
    both = set(enable) & set(disable)
    if both:
        raise ValueError(
            f"[{' '.join(sorted(both))}] in enable-admission-plugins and disable-admission-plugins overlapped"
        )
    wanted = (DEFAULT_ON - set(disable)) | set(enable)
    return [name for name in ORDER if name in wanted]


def build_plugins(
    context: PluginContext,
    *,
    enable: Collection[str] = (),
    disable: Collection[str] = (),
    more: Mapping[str, PluginFactory] | None = None,
    guards: Sequence[Plugin] = (),
) -> list[Plugin]:
    """The plugins of a server's chain; `more` makes those that live elsewhere (webhooks, policies), by name.

    `guards` come after all plugins: they are rules of the registry that need the user, like RBAC's on escalation.
    Enabled names that nobody makes are left out.
    """
    lister = RegistryLister(context.registry)
    made: list[Plugin] = []
    for name in enabled_names(enable, disable):
        if more is not None and name in more:
            made.append(more[name](context))
        elif name in _MAKERS:
            made.append(_MAKERS[name](context, lister))
        elif name in enable:
            _log.warning("admission plugin %s is accepted and does nothing here", name)
    return [*made, *guards]


def _quote(text: str) -> str:
    return f'"{text}"'
