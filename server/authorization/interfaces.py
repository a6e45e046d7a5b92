"""Whether a user may do a thing. Models apiserver/pkg/authorization/authorizer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol

from apimachinery.objects import Object
from server.authentication.interfaces import User

Decision = Literal["Allow", "Deny", "NoOpinion"]


class Attributes(NamedTuple):
    """What is asked: a verb on a resource, or on a path when `resource_request` is false."""

    user: User
    verb: str
    resource_request: bool = True
    namespace: str = ""
    api_group: str = ""
    api_version: str = ""
    resource: str = ""
    subresource: str = ""
    name: str = ""
    path: str = ""


class Verdict(NamedTuple):
    """A decision with the reason that a client may read."""

    decision: Decision
    reason: str = ""

    @property
    def allowed(self) -> bool:
        """Whether the request may go on."""
        return self.decision == "Allow"


class Authorizer(Protocol):
    """Decides on requests."""

    async def authorize(self, attributes: Attributes) -> Verdict:
        """The verdict; NoOpinion leaves it to the next authorizer."""
        ...


@dataclass(frozen=True, slots=True)
class RuleSet:
    """What a user may do in a namespace, for SelfSubjectRulesReview."""

    resource_rules: tuple[Object, ...] = ()
    non_resource_rules: tuple[Object, ...] = ()
    incomplete: bool = False
    evaluation_error: str = ""


class RuleResolver(Protocol):
    """Lists the rules that hold for a user."""

    async def rules_for(self, user: User, namespace: str) -> RuleSet:
        """Every rule that applies, in the order of the bindings."""
        ...
