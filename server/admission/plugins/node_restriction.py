"""NodeRestriction: a kubelet writes what concerns its own node, and nothing else. Off by default.

Models plugin/pkg/admission/noderestriction/admission.go.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from apimachinery import meta
from apimachinery.serializer import go_quote
from server.admission.attributes import Attributes
from server.admission.interfaces import Operation
from server.admission.plugins.lister import Lister
from server.admission.plugins.refusal import forbidden
from server.admission.plugins.service_account import MIRROR_POD
from server.authentication.interfaces import User

NODES_GROUP: Final = "system:nodes"
NODE_PREFIX: Final = "system:node:"
_LABEL_PREFIXES: Final = ("kubelet.kubernetes.io", "node.kubernetes.io")
_RESTRICTED: Final = "node-restriction.kubernetes.io"
_KUBELET_LABELS: Final = frozenset(
    {
        "kubernetes.io/hostname",
        "topology.kubernetes.io/zone",
        "topology.kubernetes.io/region",
        "failure-domain.beta.kubernetes.io/zone",
        "failure-domain.beta.kubernetes.io/region",
        "node.kubernetes.io/instance-type",
        "beta.kubernetes.io/instance-type",
        "kubernetes.io/os",
        "beta.kubernetes.io/os",
        "kubernetes.io/arch",
        "beta.kubernetes.io/arch",
    }
)


def node_of(user: User) -> str | None:
    """The node that a user is the kubelet of; empty for a member of the group without a node's name, else None."""
    if NODES_GROUP not in user.groups:
        return None
    return user.name.removeprefix(NODE_PREFIX) if user.name.startswith(NODE_PREFIX) else ""


class NodeRestriction:
    """Looks only at requests of kubelets."""

    name = "NodeRestriction"
    operations: frozenset[Operation] = frozenset({"CREATE", "UPDATE", "DELETE"})

    def __init__(self, lister: Lister) -> None:
        self._lister = lister

    async def admit(self, attributes: Attributes) -> None:
        """Refuse what belongs to other nodes."""
        node = node_of(attributes.user)
        if node is None:
            return
        if not node:
            raise forbidden(attributes, f"could not determine node from user {go_quote(attributes.user.name)}")
        match str(attributes.group_resource), attributes.subresource:
            case "pods", "":
                await self._admit_pod(attributes, node)
            case "pods", "status":
                _check_pod_status(attributes, node)
            case "pods", "eviction":
                await self._admit_eviction(attributes, node)
            case "nodes", _:
                _check_node(attributes, node)
            case "leases.coordination.k8s.io", "":
                _check_named(attributes, node, "node lease", "kube-node-lease")
            case "csinodes.storage.k8s.io", "":
                _check_named(attributes, node, "CSINode", "")
            case "serviceaccounts", "token":
                await self._admit_token(attributes, node)

    async def _admit_pod(self, attributes: Attributes, node: str) -> None:
        if attributes.operation == "CREATE":
            pod = attributes.object or {}
            if MIRROR_POD not in meta.annotations(pod):
                why = (
                    f"pod does not have {go_quote(MIRROR_POD)} annotation, node {go_quote(node)} can only create"
                    " mirror pods"
                )
                raise forbidden(attributes, why)
            if (pod.get("spec") or {}).get("nodeName") != node:
                why = f"node {go_quote(node)} can only create pods with spec.nodeName set to itself"
                raise forbidden(attributes, why)
        elif attributes.operation == "DELETE":
            await self._check_bound(attributes, node, "delete pods with spec.nodeName set to itself")
        else:
            why = f'unexpected operation "UPDATE", node {go_quote(node)} can only create and delete mirror pods'
            raise forbidden(attributes, why)

    async def _admit_eviction(self, attributes: Attributes, node: str) -> None:
        await self._check_bound(attributes, node, "evict pods with spec.nodeName set to itself")

    async def _check_bound(self, attributes: Attributes, node: str, what: str) -> None:
        pod = await self._lister.get("pods", attributes.namespace, attributes.name)
        if pod is not None and (pod.get("spec") or {}).get("nodeName") != node:
            raise forbidden(attributes, f"node {go_quote(node)} can only {what}")

    async def _admit_token(self, attributes: Attributes, node: str) -> None:
        ref = ((attributes.object or {}).get("spec") or {}).get("boundObjectRef") or {}
        if ref.get("kind") != "Pod" or ref.get("apiVersion") != "v1" or not ref.get("name"):
            raise forbidden(attributes, "node requested token not bound to a pod")
        if not ref.get("uid"):
            raise forbidden(attributes, "node requested token with a pod binding without a uid")
        pod = await self._lister.get("pods", attributes.namespace, ref["name"])
        if pod is None:
            return
        if meta.uid(pod) != ref["uid"]:
            why = (
                f"the UID in the bound object reference ({ref['uid']}) does not match the UID in record."
                " The object might have been deleted and then recreated"
            )
            raise forbidden(attributes, why)
        if (pod.get("spec") or {}).get("nodeName") != node:
            raise forbidden(attributes, "node requested token bound to a pod scheduled on a different node")


