"""Small objects for tables: nodes, pods, DaemonSets with only what matters."""

from __future__ import annotations

from typing import Any

from apimachinery.objects import Object

NOW = "2026-01-02T03:04:05Z"


def node(name: str = "n1", *, labels: dict[str, str] | None = None, taints: list[str] | None = None) -> Object:
    """A node; taints as `key=value:Effect` or `key:Effect`."""
    spec: Object = {}
    if taints:
        spec["taints"] = [taint(t) for t in taints]
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": {"kubernetes.io/hostname": name, **(labels or {})}},
        "spec": spec,
        "status": {},
    }


def taint(text: str) -> Object:
    """`key=value:Effect` or `key:Effect`."""
    left, _, effect = text.rpartition(":")
    key, _, value = left.partition("=")
    return {"key": key, "effect": effect, **({"value": value} if value else {})}


def daemonset(name: str = "ds", *, spec: dict[str, Any] | None = None, **template_spec: Any) -> Object:
    """A DaemonSet as the API server defaults it; keyword arguments go into the pod spec."""
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {
            "name": name,
            "namespace": "ns",
            "uid": f"uid-{name}",
            "generation": 1,
            "annotations": {"deprecated.daemonset.template.generation": "1"},
        },
        "spec": {
            "selector": {"matchLabels": {"app": name}},
            "revisionHistoryLimit": 10,
            "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1}},
            "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {"containers": [{"name": "c", "image": "nginx:1.25"}], **template_spec},
            },
            **(spec or {}),
        },
        "status": {},
    }


def pod(
    name: str,
    node_name: str = "n1",
    *,
    bound: bool = True,
    phase: str = "Running",
    ready: bool = True,
    revision: str = "new",
    deleting: bool = False,
    created: str = NOW,
    ready_since: str = NOW,
    owner: Object | None = None,
) -> Object:
    """A daemon pod on a node, or meant for it when not bound."""
    owner = owner or daemonset()
    term = {"matchFields": [{"key": "metadata.name", "operator": "In", "values": [node_name]}]}
    metadata: Object = {
        "name": name,
        "namespace": "ns",
        "uid": f"uid-{name}",
        "creationTimestamp": created,
        "labels": {"app": owner["metadata"]["name"], "controller-revision-hash": revision},
        "ownerReferences": [
            {
                "apiVersion": "apps/v1",
                "kind": "DaemonSet",
                "name": owner["metadata"]["name"],
                "uid": owner["metadata"]["uid"],
                "controller": True,
                "blockOwnerDeletion": True,
            }
        ],
    }
    if deleting:
        metadata["deletionTimestamp"] = NOW
    status = "True" if ready else "False"
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": metadata,
        "spec": {
            **({"nodeName": node_name} if bound else {}),
            "affinity": {
                "nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}}
            },
        },
        "status": {
            "phase": phase,
            "conditions": [{"type": "Ready", "status": status, "lastTransitionTime": ready_since}],
        },
    }
