"""Namespace deletion."""

from __future__ import annotations

from typing import Final

from controllers.namespace.namespace_controller import NamespaceController, NamespaceOptions
from controllers.runtime.context import ControllerDescriptor

DESCRIPTOR: Final = ControllerDescriptor(
    "namespace-controller", NamespaceController, options=NamespaceOptions, alias="namespace"
)
