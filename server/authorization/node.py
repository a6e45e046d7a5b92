"""The Node mode: what the kubelet of a node may do. Models plugin/pkg/auth/authorizer/node/node_authorizer.go."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Final

from apimachinery.fields import FieldRequirement, FieldSelector
from apimachinery.objects import View
from apimachinery.serializer import go_quote
from server.authentication.interfaces import User
from server.authorization.bootstrap_cluster_roles import CLUSTER_ROLES
from server.authorization.interfaces import Attributes, Verdict
from server.authorization.rbac_rules import read_rules
from server.registry.registry import Registry
from storage.interfaces import ListOptions, SelectionPredicate

NODES: Final = "system:nodes"
_PREFIX: Final = "system:node:"
_RULES: Final = read_rules(next(r["rules"] for r in CLUSTER_ROLES if r["metadata"]["name"] == "system:node"))
_NO_OPINION: Final = Verdict("NoOpinion")
_READ: Final = frozenset({"get", "list", "watch"})


def node_of(user: User) -> str | None:
    """The node of a kubelet; empty for a kubelet that does not say, None for everybody else."""
    if NODES not in user.groups:
        return None
    return user.name.removeprefix(_PREFIX) if user.name.startswith(_PREFIX) else ""


class NodeAuthorizer:
    """Allows kubelets their own objects and what their pods refer to."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    async def authorize(self, attributes: Attributes) -> Verdict:
        """No opinion on anybody but kubelets."""
        node = node_of(attributes.user)
        if node is None:
            return _NO_OPINION
        if not node:
            return Verdict("NoOpinion", f"unknown node for user {go_quote(attributes.user.name)}")
        if attributes.resource_request:
            special = await self._special(attributes, node)
            if special is not None:
                return Verdict("NoOpinion", special) if special else Verdict("Allow")
        return Verdict("Allow") if any(rule.allows(attributes) for rule in _RULES) else _NO_OPINION

    async def _special(self, asked: Attributes, node: str) -> str | None:
        """Why not, empty for a yes; None where the general rules of nodes decide."""
        match asked.api_group, asked.resource, asked.subresource:
            case "", "secrets" | "configmaps", _:
                return await self._read(asked, node)
            case "", "persistentvolumeclaims", "status":
                if asked.verb not in ("update", "patch"):
                    return "can only update/patch resources of this type"
                return await self._related(asked, node)
            case "", "persistentvolumeclaims" | "persistentvolumes", _:
                return await self._get(asked, node)
            case "", "serviceaccounts", "token":
                if asked.verb != "create":
                    return "can only create tokens for individual service accounts"
                return await self._related(asked, node)
            case "", "serviceaccounts", _:
                return await self._get(asked, node)
            case "", "nodes", "" | "status" if asked.verb in ("get", "update", "patch", "delete"):
                return None if asked.name == node else f"node '{node}' cannot {asked.verb} other nodes"
            case "", "pods", "" if asked.verb == "get":
                return await self._related(asked, node)
            case "coordination.k8s.io", "leases", _:
                if asked.namespace != "kube-node-lease":
                    return 'can only access leases in the "kube-node-lease" system namespace'
                own = asked.verb == "create" or asked.name == node
                return None if own else "can only access node lease with the same name as the requesting node"
            case "storage.k8s.io", "csinodes", _:
                own = asked.verb == "create" or asked.name == node
                return None if own else "can only access CSINode with the same name as the requesting node"
        return None

    async def _read(self, asked: Attributes, node: str) -> str:
        if asked.verb not in _READ:
            return "can only read resources of this type"
        if asked.subresource:
            return "cannot read subresource"
        if not asked.namespace:
            return "can only read namespaced object of this type"
        return await self._related(asked, node)

    async def _get(self, asked: Attributes, node: str) -> str:
        if asked.verb != "get":
            return "can only get individual resources of this type"
        if asked.subresource:
            return "cannot get subresource"
        return await self._related(asked, node)

    async def _related(self, asked: Attributes, node: str) -> str:
        if asked.name:
            async for pod in self._pods(asked.namespace, node):
                if await self._refers(pod, asked):
                    return ""
        return f"no relationship found between node '{node}' and this object"

    async def _pods(self, namespace: str, node: str) -> AsyncIterator[View]:
        selector = FieldSelector((FieldRequirement("spec.nodeName", "=", node),))
        options = ListOptions(resource_version=0, predicate=SelectionPredicate(field=selector))
        for item in (await self._registry.find("pods").get_list(namespace, options)).items:
            yield item.view

    async def _refers(self, pod: View, asked: Attributes) -> bool:
        spec, name = pod.get("spec") or {}, asked.name
        match asked.resource:
            case "pods":
                return bool(pod["metadata"]["name"] == name)
            case "serviceaccounts":
                return bool(spec.get("serviceAccountName") == name)
            case "secrets" | "configmaps":
                return name in set(references(spec, asked.resource))
            case "persistentvolumeclaims":
                return name in set(_claims(pod))
            case "persistentvolumes":
                return await self._volume_claimed(pod, name)
        return False

    async def _volume_claimed(self, pod: View, name: str) -> bool:
        claims = self._registry.find("persistentvolumeclaims")
        for claim_name in _claims(pod):
            claim = await claims.find(pod["metadata"]["namespace"], claim_name)
            if claim is not None and (claim.view.get("spec") or {}).get("volumeName") == name:
                return True
        return False


def references(spec: View, resource: str) -> Iterator[str]:
    """The names of the Secrets or ConfigMaps that a pod uses."""
    secret = resource == "secrets"
    kind, key = ("secret", "secretName") if secret else ("configMap", "name")
    if secret:
        for ref in spec.get("imagePullSecrets") or ():
            yield ref.get("name", "")
    for group in ("initContainers", "containers", "ephemeralContainers"):
        for container in spec.get(group) or ():
            for source in container.get("envFrom") or ():
                yield (source.get(f"{kind}Ref") or {}).get("name", "")
            for env in container.get("env") or ():
                yield ((env.get("valueFrom") or {}).get(f"{kind}KeyRef") or {}).get("name", "")
    for volume in spec.get("volumes") or ():
        yield (volume.get(kind) or {}).get(key, "")
        for source in (volume.get("projected") or {}).get("sources") or ():
            yield (source.get(kind) or {}).get("name", "")
        if secret:
            for content in volume.values():
                if isinstance(content, dict):
                    yield (content.get("secretRef") or content.get("nodePublishSecretRef") or {}).get("name", "")


def _claims(pod: View) -> Iterator[str]:
    for volume in (pod.get("spec") or {}).get("volumes") or ():
        if volume.get("persistentVolumeClaim"):
            yield volume["persistentVolumeClaim"].get("claimName", "")
        elif volume.get("ephemeral"):
            yield f"{pod['metadata']['name']}-{volume.get('name', '')}"
