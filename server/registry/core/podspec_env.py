"""Environment variables and references to fields. Models pkg/apis/core/validation (ValidateEnv, ValidateEnvFrom) and
pkg/apis/core/pods (ConvertDownwardAPIFieldLabel)."""

from __future__ import annotations

import re
from typing import Final

from apimachinery import field, validation
from apimachinery.field import Error, Path
from apimachinery.objects import View
from apimachinery.quantity import Quantity
from server.registry.core.podspec_options import ENV_NAMES_RELAXED, FILE_KEY_REF, Options
from server.registry.core.podspec_paths import local_descending

ENV_FIELD_PATHS: Final = frozenset(
    {
        "metadata.name",
        "metadata.namespace",
        "metadata.uid",
        "spec.nodeName",
        "spec.serviceAccountName",
        "status.hostIP",
        "status.hostIPs",
        "status.podIP",
        "status.podIPs",
    }
)
VOLUME_FIELD_PATHS: Final = frozenset(
    {"metadata.name", "metadata.namespace", "metadata.labels", "metadata.annotations", "metadata.uid"}
)
_KNOWN_LABELS: Final = (
    ENV_FIELD_PATHS | VOLUME_FIELD_PATHS | {"spec.restartPolicy", "spec.schedulerName", "status.phase"}
)
_SUBSCRIPTED: Final = re.compile(r"(?P<path>.+)\['(?P<key>.*)'\]", re.DOTALL)

_RESOURCES: Final = frozenset(
    f"{k}.{r}" for k in ("limits", "requests") for r in ("cpu", "memory", "ephemeral-storage")
)
_HUGE_PAGES: Final = ("limits.hugepages-", "requests.hugepages-")
_SIZES: Final = (
    "1",
    *(f"1{p}" for p in ("k", "M", "G", "T", "P", "E")),
    *(f"1{p}i" for p in ("K", "M", "G", "T", "P", "E")),
)


def validate_env(variables: list[View], path: Path, options: Options) -> list[Error]:
    """Field errors of env."""
    found: list[Error] = []
    for i, variable in enumerate(variables):
        name = variable.get("name") or ""
        if not name:
            found.append(field.required(path[i] / "name"))
        else:
            found += [field.invalid(path[i] / "name", name, p) for p in _variable_name(name, options)]
        if variable.get("valueFrom") is not None:
            found += _value_from(variable, path[i] / "valueFrom", options)
    return found


def _variable_name(name: str, options: Options) -> list[str]:
    relaxed = options.since(ENV_NAMES_RELAXED)
    return validation.relaxed_env_var_name(name) if relaxed else validation.env_var_name(name)


def _value_from(variable: View, path: Path, options: Options) -> list[Error]:
    source = variable["valueFrom"]
    found: list[Error] = []
    given = 0
    if source.get("fieldRef") is not None:
        given += 1
        found += object_field_selector(source["fieldRef"], ENV_FIELD_PATHS, path / "fieldRef")
    if source.get("resourceFieldRef") is not None:
        given += 1
        found += resource_field_selector(source["resourceFieldRef"], path / "resourceFieldRef", in_volume=False)
    for name in ("configMapKeyRef", "secretKeyRef"):
        if source.get(name) is not None:
            given += 1
            found += _key_selector(source[name], path / name)
    if source.get("fileKeyRef") is not None:
        given += 1
        found += _file_key_selector(source["fileKeyRef"], path / "fileKeyRef", options)
    if not given:
        choices = "`fieldRef`, `resourceFieldRef`, `configMapKeyRef`"
        last = ", `secretKeyRef` or `fileKeyRef`" if options.since(FILE_KEY_REF) else " or `secretKeyRef`"
        found.append(field.invalid(path, "", f"must specify one of: {choices}{last}"))
    elif variable.get("value"):
        found.append(field.invalid(path, "", "may not be specified when `value` is not empty"))
    elif given > 1:
        found.append(field.invalid(path, "", "may not have more than one field specified at a time"))
    return found


def _key_selector(selector: View, path: Path) -> list[Error]:
    name, key = selector.get("name") or "", selector.get("key") or ""
    found = [field.invalid(path / "name", name, p) for p in validation.dns1123_subdomain(name)]
    if not key:
        found.append(field.required(path / "key"))
    else:
        found += [field.invalid(path / "key", key, p) for p in validation.config_map_key(key)]
    return found


