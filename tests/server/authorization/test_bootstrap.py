"""The default policy as data."""

from __future__ import annotations

from apimachinery.objects import Object
from server.authorization.bootstrap import objects, reconciled
from server.authorization.bootstrap_rules import AUTOUPDATE
from server.authorization.rbac_index import RbacIndex


def everything() -> list[Object]:
    return [obj for _, obj in objects()]


def test_every_binding_leads_to_a_role() -> None:
    index = RbacIndex()
    bindings: list[Object] = []
    for obj in everything():
        if obj["kind"].endswith("Binding"):
            bindings.append(obj)
        else:
            index.put(obj["kind"], obj)
    for obj in bindings:
        ref, namespace = obj["roleRef"], obj["metadata"].get("namespace", "")
        assert index.rules_of(ref["kind"], ref["name"], namespace) is not None, obj["metadata"]["name"]


def test_names_are_unique_and_rules_sorted() -> None:
    seen: set[tuple[str, str, str]] = set()
    for obj in everything():
        key = (obj["kind"], obj["metadata"].get("namespace", ""), obj["metadata"]["name"])
        assert key not in seen
        seen.add(key)
        for rule in obj.get("rules") or ():
            for values in rule.values():
                assert values == sorted(values), key


def test_aggregating_roles_have_no_rules_of_their_own() -> None:
    roles = {o["metadata"]["name"]: o for o in everything() if o["kind"] == "ClusterRole"}
    assert [roles[n]["rules"] for n in ("admin", "edit", "view")] == [None, None, None]
    label = "rbac.authorization.k8s.io/aggregate-to-edit"
    assert [n for n, r in roles.items() if label in r["metadata"]["labels"]] == ["view", "system:aggregate-to-edit"]


def test_an_existing_role_gets_what_it_lacks() -> None:
    wanted = next(o for o in everything() if o["metadata"]["name"] == "system:basic-user")
    existing = {**wanted, "metadata": {**wanted["metadata"], "uid": "1"}, "rules": wanted["rules"][:1]}
    changed = reconciled(existing, wanted)
    assert changed is not None
    assert changed["rules"][0] == wanted["rules"][0]
    assert changed["rules"][1]["resources"] == ["selfsubjectreviews"]
    assert reconciled(changed, wanted) is None


def test_a_role_that_wants_no_updates_is_left_alone() -> None:
    wanted = next(o for o in everything() if o["metadata"]["name"] == "system:basic-user")
    metadata = {**wanted["metadata"], "annotations": {AUTOUPDATE: "false"}}
    assert reconciled({**wanted, "metadata": metadata, "rules": []}, wanted) is None


def test_a_binding_gets_its_subjects_back() -> None:
    wanted = next(o for o in everything() if o["kind"] == "ClusterRoleBinding" and o.get("subjects"))
    changed = reconciled({**wanted, "subjects": []}, wanted)
    assert changed is not None
    assert changed["subjects"] == wanted["subjects"]
