"""What the graph hands to the collector, event by event."""

from __future__ import annotations

from apimachinery.objects import Object
from controllers.garbagecollector.graph import Graph, Identity, Node


class Recorder:
    """A graph and what it asked for."""

    def __init__(self) -> None:
        self.deleted: list[str] = []
        self.orphaned: list[str] = []
        self.reported: list[tuple[str, str]] = []
        self.graph = Graph(delete=self.deleted.append, orphan=self.orphaned.append, report=self._report)

    def _report(self, node: Node, wrong: Identity) -> None:
        self.reported.append((node.identity.uid, str(wrong)))

    def take(self) -> list[str]:
        """The deletions asked for since the last call."""
        taken, self.deleted[:] = list(self.deleted), []
        return taken


def obj(
    uid: str,
    *owners: str,
    namespace: str = "ns",
    deleting: bool = False,
    finalizers: tuple[str, ...] = (),
    blocking: bool = True,
) -> Object:
    metadata: Object = {"name": uid, "namespace": namespace, "uid": uid, "resourceVersion": "1"}
    if owners:
        metadata["ownerReferences"] = [
            {"apiVersion": "v1", "kind": "Thing", "name": o, "uid": o, "blockOwnerDeletion": blocking} for o in owners
        ]
    if deleting:
        metadata["deletionTimestamp"] = "2026-01-02T03:04:05Z"
    if finalizers:
        metadata["finalizers"] = list(finalizers)
    return {"apiVersion": "v1", "kind": "Thing", "metadata": metadata}


def test_dependents_of_what_is_gone_are_looked_at() -> None:
    r = Recorder()
    r.graph.observe(obj("owner"))
    r.graph.observe(obj("a", "owner"))
    r.graph.observe(obj("b", "owner"))
    assert r.take() == []
    r.graph.forget("owner")
    assert sorted(r.take()) == ["a", "b"]


def test_an_owner_never_seen_is_looked_for() -> None:
    r = Recorder()
    r.graph.observe(obj("a", "ghost"))
    assert r.take() == ["ghost"]
    assert r.graph.nodes["ghost"].virtual
    r.graph.absent("ghost")
    assert r.take() == ["a"]


def test_who_comes_after_the_owner_has_gone_is_looked_at() -> None:
    r = Recorder()
    r.graph.observe(obj("owner"))
    r.graph.observe(obj("a", "owner"))
    r.graph.forget("owner")
    assert r.take() == ["a"]
    r.graph.observe(obj("b", "owner"))
    assert r.take() == ["b"]


def test_who_comes_after_an_owner_was_looked_for_in_vain_is_looked_at() -> None:
    r = Recorder()
    r.graph.observe(obj("a", "owner"))
    r.graph.absent("owner")
    assert r.take() == ["owner", "a"]
    r.graph.observe(obj("b", "owner"))
    assert r.take() == ["b"]


def test_an_owner_that_turns_up_late_is_no_ghost_any_more() -> None:
    r = Recorder()
    r.graph.observe(obj("a", "owner"))
    r.take()
    r.graph.observe(obj("owner"))
    assert not r.graph.nodes["owner"].virtual
    r.graph.absent("owner")
    assert r.take() == []


def test_foreground_deletion_looks_at_dependents_and_comes_back_when_they_go() -> None:
    r = Recorder()
    r.graph.observe(obj("owner"))
    r.graph.observe(obj("a", "owner"))
    r.graph.observe(obj("owner", deleting=True, finalizers=("foregroundDeletion",)), obj("owner"))
    assert r.take() == ["a", "owner"]
    assert r.graph.nodes["owner"].has_blocking_dependents()
    r.graph.forget("a")
    assert r.take() == ["owner"]
    assert not r.graph.nodes["owner"].has_blocking_dependents()


def test_a_dependent_that_stops_blocking_frees_its_owner() -> None:
    r = Recorder()
    r.graph.observe(obj("owner", deleting=True, finalizers=("foregroundDeletion",)))
    r.graph.observe(obj("a", "owner"))
    r.take()
    r.graph.observe(obj("a", "owner", blocking=False), obj("a", "owner"))
    assert r.take() == ["owner"]
    assert not r.graph.nodes["owner"].has_blocking_dependents()


def test_orphan_deletion_is_handed_over_once() -> None:
    r = Recorder()
    going = obj("owner", deleting=True, finalizers=("orphan",))
    r.graph.observe(going, obj("owner"))
    r.graph.observe(going, going)
    assert r.orphaned == ["owner"]


def test_a_reference_into_another_namespace_is_reported() -> None:
    r = Recorder()
    r.graph.observe(obj("owner", namespace="elsewhere"))
    r.graph.observe(obj("a", "owner"))
    assert r.take() == ["a"]
    assert r.reported == [("a", "[v1/Thing, namespace: ns, name: owner, uid: owner]")]


def test_cluster_scoped_owners_are_seen_from_everywhere() -> None:
    r = Recorder()
    r.graph.observe(obj("owner", namespace=""))
    r.graph.observe(obj("a", "owner"))
    assert r.take() == [] and r.reported == []


def test_references_that_are_removed_are_forgotten() -> None:
    r = Recorder()
    r.graph.observe(obj("owner"))
    r.graph.observe(obj("a", "owner"))
    r.graph.observe(obj("a"), obj("a", "owner"))
    r.graph.forget("owner")
    assert r.take() == []
    assert set(r.graph.nodes) == {"a"}