def _file_key_selector(selector: View, path: Path, options: Options) -> list[Error]:
    found: list[Error] = []
    key, volume, target = (selector.get(n) or "" for n in ("key", "volumeName", "path"))
    if not key:
        found.append(field.required(path / "key"))
    else:
        found += [field.invalid(path / "key", key, p) for p in _variable_name(key, options)]
    if not volume:
        found.append(field.required(path / "volumeName"))
    if not target:
        found.append(field.required(path / "path"))
    else:
        found += local_descending(target, path / "path")
    return found


def validate_env_from(sources: list[View], path: Path, options: Options) -> list[Error]:
    """Field errors of envFrom; what concerns the choice of a source stands on the list itself, as upstream has it."""
    found: list[Error] = []
    for i, source in enumerate(sources):
        prefix = source.get("prefix") or ""
        if prefix:
            found += [field.invalid(path[i] / "prefix", prefix, p) for p in _variable_name(prefix, options)]
        given = 0
        for name in ("configMapRef", "secretRef"):
            ref = source.get(name)
            if ref is None:
                continue
            given += 1
            target = ref.get("name") or ""
            if not target:
                found.append(field.required(path[i] / name / "name"))
            else:
                problems = validation.dns1123_subdomain(validation.mask_trailing_dash(target))
                found += [field.invalid(path[i] / name / "name", target, p) for p in problems]
        if not given:
            found.append(field.invalid(path, "", "must specify one of: `configMapRef` or `secretRef`"))
        elif given > 1:
            found.append(field.invalid(path, "", "may not have more than one field specified at a time"))
    return found


def object_field_selector(ref: View, allowed: frozenset[str], path: Path) -> list[Error]:
    """Field errors of a fieldRef."""
    version, text = ref.get("apiVersion") or "", ref.get("fieldPath") or ""
    if not version:
        return [field.required(path / "apiVersion")]
    if not text:
        return [field.required(path / "fieldPath")]
    match = _SUBSCRIPTED.fullmatch(text)
    plain = match["path"] if match else text
    converted, problem = _convert(version, text, plain, subscripted=match is not None)
    if problem:
        return [field.invalid(path / "fieldPath", text, f"error converting fieldPath: {problem}")]
    if match is not None:
        key = match["key"].lower() if plain == "metadata.annotations" else match["key"]
        return [field.invalid(path, key, p) for p in validation.qualified_name(key)]
    if converted not in allowed:
        return [field.not_supported(path / "fieldPath", converted, sorted(allowed))]
    return []


def _convert(version: str, text: str, plain: str, *, subscripted: bool) -> tuple[str, str]:
    if version != "v1":
        return "", f"unsupported pod version: {version}"
    if subscripted:
        if plain in ("metadata.annotations", "metadata.labels"):
            return text, ""
        return "", f"field label does not support subscript: {text}"
    if text == "spec.host":
        return "spec.nodeName", ""
    return (text, "") if text in _KNOWN_LABELS else ("", f"field label not supported: {text}")


def resource_field_selector(ref: View, path: Path, *, in_volume: bool) -> list[Error]:
    """Field errors of a resourceFieldRef."""
    resource = ref.get("resource") or ""
    found: list[Error] = []
    if in_volume and not ref.get("containerName"):
        found.append(field.required(path / "containerName"))
    elif not resource:
        found.append(field.required(path / "resource"))
    elif resource not in _RESOURCES and not resource.startswith(_HUGE_PAGES):
        found.append(field.not_supported(path / "resource", resource, sorted(_RESOURCES)))
    return found + _divisor(resource, ref.get("divisor"), path / "divisor")


def _divisor(resource: str, text: str | None, path: Path) -> list[Error]:
    divisor = Quantity.parse(str(text)) if text else None
    if divisor is None or divisor.is_zero():
        return []
    shown = divisor.canonical()
    if resource in ("limits.cpu", "requests.cpu"):
        if shown in ("1m", "1"):
            return []
        return [field.invalid(path, resource, "only divisor's values 1m and 1 are supported with the cpu resource")]
    if resource in _RESOURCES:
        what = "memory" if resource.endswith("memory") else "local ephemeral storage"
    elif resource.startswith(_HUGE_PAGES):
        what = "hugepages"
    else:
        return []
    if shown in _SIZES:
        return []
    return [
        field.invalid(
            path, resource, f"only divisor's values {', '.join(_SIZES)} are supported with the {what} resource"
        )
    ]
