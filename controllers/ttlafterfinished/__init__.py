"""Time to live of finished Jobs."""

from __future__ import annotations

from typing import Final

from controllers.runtime.context import ControllerDescriptor
from controllers.ttlafterfinished.ttl_after_finished import TTLAfterFinishedController, TTLAfterFinishedOptions

DESCRIPTOR: Final = ControllerDescriptor(
    "ttl-after-finished-controller",
    TTLAfterFinishedController,
    options=TTLAfterFinishedOptions,
    alias="ttl-after-finished",
)
