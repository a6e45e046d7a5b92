"""Nodes that are not there: their agents and the scheduler."""

from __future__ import annotations

from typing import Final

from controllers.runtime.context import ControllerDescriptor

DESCRIPTORS: Final[tuple[ControllerDescriptor, ...]] = ()
