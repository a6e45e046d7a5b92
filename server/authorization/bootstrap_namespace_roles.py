"""The Roles and RoleBindings of kube-system and kube-public. Models bootstrappolicy/namespace_policy.go, v1.36."""

from __future__ import annotations

from typing import Final

from server.authorization.bootstrap_rules import READ, events, role, role_binding, rule, service_account, user

_SYSTEM: Final = "kube-system"
_PUBLIC: Final = "kube-public"
_MANAGER: Final = "kube-controller-manager"
_SCHEDULER: Final = "kube-scheduler"

NAMESPACE_ROLES: Final = (
    role(
        _SYSTEM,
        "extension-apiserver-authentication-reader",
        rule(READ, "core", "configmaps", "extension-apiserver-authentication"),
    ),
    role(_SYSTEM, "system:controller:bootstrap-signer", rule(READ, "core", "secrets")),
    role(_SYSTEM, "system:controller:cloud-provider", rule(f"create {READ}", "core", "configmaps")),
    role(_SYSTEM, "system:controller:token-cleaner", rule(f"{READ} delete", "core", "secrets"), events()),
    role(
        _SYSTEM,
        "system::leader-locking-kube-controller-manager",
        rule("watch", "core", "configmaps"),
        rule("get update", "core", "configmaps", _MANAGER),
        rule(f"{READ} create update", "coordination.k8s.io", "leases"),
    ),
    role(
        _SYSTEM,
        "system::leader-locking-kube-scheduler",
        rule("watch", "core", "configmaps"),
        rule("get update", "core", "configmaps", _SCHEDULER),
    ),
    role(
        _PUBLIC,
        "system:controller:bootstrap-signer",
        rule(READ, "core", "configmaps"),
        rule("update", "core", "configmaps", "cluster-info"),
        events(),
    ),
)

NAMESPACE_ROLE_BINDINGS: Final = (
    role_binding(
        _SYSTEM,
        "system::extension-apiserver-authentication-reader",
        user(f"system:{_MANAGER}"),
        user(f"system:{_SCHEDULER}"),
        role_name="extension-apiserver-authentication-reader",
    ),
    *(
        role_binding(
            _SYSTEM, f"system::leader-locking-{component}", user(f"system:{component}"), service_account(component)
        )
        for component in (_MANAGER, _SCHEDULER)
    ),
    *(
        role_binding(_SYSTEM, f"system:controller:{name}", service_account(name))
        for name in ("bootstrap-signer", "cloud-provider", "token-cleaner")
    ),
    role_binding(_PUBLIC, "system:controller:bootstrap-signer", service_account("bootstrap-signer")),
)