def _check_pod_status(attributes: Attributes, node: str) -> None:
    if attributes.operation != "UPDATE":
        raise forbidden(attributes, f"unexpected operation {go_quote(attributes.operation)}")
    old, new = attributes.old_object or {}, attributes.object or {}
    if (old.get("spec") or {}).get("nodeName") != node:
        what = "can only update pod status for pods with spec.nodeName set to itself"
        raise forbidden(attributes, f"node {go_quote(node)} {what}")
    if dict(meta.labels(old)) != dict(meta.labels(new)):
        raise forbidden(attributes, f"node {go_quote(node)} cannot update labels through pod status")


def _check_node(attributes: Attributes, node: str) -> None:
    requested = attributes.name or meta.name(attributes.object or {})
    if requested != node:
        raise forbidden(attributes, f"node {go_quote(node)} is not allowed to modify node {go_quote(requested)}")
    if attributes.subresource not in ("", "status") or attributes.operation == "DELETE":
        return
    new, old = attributes.object or {}, attributes.old_object or {}
    if (new.get("spec") or {}).get("configSource") and not (old.get("spec") or {}).get("configSource"):
        raise forbidden(attributes, f"node {go_quote(node)} is not allowed to create pods with a non-nil configSource")
    if attributes.operation == "UPDATE":
        before, after = ((o.get("spec") or {}).get("taints") or [] for o in (old, new))
        if before != after:
            raise forbidden(attributes, f"node {go_quote(node)} is not allowed to modify taints")
        if meta.owner_references(old) != meta.owner_references(new):
            raise forbidden(attributes, f"node {go_quote(node)} is not allowed to modify ownerReferences")
    wrong = sorted(_forbidden_labels(meta.labels(new), meta.labels(old)))
    if wrong:
        word = "set" if attributes.operation == "CREATE" else "modify"
        why = f"is not allowed to {word} the following labels: {', '.join(wrong)}"
        raise forbidden(attributes, f"node {go_quote(node)} {why}")


def _forbidden_labels(new: Mapping[str, str], old: Mapping[str, str]) -> set[str]:
    changed = {k for k in new.keys() | old.keys() if new.get(k) != old.get(k)}
    return {k for k in changed if not _may_set(k)}


def _may_set(label: str) -> bool:
    domain = label.partition("/")[0] if "/" in label else ""
    if domain == _RESTRICTED or domain.endswith("." + _RESTRICTED):
        return False
    if label in _KUBELET_LABELS or any(domain == p or domain.endswith("." + p) for p in _LABEL_PREFIXES):
        return True
    return not any(domain == d or domain.endswith("." + d) for d in ("kubernetes.io", "k8s.io"))


def _check_named(attributes: Attributes, node: str, what: str, namespace: str) -> None:
    name = attributes.name or meta.name(attributes.object or {})
    if namespace and attributes.namespace != namespace:
        raise forbidden(attributes, f"can only access leases in the {go_quote(namespace)} system namespace")
    if name != node:
        raise forbidden(attributes, f"can only access {what} with the same name as the requesting node")
