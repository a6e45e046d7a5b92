"""Garbage collection of pods."""

from __future__ import annotations

from typing import Final

from controllers.podgc.pod_gc import PodGC, PodGCOptions
from controllers.runtime.context import ControllerDescriptor

DESCRIPTOR: Final = ControllerDescriptor("pod-garbage-collector-controller", PodGC, options=PodGCOptions, alias="podgc")
