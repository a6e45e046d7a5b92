"""The disruption controller: PodDisruptionBudgets."""

from __future__ import annotations

from typing import Final

from controllers.disruption.disruption_controller import DisruptionController
from controllers.runtime.context import ControllerDescriptor

DESCRIPTOR: Final = ControllerDescriptor("disruption-controller", DisruptionController, alias="disruption")
