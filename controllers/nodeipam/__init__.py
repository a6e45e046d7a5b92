"""podCIDR allocation."""

from __future__ import annotations

from typing import Final

from controllers.nodeipam.node_ipam import NodeIPAMController, NodeIPAMOptions
from controllers.runtime.context import ControllerDescriptor

DESCRIPTOR: Final = ControllerDescriptor(
    "node-ipam-controller", NodeIPAMController, options=NodeIPAMOptions, alias="nodeipam"
)
