"""Writing the status of CustomResourceDefinitions. Models apiextensions-apiserver/pkg/apihelpers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from apimachinery import meta
from apimachinery.objects import Object, View
from apimachinery.timestamp import format_time

PATH: Final = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"


def with_conditions(crd: View, conditions: Iterable[Mapping[str, str]], now: datetime) -> Object:
    """A copy of the definition with conditions added or replaced; their times stay while their status does."""
    status: Object = dict(crd.get("status") or {})
    kept = list(status.get("conditions") or ())
    for condition in conditions:
        old = meta.condition(crd, condition["type"])
        same = old is not None and old.get("status") == condition["status"]
        moment = old.get("lastTransitionTime") if same and old is not None else format_time(now)
        new = {"lastTransitionTime": moment, **condition}
        if old is None:
            kept.append(new)
        else:
            kept = [new if c["type"] == condition["type"] else c for c in kept]
    status["conditions"] = kept
    return {**crd, "status": status}
