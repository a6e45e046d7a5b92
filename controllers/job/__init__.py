"""The Job controller."""

from __future__ import annotations

from typing import Final

from controllers.job.job_controller import JobController, JobOptions
from controllers.runtime.context import ControllerDescriptor

DESCRIPTOR: Final = ControllerDescriptor("job-controller", JobController, options=JobOptions, alias="job")
