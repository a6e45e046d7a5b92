"""What a service counts for a quota. Models pkg/quota/v1/evaluator/core/services.go."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from apimachinery.gvk import GroupResource
from apimachinery.objects import View
from apimachinery.quantity import Quantity
from apimachinery.quota.evaluator import ONE, ZERO, Evaluator
from apimachinery.resource_list import ResourceList

LOAD_BALANCERS: Final = "services.loadbalancers"
NODE_PORTS: Final = "services.nodeports"


class ServiceEvaluator(Evaluator):
    """Counts services, load balancers and node ports."""

    def __init__(self) -> None:
        super().__init__(GroupResource("", "services"), ("services",))

    def handles(self, operation: str, subresource: str) -> bool:
        return operation in ("CREATE", "UPDATE") and not subresource

    def matching(self, names: Iterable[str]) -> set[str]:
        return set(names) & {*self.counted, LOAD_BALANCERS, NODE_PORTS}

    def usage(self, obj: View, now: datetime) -> ResourceList:
        found = super().usage(obj, now) | {LOAD_BALANCERS: ZERO, NODE_PORTS: ZERO}
        spec = obj.get("spec") or {}
        ports = spec.get("ports") or ()
        if spec.get("type") == "NodePort":
            found[NODE_PORTS] = Quantity(len(ports))
        elif spec.get("type") == "LoadBalancer":
            found[LOAD_BALANCERS] = ONE
            allocated = spec.get("allocateLoadBalancerNodePorts") is not False
            found[NODE_PORTS] = Quantity(sum(1 for p in ports if allocated or p.get("nodePort")))
        return found
