"""The CronJob controller."""

from __future__ import annotations

from typing import Final

from controllers.cronjob.cronjob_controller import CronJobController, CronJobOptions
from controllers.runtime.context import ControllerDescriptor

DESCRIPTOR: Final = ControllerDescriptor(
    "cronjob-controller", CronJobController, options=CronJobOptions, alias="cronjob"
)
