"""The DaemonSet controller."""

from __future__ import annotations

from typing import Final

from controllers.daemon.daemon_controller import DaemonSetController, DaemonSetOptions
from controllers.runtime.context import ControllerDescriptor

DESCRIPTOR: Final = ControllerDescriptor(
    "daemonset-controller", DaemonSetController, options=DaemonSetOptions, alias="daemonset"
)
