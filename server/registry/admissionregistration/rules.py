"""What webhooks and policies match: rules, selectors and conditions.

Models pkg/apis/admissionregistration/{v1/defaults.go,validation/validation.go}.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from apimachinery import field, validation
from apimachinery.objects import Object, View
from server.registry import cel_text

OPERATIONS: Final = ("*", "CONNECT", "CREATE", "DELETE", "UPDATE")
SCOPES: Final = ("*", "Cluster", "Namespaced")
FAILURE_POLICIES: Final = ("Fail", "Ignore")
MATCH_POLICIES: Final = ("Equivalent", "Exact")
MAX_MATCH_CONDITIONS: Final = 64
VARIABLES: Final = frozenset(("authorizer", "namespaceObject", "object", "oldObject", "request"))
"""What every expression may speak of."""
_OTHERS: Final = "if '*' is present, must not specify other"


def default_match(owner: Object, rules: str) -> None:
    """Fill matchPolicy, the selectors and the scope of every rule."""
    for name in ("namespaceSelector", "objectSelector"):
        if owner.get(name) is None:
            owner[name] = {}
    if owner.get("matchPolicy") is None:
        owner["matchPolicy"] = "Equivalent"
    for rule in owner.get(rules) or ():
        if rule.get("scope") is None:
            rule["scope"] = "*"


def supported(owner: View, name: str, values: Sequence[str], path: field.Path) -> list[field.Error]:
    """Errors of a field that holds one of a few words, where it is set."""
    value = owner.get(name)
    return [] if value is None or value in values else [field.not_supported(path / name, value, values)]


def rule_errors(rule: View, path: field.Path) -> list[field.Error]:
    """Errors of a RuleWithOperations."""
    found: list[field.Error] = []
    operations, at = rule.get("operations") or [], path / "operations"
    if not operations:
        found.append(field.required(at))
    if len(operations) > 1 and "*" in operations:
        found.append(field.invalid(at, operations, f"{_OTHERS} operations"))
    for i, operation in enumerate(operations):
        if operation not in OPERATIONS:
            found.append(field.not_supported(at[i], operation, OPERATIONS))
    for name, what in (("apiGroups", "API groups"), ("apiVersions", "API versions")):
        values = rule.get(name) or []
        if not values:
            found.append(field.required(path / name))
        if len(values) > 1 and "*" in values:
            found.append(field.invalid(path / name, values, f"{_OTHERS} {what}"))
    for i, version in enumerate(rule.get("apiVersions") or ()):
        if not version:
            found.append(field.required((path / "apiVersions")[i]))
    found += _resources(rule.get("resources") or [], path / "resources")
    return found + supported(rule, "scope", SCOPES, path)


def _resources(resources: list[str], path: field.Path) -> list[field.Error]:
    found: list[field.Error] = []
    if not resources:
        found.append(field.required(path))
    every_subresource: set[str] = set()
    every_resource: set[str] = set()
    plain = False
    for i, name in enumerate(resources):
        if not name:
            found.append(field.required(path[i]))
            continue
        resource, slash, subresource = name.partition("/")
        if not slash:
            plain = name != "*"
            continue
        if resource in every_subresource:
            detail = f"if '{resource}/*' is present, must not specify {name}"
            found.append(field.invalid(path[i], name, detail))
        if subresource in every_resource:
            detail = f"if '*/{subresource}' is present, must not specify {name}"
            found.append(field.invalid(path[i], name, detail))
        if subresource == "*":
            every_subresource.add(resource)
        if resource == "*":
            every_resource.add(subresource)
    if len(resources) > 1 and "*/*" in resources:
        detail = "if '*/*' is present, must not specify other resources"
        found.append(field.invalid(path, resources, detail))
    if "*" in resources and plain:
        detail = "if '*' is present, must not specify other resources without subresources"
        found.append(field.invalid(path, resources, detail))
    return found


def compiled(expression: str, variables: Collection[str], path: field.Path) -> list[field.Error]:
    """Errors of a CEL expression over these variables, as far as its names tell."""
    detail = cel_text.problem(expression, variables)
    return [field.invalid(path, expression, detail)] if detail else []


def match_conditions(
    conditions: Sequence[View] | None, path: field.Path, variables: Collection[str] = VARIABLES
) -> list[field.Error]:
    """Errors of matchConditions."""
    conditions = conditions or ()
    found: list[field.Error] = []
    if len(conditions) > MAX_MATCH_CONDITIONS:
        found.append(field.too_many(path, len(conditions), MAX_MATCH_CONDITIONS))
    seen: set[str] = set()
    for i, condition in enumerate(conditions):
        expression = (condition.get("expression") or "").strip()
        if expression:
            found += compiled(expression, variables, path[i] / "expression")
        else:
            found.append(field.required(path[i] / "expression"))
        name = condition.get("name") or ""
        if not name:
            found.append(field.required(path[i] / "name"))
            continue
        found += [field.invalid(path[i] / "name", name, p) for p in validation.qualified_name(name)]
        if name in seen:
            found.append(field.duplicate(path[i] / "name", name))
        seen.add(name)
    return found


def match_resources(match: View | None, path: field.Path) -> list[field.Error]:
    """Errors of MatchResources."""
    if match is None:
        return []
    found = (
        [field.required(path / "matchPolicy")]
        if match.get("matchPolicy") is None
        else supported(match, "matchPolicy", MATCH_POLICIES, path)
    )
    for name in ("namespaceSelector", "objectSelector"):
        selector = match.get(name)
        if selector is None:
            found.append(field.required(path / name))
        else:
            found += validation.label_selector(selector, path / name)
    for name in ("resourceRules", "excludeResourceRules"):
        for i, rule in enumerate(match.get(name) or ()):
            found += _named_rule(rule, (path / name)[i])
    return found


def _named_rule(rule: View, path: field.Path) -> list[field.Error]:
    found: list[field.Error] = []
    names = rule.get("resourceNames") or []
    for i, name in enumerate(names):
        at = (path / "resourceNames")[i]
        found += [field.invalid(at, name, p) for p in validation.path_segment_name(name)]
        if name in names[:i]:
            found.append(field.duplicate(at, name))
    return found + rule_errors(rule, path)
