"""Strategies that many kinds share: one part written by users, one by controllers.

Models the strategy.go of pkg/registry/*, whose PrepareFor* differ only in these three switches.
"""

from __future__ import annotations

from typing import ClassVar

from apimachinery.objects import Object, View
from server.registry.rest import Context, FieldPath, Strategy, bump_generation, keep_metadata_and


class SpecStrategy(Strategy):
    """The main endpoint of a kind with a status: the status cannot be written through it."""

    counts_generations: ClassVar[bool] = True
    """Whether metadata.generation starts at 1 and follows the spec."""
    keeps_status_on_create: ClassVar[bool] = False

    def prepare_for_create(self, obj: Object, ctx: Context) -> None:
        if not self.keeps_status_on_create:
            obj.pop("status", None)
        if self.counts_generations:
            obj["metadata"]["generation"] = 1

    def prepare_for_update(self, obj: Object, old: View, ctx: Context) -> None:
        keep_metadata_and(obj, old, "status")
        if self.counts_generations:
            bump_generation(obj, old)


class StatusStrategy(Strategy):
    """The status endpoint: everything but status and metadata stays as stored."""

    reset_fields: frozenset[FieldPath] = frozenset({("spec",)})

    def prepare_for_update(self, obj: Object, old: View, ctx: Context) -> None:
        kept = {"apiVersion", "kind", "metadata", "status"}
        keep_metadata_and(obj, old, *((obj.keys() | old.keys()) - kept))


class UnversionedStrategy(Strategy):
    """A kind without a status, which counts generations over its whole content."""

    parts: ClassVar[tuple[str, ...]] = ("spec",)
    reset_fields: frozenset[FieldPath] = frozenset()

    def prepare_for_create(self, obj: Object, ctx: Context) -> None:
        obj["metadata"]["generation"] = 1

    def prepare_for_update(self, obj: Object, old: View, ctx: Context) -> None:
        bump_generation(obj, old, self.parts)
