"""Protection of volumes and claims in use."""

from __future__ import annotations

from typing import Final

from controllers.runtime.context import ControllerDescriptor
from controllers.volumeprotection.pv_protection import PVProtectionController
from controllers.volumeprotection.pvc_protection import PVCProtectionController

DESCRIPTORS: Final = (
    ControllerDescriptor(
        "persistentvolumeclaim-protection-controller", PVCProtectionController, alias="pvc-protection"
    ),
    ControllerDescriptor("persistentvolume-protection-controller", PVProtectionController, alias="pv-protection"),
)
