"""Heartbeats, conditions and taints of nodes."""

from __future__ import annotations

from typing import Final

from controllers.nodelifecycle.node_lifecycle_controller import NodeLifecycleController, NodeLifecycleOptions
from controllers.runtime.context import ControllerDescriptor

DESCRIPTOR: Final = ControllerDescriptor(
    "node-lifecycle-controller", NodeLifecycleController, options=NodeLifecycleOptions, alias="nodelifecycle"
)
