"""Counting what objects use of a ResourceQuota, kind by kind. Models pkg/quota/v1/evaluator/core; pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from apimachinery.gvk import GroupResource
from apimachinery.quota.claims import ClaimEvaluator
from apimachinery.quota.evaluator import Evaluator
from apimachinery.quota.pods import PodEvaluator
from apimachinery.quota.services import ServiceEvaluator

_ALIASED: Final = ("configmaps", "replicationcontrollers", "resourcequotas", "secrets")
SPECIFIC: Final[Mapping[str, Evaluator]] = {
    "pods": PodEvaluator(),
    "services": ServiceEvaluator(),
    "persistentvolumeclaims": ClaimEvaluator(),
    **{name: Evaluator(GroupResource("", name), (name,)) for name in _ALIASED},
}


def evaluator_for(resource: GroupResource) -> Evaluator:
    """Who counts a kind; kinds without rules of their own are counted by `count/<resource>`."""
    return SPECIFIC.get(str(resource)) or Evaluator(resource)
