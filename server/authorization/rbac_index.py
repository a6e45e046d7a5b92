"""Roles and bindings by subject, so that a decision looks only at what concerns its user.

Models pkg/registry/rbac/validation/rule.go (DefaultRuleResolver). Pure state: whoever watches the four kinds calls
`put` and `drop`; both are plain functions, so a decision never sees half a change.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from apimachinery import meta
from apimachinery.objects import View
from server.authentication.interfaces import User
from server.authorization.rbac_rules import Rule, read_rules

SERVICE_ACCOUNT_PREFIX: Final = "system:serviceaccount:"
MAX_REMEMBERED: Final = 4096

Kind: TypeAlias = Literal["Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding"]
KINDS: Final[tuple[Kind, ...]] = ("ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding")

_Key: TypeAlias = tuple[str, str]
"""Namespace (empty for cluster-scoped) and name."""
_Who: TypeAlias = tuple[Literal["User", "Group"], str]


@dataclass(frozen=True, slots=True)
class Subject:
    """A subject of a binding: how it is recognised, and how reasons name it."""

    who: _Who
    text: str


@dataclass(frozen=True, slots=True)
class Binding:
    """A binding as far as decisions need it; `namespace` is empty for a ClusterRoleBinding."""

    namespace: str
    name: str
    role_kind: str
    role_name: str
    subjects: tuple[Subject, ...]

    @classmethod
    def read(cls, obj: View) -> Binding:
        """From a RoleBinding or ClusterRoleBinding."""
        namespace, ref = meta.namespace(obj), obj.get("roleRef") or {}
        subjects = (_read_subject(s, namespace) for s in obj.get("subjects") or ())
        return cls(
            namespace,
            meta.name(obj),
            ref.get("kind", ""),
            ref.get("name", ""),
            tuple(s for s in subjects if s is not None),
        )

    def describe(self, subject: Subject) -> str:
        """How a reason names the grant: `RoleBinding "readers/ns" of Role "reader" to User "jane"`."""
        binding = (
            f'RoleBinding "{self.name}/{self.namespace}"' if self.namespace else f'ClusterRoleBinding "{self.name}"'
        )
        return f'{binding} of {self.role_kind} "{self.role_name}" to {subject.text}'


@dataclass(frozen=True, slots=True)
class Grant:
    """The rules that one binding gives a user; `error` when its role cannot be found."""

    binding: Binding
    subject: Subject
    rules: tuple[Rule, ...] = ()
    error: str = ""


def _read_subject(subject: View, namespace: str) -> Subject | None:
    name = subject.get("name") or ""
    match subject.get("kind"):
        case "User":
            return Subject(("User", name), f'User "{name}"')
        case "Group":
            return Subject(("Group", name), f'Group "{name}"')
        case "ServiceAccount":
            home = subject.get("namespace") or namespace
            if home:
                return Subject(("User", f"{SERVICE_ACCOUNT_PREFIX}{home}:{name}"), f'ServiceAccount "{name}/{home}"')
    return None


class RbacIndex:
    """Every role, and every binding by who it concerns."""

    def __init__(self) -> None:
        self._roles: dict[_Key, tuple[Rule, ...]] = {}
        self._bindings: dict[_Key, Binding] = {}
        self._concerned: dict[_Who, dict[str, dict[str, Binding]]] = {}
        """Bindings by subject, then namespace, then name."""
        self._grants: dict[tuple[str, tuple[str, ...], str], tuple[Grant, ...]] = {}
        """What users hold, as far as it was asked since the last change."""

    def put(self, kind: Kind, obj: View) -> None:
        """An object was added or changed."""
        self._grants.clear()
        key = (meta.namespace(obj), meta.name(obj))
        if kind in ("Role", "ClusterRole"):
            self._roles[key] = read_rules(obj.get("rules"))
            return
        self._unbind(key)
        binding = self._bindings[key] = Binding.read(obj)
        for subject in binding.subjects:
            self._concerned.setdefault(subject.who, {}).setdefault(binding.namespace, {})[binding.name] = binding

    def drop(self, kind: Kind, namespace: str, name: str) -> None:
        """An object was deleted."""
        self._grants.clear()
        if kind in ("Role", "ClusterRole"):
            self._roles.pop((namespace, name), None)
        else:
            self._unbind((namespace, name))

    def _unbind(self, key: _Key) -> None:
        binding = self._bindings.pop(key, None)
        for subject in binding.subjects if binding else ():
            spaces = self._concerned.get(subject.who, {})
            names = spaces.get(key[0], {})
            names.pop(key[1], None)
            if not names:
                spaces.pop(key[0], None)
            if not spaces:
                self._concerned.pop(subject.who, None)

    def grants(self, user: User, namespace: str) -> tuple[Grant, ...]:
        """What the user holds in a namespace: ClusterRoleBindings first, then RoleBindings, by name within each."""
        key = (user.name, user.groups, namespace)
        found = self._grants.get(key)
        if found is None:
            if len(self._grants) >= MAX_REMEMBERED:
                self._grants.clear()
            found = self._grants[key] = tuple(self._collect(user, namespace))
        return found

    def _collect(self, user: User, namespace: str) -> Iterator[Grant]:
        identities: tuple[_Who, ...] = (("User", user.name), *(("Group", g) for g in user.groups))
        known = set(identities)
        for space in ("", namespace) if namespace else ("",):
            found: dict[str, Binding] = {}
            for who in identities:
                found.update(self._concerned.get(who, {}).get(space, {}))
            for _, binding in sorted(found.items()):
                yield self._grant(binding, next(s for s in binding.subjects if s.who in known))

    def _grant(self, binding: Binding, subject: Subject) -> Grant:
        rules = self.rules_of(binding.role_kind, binding.role_name, binding.namespace)
        if rules is None:
            return Grant(binding, subject, error=role_missing(binding.role_kind, binding.role_name))
        return Grant(binding, subject, rules)

    def rules_of(self, role_kind: str, name: str, namespace: str) -> tuple[Rule, ...] | None:
        """The rules of a role that a binding in `namespace` refers to; None when there is no such role."""
        if role_kind == "ClusterRole":
            return self._roles.get(("", name))
        if role_kind == "Role" and namespace:
            return self._roles.get((namespace, name))
        return None


def role_missing(role_kind: str, name: str) -> str:
    """Upstream's words for a reference that leads nowhere."""
    if role_kind in ("Role", "ClusterRole"):
        return f'{role_kind.lower()}.rbac.authorization.k8s.io "{name}" not found'
    return f'unsupported role reference kind: "{role_kind}"'
