"""Validating- and MutatingAdmissionPolicy and their bindings. Models pkg/registry/admissionregistration.

Of CEL expressions the names are checked; they are not compiled.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from apimachinery import field, meta, validation
from apimachinery.objects import Object, View
from server.registry.admissionregistration.rules import (
    FAILURE_POLICIES,
    VARIABLES,
    compiled,
    default_match,
    match_conditions,
    match_resources,
    supported,
)
from server.registry.admissionregistration.webhookconfiguration import REINVOCATION_POLICIES
from server.registry.config import RegistryConfig
from server.registry.declaration import at_least, declare
from server.registry.generic import BuiltinStrategy, SpecStrategy, StatusStrategy, names
from server.registry.printing import UNSET, simple
from server.registry.rest import Column, Context, Resource

REASONS: Final = ("Forbidden", "Invalid", "RequestEntityTooLarge", "Unauthorized")
ACTIONS: Final = ("Audit", "Deny", "Warn")
NOT_FOUND_ACTIONS: Final = ("Allow", "Deny")
PATCH_TYPES: Final = {"ApplyConfiguration": "applyConfiguration", "JSONPatch": "jsonPatch"}
MAX_AUDIT_ANNOTATIONS: Final = 20
MAX_AUDIT_EXPRESSION: Final = 5 * 1024
_SPEC: Final = field.Path("spec")
_IDENTIFIER: Final = re.compile(r"[_a-zA-Z][_a-zA-Z0-9]*")
_RESERVED: Final = frozenset(
    (
        *("as", "break", "const", "continue", "else", "false", "for", "function", "if", "import", "in", "let", "loop"),
        *("namespace", "null", "package", "return", "true", "var", "void", "while"),
    )
)


class _Policy(BuiltinStrategy):
    allow_unconditional_update = False
    generation_of = ("spec",)

    def default(self, obj: Object) -> None:
        spec = obj.setdefault("spec", {})
        if spec.get("failurePolicy") is None:
            spec["failurePolicy"] = "Fail"
        if spec.get("matchConstraints") is not None:
            _default_match(spec["matchConstraints"])

    def _common(self, spec: View) -> list[field.Error]:
        found = supported(spec, "failurePolicy", FAILURE_POLICIES, _SPEC)
        if spec.get("paramKind") is not None:
            found += _param_kind(spec["paramKind"], _SPEC / "paramKind")
        constraints, path = spec.get("matchConstraints"), _SPEC / "matchConstraints"
        if constraints is None:
            found.append(field.required(path))
        else:
            found += match_resources(constraints, path)
            if not constraints.get("resourceRules"):
                found.append(field.required(path / "resourceRules"))
        conditions = spec.get("matchConditions")
        found += match_conditions(conditions, _SPEC / "matchConditions", VARIABLES | {"params"})
        for i, variable in enumerate(spec.get("variables") or ()):
            found += _variable(variable, (_SPEC / "variables")[i], _known(spec))
        return found


class ValidatingAdmissionPolicyStrategy(_Policy, SpecStrategy):
    """Expressions that must hold, or whose values are put into audit events."""

    def validate(self, obj: View, ctx: Context) -> list[field.Error]:
        spec = obj.get("spec") or {}
        found = self._common(spec)
        validations, annotations = spec.get("validations") or [], spec.get("auditAnnotations") or []
        if not validations and not annotations:
            detail = "validations or auditAnnotations must be non-empty"
            return [*found, *(field.required(_SPEC / n, detail) for n in ("validations", "auditAnnotations"))]
        for i, rule in enumerate(validations):
            found += _validation(rule, (_SPEC / "validations")[i], _known(spec))
        return found + _audit_annotations(meta.name(obj), annotations, _SPEC / "auditAnnotations", _known(spec))


class PolicyStatusStrategy(StatusStrategy):
    """What type checking found."""

    allow_unconditional_update = False


class MutatingAdmissionPolicyStrategy(_Policy):
    """Expressions that change objects."""

    def validate(self, obj: View, ctx: Context) -> list[field.Error]:
        spec = obj.get("spec") or {}
        found = self._common(spec)
        mutations = spec.get("mutations") or []
        if not mutations:
            found.append(field.required(_SPEC / "mutations", "mutations must contain at least one item"))
        for i, mutation in enumerate(mutations):
            found += _mutation(mutation, (_SPEC / "mutations")[i], _known(spec))
        if not spec.get("reinvocationPolicy"):
            return [*found, field.required(_SPEC / "reinvocationPolicy")]
        return found + supported(spec, "reinvocationPolicy", REINVOCATION_POLICIES, _SPEC)


class MutatingAdmissionPolicyBindingStrategy(BuiltinStrategy):
    """Which parameters and objects a policy is used with."""

    allow_unconditional_update = False
    generation_of = ("spec",)

    def default(self, obj: Object) -> None:
        match = obj.setdefault("spec", {}).get("matchResources")
        if match is not None:
            _default_match(match)

    def validate(self, obj: View, ctx: Context) -> list[field.Error]:
        spec = obj.get("spec") or {}
        policy = spec.get("policyName") or ""
        found = [] if policy else [field.required(_SPEC / "policyName")]
        if policy:
            found += names(_SPEC / "policyName", policy, validation.dns1123_subdomain)
        found += _param_ref(spec.get("paramRef"), _SPEC / "paramRef")
        return found + match_resources(spec.get("matchResources"), _SPEC / "matchResouces")


class ValidatingAdmissionPolicyBindingStrategy(MutatingAdmissionPolicyBindingStrategy):
    """The same, with what happens to an object that is refused."""

    def validate(self, obj: View, ctx: Context) -> list[field.Error]:
        actions, path = (obj.get("spec") or {}).get("validationActions") or [], _SPEC / "validationActions"
        found = super().validate(obj, ctx)
        for i, action in enumerate(actions):
            if action not in ACTIONS:
                found.append(field.not_supported(path[i], action, ACTIONS))
            if action in actions[:i]:
                found.append(field.duplicate(path[i], action))
        if "Deny" in actions and "Warn" in actions:
            detail = (
                "must not contain both Deny and Warn (repeating the same validation failure information "
                "in the API response and headers serves no purpose)"
            )
            found.append(field.invalid(path, actions, detail))
        return found if actions else [*found, field.required(path)]


def _default_match(match: Object) -> None:
    default_match(match, "resourceRules")
    for rule in match.get("excludeResourceRules") or ():
        if rule.get("scope") is None:
            rule["scope"] = "*"


def _param_kind(kind: View, path: field.Path) -> list[field.Error]:
    found: list[field.Error] = []
    api_version, name, at = kind.get("apiVersion") or "", kind.get("kind") or "", path / "apiVersion"
    if not api_version:
        found.append(field.required(at))
    elif api_version.count("/") > 1:
        found.append(field.invalid(at, api_version, f"unexpected GroupVersion string: {api_version}"))
    else:
        group, _, version = api_version.rpartition("/")
        if group and (problems := validation.dns1123_subdomain(group)):
            found.append(field.invalid(at, group, ",".join(problems)))
        if not version:
            found.append(field.invalid(at, api_version, "version must be specified"))
        elif problems := validation.dns1035_label(version):
            found.append(field.invalid(at, version, ",".join(problems)))
    if not name:
        found.append(field.required(path / "kind"))
    elif problems := validation.dns1035_label(name.lower()):
        detail = f"may have mixed case, but should otherwise match: {','.join(problems)}"
        found.append(field.invalid(path / "kind", name, detail))
    return found


def _known(spec: View) -> frozenset[str]:
    """The variables of a policy's expressions."""
    return VARIABLES | {"variables"} | ({"params"} if spec.get("paramKind") is not None else frozenset())


