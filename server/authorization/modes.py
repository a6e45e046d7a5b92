"""The authorizers of --authorization-mode, and how several make one. Models apiserver/pkg/authorization/union."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol, runtime_checkable

from server.authentication.interfaces import PRIVILEGED, User
from server.authorization.interfaces import Attributes, Authorizer, RuleResolver, RuleSet, Verdict

EVERYTHING: Final = RuleSet(
    ({"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]},),
    ({"verbs": ["*"], "nonResourceURLs": ["*"]},),
)


class AlwaysAllow:
    """Lets everybody do everything."""

    async def authorize(self, attributes: Attributes) -> Verdict:
        """Allow."""
        return Verdict("Allow")

    async def rules_for(self, user: User, namespace: str) -> RuleSet:
        """Everything."""
        return EVERYTHING


class AlwaysDeny:
    """Lets nobody do anything, except for system:masters, who come first in every mode."""

    async def authorize(self, attributes: Attributes) -> Verdict:
        """No opinion, with upstream's reason."""
        return Verdict("NoOpinion", "Everything is forbidden.")

    async def rules_for(self, user: User, namespace: str) -> RuleSet:
        """Nothing."""
        return RuleSet()


class PrivilegedGroup:
    """Allows everything to system:masters; it knows no rules to list."""

    async def authorize(self, attributes: Attributes) -> Verdict:
        """Allow the group, no opinion on others."""
        return Verdict("Allow" if PRIVILEGED in attributes.user.groups else "NoOpinion")


@runtime_checkable
class _Resolver(RuleResolver, Protocol):
    pass


class UnionAuthorizer:
    """Asks authorizers in order until one allows or denies; lists the rules of all that can list."""

    def __init__(self, authorizers: Sequence[Authorizer]) -> None:
        self.authorizers = tuple(authorizers)

    async def authorize(self, attributes: Attributes) -> Verdict:
        """The first Allow or Deny; else no opinion with every reason on a line of its own."""
        reasons: list[str] = []
        for authorizer in self.authorizers:
            verdict = await authorizer.authorize(attributes)
            if verdict.decision != "NoOpinion":
                return verdict
            if verdict.reason:
                reasons.append(verdict.reason)
        return Verdict("NoOpinion", "\n".join(reasons))

    async def rules_for(self, user: User, namespace: str) -> RuleSet:
        """The rules of every authorizer, incomplete as soon as one of them is."""
        found = [await a.rules_for(user, namespace) for a in self.authorizers if isinstance(a, _Resolver)]
        return RuleSet(
            tuple(r for s in found for r in s.resource_rules),
            tuple(r for s in found for r in s.non_resource_rules),
            any(s.incomplete for s in found),
            ", ".join(s.evaluation_error for s in found if s.evaluation_error),
        )
