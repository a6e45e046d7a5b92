"""The StatefulSet controller."""

from __future__ import annotations

from typing import Final

from controllers.runtime.context import ControllerDescriptor
from controllers.statefulset.stateful_set_controller import StatefulSetController, StatefulSetOptions

DESCRIPTOR: Final = ControllerDescriptor(
    "statefulset-controller", StatefulSetController, options=StatefulSetOptions, alias="statefulset"
)
