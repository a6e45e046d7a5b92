"""A small valid pod, and pods made from it."""

from __future__ import annotations

from typing import Any, Final

from apimachinery.objects import Object
from server.registry.config import RegistryConfig
from server.registry.core import pod
from tests.server.registry.strategies import Kind, with_changes

PODS: Final = Kind(pod.resource(RegistryConfig()))
CONTAINER: Final = {"name": "c", "image": "nginx:1"}
POD: Final[Object] = {
    "kind": "Pod",
    "apiVersion": "v1",
    "metadata": {"name": "p", "labels": {"app": "p"}},
    "spec": {"containers": [CONTAINER]},
}


def pod_with(**changes: Any) -> Object:
    """The pod with changes below spec; `__` stands for a dot."""
    return with_changes(POD, {f"spec.{name.replace('__', '.')}": value for name, value in changes.items()})


def container_with(**changes: Any) -> Object:
    """The pod with changes of its only container."""
    return pod_with(containers=[{**CONTAINER, **changes}])


def stored(**changes: Any) -> Object:
    """The pod as it is stored."""
    return PODS.created(pod_with(**changes))
