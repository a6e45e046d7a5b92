"""The core group, served below /api/v1."""

from __future__ import annotations

from typing import Final

from apimachinery.gvk import GroupVersionKind
from server.registry.config import RegistryConfig
from server.registry.declaration import CREATE_ONLY, PROXY_VERBS, READ_ONLY, at_least, declare, scale_subresource
from server.registry.generic import SpecStrategy, StatusStrategy
from server.registry.rest import Resource, Subresource, Verb

NAMESPACE_VERBS: Final[tuple[Verb, ...]] = ("create", "delete", "get", "list", "patch", "update", "watch")


def resources(config: RegistryConfig) -> list[Resource]:
    """The kinds of this group, in every version that the configured Kubernetes serves by default."""
    return [
        declare("", "v1", "Binding", namespaced=True, verbs=CREATE_ONLY, virtual="bindings"),
        declare(
            "",
            "v1",
            "ComponentStatus",
            namespaced=False,
            plural="componentstatuses",
            verbs=READ_ONLY,
            short_names=("cs",),
            virtual="componentstatuses",
        ),
        declare("", "v1", "ConfigMap", namespaced=True, short_names=("cm",)),
        declare("", "v1", "Endpoints", namespaced=True, plural="endpoints", short_names=("ep",)),
        declare("", "v1", "Event", namespaced=True, short_names=("ev",)),
        declare("", "v1", "LimitRange", namespaced=True, short_names=("limits",)),
        declare(
            "",
            "v1",
            "Namespace",
            namespaced=False,
            short_names=("ns",),
            verbs=NAMESPACE_VERBS,
            strategy=SpecStrategy(),
            status=StatusStrategy(),
            subresources=(
                Subresource(
                    "finalize", GroupVersionKind("", "v1", "Namespace"), ("update",), strategy=StatusStrategy()
                ),
            ),
        ),
        declare(
            "",
            "v1",
            "Node",
            namespaced=False,
            short_names=("no",),
            strategy=SpecStrategy(),
            status=StatusStrategy(),
            subresources=(proxy("NodeProxyOptions"),),
        ),
        declare(
            "",
            "v1",
            "PersistentVolume",
            namespaced=False,
            short_names=("pv",),
            strategy=SpecStrategy(),
            status=StatusStrategy(),
        ),
        declare(
            "",
            "v1",
            "PersistentVolumeClaim",
            namespaced=True,
            short_names=("pvc",),
            strategy=SpecStrategy(),
            status=StatusStrategy(),
        ),
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
        declare(
            "",
            "v1",
            "ResourceQuota",
            namespaced=True,
            short_names=("quota",),
            strategy=SpecStrategy(),
            status=StatusStrategy(),
        ),
        declare("", "v1", "Secret", namespaced=True),
        declare(
            "",
            "v1",
            "Service",
            namespaced=True,
            short_names=("svc",),
            categories=("all",),
            strategy=SpecStrategy(),
            status=StatusStrategy(),
            subresources=(proxy("ServiceProxyOptions"),),
        ),
        declare(
            "",
            "v1",
            "ServiceAccount",
            namespaced=True,
            short_names=("sa",),
            subresources=(
                Subresource(
                    "token",
                    GroupVersionKind("authentication.k8s.io", "v1", "TokenRequest"),
                    ("create",),
                    handler="token",
                ),
            ),
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
