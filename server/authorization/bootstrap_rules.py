"""How the bootstrap policy is written down: rules as short lines, roles and bindings as wire objects.

Models pkg/apis/rbac/v1/helpers.go (PolicyRuleBuilder sorts every list of a rule) and bootstrappolicy/policy.go.
"""

from __future__ import annotations

from typing import Any, Final

from apimachinery.objects import Object

GROUP: Final = "rbac.authorization.k8s.io"
API_VERSION: Final = f"{GROUP}/v1"
AUTOUPDATE: Final = "rbac.authorization.kubernetes.io/autoupdate"
BOOTSTRAPPING: Final = "kubernetes.io/bootstrapping"

READ: Final = "get list watch"
WRITE: Final = "create update patch delete deletecollection"
READ_WRITE: Final = f"{READ} {WRITE}"


def rule(verbs: str, groups: str, resources: str, names: str = "") -> Object:
    """A resource rule from words; the core group is written `core`."""
    found: Object = {
        "apiGroups": sorted("" if g == "core" else g for g in groups.split()),
        "resources": sorted(resources.split()),
        "verbs": sorted(verbs.split()),
    }
    if names:
        found["resourceNames"] = sorted(names.split())
    return found


def urls(paths: str) -> Object:
    """A rule that allows GET on non-resource paths."""
    return {"nonResourceURLs": sorted(paths.split()), "verbs": ["get"]}


def events() -> Object:
    """What every component that writes events needs."""
    return rule("create update patch", "core events.k8s.io", "events")


def _metadata(name: str, namespace: str = "", labels: dict[str, str] | None = None) -> Object:
    found: Object = {
        "name": name,
        "labels": {BOOTSTRAPPING: "rbac-defaults", **(labels or {})},
        "annotations": {AUTOUPDATE: "true"},
    }
    if namespace:
        found["namespace"] = namespace
    return found


def cluster_role(name: str, *rules: Object, aggregated_to: str = "") -> Object:
    """A ClusterRole with the bootstrap metadata; `aggregated_to` names the role it adds its rules to."""
    labels = {f"{GROUP}/aggregate-to-{aggregated_to}": "true"} if aggregated_to else None
    return {
        "apiVersion": API_VERSION,
        "kind": "ClusterRole",
        "metadata": _metadata(name, labels=labels),
        "rules": list(rules),
    }


def aggregating_role(name: str, *, aggregated_to: str = "") -> Object:
    """A ClusterRole whose rules the aggregation controller collects; null until it has run."""
    found = cluster_role(name, aggregated_to=aggregated_to)
    found["aggregationRule"] = {
        "clusterRoleSelectors": [{"matchLabels": {f"{GROUP}/aggregate-to-{name}": "true"}}],
    }
    found["rules"] = None
    return found


def role(namespace: str, name: str, *rules: Object) -> Object:
    """A Role with the bootstrap metadata."""
    return {"apiVersion": API_VERSION, "kind": "Role", "metadata": _metadata(name, namespace), "rules": list(rules)}


def user(name: str) -> Object:
    """A User subject."""
    return {"apiGroup": GROUP, "kind": "User", "name": name}


def group(name: str) -> Object:
    """A Group subject."""
    return {"apiGroup": GROUP, "kind": "Group", "name": name}


def service_account(name: str, namespace: str = "kube-system") -> Object:
    """A ServiceAccount subject."""
    return {"kind": "ServiceAccount", "name": name, "namespace": namespace}


def cluster_role_binding(name: str, *subjects: Object) -> Object:
    """A ClusterRoleBinding to the ClusterRole of the same name."""
    found: dict[str, Any] = {
        "apiVersion": API_VERSION,
        "kind": "ClusterRoleBinding",
        "metadata": _metadata(name),
        "roleRef": {"apiGroup": GROUP, "kind": "ClusterRole", "name": name},
    }
    if subjects:
        found["subjects"] = list(subjects)
    return found


def role_binding(namespace: str, name: str, *subjects: Object, role_name: str = "") -> Object:
    """A RoleBinding to the Role of the same name, or to `role_name`."""
    return {
        "apiVersion": API_VERSION,
        "kind": "RoleBinding",
        "metadata": _metadata(name, namespace),
        "roleRef": {"apiGroup": GROUP, "kind": "Role", "name": role_name or name},
        "subjects": list(subjects),
    }
