"""FlowSchema: which requests share a priority level. Models pkg/registry/flowcontrol/flowschema and its validation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from apimachinery import field, meta, validation
from apimachinery.objects import Object, View
from server.registry.config import RegistryConfig
from server.registry.declaration import declare
from server.registry.flowcontrol import mandatory
from server.registry.flowcontrol.lifecycle import deprecation
from server.registry.generic import SpecStrategy, StatusStrategy, go_struct, names
from server.registry.printing import NONE, simple
from server.registry.rest import Column, Context, Resource

DEFAULT_PRECEDENCE: Final = 1000
MAX_PRECEDENCE: Final = 10000
DISTINGUISHERS: Final = ("ByNamespace", "ByUser")
VERBS: Final = ("create", "delete", "deletecollection", "get", "list", "patch", "proxy", "update", "watch")
ALL: Final = "*"
_SUBJECTS: Final = {"ServiceAccount": "serviceAccount", "User": "user", "Group": "group"}
_SPEC: Final = field.Path("spec")


class FlowSchemaStrategy(SpecStrategy):
    """A schema without rules matches nothing; the mandatory ones cannot change."""

    generation_of = ("spec",)

    def default(self, obj: Object) -> None:
        spec = obj.setdefault("spec", {})
        if not spec.get("matchingPrecedence"):
            spec["matchingPrecedence"] = DEFAULT_PRECEDENCE

    def validate(self, obj: View, ctx: Context) -> list[field.Error]:
        name, spec = meta.name(obj), obj.get("spec") or {}
        found = super().validate(obj, ctx) + _spec(name, spec)
        fixed = mandatory.flow_schema_spec(name)
        if fixed is not None and spec != fixed:
            found.append(field.invalid(_SPEC, _shown(spec), f"spec of '{name}' must equal the fixed value"))
        return found + conditions(obj)


class FlowStatusStrategy(StatusStrategy):
    """Conditions alone."""

    keeps_metadata = True

    def validate_update(self, obj: View, old: View, ctx: Context) -> list[field.Error]:
        return super().validate_update(obj, old, ctx) + conditions(obj)


def conditions(obj: View) -> list[field.Error]:
    """Errors of the conditions of a FlowSchema or a PriorityLevelConfiguration."""
    found: list[field.Error] = []
    seen: set[str] = set()
    for i, condition in enumerate((obj.get("status") or {}).get("conditions") or ()):
        path, kind = (field.Path("status") / "conditions")[i] / "type", condition.get("type") or ""
        if kind in seen:
            found.append(field.duplicate(path, kind))
        seen.add(kind)
        if not kind:
            found.append(field.required(path, "must not be empty"))
    return found


def _spec(name: str, spec: View) -> list[field.Error]:
    found: list[field.Error] = []
    path, precedence = _SPEC / "matchingPrecedence", spec.get("matchingPrecedence") or 0
    if precedence <= 0:
        found.append(field.invalid(path, precedence, "must be a positive value"))
    if precedence > MAX_PRECEDENCE:
        found.append(field.invalid(path, precedence, f"must not be greater than {MAX_PRECEDENCE}"))
    if precedence == 1 and name != "exempt":
        detail = "only the schema named 'exempt' may have matchingPrecedence 1"
        found.append(field.invalid(path, precedence, detail))
    method = spec.get("distinguisherMethod")
    if method is not None and method.get("type") not in DISTINGUISHERS:
        shown = go_struct(Type=method.get("type") or "")
        found.append(field.not_supported(_SPEC / "distinguisherMethod" / "type", shown, DISTINGUISHERS))
    level = (spec.get("priorityLevelConfiguration") or {}).get("name") or ""
    path = _SPEC / "priorityLevelConfiguration" / "name"
    if level:
        found += names(path, level, validation.dns1123_subdomain)
    else:
        found.append(field.required(path, "must reference a priority level"))
    for i, rule in enumerate(spec.get("rules") or ()):
        found += _rules(rule, (_SPEC / "rules")[i])
    return found


def _rules(rule: View, path: field.Path) -> list[field.Error]:
    found: list[field.Error] = []
    for i, subject in enumerate(rule.get("subjects") or ()):
        found += _subject(subject, (path / "subjects")[i])
    if not rule.get("subjects"):
        found.append(field.required(path / "subjects", "subjects must contain at least one value"))
    resources, urls = rule.get("resourceRules") or (), rule.get("nonResourceRules") or ()
    if not resources and not urls:
        detail = "at least one of resourceRules and nonResourceRules has to be non-empty"
        found.append(field.required(path, detail))
    for i, resource_rule in enumerate(resources):
        found += _resource_rule(resource_rule, (path / "resourceRules")[i])
    for i, url_rule in enumerate(urls):
        found += _url_rule(url_rule, (path / "nonResourceRules")[i])
    return found


def _subject(subject: View, path: field.Path) -> list[field.Error]:
    kind = subject.get("kind") or ""
    if kind not in _SUBJECTS:
        return [field.not_supported(path / "kind", kind, sorted(_SUBJECTS))]
    member = _SUBJECTS[kind]
    found = _identity(subject.get(member), kind, path / member)
    for other, name in _SUBJECTS.items():
        if other != kind and subject.get(name) is not None:
            found.append(field.forbidden(path / name, f"{name} is forbidden when subject kind is not '{other}'"))
    return found


def _identity(identity: View | None, kind: str, path: field.Path) -> list[field.Error]:
    if identity is None:
        return [field.required(path, f"{_SUBJECTS[kind]} is required when subject kind is '{kind}'")]
    name = identity.get("name") or ""
    found = [] if name else [field.required(path / "name")]
    if kind != "ServiceAccount":
        return found
    if name and name != ALL:
        found += names(path / "name", name, validation.dns1123_subdomain)
    namespace = identity.get("namespace") or ""
    if namespace:
        return found + names(path / "namespace", namespace, validation.dns1123_label)
    return [*found, field.required(path / "namespace", "must specify namespace for service account")]


def _only_wildcard(values: Sequence[str], path: field.Path, what: str) -> list[field.Error]:
    if len(values) > 1 and ALL in values:
        return [field.invalid(path, list(values), f"if '*' is present, must not specify other {what}")]
    return []


def _verbs(rule: View, path: field.Path) -> list[field.Error]:
    verbs = rule.get("verbs") or []
    if not verbs:
        return [field.required(path / "verbs", "verbs must contain at least one value")]
    if ALL not in verbs and any(v not in VERBS for v in verbs):
        return [field.not_supported(path / "verbs", list(verbs), VERBS)]
    return _only_wildcard(verbs, path / "verbs", "verbs")


def _url_rule(rule: View, path: field.Path) -> list[field.Error]:
    found, at = _verbs(rule, path), path / "nonResourceURLs"
    urls = rule.get("nonResourceURLs") or []
    if not urls:
        return [*found, field.required(at, "nonResourceURLs must contain at least one value")]
    if ALL in urls:
        return found + _only_wildcard(urls, at, "non-resource URLs")
    wrong = ((at[i], url, _url(url)) for i, url in enumerate(urls))
    return found + [field.invalid(p, url, problem) for p, url, problem in wrong if problem]


def _url(url: str) -> str:
    if not url:
        return "must not be empty"
    if not url.startswith("/"):
        return "must start with slash"
    if " " in url:
        return "must not contain white-space"
    if "//" in url:
        return "must not contain double slash"
    if url.count("*") > 1 or ("*" in url and not url.endswith("/*")):
        return "wildcard can only do suffix matching"
    return ""


def _resource_rule(rule: View, path: field.Path) -> list[field.Error]:
    found = _verbs(rule, path)
    for member, one, many in (("apiGroups", "api group", "api groups"), ("resources", "resource", "resources")):
        values = rule.get(member) or []
        if not values:
            found.append(field.required(path / member, f"resource rules must supply at least one {one}"))
        found += _only_wildcard(values, path / member, many)
    namespaces, at = rule.get("namespaces") or [], path / "namespaces"
    if not namespaces and not rule.get("clusterScope"):
        detail = "resource rules that are not cluster scoped must supply at least one namespace"
        found.append(field.required(at, detail))
    if ALL in namespaces:
        return found + _only_wildcard(namespaces, at, "namespaces")
    intro = "each member of this list must be '*' or a DNS-1123 label; "
    return found + [
        field.invalid(at[i], name, intro + problem)
        for i, name in enumerate(namespaces)
        for problem in validation.dns1123_label(name)
    ]


def _shown(spec: View) -> field.Raw:
    """The spec as Go prints its internal type."""
    method = spec.get("distinguisherMethod")
    rules = [
        {
            "Subjects": [
                {
                    "Kind": s.get("kind", ""),
                    "User": s.get("user") and {"Name": s["user"].get("name", "")},
                    "Group": s.get("group") and {"Name": s["group"].get("name", "")},
                    "ServiceAccount": s.get("serviceAccount")
                    and {n.capitalize(): s["serviceAccount"].get(n, "") for n in ("namespace", "name")},
                }
                for s in rule.get("subjects") or ()
            ],
            "ResourceRules": rule.get("resourceRules")
            and [
                {
                    "Verbs": r.get("verbs"),
                    "APIGroups": r.get("apiGroups"),
                    "Resources": r.get("resources"),
                    "ClusterScope": bool(r.get("clusterScope")),
                    "Namespaces": r.get("namespaces"),
                }
                for r in rule["resourceRules"]
            ],
            "NonResourceRules": rule.get("nonResourceRules")
            and [
                {"Verbs": r.get("verbs"), "NonResourceURLs": r.get("nonResourceURLs")} for r in rule["nonResourceRules"]
            ],
        }
        for rule in spec.get("rules") or ()
    ]
    return go_struct(
        PriorityLevelConfiguration={"Name": (spec.get("priorityLevelConfiguration") or {}).get("name", "")},
        MatchingPrecedence=spec.get("matchingPrecedence") or 0,
        DistinguisherMethod=method and {"Type": method.get("type", "")},
        Rules=rules or None,
    )


def _dangling(obj: View) -> str:
    condition = meta.condition(obj, "Dangling")
    return condition.get("status", "") if condition else "?"


def _precedence(obj: View) -> tuple[int, str]:
    """What is matched first stands first."""
    return int(obj["spec"].get("matchingPrecedence") or 0), meta.name(obj)


def _method(obj: View) -> Any:
    method = obj["spec"].get("distinguisherMethod")
    return NONE if method is None else method.get("type", "")


def resource(config: RegistryConfig, version: str, stored_as: tuple[str, str]) -> Resource:
    """flowschemas."""
    package = "io.k8s.api.flowcontrol.v1"
    level = Column("PriorityLevel", doc=f"{package}.PriorityLevelConfigurationReference.name")
    precedence = Column("MatchingPrecedence", doc=f"{package}.FlowSchemaSpec.matchingPrecedence")
    method = Column("DistinguisherMethod", doc=f"{package}.FlowSchemaSpec.distinguisherMethod")
    missing = Column("MissingPL", description="references a broken or non-existent PriorityLevelConfiguration")
    printer = simple(
        (level, lambda o: o["spec"]["priorityLevelConfiguration"].get("name", "")),
        (precedence, lambda o: o["spec"].get("matchingPrecedence") or 0),
        (method, _method),
        after=[(missing, _dangling)],
    )
    return declare(
        "flowcontrol.apiserver.k8s.io",
        version,
        "FlowSchema",
        namespaced=False,
        stored_as=stored_as,
        deprecated=deprecation(config, version, "FlowSchema"),
        strategy=FlowSchemaStrategy(),
        status=FlowStatusStrategy(),
        printer=replace(printer, order=_precedence),
    )
