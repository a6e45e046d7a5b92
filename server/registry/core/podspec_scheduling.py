"""Where a pod may run: selectors, affinities, tolerations, spreading, gates. Models pkg/apis/core/validation."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from apimachinery import field, validation
from apimachinery.field import Error, Path
from apimachinery.objects import View

_EFFECTS: Final = ["NoSchedule", "PreferNoSchedule", "NoExecute"]
_OPERATOR: Final = "not a valid selector operator"
_REQUIRED: Final = "requiredDuringSchedulingIgnoredDuringExecution"
_PREFERRED: Final = "preferredDuringSchedulingIgnoredDuringExecution"


def validate_tolerations(tolerations: Iterable[View], path: Path) -> list[Error]:
    """Field errors of tolerations."""
    found: list[Error] = []
    for i, toleration in enumerate(tolerations):
        key, operator, value, effect = (toleration.get(n) or "" for n in ("key", "operator", "value", "effect"))
        if key:
            found += validation.label_name(key, path[i] / "key")
        elif operator != "Exists":
            detail = 'operator must be Exists when `key` is empty, which means "match all values and all keys"'
            found.append(field.invalid(path[i] / "operator", operator, detail))
        if toleration.get("tolerationSeconds") is not None and effect != "NoExecute":
            detail = "effect must be 'NoExecute' when `tolerationSeconds` is set"
            found.append(field.invalid(path[i] / "effect", effect, detail))
        if operator in ("", "Equal"):
            if problems := validation.label_value(value):
                found.append(field.invalid(path[i] / "operator", value, ";".join(problems)))
        elif operator == "Exists":
            if value:
                detail = "value must be empty when `operator` is 'Exists'"
                found.append(field.invalid(path[i] / "operator", value, detail))
        else:
            found.append(field.not_supported(path[i] / "operator", operator, ["Equal", "Exists"]))
        if effect and effect not in _EFFECTS:
            found.append(field.not_supported(path[i] / "effect", effect, _EFFECTS))
    return found


def validate_affinity(affinity: View | None, path: Path) -> list[Error]:
    """Field errors of affinity, which may be absent."""
    if affinity is None:
        return []
    found: list[Error] = []
    node = affinity.get("nodeAffinity") or {}
    at = path / "nodeAffinity"
    if node.get(_REQUIRED) is not None:
        found += validate_node_selector(node[_REQUIRED], at / _REQUIRED)
    for i, term in enumerate(node.get(_PREFERRED) or ()):
        found += _weight(term, (at / _PREFERRED)[i])
        preference = term.get("preference") or {}
        found += _node_term(preference, (at / _PREFERRED)[i] / "preference", check_values=False)
    for name in ("podAffinity", "podAntiAffinity"):
        pods = affinity.get(name) or {}
        for i, term in enumerate(pods.get(_REQUIRED) or ()):
            found += _pod_term(term, (path / name / _REQUIRED)[i])
        for i, term in enumerate(pods.get(_PREFERRED) or ()):
            where = (path / name / _PREFERRED)[i]
            found += _weight(term, where)
            found += _pod_term(term.get("podAffinityTerm") or {}, where / "podAffinityTerm")
    return found


def _weight(term: View, path: Path) -> list[Error]:
    weight = int(term.get("weight") or 0)
    return [] if 1 <= weight <= 100 else [field.invalid(path / "weight", weight, "must be in the range 1-100")]


def validate_node_selector(selector: View, path: Path) -> list[Error]:
    """Field errors of a NodeSelector."""
    terms = selector.get("nodeSelectorTerms") or ()
    at = path / "nodeSelectorTerms"
    if not terms:
        return [field.required(at, "must have at least one node selector term")]
    return [e for i, term in enumerate(terms) for e in _node_term(term, at[i], check_values=True)]


def _node_term(term: View, path: Path, *, check_values: bool) -> list[Error]:
    found: list[Error] = []
    for i, requirement in enumerate(term.get("matchExpressions") or ()):
        found += _node_expression(requirement, (path / "matchExpressions")[i], check_values=check_values)
    for i, requirement in enumerate(term.get("matchFields") or ()):
        found += _node_field(requirement, (path / "matchFields")[i])
    return found


def _node_expression(requirement: View, path: Path, *, check_values: bool) -> list[Error]:
    operator, values = requirement.get("operator") or "", requirement.get("values") or []
    found: list[Error] = []
    if operator in ("In", "NotIn"):
        if not values:
            found.append(field.required(path / "values", "must be specified when `operator` is 'In' or 'NotIn'"))
    elif operator in ("Exists", "DoesNotExist"):
        if values:
            detail = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"
            found.append(field.forbidden(path / "values", detail))
    elif operator in ("Gt", "Lt"):
        if len(values) != 1:
            detail = "must be specified single value when `operator` is 'Lt' or 'Gt'"
            found.append(field.required(path / "values", detail))
    else:
        found.append(field.invalid(path / "operator", operator, _OPERATOR))
    found += validation.label_name(requirement.get("key") or "", path / "key")
    for i, value in enumerate(values if check_values else ()):
        found += [field.invalid((path / "values")[i], value, p) for p in validation.label_value(value)]
    return found


def _node_field(requirement: View, path: Path) -> list[Error]:
    operator, values, key = (
        requirement.get("operator") or "",
        requirement.get("values") or [],
        requirement.get("key") or "",
    )
    found: list[Error] = []
    if operator not in ("In", "NotIn"):
        found.append(field.invalid(path / "operator", operator, _OPERATOR))
    elif len(values) != 1:
        detail = "must be only one value when `operator` is 'In' or 'NotIn' for node field selector"
        found.append(field.required(path / "values", detail))
    if key != "metadata.name":
        found.append(field.invalid(path / "key", key, "not a valid field selector key"))
        return found
    for i, value in enumerate(values):
        found += [field.invalid((path / "values")[i], value, p) for p in validation.dns1123_subdomain(value)]
    return found


def _pod_term(term: View, path: Path) -> list[Error]:
    selector = term.get("labelSelector")
    found = validation.label_selector(selector, path / "labelSelector")
    found += validation.label_selector(term.get("namespaceSelector"), path / "namespaceSelector")
    for namespace in term.get("namespaces") or ():
        found += [field.invalid(path / "namespace", namespace, p) for p in validation.dns1123_label(namespace)]
    found += _label_keys(term, selector, path)
    topology = term.get("topologyKey") or ""
    if not topology:
        found.append(field.required(path / "topologyKey", "can not be empty"))
    return found + validation.label_name(topology, path / "topologyKey")


def _label_keys(term: View, selector: View | None, path: Path) -> list[Error]:
    found: list[Error] = []
    match, mismatch = term.get("matchLabelKeys") or [], term.get("mismatchLabelKeys") or []
    for name, keys in (("matchLabelKeys", match), ("mismatchLabelKeys", mismatch)):
        if keys and selector is None:
            found.append(field.forbidden(path / name, "must not be specified when labelSelector is not set"))
            continue
        for i, key in enumerate(keys):
            found += validation.label_name(key, (path / name)[i])
    if selector is not None:
        seen = set(selector.get("matchLabels") or {})
        for expression in selector.get("matchExpressions") or ():
            key = expression.get("key") or ""
            if key in match and key in seen:
                index = len(match) - 1 - match[::-1].index(key)
                found.append(field.invalid(path[index], key, "exists in both matchLabelKeys and labelSelector"))
            seen.add(key)
    for i, key in enumerate(match):
        if key in mismatch:
            detail = "exists in both matchLabelKeys and mismatchLabelKeys"
            found.append(field.invalid((path / "matchLabelKeys")[i], key, detail))
    return found


def validate_topology_spread(constraints: Sequence[View], path: Path, *, selector_is_merged: bool) -> list[Error]:
    """Field errors of topologySpreadConstraints; in a pod matchLabelKeys have already been merged into the selector."""
    found: list[Error] = []
    for i, constraint in enumerate(constraints):
        at = path[i]
        skew, topology = int(constraint.get("maxSkew") or 0), constraint.get("topologyKey") or ""
        action, selector = constraint.get("whenUnsatisfiable") or "", constraint.get("labelSelector")
        if skew <= 0:
            found.append(field.invalid(at / "maxSkew", skew, "must be greater than zero"))
        if not topology:
            found.append(field.required(at / "topologyKey", "can not be empty"))
        if action not in (supported := ["DoNotSchedule", "ScheduleAnyway"]):
            found.append(field.not_supported(at / "whenUnsatisfiable", action, supported))
        later = constraints[i + 1 :]
        if any((c.get("topologyKey") or "", c.get("whenUnsatisfiable") or "") == (topology, action) for c in later):
            found.append(field.duplicate(at / "{topologyKey, whenUnsatisfiable}", f"{{{topology}, {action}}}"))
        found += _min_domains(constraint.get("minDomains"), action, at / "minDomains")
        for name in ("nodeAffinityPolicy", "nodeTaintsPolicy"):
            policy = constraint.get(name)
            if policy is not None and policy not in ("Honor", "Ignore"):
                found.append(field.not_supported(at / name, policy, ["Honor", "Ignore"]))
        found += _spread_keys(constraint, selector, at / "matchLabelKeys", merged=selector_is_merged)
        found += validation.label_selector(selector, at / "labelSelector")
    return found


def _min_domains(value: int | None, action: str, path: Path) -> list[Error]:
    found = []
    if value is not None and value <= 0:
        found.append(field.invalid(path, value, "must be greater than zero"))
    if value is not None and action != "DoNotSchedule":
        detail = f"can only use minDomains if whenUnsatisfiable=DoNotSchedule, not {action}"
        found.append(field.invalid(path, value, detail))
    return found


def _spread_keys(constraint: View, selector: View | None, path: Path, *, merged: bool) -> list[Error]:
    keys = constraint.get("matchLabelKeys") or ()
    if not keys:
        return []
    found: list[Error] = []
    seen: list[str] = []
    if selector is None:
        found.append(field.forbidden(path, "must not be specified when labelSelector is not set"))
    else:
        seen = [
            *(selector.get("matchLabels") or {}),
            *(e.get("key") or "" for e in selector.get("matchExpressions") or ()),
        ]
    allowed = 1 if merged else 0
    for i, key in enumerate(keys):
        found += validation.label_name(key, path[i])
        if seen.count(key) > allowed:
            found.append(field.invalid(path[i], key, "exists in both matchLabelKeys and labelSelector"))
    return found


def validate_scheduling_gates(gates: Iterable[View], path: Path) -> list[Error]:
    """Field errors of schedulingGates."""
    found: list[Error] = []
    seen: set[str] = set()
    for i, gate in enumerate(gates):
        name = gate.get("name") or ""
        found += [field.invalid(path[i], name, p) for p in validation.qualified_name(name)]
        if name in seen:
            found.append(field.duplicate(path[i], name))
        seen.add(name)
    return found
