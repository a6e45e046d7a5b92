"""Certificate signing requests: approval, signing, cleaning."""

from __future__ import annotations

from typing import Final

from controllers.certificates.approving import CSRApprovingController
from controllers.certificates.cleaner import CSRCleanerController
from controllers.certificates.signing import CSRSigningController, SigningOptions
from controllers.runtime.context import ControllerDescriptor

DESCRIPTORS: Final = (
    ControllerDescriptor(
        "certificatesigningrequest-approving-controller", CSRApprovingController, alias="csrapproving"
    ),
    ControllerDescriptor(
        "certificatesigningrequest-signing-controller",
        CSRSigningController,
        options=SigningOptions,
        alias="csrsigning",
    ),
    ControllerDescriptor("certificatesigningrequest-cleaner-controller", CSRCleanerController, alias="csrcleaner"),
)
