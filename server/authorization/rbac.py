"""Role based access control. Models plugin/pkg/auth/authorizer/rbac/rbac.go."""

from __future__ import annotations

from apimachinery.objects import Object
from server.authentication.interfaces import User
from server.authorization.interfaces import Attributes, RuleSet, Verdict
from server.authorization.rbac_index import RbacIndex


class RbacAuthorizer:
    """Allows what a binding of the user grants, and has no opinion on the rest."""

    def __init__(self, index: RbacIndex) -> None:
        self._index = index

    async def authorize(self, attributes: Attributes) -> Verdict:
        """The first rule that allows decides; the reason names the binding, or the roles that could not be found."""
        missing: list[str] = []
        for grant in self._index.grants(attributes.user, attributes.namespace):
            if grant.error:
                missing.append(grant.error)
            elif any(rule.allows(attributes) for rule in grant.rules):
                return Verdict("Allow", f"RBAC: allowed by {grant.binding.describe(grant.subject)}")
        return Verdict("NoOpinion", f"RBAC: {aggregate(missing)}" if missing else "")

    async def rules_for(self, user: User, namespace: str) -> RuleSet:
        """Every rule that the user's bindings grant in a namespace, resource rules and path rules apart."""
        resources: list[Object] = []
        paths: list[Object] = []
        missing: list[str] = []
        for grant in self._index.grants(user, namespace):
            if grant.error:
                missing.append(grant.error)
            for rule in grant.rules:
                found = rule.to_object()
                if rule.resources:
                    resources.append(
                        {k: found[k] for k in ("verbs", "apiGroups", "resources", "resourceNames") if k in found}
                    )
                if rule.non_resource_urls:
                    paths.append({k: found[k] for k in ("verbs", "nonResourceURLs") if k in found})
        return RuleSet(tuple(resources), tuple(paths), evaluation_error=aggregate(missing))


def aggregate(messages: list[str]) -> str:
    """Several errors as one text: each once, in brackets when there is more than one."""
    distinct = list(dict.fromkeys(messages))
    return distinct[0] if len(distinct) == 1 else f"[{', '.join(distinct)}]" if distinct else ""
