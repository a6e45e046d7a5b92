"""What a handler of one request has at hand. Models apiserver/pkg/endpoints/handlers/rest.go (RequestScope)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

from apimachinery import errors
from apimachinery.clock import Clock
from apimachinery.decode import Codec
from apimachinery.gvk import GroupVersionKind
from apimachinery.names import NameGenerator
from apimachinery.objects import Object, View
from apimachinery.schema import Definitions
from server.admission.attributes import Attributes
from server.admission.chain import AdmissionChain
from server.admission.interfaces import Operation
from server.authentication.interfaces import LOOPBACK, TokenAuthenticator, User
from server.authentication.service_account_token import TokenGenerator
from server.authorization.interfaces import Authorizer, RuleResolver
from server.endpoints.catalog import Catalog, Endpoint
from server.endpoints.negotiation import MediaType, negotiate
from server.endpoints.request import Request, Response
from server.endpoints.request_info import RequestInfo
from server.fieldmanager.field_manager import FieldManager
from server.registry.registry import Registry
from server.registry.rest import Context, Resource, Strategy, Subresource
from server.registry.store import Store
from storage.interfaces import Watch

if TYPE_CHECKING:
    from server.endpoints.connect import Upstream


@dataclass(frozen=True, slots=True)
class Services:
    """What all requests share."""

    catalog: Catalog
    registry: Registry
    admission: AdmissionChain
    authorizer: Authorizer
    clock: Clock
    names: NameGenerator
    definitions: Definitions
    codec: Codec
    version: tuple[int, int] = (1, 36)
    rules: RuleResolver | None = None
    tokens: TokenAuthenticator | None = None
    token_generator: TokenGenerator | None = None
    """Signs ServiceAccount tokens."""
    api_audiences: tuple[str, ...] = ()
    """What tokens for this API are made out to."""
    upstream: Upstream | None = None
    """The way to kubelets; None where there is none, as in process."""
    watches: set[Watch] = field(default_factory=set)
    """Open watches, to be ended when the server stops."""


@dataclass(frozen=True)
class Scope:
    """One request on one endpoint; `subresource` is None for the resource itself."""

    services: Services
    request: Request
    info: RequestInfo
    endpoint: Endpoint
    subresource: Subresource | None = None
    sent: dict[str, str] = field(default_factory=dict)
    """The resource's verbatim field as the body has it, when that is not what its value is encoded as."""

    @property
    def resource(self) -> Resource:
        """The resource that the URL names."""
        return self.endpoint.resource

    @property
    def store(self) -> Store:
        """The resource's store; MethodNotAllowed for kinds that are never stored."""
        if self.endpoint.store is None:
            raise errors.MethodNotAllowed.of(self.resource.group_resource, self.info.verb)
        return self.endpoint.store

    @property
    def namespace(self) -> str:
        """The namespace of the URL; empty for cluster-scoped resources."""
        return self.info.namespace if self.resource.namespaced else ""

    @property
    def name(self) -> str:
        """The object's name in the URL; empty for collections."""
        return self.info.parts[1] if len(self.info.parts) > 1 else ""

    @property
    def user(self) -> User:
        """Who asks."""
        return self.request.user or LOOPBACK

    @property
    def strategy(self) -> Strategy:
        """The rules of this endpoint."""
        if self.subresource is not None and self.subresource.strategy is not None:
            return self.subresource.strategy
        return self.resource.strategy

    @property
    def kind(self) -> GroupVersionKind:
        """The kind that bodies have here."""
        return self.subresource.kind if self.subresource is not None else self.resource.gvk

    @property
    def subresource_name(self) -> str:
        """The subresource in the URL, or empty."""
        return self.subresource.name if self.subresource is not None else ""

    @cached_property
    def media(self) -> MediaType:
        """What the answer shall look like; NotAcceptable."""
        return negotiate(self.request, tables=self.resource.table_convertor)

    @property
    def field_manager(self) -> FieldManager | None:
        """Keeps managedFields at this endpoint."""
        return self.endpoint.field_managers.get(self.subresource_name)

    def context(self, *, dry_run: bool = False) -> Context:
        """What the endpoint's rules may know of this request."""
        user = self.user
        return Context(
            self.services.clock.now(),
            self.services.names,
            namespace=self.namespace,
            user=user.name,
            groups=user.groups,
            subresource=self.subresource_name,
            dry_run=dry_run,
            version=self.services.version,
            sent=self.sent.get(self.resource.verbatim, ""),
        )

    def attributes(
        self,
        operation: Operation,
        *,
        obj: Object | None = None,
        old_object: View | None = None,
        name: str | None = None,
        options: View | None = None,
        dry_run: bool = False,
    ) -> Attributes:
        """What admission sees of this request."""
        return Attributes(
            resource=self.resource,
            operation=operation,
            user=self.user,
            kind=self.kind,
            subresource=self.subresource_name,
            namespace=self.namespace,
            name=self.name if name is None else name,
            object=obj,
            old_object=old_object,
            options=options or {},
            dry_run=dry_run,
            warnings=self.request.warnings,
            annotations=self.request.annotations,
        )


ScopeHandler: TypeAlias = Callable[[Scope], Awaitable[Response]]
"""Answers for a subresource that does its own work, or for a kind that is never stored."""
