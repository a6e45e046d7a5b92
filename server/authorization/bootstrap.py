"""Every object of the bootstrap policy, and what to do with one that exists already.

Models pkg/registry/rbac/rest/storage_rbac.go (the rbac/bootstrap-roles hook) and rbac/reconciliation.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Final

from apimachinery import meta
from apimachinery.objects import Object, View
from server.authorization.bootstrap_cluster_roles import CLUSTER_ROLE_BINDINGS, CLUSTER_ROLES
from server.authorization.bootstrap_controller_roles import CONTROLLER_ROLE_BINDINGS, CONTROLLER_ROLES
from server.authorization.bootstrap_namespace_roles import NAMESPACE_ROLE_BINDINGS, NAMESPACE_ROLES
from server.authorization.bootstrap_rules import AUTOUPDATE
from server.authorization.rbac_escalation import missing_rules
from server.authorization.rbac_rules import read_rules

_PATH: Final = "/apis/rbac.authorization.k8s.io/v1"


def objects() -> Iterator[tuple[str, Object]]:
    """Collection path and object of everything a cluster starts with, roles before their bindings."""
    everything = (
        *CLUSTER_ROLES,
        *CONTROLLER_ROLES,
        *CLUSTER_ROLE_BINDINGS,
        *CONTROLLER_ROLE_BINDINGS,
        *NAMESPACE_ROLES,
        *NAMESPACE_ROLE_BINDINGS,
    )
    for obj in everything:
        namespace = meta.namespace(obj)
        below = f"/namespaces/{namespace}" if namespace else ""
        yield f"{_PATH}{below}/{obj['kind'].lower()}s", copy.deepcopy(obj)


def reconciled(existing: View, wanted: View) -> Object | None:
    """The existing object with the rules, subjects, labels and annotations that it lacks; None when it lacks none.

    An object whose autoupdate annotation is not `true` is left alone.
    """
    if meta.annotations(existing).get(AUTOUPDATE, "true") != "true":
        return None
    changed = {**existing, "metadata": dict(existing["metadata"])}
    for key in ("labels", "annotations"):
        changed["metadata"][key] = {**(wanted["metadata"].get(key) or {}), **(existing["metadata"].get(key) or {})}
    if wanted.get("aggregationRule") is None and wanted.get("rules"):
        missing = missing_rules(read_rules(existing.get("rules")), read_rules(wanted["rules"]))
        changed["rules"] = [*(existing.get("rules") or ()), *(dict(rule.source) for rule in missing)]
    if wanted.get("subjects"):
        present = existing.get("subjects") or []
        changed["subjects"] = [*present, *(s for s in wanted["subjects"] if s not in present)]
    return None if changed == existing else changed
