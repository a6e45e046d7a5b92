"""OwnerReferencesPermissionEnforcement: changing owners needs rights over both ends. Models plugin/pkg/admission/gc."""

from __future__ import annotations

from typing import Final

from apimachinery import meta
from apimachinery.gvk import GroupVersion
from apimachinery.objects import View
from server.admission.attributes import Attributes
from server.admission.interfaces import Operation
from server.admission.plugins.refusal import forbidden
from server.authorization import interfaces as authorization
from server.registry.registry import Registry
from server.registry.rest import Resource

EXEMPT: Final = frozenset({("pods", "binding"), ("pods", "eviction"), ("bindings", "")})


class OwnerReferencesPermissionEnforcement:
    """Off by default, as upstream."""

    name = "OwnerReferencesPermissionEnforcement"
    operations: frozenset[Operation] = frozenset({"CREATE", "UPDATE"})

    def __init__(self, registry: Registry, authorizer: authorization.Authorizer) -> None:
        self._registry = registry
        self._authorizer = authorizer

    async def validate(self, attributes: Attributes) -> None:
        """Changed references need `delete` on the object, blocking ones `update` on the owner's finalizers."""
        obj = attributes.object
        if obj is None or (str(attributes.group_resource), attributes.subresource) in EXEMPT:
            return
        old = attributes.old_object or {}
        if _bare(obj) == _bare(old):
            return
        resource = attributes.resource
        asked = authorization.Attributes(
            attributes.user,
            "delete",
            namespace=attributes.namespace,
            api_group=resource.group,
            api_version=resource.version,
            resource=resource.plural,
            name=attributes.name,
        )
        if attributes.operation != "CREATE":
            verdict = await self._authorizer.authorize(asked)
            if not verdict.allowed:
                why = f"cannot set an ownerRef on a resource you can't delete: {verdict.reason}, <nil>"
                raise forbidden(attributes, why)
        blocking = {r.get("uid") for r in meta.owner_references(old) if r.get("blockOwnerDeletion")}
        for reference in meta.owner_references(obj):
            if reference.get("blockOwnerDeletion") and reference.get("uid") not in blocking:
                await self._check_owner(attributes, asked, reference)

    async def _check_owner(self, attributes: Attributes, asked: authorization.Attributes, reference: View) -> None:
        owner = self._resource_of(reference)
        if owner is None:
            raise forbidden(
                attributes,
                "cannot set blockOwnerDeletion in this case because cannot find RESTMapping for APIVersion"
                f" {reference.get('apiVersion')} Kind {reference.get('kind')}: no matches for kind"
                f' "{reference.get("kind")}" in version "{reference.get("apiVersion")}"',
            )
        verdict = await self._authorizer.authorize(
            asked._replace(
                verb="update",
                namespace=attributes.namespace if owner.namespaced else "",
                api_group=owner.group,
                api_version=owner.version,
                resource=owner.plural,
                subresource="finalizers",
                name=reference.get("name", ""),
            )
        )
        if not verdict.allowed:
            raise forbidden(
                attributes,
                "cannot set blockOwnerDeletion if an ownerReference refers to a resource you can't set finalizers on:"
                f" {verdict.reason}, <nil>",
            )

    def _resource_of(self, reference: View) -> Resource | None:
        version = GroupVersion.parse(reference.get("apiVersion") or "")
        for store in self._registry:
            if store.resource.group_version == version and store.resource.kind == reference.get("kind"):
                return store.resource
        return None


def _bare(obj: View) -> list[dict[str, object]]:
    return [{k: v for k, v in r.items() if k != "blockOwnerDeletion"} for r in meta.owner_references(obj)]
