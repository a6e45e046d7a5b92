"""PodSecurity: holds pods to the standards their namespace asks for. Models pod-security-admission/admission."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from apimachinery import errors, meta
from apimachinery.objects import View
from apimachinery.serializer import go_quote
from server.admission.attributes import Attributes
from server.admission.interfaces import Operation
from server.admission.plugins.lister import Lister
from server.admission.plugins.pod_security import baseline, restricted
from server.admission.plugins.pod_security.check import Violation
from server.admission.plugins.pod_security.policy import LevelVersion, policy_of
from server.admission.plugins.refusal import forbidden

MAX_PODS: Final = 3000
_ANNOTATION: Final = "pod-security.kubernetes.io/"
_IGNORED_SUBRESOURCES: Final = frozenset(
    {"attach", "binding", "eviction", "exec", "log", "portforward", "proxy", "resize", "status"}
)
_TEMPLATES: Final[Mapping[str, tuple[str, ...]]] = {
    "podtemplates": ("template",),
    "replicationcontrollers": ("spec", "template"),
    "replicasets.apps": ("spec", "template"),
    "deployments.apps": ("spec", "template"),
    "statefulsets.apps": ("spec", "template"),
    "daemonsets.apps": ("spec", "template"),
    "jobs.batch": ("spec", "template"),
    "cronjobs.batch": ("spec", "jobTemplate", "spec", "template"),
}


def violations(policy: LevelVersion, metadata: View, spec: View) -> list[Violation]:
    """What a pod violates at a level: baseline checks by name, then restricted ones."""
    if policy.level == "privileged":
        return []
    checks = dict(baseline.CHECKS)
    if policy.level == "restricted":
        for overridden, since in restricted.OVERRIDES.values():
            if policy.at_least(since):
                checks.pop(overridden, None)
        checks |= restricted.CHECKS
    found = (check(metadata, spec, policy.minor) for check in checks.values())
    return [v for v in found if v is not None]


class PodSecurity:
    """Refuses pods, warns of pods and templates, and notes both in the audit log."""

    name = "PodSecurity"
    operations: frozenset[Operation] = frozenset({"CREATE", "UPDATE"})
    resources: frozenset[str] = frozenset({"namespaces", "pods", *_TEMPLATES})

    def __init__(self, lister: Lister) -> None:
        self._lister = lister

    async def validate(self, attributes: Attributes) -> None:
        """Namespaces, pods, and everything with a pod template."""
        if attributes.object is None:
            return
        resource = str(attributes.group_resource)
        if resource == "namespaces":
            if not attributes.subresource:
                await self._validate_namespace(attributes)
        elif resource == "pods":
            if attributes.subresource in _IGNORED_SUBRESOURCES:
                return
            old = attributes.old_object
            if attributes.operation == "UPDATE" and old is not None and not _significant(attributes.object, old):
                return
            await self._evaluate(attributes, attributes.object, enforce=True)
        elif resource in _TEMPLATES and not attributes.subresource:
            template: View | None = attributes.object
            for key in _TEMPLATES[resource]:
                template = (template or {}).get(key)
            if template is not None:
                await self._evaluate(attributes, template, enforce=False)

    async def _evaluate(self, attributes: Attributes, pod: View, *, enforce: bool) -> None:
        namespace = await self._lister.get("namespaces", "", attributes.namespace)
        policy, wrong = policy_of(meta.labels(namespace) if namespace is not None else {})
        if wrong:
            texts = [str(e) for e in wrong]
            text = texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"
            attributes.annotations[f"{_ANNOTATION}error"] = f"Failed to parse policy: {text}"
        metadata, spec = pod.get("metadata") or {}, pod.get("spec") or {}
        if enforce:
            found = violations(policy.enforce, metadata, spec)
            attributes.annotations[f"{_ANNOTATION}enforce-policy"] = str(policy.enforce)
            if found:
                raise forbidden(attributes, f"violates {_describe(policy.enforce, found)}")
        found = violations(policy.audit, metadata, spec)
        if found:
            attributes.annotations[f"{_ANNOTATION}audit-violations"] = f"would violate {_describe(policy.audit, found)}"
        found = violations(policy.warn, metadata, spec)
        if found:
            attributes.warnings.add(f"would violate {_describe(policy.warn, found)}")

    async def _validate_namespace(self, attributes: Attributes) -> None:
        namespace = attributes.object or {}
        policy, wrong = policy_of(meta.labels(namespace))
        if attributes.operation == "CREATE":
            if wrong:
                raise errors.Invalid.of(attributes.group_kind, meta.name(namespace), wrong)
            return
        before, were_wrong = policy_of(meta.labels(attributes.old_object or {}))
        if wrong and wrong != were_wrong:
            raise errors.Invalid.of(attributes.group_kind, meta.name(namespace), wrong)
        wanted, had = policy.enforce, before.enforce
        if wanted == had or wanted.level == "privileged":
            return
        if wanted.minor == had.minor and wanted.strictness <= had.strictness:
            return
        pods = await self._lister.list("pods", meta.name(namespace))
        attributes.warnings.extend(warnings_for(meta.name(namespace), wanted, pods))


def warnings_for(namespace: str, policy: LevelVersion, pods: Sequence[View]) -> list[str]:
    """What a stricter namespace says of the pods it already has, alike ones together."""
    names: dict[str, list[str]] = {}
    for pod in pods[:MAX_PODS]:
        found = violations(policy, pod.get("metadata") or {}, pod.get("spec") or {})
        if found:
            names.setdefault(", ".join(v.reason for v in found), []).append(meta.name(pod))
    texts: list[str] = []
    if len(pods) > MAX_PODS:
        texts.append(
            f"new PodSecurity enforce level only checked against the first {MAX_PODS} of {len(pods)} existing pods"
        )
    if names:
        texts.append(
            f"existing pods in namespace {go_quote(namespace)} violate the new PodSecurity enforce level"
            f" {go_quote(str(policy))}"
        )
    others = {1: "", 2: " (and 1 other pod)"}
    return texts + sorted(
        f"{min(pods_)}{others.get(len(pods_), f' (and {len(pods_) - 1} other pods)')}: {reasons}"
        for reasons, pods_ in names.items()
    )


def _describe(policy: LevelVersion, found: Sequence[Violation]) -> str:
    return f"PodSecurity {go_quote(str(policy))}: {', '.join(str(v) for v in found)}"


def _significant(pod: View, old: View) -> bool:
    """Whether an update changes what checks look at: images, seccomp annotations, ephemeral containers."""
    new_spec, old_spec = pod.get("spec") or {}, old.get("spec") or {}
    seccomp = "seccomp.security.alpha.kubernetes.io/"
    new_notes, old_notes = ({k: v for k, v in meta.annotations(p).items() if seccomp in k} for p in (pod, old))
    if new_notes != old_notes:
        return True
    for key in ("containers", "initContainers"):
        if [c.get("image") for c in new_spec.get(key) or ()] != [c.get("image") for c in old_spec.get(key) or ()]:
            return True
    images = {c.get("name"): c.get("image") for c in old_spec.get("ephemeralContainers") or ()}
    return any(images.get(c.get("name")) != c.get("image") for c in new_spec.get("ephemeralContainers") or ())
