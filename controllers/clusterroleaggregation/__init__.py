"""ClusterRole aggregation."""

from __future__ import annotations

from typing import Final

from controllers.clusterroleaggregation.cluster_role_aggregation import ClusterRoleAggregationController
from controllers.runtime.context import ControllerDescriptor

DESCRIPTOR: Final = ControllerDescriptor(
    "clusterrole-aggregation-controller", ClusterRoleAggregationController, alias="clusterrole-aggregation"
)
