"""A finalizer that guards an object while it is in use. Models pkg/controller/volume/protectionutil."""

from __future__ import annotations

from typing import Literal

from apimachinery import meta
from apimachinery.objects import Object, View


def decide(obj: View, finalizer: str, *, in_use: bool) -> Literal["add", "remove", ""]:
    """What is to be done about the finalizer; pure."""
    guarded = finalizer in meta.finalizers(obj)
    if meta.is_deleting(obj):
        return "remove" if guarded and not in_use else ""
    return "" if guarded else "add"


def changed(obj: View, finalizer: str, action: Literal["add", "remove"]) -> Object:
    """The object with the finalizer added or removed."""
    others = [f for f in meta.finalizers(obj) if f != finalizer]
    finalizers = [*others, finalizer] if action == "add" else others
    return {**obj, "metadata": {**obj["metadata"], "finalizers": finalizers}}
