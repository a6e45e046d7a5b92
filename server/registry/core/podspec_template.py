"""Pod templates as workloads hold them: rules and table cells.

Models pkg/apis/core/validation (ValidatePodTemplateSpec), pkg/apis/apps/validation and
pkg/printers/internalversion (layoutContainerCells).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from apimachinery import field, validation
from apimachinery.field import Error, Path, Raw
from apimachinery.labels import LabelSelector
from apimachinery.objects import View
from server.registry.core import podspec
from server.registry.core.internal import internal_value
from server.registry.core.podspec_annotations import validate_annotations, validate_profiles_match
from server.registry.core.podspec_options import Options
from server.registry.rest import Column

NOT_MATCHING: Final = "`selector` does not match template `labels`"
CONTAINERS: Final = Column("Containers", priority=1, description="Names of each container in the template.")
IMAGES: Final = Column("Images", priority=1, description="Images referenced by each container in the template.")


def template_labels(template: View) -> Mapping[str, str]:
    """metadata.labels of a template, empty when absent."""
    return (template.get("metadata") or {}).get("labels") or {}


def validate_template(template: View, path: Path, options: Options) -> list[Error]:
    """Field errors of a PodTemplateSpec."""
    meta, spec = template.get("metadata") or {}, template.get("spec") or {}
    found = validation.labels(meta.get("labels"), path / "labels")
    found += validation.annotations(meta.get("annotations"), path / "annotations")
    found += validate_annotations(meta.get("annotations"), spec, path / "annotations")
    found += podspec.validate(spec, path / "spec", options)
    found += validate_profiles_match(meta.get("annotations"), spec, path / "spec")
    if spec.get("ephemeralContainers"):
        detail = "ephemeral containers not allowed in pod template"
        found.append(field.forbidden(path / "spec" / "ephemeralContainers", detail))
    return found


def labels_mismatch(template: View, path: Path) -> Error:
    """The selector does not select the template's pods."""
    labels = template_labels(template)
    return field.invalid(path / "metadata" / "labels", dict(labels) or None, NOT_MATCHING)


def validate_selected_template(
    template: View, selector: LabelSelector, path: Path, options: Options, *, kind: str
) -> list[Error]:
    """A template whose pods a controller selects and restarts always. Models ValidatePodTemplateSpecForReplicaSet."""
    found: list[Error] = []
    if not selector.empty() and not selector.matches(template_labels(template)):
        found.append(labels_mismatch(template, path))
    found += validate_template(template, path, options)
    return found + validate_always_restarts(template, path, kind=kind)


def validate_always_restarts(template: View, path: Path, *, kind: str) -> list[Error]:
    """Pods of a controller that keeps them running restart always and have no deadline."""
    spec = template.get("spec") or {}
    found: list[Error] = []
    policy = spec.get("restartPolicy") or ""
    if policy != "Always":
        found.append(field.not_supported(path / "spec" / "restartPolicy", policy, ["Always"]))
    if spec.get("activeDeadlineSeconds") is not None:
        detail = f"activeDeadlineSeconds in {kind} is not Supported"
        found.append(field.forbidden(path / "spec" / "activeDeadlineSeconds", detail))
    return found


def validate_selector(selector: View | None, path: Path, *, kind: str) -> list[Error]:
    """A selector that must be there and select something. Models what the apps kinds share."""
    if selector is None:
        return [field.required(path)]
    found = validation.label_selector(selector, path)
    if not selector.get("matchLabels") and not selector.get("matchExpressions"):
        found.append(field.invalid(path, selector_value(selector), f"empty selector is invalid for {kind}"))
    return found


def parse_selector(selector: View | None) -> LabelSelector | None:
    """A LabelSelector object to match with; None when it cannot be read."""
    try:
        parsed = LabelSelector.from_object(selector)
    except ValueError:
        return None
    broken = validation.label_selector(selector, Path("selector"))
    return None if broken else parsed


def container_cells(template: View) -> list[Any]:
    """The cells of the Containers and Images columns."""
    containers = (template.get("spec") or {}).get("containers") or ()
    names = ",".join(c.get("name") or "" for c in containers)
    images = ",".join(c.get("image") or "" for c in containers)
    return [names, images]


def selector_value(selector: View | None) -> Raw:
    """A LabelSelector as field errors print it: matchLabels before matchExpressions."""
    return internal_value("selector", selector)


def immutable_selector(new: View, old: View, path: Path) -> list[Error]:
    """spec.selector stays what it was."""
    if new.get("selector") == old.get("selector"):
        return []
    return [field.invalid(path / "selector", selector_value(new.get("selector")), validation.FIELD_IMMUTABLE)]


def name_warnings(obj: View) -> list[str]:
    """A name that becomes part of hostnames had better be a DNS label."""
    problems = validation.dns1123_label(obj["metadata"].get("name") or "")
    if not problems:
        return []
    text = (
        "this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended"
    )
    return [f"metadata.name: {text}: [{' '.join(problems)}]"]