def _expression(owner: View, path: field.Path, known: frozenset[str]) -> list[field.Error]:
    expression = owner.get("expression") or ""
    if expression.strip():
        return compiled(expression, known, path / "expression")
    return [field.required(path / "expression", "expression is not specified")]


def _variable(variable: View, path: field.Path, known: frozenset[str]) -> list[field.Error]:
    name = variable.get("name") or ""
    found: list[field.Error] = []
    if not name.strip():
        found.append(field.required(path / "name", "name is not specified"))
    elif not _IDENTIFIER.fullmatch(name) or name in _RESERVED:
        found.append(field.invalid(path / "name", name, "name is not a valid CEL identifier"))
    return found + _expression(variable, path, known)


def _validation(rule: View, path: field.Path, known: frozenset[str]) -> list[field.Error]:
    found = _expression(rule, path, known)
    expression, message = (rule.get("expression") or "").strip(), rule.get("message") or ""
    message_expression = rule.get("messageExpression") or ""
    if message_expression and not message_expression.strip():
        at = path / "messageExpression"
        found.append(field.invalid(at, message_expression, "must be non-empty if specified"))
    elif message_expression:
        found += compiled(message_expression, known, path / "messageExpression")
    if message and not message.strip():
        found.append(field.invalid(path / "message", message, "message must be non-empty if specified"))
    elif "\n" in message.strip():
        found.append(field.invalid(path / "message", message, "message must not contain line breaks"))
    elif "\n" in expression and not message:
        detail = "message must be specified if expression contains line breaks"
        found.append(field.required(path / "message", detail))
    return found + supported(rule, "reason", REASONS, path)


