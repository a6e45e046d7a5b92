"""Eviction of pods by NoExecute taints."""

from __future__ import annotations

from typing import Final

from controllers.runtime.context import ControllerDescriptor
from controllers.tainteviction.taint_eviction import TaintEvictionController

DESCRIPTOR: Final = ControllerDescriptor("taint-eviction-controller", TaintEvictionController, alias="taint-eviction")
