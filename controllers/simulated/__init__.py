"""Nodes that are not there: their agents and the scheduler."""

from __future__ import annotations

from typing import Final

from controllers.runtime.context import ControllerDescriptor
from controllers.scheduler import scheduler
from controllers.simulated import kubelet

DESCRIPTORS: Final[tuple[ControllerDescriptor, ...]] = (scheduler.DESCRIPTOR, kubelet.DESCRIPTOR)
