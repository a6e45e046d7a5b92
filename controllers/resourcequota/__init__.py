"""The ResourceQuota controller."""

from __future__ import annotations

from typing import Final

from controllers.resourcequota.resource_quota_controller import ResourceQuotaController, ResourceQuotaOptions
from controllers.runtime.context import ControllerDescriptor

DESCRIPTOR: Final = ControllerDescriptor(
    "resourcequota-controller", ResourceQuotaController, options=ResourceQuotaOptions, alias="resourcequota"
)