def _audit_annotations(
    name: str, annotations: Sequence[View], path: field.Path, known: frozenset[str]
) -> list[field.Error]:
    found: list[field.Error] = []
    if len(annotations) > MAX_AUDIT_ANNOTATIONS:
        detail = f"must not have more than {MAX_AUDIT_ANNOTATIONS} auditAnnotations"
        found.append(field.invalid(path, list(annotations), detail))
    seen: set[str] = set()
    for i, annotation in enumerate(annotations):
        key, expression = annotation.get("key") or "", (annotation.get("valueExpression") or "").strip()
        full = f"{name}/{key}" if name else key
        found += [field.invalid(path[i] / "key", full, p) for p in validation.qualified_name(full)]
        at = path[i] / "valueExpression"
        if not expression:
            found.append(field.required(at, "valueExpression is not specified"))
        elif len(expression.encode()) > MAX_AUDIT_EXPRESSION:
            found.append(field.required(at, f"must not exceed {MAX_AUDIT_EXPRESSION} bytes in length"))
        else:
            found += compiled(annotation["valueExpression"], known, at)
        if key in seen:
            found.append(field.duplicate(path[i] / "key", key))
        seen.add(key)
    return found


def _mutation(mutation: View, path: field.Path, known: frozenset[str]) -> list[field.Error]:
    kind = mutation.get("patchType") or ""
    if kind not in PATCH_TYPES:
        return [field.not_supported(path / "patchType", kind, tuple(PATCH_TYPES))]
    found: list[field.Error] = []
    for other, member in PATCH_TYPES.items():
        patch = mutation.get(member)
        if other != kind and patch is not None:
            detail = f"must not be specified when patchType is {kind}"
            found.append(field.invalid(path / member, f"{{{member}}}", detail))
        elif patch is None and other == kind:
            found.append(field.required(path / member, f"must be specified when patchType is {kind}"))
        elif patch is not None:
            found += _expression(patch, path / member, known)
    return found


def _param_ref(ref: View | None, path: field.Path) -> list[field.Error]:
    if ref is None:
        return []
    found: list[field.Error] = []
    name, selector = ref.get("name") or "", ref.get("selector")
    exclusive = "name and selector are mutually exclusive"
    if name:
        found += names(path / "name", name, validation.path_segment_name)
        if selector is not None:
            found.append(field.forbidden(path / "name", exclusive))
    if selector is not None:
        found += validation.label_selector(selector, path / "selector")
        if name:
            found.append(field.forbidden(path / "selector", exclusive))
    if not name and selector is None:
        found.append(field.required(path, "one of name or selector must be specified"))
    if not ref.get("parameterNotFoundAction"):
        return [*found, field.required(path / "parameterNotFoundAction")]
    return found + supported(ref, "parameterNotFoundAction", NOT_FOUND_ACTIONS, path)


