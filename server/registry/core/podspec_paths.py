"""Rules for paths inside volumes and containers. Models pkg/apis/core/validation (validateLocalDescendingPath, …)."""

from __future__ import annotations

from apimachinery import field
from apimachinery.field import Error, Path


def no_backsteps(text: str, path: Path) -> list[Error]:
    """No element of it may be `..`."""
    return [field.invalid(path, text, "must not contain '..'")] if ".." in text.split("/") else []


def local_descending(text: str, path: Path) -> list[Error]:
    """Relative, without `..` elements."""
    found = [field.invalid(path, text, "must be a relative path")] if text.startswith("/") else []
    return found + no_backsteps(text, path)


def local_non_reserved(text: str, path: Path) -> list[Error]:
    """Relative, without `..` elements and not beginning with `..`."""
    found = local_descending(text, path)
    if text.startswith("..") and not text.startswith("../"):
        found.append(field.invalid(path, text, "must not start with '..'"))
    return found
