"""Which kinds a PUT creates, and which it changes only with a resourceVersion.

Models AllowCreateOnUpdate and AllowUnconditionalUpdate of each strategy.go.
"""

from __future__ import annotations

from server.registry import builtin
from server.registry.config import RegistryConfig

CREATED_BY_PUT = {
    "clusterrolebindings.rbac.authorization.k8s.io",
    "clusterroles.rbac.authorization.k8s.io",
    "endpoints",
    "events",
    "events.events.k8s.io",
    "leases.coordination.k8s.io",
    "limitranges",
    "rolebindings.rbac.authorization.k8s.io",
    "roles.rbac.authorization.k8s.io",
    "runtimeclasses.node.k8s.io",
    "services",
}
NEEDING_A_VERSION = {
    "apiservices.apiregistration.k8s.io",
    "csidrivers.storage.k8s.io",
    "csinodes.storage.k8s.io",
    "csistoragecapacities.storage.k8s.io",
    "customresourcedefinitions.apiextensions.k8s.io",
    "leases.coordination.k8s.io",
    "mutatingadmissionpolicies.admissionregistration.k8s.io",
    "mutatingadmissionpolicybindings.admissionregistration.k8s.io",
    "mutatingwebhookconfigurations.admissionregistration.k8s.io",
    "poddisruptionbudgets.policy",
    "runtimeclasses.node.k8s.io",
    "validatingadmissionpolicies.admissionregistration.k8s.io",
    "validatingadmissionpolicybindings.admissionregistration.k8s.io",
    "validatingwebhookconfigurations.admissionregistration.k8s.io",
    "volumeattachments.storage.k8s.io",
}
RESOURCES = [r for r in builtin.resources(RegistryConfig()) if not r.virtual]


def test_kinds_that_a_put_creates() -> None:
    assert {str(r.group_resource) for r in RESOURCES if r.strategy.allow_create_on_update} == CREATED_BY_PUT


def test_kinds_that_a_put_must_name_the_version_of() -> None:
    assert {str(r.group_resource) for r in RESOURCES if not r.strategy.allow_unconditional_update} == NEEDING_A_VERSION


def test_the_status_of_these_kinds_needs_a_version_too() -> None:
    found = {
        str(r.group_resource)
        for r in RESOURCES
        if (status := r.subresource("status")) is not None
        and status.strategy is not None
        and not status.strategy.allow_unconditional_update
    }
    assert found == {
        name
        for name in NEEDING_A_VERSION
        if name in {str(r.group_resource) for r in RESOURCES if r.subresource("status")}
    }
