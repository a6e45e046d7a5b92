"""PodTemplates. Models pkg/registry/core/podtemplate/strategy.go."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from apimachinery import labels, meta
from apimachinery.field import Error, Path
from apimachinery.objects import Object, View
from server.registry.config import RegistryConfig
from server.registry.core.podspec_defaults import default_template
from server.registry.core.podspec_disabled import drop_disabled_template_fields
from server.registry.core.podspec_options import Options
from server.registry.core.podspec_template import (
    CONTAINERS,
    IMAGES,
    container_cells,
    template_labels,
    validate_template,
)
from server.registry.core.podspec_warnings import template_warnings
from server.registry.declaration import declare
from server.registry.generic import BuiltinStrategy
from server.registry.rest import NAME, CellContext, Column, Context, Printer, Resource

_TEMPLATE: Final = Path("template")
_COLUMNS: Final = (
    NAME,
    replace(CONTAINERS, priority=0),
    replace(IMAGES, priority=0),
    Column("Pod Labels", description="The labels for the pod template."),
)


class PodTemplateStrategy(BuiltinStrategy):
    """A template and nothing else."""

    returns_deleted_object = True
    generation_of = ("template",)

    def __init__(self, options: Options) -> None:
        self.options = options

    def default(self, obj: Object) -> None:
        default_template(obj.setdefault("template", {}))

    def prepare_for_create(self, obj: Object, ctx: Context) -> None:
        drop_disabled_template_fields(obj["template"], None, self.options.version)
        super().prepare_for_create(obj, ctx)

    def prepare_for_update(self, obj: Object, old: View, ctx: Context) -> None:
        drop_disabled_template_fields(obj["template"], old["template"], self.options.version)
        super().prepare_for_update(obj, old, ctx)

    def validate(self, obj: View, ctx: Context) -> list[Error]:
        return super().validate(obj, ctx) + validate_template(obj["template"], _TEMPLATE, self.options)

    def warnings_on_create(self, obj: View, ctx: Context) -> list[str]:
        return template_warnings(obj["template"], _TEMPLATE)

    def warnings_on_update(self, obj: View, old: View, ctx: Context) -> list[str]:
        if meta.generation(obj) == meta.generation(old):
            return []
        return template_warnings(obj["template"], _TEMPLATE)


def _cells(obj: View, _: CellContext) -> list[Any]:
    template = obj.get("template") or {}
    return [meta.name(obj), *container_cells(template), labels.format_labels(template_labels(template))]


def resource(config: RegistryConfig) -> Resource:
    """PodTemplates of core/v1."""
    strategy = PodTemplateStrategy(Options(config.version, allow_privileged=config.allow_privileged))
    return declare("", "v1", "PodTemplate", namespaced=True, strategy=strategy, printer=Printer(_COLUMNS, _cells))
