"""A DaemonSet's template and parameters. Models pkg/controller/daemon/util/daemonset_util.go, v1.36; pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from apimachinery import intstr, meta
from apimachinery.objects import Object, View

TEMPLATE_GENERATION_LABEL: Final = "pod-template-generation"
TEMPLATE_GENERATION_ANNOTATION: Final = "deprecated.daemonset.template.generation"

_AUTOMATIC: Final[tuple[tuple[str, str], ...]] = (
    ("node.kubernetes.io/not-ready", "NoExecute"),
    ("node.kubernetes.io/unreachable", "NoExecute"),
    ("node.kubernetes.io/disk-pressure", "NoSchedule"),
    ("node.kubernetes.io/memory-pressure", "NoSchedule"),
    ("node.kubernetes.io/pid-pressure", "NoSchedule"),
    ("node.kubernetes.io/unschedulable", "NoSchedule"),
)
_NETWORK_UNAVAILABLE: Final[tuple[str, str]] = ("node.kubernetes.io/network-unavailable", "NoSchedule")


def daemon_tolerations(spec: View) -> list[Object]:
    """The template's tolerations with the automatic ones replaced in place or appended."""
    result = [dict(t) for t in spec.get("tolerations") or ()]
    automatic = (*_AUTOMATIC, _NETWORK_UNAVAILABLE) if spec.get("hostNetwork") else _AUTOMATIC
    for key, effect in automatic:
        added: Object = {"key": key, "operator": "Exists", "effect": effect}
        for index, old in enumerate(result):
            same = (old.get("key"), old.get("operator"), old.get("effect")) == (key, "Exists", effect)
            if same and not old.get("value"):
                result[index] = added
                break
        else:
            result.append(added)
    return result


def node_name_affinity(affinity: View | None, node: str) -> Object:
    """The template's affinity with its required node terms replaced by the node's name."""
    term = {"matchFields": [{"key": "metadata.name", "operator": "In", "values": [node]}]}
    affinity = affinity or {}
    own = {
        **(affinity.get("nodeAffinity") or {}),
        "requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]},
    }
    return {**affinity, "nodeAffinity": own}


def template_generation(ds: View) -> int | None:
    """The template generation that the API keeps in an annotation; None when absent or not a number."""
    text = meta.annotations(ds).get(TEMPLATE_GENERATION_ANNOTATION, "")
    try:
        return int(text)
    except ValueError:
        return None


def rolling_update(ds: View) -> View | None:
    """The rollingUpdate parameters, None with another strategy."""
    strategy: Mapping[str, Any] = ds["spec"].get("updateStrategy") or {}
    return strategy.get("rollingUpdate") if strategy.get("type") == "RollingUpdate" else None


def surge_count(ds: View, total: int) -> int:
    """maxSurge of so many nodes, percentages rounded up."""
    parameters = rolling_update(ds)
    return intstr.scaled_value(parameters.get("maxSurge") or 0, total, round_up=True) if parameters else 0


def unavailable_count(ds: View, total: int) -> int:
    """maxUnavailable of so many nodes, percentages rounded up."""
    parameters = rolling_update(ds)
    return intstr.scaled_value(parameters.get("maxUnavailable") or 0, total, round_up=True) if parameters else 0
