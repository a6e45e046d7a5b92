"""Who may come in and what they may do, put together from the options. Models pkg/kubeapiserver/options."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from apimachinery.clock import Clock
from server.admission.interfaces import Plugin
from server.admission.plugins.rbac_escalation import RbacEscalation
from server.authentication.anonymous import Anonymous
from server.authentication.interfaces import Authenticator, TokenAuthenticator
from server.authentication.service_account import LegacyTokens, ServiceAccountTokens
from server.authentication.service_account_keys import VerifyingKey, load_keys
from server.authentication.service_account_token import TokenGenerator, TokenReader
from server.authentication.token import BearerTokens, StaticTokens, TokenUnion, read_token_file
from server.authentication.union import UnionAuthenticator
from server.authentication.x509 import ClientCertificates
from server.authorization.interfaces import Authorizer
from server.authorization.modes import AlwaysAllow, AlwaysDeny, PrivilegedGroup, UnionAuthorizer
from server.authorization.node import NodeAuthorizer
from server.authorization.rbac import RbacAuthorizer
from server.authorization.rbac_index import RbacIndex
from server.authorization.rbac_watch import RbacWatcher
from server.filters.audit import AuditLog, with_audit, with_failed_authentication_audit
from server.filters.audit_policy import METADATA, Policy
from server.filters.authentication import with_authentication
from server.filters.chain import Filter
from server.filters.impersonation import with_impersonation
from server.options import ServerOptions
from server.registry.registry import Registry

LEGACY_ISSUER = "kubernetes/serviceaccount"


@dataclass(frozen=True, slots=True)
class AccessControl:
    """The parts of the door; `filters` reach from authentication to impersonation, authorization comes later."""

    filters: tuple[Filter, ...]
    authorizer: UnionAuthorizer
    tokens: TokenAuthenticator
    token_generator: TokenGenerator
    verifying_keys: tuple[VerifyingKey, ...]
    api_audiences: tuple[str, ...]
    rbac: RbacWatcher | None
    guards: tuple[Plugin, ...]
    audit_log: AuditLog | None


def build(options: ServerOptions, registry: Registry, clock: Clock) -> AccessControl:
    """Access control as the options ask; ValueError for a file that cannot be read."""
    signing, verifying = load_keys(
        options.service_account_signing_key_file,
        options.service_account_key_file,
        default=options.cert_dir / "sa.key",
    )
    audiences = options.api_audiences or (options.service_account_issuer,)
    tokens = _tokens(options, registry, clock, verifying, audiences)
    index = RbacIndex() if "RBAC" in options.authorization_mode else None
    authorizer = UnionAuthorizer(_authorizers(options, registry, index))
    audit_log = AuditLog(options.audit_log_path) if options.audit_log_path else None
    return AccessControl(
        filters=_filters(options, clock, _authenticator(options, tokens), authorizer, audit_log),
        authorizer=authorizer,
        tokens=tokens,
        token_generator=TokenGenerator(options.service_account_issuer, signing),
        verifying_keys=tuple(verifying),
        api_audiences=audiences,
        rbac=RbacWatcher(index, registry) if index is not None else None,
        guards=(RbacEscalation(authorizer, index),) if index is not None else (),
        audit_log=audit_log,
    )


def _tokens(
    options: ServerOptions,
    registry: Registry,
    clock: Clock,
    verifying: Sequence[VerifyingKey],
    audiences: tuple[str, ...],
) -> TokenUnion:
    keys = tuple(verifying)
    ours = TokenReader((options.service_account_issuer,), keys)
    legacy = TokenReader((LEGACY_ISSUER,), keys)
    static = [StaticTokens(read_token_file(options.token_auth_file))] if options.token_auth_file is not None else []
    return TokenUnion(
        [
            *static,
            LegacyTokens(legacy, registry, audiences),
            ServiceAccountTokens(ours, registry, clock, api_audiences=audiences),
        ]
    )


def _authenticator(options: ServerOptions, tokens: TokenAuthenticator) -> Authenticator:
    everything_allowed = "AlwaysAllow" in options.authorization_mode
    anonymous = Anonymous(open_paths_only=everything_allowed) if options.anonymous_auth else None
    return UnionAuthenticator([ClientCertificates(), BearerTokens(tokens)], fallback=anonymous)


def _authorizers(options: ServerOptions, registry: Registry, index: RbacIndex | None) -> list[Authorizer]:
    found: list[Authorizer] = [PrivilegedGroup()]
    for mode in options.authorization_mode:
        match mode:
            case "AlwaysAllow":
                found.append(AlwaysAllow())
            case "AlwaysDeny":
                found.append(AlwaysDeny())
            case "Node":
                found.append(NodeAuthorizer(registry))
            case "RBAC" if index is not None:
                found.append(RbacAuthorizer(index))
    return found


def _filters(
    options: ServerOptions,
    clock: Clock,
    authenticator: Authenticator,
    authorizer: Authorizer,
    audit_log: AuditLog | None,
) -> tuple[Filter, ...]:
    impersonation = with_impersonation(authorizer, constrained=options.version >= (1, 36))
    if audit_log is None:
        return with_authentication(authenticator), impersonation
    policy = Policy.read(options.audit_policy_file) if options.audit_policy_file is not None else METADATA
    return (
        with_failed_authentication_audit(audit_log, policy, clock),
        with_authentication(authenticator),
        with_audit(audit_log, policy, clock),
        impersonation,
    )