def _shown_kind(obj: View) -> str:
    kind = obj["spec"].get("paramKind")
    return UNSET if kind is None else f"{kind.get('apiVersion', '')}/{kind.get('kind', '')}"


def _shown_ref(obj: View) -> str:
    ref = obj["spec"].get("paramRef")
    if ref is not None and ref.get("name"):
        return f"{ref.get('namespace') or '*'}/{ref['name']}"
    selector = ref.get("selector") if ref is not None else None
    return UNSET if selector is None else _shown_selector(selector)


def _shown_selector(selector: View) -> str:
    """A LabelSelector as its generated String method writes it."""
    pairs = "".join(f"{k}: {v}," for k, v in sorted((selector.get("matchLabels") or {}).items()))
    requirements = "".join(
        f"LabelSelectorRequirement{{Key:{e.get('key', '')},Operator:{e.get('operator', '')},"
        f"Values:[{' '.join(e.get('values') or ())}],}},"
        for e in selector.get("matchExpressions") or ()
    )
    return (
        f"&LabelSelector{{MatchLabels:map[string]string{{{pairs}}},"
        f"MatchExpressions:[]LabelSelectorRequirement{{{requirements}}},}}"
    )


def _counted(name: str, what: str) -> Column:
    description = f"{name} indicates the number of {what} rules defined in this configuration"
    return Column(name, type="integer", description=description)


_PARAM_KIND: Final = Column(
    "ParamKind", description="ParamKind specifies the kind of resources used to parameterize this policy"
)
_BINDING: Final = simple(
    (
        Column(
            "PolicyName", description="PolicyName indicates the policy definition which the policy binding binded to"
        ),
        lambda o: o["spec"].get("policyName", ""),
    ),
    (
        Column("ParamRef", description="ParamRef indicates the param resource which sets the configration param"),
        _shown_ref,
    ),
)


def resources(config: RegistryConfig) -> list[Resource]:
    """The policies and bindings that the configured Kubernetes serves."""
    group, api = "admissionregistration.k8s.io", ("api-extensions",)
    found: list[Resource] = []
    if at_least(config, 30):
        stored = (group, "v1beta1" if config.version == (1, 30) else "v1")
        validations = _counted("Validations", "validation")
        found += [
            declare(
                group,
                "v1",
                "ValidatingAdmissionPolicy",
                namespaced=False,
                plural="validatingadmissionpolicies",
                stored_as=stored,
                categories=api,
                strategy=ValidatingAdmissionPolicyStrategy(),
                status=PolicyStatusStrategy(),
                printer=simple(
                    (validations, lambda o: len(o["spec"].get("validations") or ())), (_PARAM_KIND, _shown_kind)
                ),
            ),
            declare(
                group,
                "v1",
                "ValidatingAdmissionPolicyBinding",
                namespaced=False,
                stored_as=stored,
                categories=api,
                strategy=ValidatingAdmissionPolicyBindingStrategy(),
                printer=_BINDING,
            ),
        ]
    if at_least(config, 36):
        stored = (group, "v1beta1" if config.version == (1, 36) else "v1")
        mutations = _counted("Mutations", "mutation")
        found += [
            declare(
                group,
                "v1",
                "MutatingAdmissionPolicy",
                namespaced=False,
                plural="mutatingadmissionpolicies",
                stored_as=stored,
                categories=api,
                strategy=MutatingAdmissionPolicyStrategy(),
                printer=simple(
                    (mutations, lambda o: len(o["spec"].get("mutations") or ())), (_PARAM_KIND, _shown_kind)
                ),
            ),
            declare(
                group,
                "v1",
                "MutatingAdmissionPolicyBinding",
                namespaced=False,
                stored_as=stored,
                categories=api,
                strategy=MutatingAdmissionPolicyBindingStrategy(),
                printer=_BINDING,
            ),
        ]
    return found
