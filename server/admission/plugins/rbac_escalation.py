"""The guard before RBAC objects: who writes a role or binding must hold what it grants, or be allowed to go beyond.

Models pkg/registry/rbac/{role,clusterrole,rolebinding,clusterrolebinding}/policybased/storage.go.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from apimachinery import errors, meta
from apimachinery.gvk import GroupResource
from apimachinery.objects import View
from server.admission.attributes import Attributes
from server.admission.interfaces import Operation
from server.authentication.interfaces import PRIVILEGED
from server.authorization import interfaces as authorization
from server.authorization.rbac_escalation import FULL_AUTHORITY, missing_rules, refusal
from server.authorization.rbac_index import RbacIndex
from server.authorization.rbac_rules import Rule, read_rules

GROUP: Final = "rbac.authorization.k8s.io"
_ROLES: Final = frozenset({"roles", "clusterroles"})
_BINDINGS: Final = frozenset({"rolebindings", "clusterrolebindings"})


class RbacEscalation:
    """Runs after every mutating plugin, on what would be stored."""

    name = "RbacEscalation"
    operations: frozenset[Operation] = frozenset({"CREATE", "UPDATE"})
    resources: frozenset[str] = frozenset(f"{plural}.{GROUP}" for plural in _ROLES | _BINDINGS)

    def __init__(self, authorizer: authorization.Authorizer, index: RbacIndex) -> None:
        self._authorizer = authorizer
        self._index = index

    async def admit(self, attributes: Attributes) -> None:
        """Forbidden with the permissions that are missing; NotFound for a binding to a role that does not exist."""
        obj, resource = attributes.object, attributes.resource
        if obj is None or resource.group != GROUP or attributes.subresource or PRIVILEGED in attributes.user.groups:
            return
        old = attributes.old_object
        if old is not None and _only_garbage_collection(obj, old):
            return
        if resource.plural in _ROLES:
            await self._check_role(attributes, obj, old)
        elif resource.plural in _BINDINGS:
            await self._check_binding(attributes, obj)

    async def _check_role(self, attributes: Attributes, obj: View, old: View | None) -> None:
        if old is not None and all((obj.get(k) or None) == (old.get(k) or None) for k in ("rules", "aggregationRule")):
            return
        name = attributes.name if attributes.operation == "UPDATE" else ""
        if await self._may(attributes, "escalate", attributes.resource.plural, name):
            return
        self._confirm(attributes, read_rules(obj.get("rules")))
        gathers = obj.get("aggregationRule") or (old or {}).get("aggregationRule")
        if gathers and missing_rules(self._held(attributes)[0], FULL_AUTHORITY):
            why = "must have cluster-admin privileges to use the aggregationRule"
            raise errors.Forbidden.of(attributes.group_resource, meta.name(obj), why)

    async def _check_binding(self, attributes: Attributes, obj: View) -> None:
        ref = obj.get("roleRef") or {}
        kind, name = ref.get("kind") or "", ref.get("name") or ""
        resource = {"Role": "roles", "ClusterRole": "clusterroles"}.get(kind, "")
        if resource and await self._may(attributes, "bind", resource, name):
            return
        rules = self._index.rules_of(kind, name, attributes.namespace)
        if rules is None:
            if resource:
                raise errors.NotFound.of(GroupResource(GROUP, resource), name)
            raise errors.InternalError.of(f'unsupported role reference kind: "{kind}"')
        self._confirm(attributes, rules)

    async def _may(self, attributes: Attributes, verb: str, resource: str, name: str) -> bool:
        asked = authorization.Attributes(
            attributes.user,
            verb,
            namespace=attributes.namespace,
            api_group=GROUP,
            api_version="*",
            resource=resource,
            name=name,
        )
        return (await self._authorizer.authorize(asked)).allowed

    def _held(self, attributes: Attributes) -> tuple[list[Rule], str]:
        grants = self._index.grants(attributes.user, attributes.namespace)
        return [rule for grant in grants for rule in grant.rules], " ".join(g.error for g in grants if g.error)

    def _confirm(self, attributes: Attributes, wanted: Sequence[Rule]) -> None:
        held, error = self._held(attributes)
        missing = missing_rules(held, wanted)
        if missing:
            why = refusal(attributes.user, missing, error)
            raise errors.Forbidden.of(attributes.group_resource, meta.name(attributes.object or {}), why)


def _only_garbage_collection(obj: View, old: View) -> bool:
    """Whether nothing but owner references and finalizers changes, and they do change."""
    ignored = ("ownerReferences", "finalizers", "managedFields")
    if all(meta.metadata(obj).get(k) == meta.metadata(old).get(k) for k in ignored[:2]):
        return False
    return _without(obj, ignored) == _without(old, ignored)


def _without(obj: View, keys: Iterable[str]) -> dict[str, Any]:
    dropped = set(keys)
    return {
        **obj,
        "metadata": {k: v for k, v in meta.metadata(obj).items() if k not in dropped and v not in (None, "")},
    }
