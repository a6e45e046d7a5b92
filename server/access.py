"""Who may come in and what they may do, put together from the options. Models pkg/kubeapiserver/options."""

from __future__ import annotations

from dataclasses import dataclass

from apimachinery.clock import Clock
from server.authentication.anonymous import Anonymous
from server.authentication.interfaces import Authenticator, TokenAuthenticator
from server.authentication.token import BearerTokens, StaticTokens, TokenUnion, read_token_file
from server.authentication.union import UnionAuthenticator
from server.authentication.x509 import ClientCertificates
from server.authorization.interfaces import Authorizer, RuleResolver
from server.authorization.modes import AlwaysAllow, AlwaysDeny, PrivilegedGroup, UnionAuthorizer
from server.filters.chain import Filter
from server.options import ServerOptions
from server.registry.registry import Registry


@dataclass(frozen=True, slots=True)
class AccessControl:
    """The parts of the door; `filters` stand between authentication and authorization."""

    authenticator: Authenticator
    authorizer: Authorizer
    rules: RuleResolver
    tokens: TokenAuthenticator
    filters: tuple[Filter, ...] = ()


def build(options: ServerOptions, registry: Registry, clock: Clock) -> AccessControl:
    """Access control as the options ask; ValueError for a token file that cannot be read."""
    tokens: list[TokenAuthenticator] = []
    if options.token_auth_file is not None:
        tokens.append(StaticTokens(read_token_file(options.token_auth_file)))
    union = TokenUnion(tokens)
    open_to_all = "AlwaysAllow" in options.authorization_mode
    anonymous = Anonymous(open_paths_only=open_to_all) if options.anonymous_auth else None
    authenticator = UnionAuthenticator([ClientCertificates(), BearerTokens(union)], fallback=anonymous)
    authorizers: list[Authorizer] = [PrivilegedGroup()]
    for mode in options.authorization_mode:
        match mode:
            case "AlwaysAllow":
                authorizers.append(AlwaysAllow())
            case "AlwaysDeny":
                authorizers.append(AlwaysDeny())
            case _:
                pass
    authorizer = UnionAuthorizer(authorizers)
    return AccessControl(authenticator, authorizer, authorizer, union)
