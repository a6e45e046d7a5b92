"""The core group, served below /api/v1."""

from __future__ import annotations

from apimachinery.gvk import GroupVersionKind
from server.registry.config import RegistryConfig
from server.registry.core import (
    binding,
    componentstatus,
    configmap,
    endpoints,
    event,
    limitrange,
    namespace,
    node,
    persistentvolume,
    persistentvolumeclaim,
    resourcequota,
    secret,
    service,
    serviceaccount,
)
from server.registry.declaration import PROXY_VERBS, at_least, declare, scale_subresource
from server.registry.generic import SpecStrategy, StatusStrategy
from server.registry.rest import Resource, Subresource

KINDS = (
    binding,
    componentstatus,
    configmap,
    endpoints,
    event,
    limitrange,
    namespace,
    node,
    persistentvolume,
    persistentvolumeclaim,
    resourcequota,
    secret,
    service,
    serviceaccount,
)


def resources(config: RegistryConfig) -> list[Resource]:
    """The kinds of this group, in every version that the configured Kubernetes serves by default."""
    return [
        *(kind.resource(config) for kind in KINDS),
        declare(
            "",
            "v1",
            "Pod",
            namespaced=True,
            short_names=("po",),
            categories=("all",),
            strategy=SpecStrategy(),
            status=StatusStrategy(),
            subresources=pod_subresources(config),
        ),
        declare("", "v1", "PodTemplate", namespaced=True),
        declare(
            "",
            "v1",
            "ReplicationController",
            namespaced=True,
            short_names=("rc",),
            categories=("all",),
            strategy=SpecStrategy(),
            status=StatusStrategy(),
            subresources=(scale_subresource(),),
        ),
    ]


def proxy(options: str) -> Subresource:
    """A proxy subresource, with the kind of its options."""
    return Subresource("proxy", GroupVersionKind("", "v1", options), PROXY_VERBS, handler="proxy", accepts_body=False)


def pod_subresources(config: RegistryConfig) -> tuple[Subresource, ...]:
    """The subresources of pods beside status."""
    pod = GroupVersionKind("", "v1", "Pod")
    connect = ("create", "get")
    found = [
        Subresource(
            "attach", GroupVersionKind("", "v1", "PodAttachOptions"), connect, handler="attach", accepts_body=False
        ),
        Subresource("binding", GroupVersionKind("", "v1", "Binding"), ("create",), handler="binding"),
        Subresource("ephemeralcontainers", pod, strategy=StatusStrategy()),
        Subresource("eviction", GroupVersionKind("policy", "v1", "Eviction"), ("create",), handler="eviction"),
        Subresource("exec", GroupVersionKind("", "v1", "PodExecOptions"), connect, handler="exec", accepts_body=False),
        Subresource("log", pod, ("get",), handler="log", accepts_body=False),
        Subresource(
            "portforward",
            GroupVersionKind("", "v1", "PodPortForwardOptions"),
            connect,
            handler="portforward",
            accepts_body=False,
        ),
        proxy("PodProxyOptions"),
    ]
    if at_least(config, 33):
        found.append(Subresource("resize", pod, strategy=StatusStrategy()))
    return tuple(found)
