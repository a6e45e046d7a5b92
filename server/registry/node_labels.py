"""Labels of nodes that have newer names, wherever something selects by them. Models pkg/api/node/util.go."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from apimachinery import validation
from apimachinery.field import Path
from apimachinery.objects import View

DEPRECATED: Final = {
    "beta.kubernetes.io/arch": 'deprecated since v1.14; use "kubernetes.io/arch" instead',
    "beta.kubernetes.io/os": 'deprecated since v1.14; use "kubernetes.io/os" instead',
    "failure-domain.beta.kubernetes.io/region": 'deprecated since v1.17; use "topology.kubernetes.io/region" instead',
    "failure-domain.beta.kubernetes.io/zone": 'deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
    "beta.kubernetes.io/instance-type": 'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead',
    "app.kubernetes.io/created-by": "deprecated since v1.9",
    "scheduler.alpha.kubernetes.io/preferAvoidPods": "deprecated since v1.22; use Taints and Tolerations instead",
    "node-role.kubernetes.io/master": 'use "node-role.kubernetes.io/control-plane" instead',
}


def expression_warnings(selector: View, path: Path, *, values: bool = False) -> Iterator[str]:
    """Warnings for the matchExpressions of a node selector term or a label selector.

    `values` asks for values that no label can have too, where validation lets them pass.
    """
    for i, expression in enumerate(selector.get("matchExpressions") or ()):
        key = expression.get("key") or ""
        if key in DEPRECATED:
            yield f"{(path / 'matchExpressions')[i] / 'key'}: {key} is {DEPRECATED[key]}"
        if values:
            at = (path / "matchExpressions")[i] / "values"
            for j, value in enumerate(expression.get("values") or ()):
                yield from (f"{at[j]}: {value} is invalid, {problem}" for problem in validation.label_value(value))


def selector_warnings(selector: View | None, path: Path) -> Iterator[str]:
    """Warnings for a LabelSelector of nodes."""
    yield from expression_warnings(selector or {}, path)
    for key in sorted((selector or {}).get("matchLabels") or {}):
        if key in DEPRECATED:
            yield f"{path / 'matchLabels' / key}: {DEPRECATED[key]}"
