"""EndpointSlices: of Services, and mirrored from Endpoints."""

from __future__ import annotations

from typing import Final

from controllers.endpointslice.endpoint_slice_controller import EndpointSliceController, EndpointSliceOptions
from controllers.endpointslice.mirroring import EndpointSliceMirroringController, MirroringOptions
from controllers.runtime.context import ControllerDescriptor

DESCRIPTORS: Final = (
    ControllerDescriptor(
        "endpointslice-controller", EndpointSliceController, options=EndpointSliceOptions, alias="endpointslice"
    ),
    ControllerDescriptor(
        "endpointslice-mirroring-controller",
        EndpointSliceMirroringController,
        options=MirroringOptions,
        alias="endpointslicemirroring",
    ),
)
