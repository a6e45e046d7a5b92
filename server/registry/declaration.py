"""The short form in which built-in kinds are declared.

Models the installer's reading of rest.Storage (apiserver/pkg/endpoints/installer.go) and
apiserver/pkg/endpoints/discovery/storageversionhash.go.
"""

from __future__ import annotations

import base64
import hashlib
from typing import Any, Final

from apimachinery.gvk import GroupVersionKind
from server.registry.config import RegistryConfig
from server.registry.rest import ALL_VERBS, Resource, Strategy, Subresource, Verb, status_subresource

CREATE_ONLY: Final[tuple[Verb, ...]] = ("create",)
READ_ONLY: Final[tuple[Verb, ...]] = ("get", "list")
PROXY_VERBS: Final = ("create", "delete", "get", "patch", "update")

_DEFINITION_PACKAGES: Final = {
    "": "io.k8s.api.core",
    "apiextensions.k8s.io": "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions",
    "apiregistration.k8s.io": "io.k8s.kube-aggregator.pkg.apis.apiregistration",
    "flowcontrol.apiserver.k8s.io": "io.k8s.api.flowcontrol",
    "rbac.authorization.k8s.io": "io.k8s.api.rbac",
}


def at_least(config: RegistryConfig, minor: int) -> bool:
    """Whether Kubernetes 1.<minor> or newer is emulated."""
    return config.version >= (1, minor)


def definition_name(group: str, version: str, kind: str) -> str:
    """The OpenAPI definition of a built-in kind: `io.k8s.api.apps.v1.DaemonSet`."""
    package = _DEFINITION_PACKAGES.get(group) or f"io.k8s.api.{group.partition('.')[0]}"
    return f"{package}.{version}.{kind}"


def storage_version_hash(group: str, version: str, kind: str) -> str:
    """What discovery shows of the version in which a kind is stored."""
    digest = hashlib.sha256(f"{group}/{version}/{kind}".encode()).digest()
    return base64.b64encode(digest[:8]).decode()


def declare(
    group: str,
    version: str,
    kind: str,
    *,
    namespaced: bool,
    plural: str = "",
    verbs: tuple[Verb, ...] = ALL_VERBS,
    stored_as: tuple[str, str] | None = None,
    status: Strategy | None = None,
    subresources: tuple[Subresource, ...] = (),
    virtual: str = "",
    **rest: Any,
) -> Resource:
    """A built-in Resource; `plural` is the kind with an s unless given, `stored_as` the group and version on disk.

    `status` is the strategy of the usual status subresource, which is listed after `subresources`.
    """
    gvk = GroupVersionKind(group, version, kind)
    if status is not None:
        subresources = (*subresources, status_subresource(gvk, status))
    return Resource(
        group=group,
        version=version,
        kind=kind,
        plural=plural or f"{kind.lower()}s",
        singular=kind.lower(),
        namespaced=namespaced,
        verbs=verbs,
        subresources=tuple(sorted(subresources, key=lambda s: s.name)),
        definition=definition_name(group, version, kind),
        storage_version_hash="" if virtual else storage_version_hash(*(stored_as or (group, version)), kind),
        virtual=virtual,
        table_convertor=not virtual or "list" in verbs,
        **rest,
    )
