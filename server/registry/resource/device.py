"""What is wrong with the devices that a driver offers. Models validateDevice of pkg/apis/resource/validation."""

from __future__ import annotations

import re
from typing import Final

from apimachinery import field, validation
from apimachinery.field import Error, Path
from apimachinery.objects import View
from server.registry.core.internal import internal_value
from server.registry.core.podspec_scheduling import validate_node_selector
from server.registry.generic import names
from server.registry.resource import devices
from server.registry.resource.devices import by_name, each, each_key, each_once

MAX_PROPERTIES: Final = 32
MAX_VALUE: Final = 64
MAX_TAINTS: Final = 16
MAX_CONSUMED: Final = 2
MAX_COUNTERS: Final = 32
_PLACES: Final = ("nodeName", "nodeSelector", "allNodes")
_ONE_PLACE: Final = (
    "exactly one of `nodeName`, `nodeSelector`, or `allNodes` is required when `perDeviceNodeSelection` is set to true "
    "in the ResourceSlice spec"
)
_NO_PLACE: Final = (
    "`nodeName`, `nodeSelector` and `allNodes` can only be set if `perDeviceNodeSelection` is set to true in the "
    "ResourceSlice spec"
)
_NUMBER: Final = r"(0|[1-9]\d*)"
_PRERELEASE: Final = r"(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)"
_SEMVER: Final = re.compile(
    rf"{_NUMBER}\.{_NUMBER}\.{_NUMBER}(-{_PRERELEASE}(\.{_PRERELEASE})*)?(\+[0-9a-zA-Z-]+(\.[0-9a-zA-Z-]+)*)?", re.ASCII
)


def device_errors(device: View, old: View | None, path: Path, *, placed: bool) -> list[Error]:
    """Errors of one device; `placed` when each device of the slice says where it is."""
    found = devices.label_name(by_name(device), path / "name")
    attributes, capacity = device.get("attributes") or {}, device.get("capacity") or {}
    if (count := len(attributes) + len(capacity)) > MAX_PROPERTIES:
        detail = f"the total number of attributes and capacities must not exceed {MAX_PROPERTIES}"
        found.append(field.invalid(path, count, detail))
    found += each_key(attributes, -1, devices.qualified_name, _attribute, path / "attributes")
    rule = _shared_capacity if device.get("allowMultipleAllocations") else _capacity
    found += each_key(capacity, -1, devices.qualified_name, rule, path / "capacity")
    if old is None or (old.get("taints") or []) != (device.get("taints") or []):
        found += each(device.get("taints"), MAX_TAINTS, devices.taint, path / "taints")
    found += each_once(
        device.get("consumesCounters"), MAX_CONSUMED, _consumption, path / "consumesCounters", _counter_set
    )
    return found + _place(device, path, placed=placed) + devices.binding_conditions(device, path)


def node_name(name: str, path: Path) -> list[Error]:
    """Errors of the name of a node."""
    return names(path, name, validation.dns1123_subdomain)


def counters(holder: View, path: Path) -> list[Error]:
    """Errors of the counters of a set, or of what a device takes of them."""
    at, found = path / "counters", holder.get("counters")
    return each_key(found, MAX_COUNTERS, devices.label_name, _any, at) if found else [field.required(at)]


def _any(value: View, path: Path) -> list[Error]:
    return []


def _counter_set(consumption: View) -> str:
    return consumption.get("counterSet") or ""


def _consumption(consumption: View, path: Path) -> list[Error]:
    name, at = _counter_set(consumption), path / "counterSet"
    return (devices.label_name(name, at) if name else [field.required(at)]) + counters(consumption, path)


def _attribute(attribute: View, path: Path) -> list[Error]:
    found: list[Error] = []
    text, version = attribute.get("string"), attribute.get("version")
    if text is not None and len(text.encode()) > MAX_VALUE:
        found.append(field.too_long(path / "string", MAX_VALUE))
    if version is not None:
        if not _SEMVER.fullmatch(version):
            detail = "must be a string compatible with semver.org spec 2.0.0"
            found.append(field.invalid(path / "version", version, detail))
        if len(version.encode()) > MAX_VALUE:
            found.append(field.too_long(path / "version", MAX_VALUE))
    given = sum(attribute.get(kind) is not None for kind in ("bool", "int", "string", "version"))
    if given != 1:
        shown = internal_value("DeviceAttribute", attribute) if given else ""
        found.append(field.invalid(path, shown, "exactly one value must be specified"))
    return found


def _capacity(capacity: View, path: Path) -> list[Error]:
    if capacity.get("requestPolicy") is None:
        return []
    return [field.forbidden(path / "requestPolicy", "allowMultipleAllocations must be true")]


def _shared_capacity(capacity: View, path: Path) -> list[Error]:
    policy, at = capacity.get("requestPolicy") or {}, path / "requestPolicy"
    given = [name for name in ("validValues", "validRange") if policy.get(name)]
    if len(given) == 2:
        detail = 'exactly one policy can be specified, cannot specify "validValues" and "validRange" at the same time'
        return [field.forbidden(at, detail)]
    if given and policy.get("default") is None:
        return [field.required(at / "default", f"required when {given[0]} is defined")]
    return []


def _place(device: View, path: Path, *, placed: bool) -> list[Error]:
    if not placed:
        given = any(device.get(name) is not None for name in _PLACES)
        return [field.invalid(path, None, _NO_PLACE)] if given else []
    found: list[Error] = []
    chosen = [f"`{name}`" for name in _PLACES if device.get(name) not in (None, "", False)]
    node = device.get("nodeName")
    if node is not None:
        at = path / "nodeName"
        found += node_name(node, at) if node else [field.invalid(at, node, "must not be empty")]
    if device.get("nodeSelector") is not None:
        found += validate_node_selector(device["nodeSelector"], path / "nodeSelector")
    if device.get("allNodes") is False:
        found.append(field.invalid(path / "allNodes", False, "must be either unset or set to true"))
    if not chosen:
        found.append(field.required(path, _ONE_PLACE))
    elif len(chosen) > 1:
        found.append(field.invalid(path, f"{{{', '.join(chosen)}}}", _ONE_PLACE))
    return found
