"""ReplicaSets and ReplicationControllers."""

from __future__ import annotations

from typing import Final

from controllers.replicaset.replica_set_controller import (
    REPLICA_SET,
    REPLICATION_CONTROLLER,
    ReplicaSetController,
    ReplicaSetOptions,
    ReplicationControllerOptions,
)
from controllers.runtime.context import ControllerContext, ControllerDescriptor


def _replica_sets(context: ControllerContext) -> ReplicaSetController:
    return ReplicaSetController(context, REPLICA_SET, context.options(ReplicaSetOptions).concurrent_replicaset_syncs)


def _replication_controllers(context: ControllerContext) -> ReplicaSetController:
    workers = context.options(ReplicationControllerOptions).concurrent_rc_syncs
    return ReplicaSetController(context, REPLICATION_CONTROLLER, workers)


DESCRIPTORS: Final = (
    ControllerDescriptor("replicaset-controller", _replica_sets, options=ReplicaSetOptions, alias="replicaset"),
    ControllerDescriptor(
        "replicationcontroller-controller",
        _replication_controllers,
        options=ReplicationControllerOptions,
        alias="replicationcontroller",
    ),
)
