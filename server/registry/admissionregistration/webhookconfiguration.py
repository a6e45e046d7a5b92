"""Mutating- and ValidatingWebhookConfiguration. Models pkg/registry/admissionregistration/*webhookconfiguration."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final

from apimachinery import field, validation
from apimachinery.objects import Object, View
from server.registry.admissionregistration.rules import (
    FAILURE_POLICIES,
    MATCH_POLICIES,
    default_match,
    match_conditions,
    rule_errors,
    supported,
)
from server.registry.config import RegistryConfig
from server.registry.declaration import declare
from server.registry.generic import BuiltinStrategy
from server.registry.printing import simple
from server.registry.rest import Column, Context, Resource
from server.registry.webhookclient import DEFAULT_PORT, client_config_errors

SIDE_EFFECTS: Final = ("None", "NoneOnDryRun")
REINVOCATION_POLICIES: Final = ("IfNeeded", "Never")
REVIEW_VERSIONS: Final = ("v1", "v1beta1")
DEFAULT_TIMEOUT: Final = 10
MAX_TIMEOUT: Final = 30


class WebhookConfigurationStrategy(BuiltinStrategy):
    """A list of webhooks with names of their own."""

    allow_unconditional_update = False
    generation_of = ("webhooks",)
    reinvokes: ClassVar[bool] = False

    def default(self, obj: Object) -> None:
        for webhook in obj.get("webhooks") or ():
            default_match(webhook, "rules")
            if webhook.get("failurePolicy") is None:
                webhook["failurePolicy"] = "Fail"
            if webhook.get("timeoutSeconds") is None:
                webhook["timeoutSeconds"] = DEFAULT_TIMEOUT
            if self.reinvokes and webhook.get("reinvocationPolicy") is None:
                webhook["reinvocationPolicy"] = "Never"
            service = (webhook.get("clientConfig") or {}).get("service")
            if service is not None and service.get("port") is None:
                service["port"] = DEFAULT_PORT

    def validate(self, obj: View, ctx: Context) -> list[field.Error]:
        found: list[field.Error] = []
        seen: set[str] = set()
        for i, webhook in enumerate(obj.get("webhooks") or ()):
            path, name = field.Path("webhooks")[i], webhook.get("name") or ""
            found += self._webhook(webhook, path)
            found += _review_versions(webhook.get("admissionReviewVersions") or [], path / "admissionReviewVersions")
            if name and name in seen:
                found.append(field.duplicate(path / "name", name))
            seen.add(name)
        return found

    def _webhook(self, webhook: View, path: field.Path) -> list[field.Error]:
        found = _fully_qualified(webhook.get("name") or "", path / "name")
        for i, rule in enumerate(webhook.get("rules") or ()):
            found += rule_errors(rule, (path / "rules")[i])
        found += supported(webhook, "failurePolicy", FAILURE_POLICIES, path)
        found += supported(webhook, "matchPolicy", MATCH_POLICIES, path)
        if webhook.get("sideEffects") is None:
            found.append(field.required(path / "sideEffects", f"must specify one of {', '.join(SIDE_EFFECTS)}"))
        found += supported(webhook, "sideEffects", SIDE_EFFECTS, path)
        timeout = webhook.get("timeoutSeconds")
        if timeout is not None and not 1 <= timeout <= MAX_TIMEOUT:
            detail = f"the timeout value must be between 1 and {MAX_TIMEOUT} seconds"
            found.append(field.invalid(path / "timeoutSeconds", timeout, detail))
        for name in ("namespaceSelector", "objectSelector"):
            found += validation.label_selector(webhook.get(name), path / name)
        if self.reinvokes:
            found += supported(webhook, "reinvocationPolicy", REINVOCATION_POLICIES, path)
        found += client_config_errors(path / "clientConfig", webhook.get("clientConfig") or {})
        return found + match_conditions(webhook.get("matchConditions"), path / "matchConditions")


class MutatingWebhookConfigurationStrategy(WebhookConfigurationStrategy):
    """Webhooks that change objects may be called again."""

    reinvokes = True


def _fully_qualified(name: str, path: field.Path) -> list[field.Error]:
    if not name:
        return [field.required(path)]
    if problems := validation.dns1123_subdomain(name):
        return [field.invalid(path, name, ",".join(problems))]
    if name.count(".") < 2:
        detail = "should be a domain with at least three segments separated by dots"
        return [field.invalid(path, name, detail)]
    return []


def _review_versions(versions: Sequence[str], path: field.Path) -> list[field.Error]:
    accepted = ", ".join(REVIEW_VERSIONS)
    if not versions:
        return [field.required(path, f"must specify one of {accepted}")]
    found: list[field.Error] = []
    for i, version in enumerate(versions):
        if version in versions[:i]:
            found.append(field.invalid(path[i], version, "duplicate version"))
            continue
        found += [field.invalid(path[i], version, p) for p in validation.dns1035_label(version)]
    if not set(versions) & set(REVIEW_VERSIONS):
        found.append(field.invalid(path, list(versions), f"must include at least one of {accepted}"))
    return found


def resources(config: RegistryConfig) -> list[Resource]:
    """mutatingwebhookconfigurations and validatingwebhookconfigurations."""
    count = Column(
        "Webhooks",
        type="integer",
        description="Webhooks indicates the number of webhooks registered in this configuration",
    )
    return [
        declare(
            "admissionregistration.k8s.io",
            "v1",
            kind,
            namespaced=False,
            categories=("api-extensions",),
            strategy=strategy,
            printer=simple((count, lambda o: len(o.get("webhooks") or ()))),
        )
        for kind, strategy in (
            ("MutatingWebhookConfiguration", MutatingWebhookConfigurationStrategy()),
            ("ValidatingWebhookConfiguration", WebhookConfigurationStrategy()),
        )
    ]
