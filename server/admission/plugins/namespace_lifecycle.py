"""NamespaceLifecycle: no objects in missing or terminating namespaces, and three namespaces that stay.

Models apiserver/pkg/admission/plugin/namespace/lifecycle/admission.go.
"""

from __future__ import annotations

from typing import Final

from apimachinery import errors
from server.admission.attributes import Attributes
from server.admission.interfaces import Operation
from server.admission.plugins.lister import Lister
from server.admission.plugins.refusal import forbidden

IMMORTAL: Final = frozenset({"default", "kube-system", "kube-public"})


class NamespaceLifecycle:
    """Refuses what has no living namespace."""

    name = "NamespaceLifecycle"
    operations: frozenset[Operation] = frozenset({"CREATE", "UPDATE", "DELETE"})

    def __init__(self, lister: Lister) -> None:
        self._lister = lister

    async def admit(self, attributes: Attributes) -> None:
        """NotFound for a missing namespace, Forbidden for new content in a terminating one."""
        is_namespace = attributes.is_("namespaces", attributes.subresource)
        if is_namespace and attributes.operation == "DELETE" and attributes.name in IMMORTAL:
            raise forbidden(attributes, "this namespace may not be deleted")
        if is_namespace or not attributes.namespace or attributes.operation == "DELETE":
            return
        if attributes.is_("localsubjectaccessreviews.authorization.k8s.io"):
            return
        namespace = await self._lister.get("namespaces", "", attributes.namespace)
        if namespace is None:
            raise errors.NotFound.of("namespaces", attributes.namespace)
        if attributes.operation == "CREATE" and (namespace.get("status") or {}).get("phase") == "Terminating":
            raise _terminating(attributes)


def _terminating(attributes: Attributes) -> errors.Forbidden:
    name = attributes.namespace
    why = f"unable to create new content in namespace {name} because it is being terminated"
    error = forbidden(attributes, why)
    cause = {
        "reason": "NamespaceTerminating",
        "message": f"namespace {name} is being terminated",
        "field": "metadata.namespace",
    }
    error.details = {**(error.details or {}), "causes": [cause]}
    return error
