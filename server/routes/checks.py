"""The named health checks of kube-apiserver, in the order in which it prints them.

Models the post-start hooks of apiserver/pkg/server, kube-aggregator and pkg/controlplane, v1.36. A hook's check is well
once what the hook starts stands here.
"""

from __future__ import annotations

from typing import Final

from server.routes.healthz import Check, Probe, always_well

_LIVE: Final = frozenset({"healthz", "livez"})
_READY: Final = frozenset({"readyz"})
_HOOKS: Final = (
    "start-apiserver-admission-initializer",
    "generic-apiserver-start-informers",
    "priority-and-fairness-config-consumer",
    "priority-and-fairness-filter",
    "storage-object-count-tracker-hook",
    "start-apiextensions-informers",
    "start-apiextensions-controllers",
    "crd-informer-synced",
    "start-system-namespaces-controller",
    "peer-endpoint-reconciler-controller",
    "start-cluster-authentication-info-controller",
    "start-kube-apiserver-identity-lease-controller",
    "start-kube-apiserver-identity-lease-garbage-collector",
    "storage-readiness",
    "start-legacy-token-tracking-controller",
    "start-service-ip-repair-controllers",
    "rbac/bootstrap-roles",
    "scheduling/bootstrap-system-priority-classes",
    "priority-and-fairness-config-producer",
    "bootstrap-controller",
    "start-kubernetes-service-cidr-controller",
    "start-kube-aggregator-informers",
    "apiservice-status-local-available-controller",
    "apiservice-status-remote-available-controller",
    "apiservice-registration-controller",
    "apiservice-wait-for-first-sync",
    "apiservice-discovery-controller",
    "kube-apiserver-autoregistration",
    "autoregister-completion",
    "apiservice-openapi-controller",
    "apiservice-openapiv3-controller",
)
_PLAIN: Final = frozenset({"autoregister-completion"})
"""Checks of their own among the hooks."""


def checks(*, started: Probe, stored: Probe, not_draining: Probe) -> tuple[Check, ...]:
    """All of them: `started` stands for the hooks, `stored` for etcd or what is in its place."""
    hooks = (Check(name if name in _PLAIN else f"poststarthook/{name}", started) for name in _HOOKS)
    return (
        Check("ping", always_well),
        Check("log", always_well),
        Check("loopback-serving-certificate", always_well, _LIVE),
        Check("etcd", stored),
        Check("etcd-readiness", stored, _READY),
        Check("informer-sync", started, _READY),
        *hooks,
        Check("shutdown", not_draining, _READY),
    )
