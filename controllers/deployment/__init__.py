"""The Deployment controller."""

from __future__ import annotations

from typing import Final

from controllers.deployment.deployment_controller import DeploymentController, DeploymentOptions
from controllers.runtime.context import ControllerDescriptor

DESCRIPTOR: Final = ControllerDescriptor(
    "deployment-controller", DeploymentController, options=DeploymentOptions, alias="deployment"
)
