"""Who owns whom, kept from watch events. Models pkg/controller/garbagecollector/graph_builder.go; no IO."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from apimachinery import meta
from apimachinery.objects import Object, View

FINALIZER_ORPHAN: Final = "orphan"
FINALIZER_FOREGROUND: Final = "foregroundDeletion"


class Identity(NamedTuple):
    """What an owner reference names, with the namespace where it is to be found."""

    api_version: str
    kind: str
    namespace: str
    name: str
    uid: str

    def __str__(self) -> str:
        return f"[{self.api_version}/{self.kind}, namespace: {self.namespace}, name: {self.name}, uid: {self.uid}]"


class Node:
    """One object; virtual while only references to it have been seen, and absent once it was looked for in vain."""

    __slots__ = (
        "absent",
        "being_deleted",
        "deleting_dependents",
        "dependents",
        "identity",
        "owners",
        "version",
        "virtual",
    )

    def __init__(self, identity: Identity, *, virtual: bool) -> None:
        self.identity = identity
        self.virtual = virtual
        self.owners: list[Object] = []
        self.dependents: dict[str, Node] = {}
        self.absent = False
        self.being_deleted = False
        self.deleting_dependents = False
        self.version = ""

    def blocks(self, owner: Node) -> bool:
        """Whether this dependent holds up its owner's foreground deletion."""
        return any(r["uid"] == owner.identity.uid and r.get("blockOwnerDeletion") for r in self.owners)

    def has_blocking_dependents(self) -> bool:
        """Whether any dependent holds up the foreground deletion."""
        return any(d.blocks(self) for d in self.dependents.values())


class Graph:
    """Nodes by UID; what has to be looked at is handed to `delete` (a node's UID), `orphan` and `report`."""

    def __init__(
        self,
        *,
        delete: Callable[[str], None],
        orphan: Callable[[str], None],
        report: Callable[[Node, Identity], None],
    ) -> None:
        self.nodes: dict[str, Node] = {}
        self._delete = delete
        self._orphan = orphan
        self._report = report

    def observe(self, obj: View, old: View | None = None) -> None:
        """Take an added or changed object."""
        uid = meta.uid(obj)
        identity = Identity(obj["apiVersion"], obj["kind"], meta.namespace(obj), meta.name(obj), uid)
        node = self.nodes.get(uid)
        if node is None:
            node = self.nodes[uid] = Node(identity, virtual=False)
        elif node.virtual:
            node.virtual = node.absent = False
            self._check_references_to(node, identity)
        self._set_owners(node, meta.owner_references(obj))
        node.version = meta.resource_version(obj)
        node.being_deleted = meta.is_deleting(obj)
        if _begins_deletion(obj, old, FINALIZER_ORPHAN):
            self._orphan(uid)
        if _begins_deletion(obj, old, FINALIZER_FOREGROUND):
            node.deleting_dependents = True
            for dependent in node.dependents:
                self._delete(dependent)
            self._delete(uid)

    def forget(self, uid: str) -> None:
        """Take a deleted object: its dependents, and owners that wait for it, are looked at."""
        node = self.nodes.pop(uid, None)
        if node is None:
            return
        for ref in node.owners:
            owner = self.nodes.get(ref["uid"])
            if owner is not None:
                owner.dependents.pop(uid, None)
                if owner.deleting_dependents:
                    self._delete(owner.identity.uid)
                elif owner.virtual and not owner.dependents:
                    del self.nodes[owner.identity.uid]
        if node.dependents:
            self._keep_as_virtual(node)

    def absent(self, uid: str) -> None:
        """A virtual node was looked for and is not there: whoever refers to it is looked at."""
        node = self.nodes.get(uid)
        if node is not None and node.virtual:
            node.absent = True
            for dependent in node.dependents:
                self._delete(dependent)

    def _keep_as_virtual(self, node: Node) -> None:
        ghost = Node(node.identity, virtual=True)
        ghost.absent = True
        ghost.dependents = node.dependents
        self.nodes[node.identity.uid] = ghost
        for dependent in node.dependents:
            self._delete(dependent)

    def _set_owners(self, node: Node, owners: list[Object]) -> None:
        if node.owners == owners:
            return
        before = {r["uid"]: r for r in node.owners}
        after = {r["uid"]: r for r in owners}
        node.owners = owners
        for uid, ref in before.items():
            owner = self.nodes.get(uid)
            if owner is None:
                continue
            if uid not in after:
                owner.dependents.pop(node.identity.uid, None)
            unblocked = ref.get("blockOwnerDeletion") and not after.get(uid, {}).get("blockOwnerDeletion")
            if owner.deleting_dependents and unblocked:
                self._delete(uid)
        for uid, ref in after.items():
            if uid not in before:
                self._add_dependent(node, ref)

    def _add_dependent(self, node: Node, ref: Object) -> None:
        owner = self.nodes.get(ref["uid"])
        identity = Identity(ref["apiVersion"], ref["kind"], node.identity.namespace, ref["name"], ref["uid"])
        if owner is None:
            owner = self.nodes[ref["uid"]] = Node(identity, virtual=True)
            self._delete(ref["uid"])
        elif not owner.virtual and _crosses_namespaces(owner.identity, node.identity):
            self._report(node, identity)
            self._delete(node.identity.uid)
        elif owner.absent or (owner.virtual and _crosses_namespaces(owner.identity, node.identity)):
            self._delete(node.identity.uid)
        owner.dependents[node.identity.uid] = node
        if owner.deleting_dependents:
            self._delete(node.identity.uid)

    def _check_references_to(self, node: Node, identity: Identity) -> None:
        node.identity = identity
        for dependent in node.dependents.values():
            if _crosses_namespaces(identity, dependent.identity):
                wrong = identity._replace(namespace=dependent.identity.namespace)
                self._report(dependent, wrong)
                self._delete(dependent.identity.uid)


def _crosses_namespaces(owner: Identity, dependent: Identity) -> bool:
    return bool(owner.namespace) and owner.namespace != dependent.namespace


def _begins_deletion(obj: View, old: View | None, finalizer: str) -> bool:
    if not meta.is_deleting(obj) or finalizer not in meta.finalizers(obj):
        return False
    return old is None or not meta.is_deleting(old) or finalizer not in meta.finalizers(old)
