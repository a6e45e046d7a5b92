"""admissionregistration.k8s.io: webhooks and admission policies."""

from __future__ import annotations

from server.registry.config import RegistryConfig
from server.registry.declaration import at_least, declare
from server.registry.generic import SpecStrategy, StatusStrategy
from server.registry.rest import Resource


def resources(config: RegistryConfig) -> list[Resource]:
    """The kinds of this group, in every version that the configured Kubernetes serves by default."""
    group = "admissionregistration.k8s.io"
    api = ("api-extensions",)
    found = [
        declare(group, "v1", "MutatingWebhookConfiguration", namespaced=False, categories=api),
        declare(group, "v1", "ValidatingWebhookConfiguration", namespaced=False, categories=api),
    ]
    if at_least(config, 30):
        stored = (group, "v1beta1" if config.version == (1, 30) else "v1")
        found += [
            declare(
                group,
                "v1",
                "ValidatingAdmissionPolicy",
                namespaced=False,
                plural="validatingadmissionpolicies",
                stored_as=stored,
                categories=api,
                strategy=SpecStrategy(),
                status=StatusStrategy(),
            ),
            declare(
                group, "v1", "ValidatingAdmissionPolicyBinding", namespaced=False, stored_as=stored, categories=api
            ),
        ]
    if at_least(config, 36):
        stored = (group, "v1beta1" if config.version == (1, 36) else "v1")
        found += [
            declare(
                group,
                "v1",
                "MutatingAdmissionPolicy",
                namespaced=False,
                plural="mutatingadmissionpolicies",
                stored_as=stored,
                categories=api,
            ),
            declare(group, "v1", "MutatingAdmissionPolicyBinding", namespaced=False, stored_as=stored, categories=api),
        ]
    return found
