"""The garbage collector: deletion by ownership."""

from __future__ import annotations

from typing import Final

from controllers.garbagecollector.garbage_collector import GarbageCollector, GarbageCollectorOptions
from controllers.runtime.context import ControllerDescriptor

DESCRIPTOR: Final = ControllerDescriptor(
    "garbage-collector-controller", GarbageCollector, options=GarbageCollectorOptions, alias="garbagecollector"
)
