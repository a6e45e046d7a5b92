"""What is wrong with rules, subjects and references of RBAC. Models pkg/apis/rbac/validation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from apimachinery import field, validation
from apimachinery.objects import Object, View
from server.registry.generic import go_struct, names

GROUP: Final = "rbac.authorization.k8s.io"
SUBJECT_KINDS: Final = ("ServiceAccount", "User", "Group")
_ROLE_REF: Final = field.Path("roleRef")


def policy_rules(rules: Sequence[View], *, namespaced: bool) -> list[field.Error]:
    """Errors of the rules of a Role or ClusterRole."""
    return [e for i, rule in enumerate(rules) for e in _policy_rule(rule, namespaced, field.Path("rules")[i])]


def _policy_rule(rule: View, namespaced: bool, path: field.Path) -> list[field.Error]:
    found = []
    if not rule.get("verbs"):
        found.append(field.required(path / "verbs", "verbs must contain at least one value"))
    urls = rule.get("nonResourceURLs")
    if urls:
        at = path / "nonResourceURLs"
        if namespaced:
            found.append(field.invalid(at, urls, "namespaced rules cannot apply to non-resource URLs"))
        if rule.get("apiGroups") or rule.get("resources") or rule.get("resourceNames"):
            detail = "rules cannot apply to both regular resources and non-resource URLs"
            found.append(field.invalid(at, urls, detail))
        return found
    if not rule.get("apiGroups"):
        found.append(field.required(path / "apiGroups", "resource rules must supply at least one api group"))
    if not rule.get("resources"):
        found.append(field.required(path / "resources", "resource rules must supply at least one resource"))
    return found


def default_binding(obj: Object) -> None:
    """Fill in the API groups of a binding's reference and subjects."""
    ref = obj.setdefault("roleRef", {})
    ref["apiGroup"] = ref.get("apiGroup") or GROUP
    for subject in obj.get("subjects") or ():
        if not subject.get("apiGroup") and subject.get("kind") in ("User", "Group"):
            subject["apiGroup"] = GROUP


def binding(obj: View, kinds: Sequence[str], *, namespaced: bool) -> list[field.Error]:
    """Errors of a binding that may refer to the given kinds."""
    ref = obj.get("roleRef") or {}
    found: list[field.Error] = []
    if ref.get("apiGroup") != GROUP:
        found.append(field.not_supported(_ROLE_REF / "apiGroup", ref.get("apiGroup") or "", [GROUP]))
    if ref.get("kind") not in kinds:
        found.append(field.not_supported(_ROLE_REF / "kind", ref.get("kind") or "", kinds))
    name, path = ref.get("name") or "", _ROLE_REF / "name"
    found += names(path, name, validation.path_segment_name) if name else [field.required(path)]
    for i, subject in enumerate(obj.get("subjects") or ()):
        found += _subject(subject, namespaced, field.Path("subjects")[i])
    return found


def _subject(subject: View, namespaced: bool, path: field.Path) -> list[field.Error]:
    name, kind, group = subject.get("name") or "", subject.get("kind") or "", subject.get("apiGroup") or ""
    found = [] if name else [field.required(path / "name")]
    if kind == "ServiceAccount":
        if name:
            found += names(path / "name", name, validation.dns1123_subdomain)
        if group:
            found.append(field.not_supported(path / "apiGroup", group, [""]))
        if not namespaced and not subject.get("namespace"):
            found.append(field.required(path / "namespace"))
    elif kind in SUBJECT_KINDS:
        if group != GROUP:
            found.append(field.not_supported(path / "apiGroup", group, [GROUP]))
    else:
        found.append(field.not_supported(path / "kind", kind, SUBJECT_KINDS))
    return found


def role_ref_change(obj: View, old: View) -> list[field.Error]:
    """A binding refers to one role for ever."""
    ref = obj.get("roleRef") or {}
    if ref == (old.get("roleRef") or {}):
        return []
    shown = go_struct(APIGroup=ref.get("apiGroup", ""), Kind=ref.get("kind", ""), Name=ref.get("name", ""))
    return [field.invalid(_ROLE_REF, shown, "cannot change roleRef")]


def subjects(obj: View, kind: str) -> str:
    """The subjects of a kind, as a binding's row shows them."""
    shown = []
    for subject in obj.get("subjects") or ():
        if subject.get("kind") == kind:
            name = subject.get("name", "")
            shown.append(f"{subject.get('namespace', '')}/{name}" if kind == "ServiceAccount" else name)
    return ", ".join(shown)


def role_ref(obj: View) -> str:
    """`Kind/name` of the role that is bound."""
    ref = obj.get("roleRef") or {}
    return f"{ref.get('kind', '')}/{ref.get('name', '')}"
