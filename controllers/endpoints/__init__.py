"""The Endpoints controller."""

from __future__ import annotations

from typing import Final

from controllers.endpoints.endpoints_controller import EndpointsController, EndpointsOptions
from controllers.runtime.context import ControllerDescriptor

DESCRIPTOR: Final = ControllerDescriptor(
    "endpoints-controller", EndpointsController, options=EndpointsOptions, alias="endpoint"
)
