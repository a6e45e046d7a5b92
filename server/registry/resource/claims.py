"""What claims ask for and what they got. Models pkg/apis/resource/{v1/defaults.go,validation/validation.go}."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final

from apimachinery import field, validation
from apimachinery.field import Error, Path
from apimachinery.objects import Object, View
from server.registry.core.internal import internal_value
from server.registry.core.podspec_scheduling import validate_node_selector
from server.registry.generic import go_struct, names
from server.registry.resource import devices
from server.registry.resource.devices import MAX_CONFIGS, MAX_REQUESTS, by_name, each, each_once, itself

MAX_FIRST_AVAILABLE: Final = 8
MAX_CONSTRAINTS: Final = 32
MAX_RESERVED: Final = 256
MAX_RESULTS: Final = 32
MAX_CONDITIONS: Final = 8
MAX_DATA: Final = 10 * 1024
MODES: Final = ("All", "ExactCount")
SOURCES: Final = ("FromClaim", "FromClass")
_EXACTLY_ONE: Final = "exactly one of `exactly` or `firstAvailable` is required"
_NO_REQUEST: Final = (
    "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'"
)
_NO_ATTRIBUTE: Final = 'exactly one of "matchAttribute" or "distinctAttribute" is required, but multiple fields are set'
_UID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def default_claim(spec: Object) -> None:
    """Fill how many devices each request means and the operators of its tolerations."""
    for request in (spec.get("devices") or {}).get("requests") or ():
        exact = request.get("exactly")
        for one in (*([exact] if exact is not None else ()), *(request.get("firstAvailable") or ())):
            if not one.get("allocationMode"):
                one["allocationMode"] = "ExactCount"
            if one["allocationMode"] == "ExactCount" and not one.get("count"):
                one["count"] = 1
            for toleration in one.get("tolerations") or ():
                if not toleration.get("operator"):
                    toleration["operator"] = "Equal"


def claim_errors(spec: View, path: Path, version: tuple[int, int]) -> list[Error]:
    """Errors of a ResourceClaimSpec."""
    asked, at = spec.get("devices") or {}, path / "devices"
    reference = _references(asked.get("requests") or ())

    def constraint(one: View, below: Path) -> list[Error]:
        found = each_once(one.get("requests"), MAX_REQUESTS, reference, below / "requests", itself)
        for name in ("matchAttribute", "distinctAttribute"):
            if one.get(name) is not None:
                return found + devices.fully_qualified_name(one[name], below / name)
        if version >= (1, 36):
            return [*found, field.required(below, _NO_ATTRIBUTE)]
        return [*found, field.required(below / "matchAttribute")]

    def config(one: View, below: Path) -> list[Error]:
        found = each_once(one.get("requests"), MAX_REQUESTS, reference, below / "requests", itself)
        return found + devices.configuration(one, below)

    found = each_once(asked.get("requests"), MAX_REQUESTS, _request, at / "requests", by_name)
    found += each(asked.get("constraints"), MAX_CONSTRAINTS, constraint, at / "constraints")
    return found + each(asked.get("config"), MAX_CONFIGS, config, at / "config")


def _references(requests: Sequence[View]) -> Callable[[str, Path], list[Error]]:
    """The rule for names of requests, given those that there are."""
    known = set()
    for request in requests:
        known |= {
            by_name(request),
            *(f"{by_name(request)}/{by_name(one)}" for one in request.get("firstAvailable") or ()),
        }

    def reference(name: str, path: Path) -> list[Error]:
        segments = name.split("/")
        found = [e for part in segments for e in devices.label_name(part, path)] if len(segments) <= 2 else []
        return found if name in known else [*found, field.invalid(path, name, _NO_REQUEST)]

    return reference


def _request(request: View, path: Path) -> list[Error]:
    found = devices.label_name(by_name(request), path / "name")
    exact, alternatives = request.get("exactly"), request.get("firstAvailable") or ()
    if exact is not None and alternatives:
        return [*found, field.invalid(path, None, f"{_EXACTLY_ONE}, but multiple fields are set")]
    if exact is not None:
        return found + _exact(exact, path / "exactly")
    if not alternatives:
        return [*found, field.required(path, _EXACTLY_ONE)]
    return found + each_once(alternatives, MAX_FIRST_AVAILABLE, _alternative, path / "firstAvailable", by_name)


def _alternative(request: View, path: Path) -> list[Error]:
    return devices.label_name(by_name(request), path / "name") + _exact(request, path)


def _exact(request: View, path: Path) -> list[Error]:
    name, at = request.get("deviceClassName") or "", path / "deviceClassName"
    found = names(at, name, validation.dns1123_subdomain) if name else [field.required(at)]
    found += devices.selectors(request.get("selectors"), path / "selectors")
    mode, count = request.get("allocationMode") or "", request.get("count") or 0
    if mode == "All" and count:
        found.append(field.invalid(path / "count", count, "must not be specified when allocationMode is 'All'"))
    elif mode == "ExactCount" and count <= 0:
        found.append(field.invalid(path / "count", count, "must be greater than zero"))
    elif mode not in MODES:
        found.append(field.not_supported(path / "allocationMode", mode, MODES))
    return found + each(request.get("tolerations"), -1, devices.toleration, path / "tolerations")


def status_errors(claim: View, old: View, path: Path) -> list[Error]:
    """Errors of a new ResourceClaimStatus."""
    status, before = claim.get("status") or {}, old.get("status") or {}
    reserved, allocation = status.get("reservedFor") or (), status.get("allocation")
    known = {_device(result) for result in ((allocation or {}).get("devices") or {}).get("results") or ()}

    def device(value: View, below: Path) -> list[Error]:
        return _device_status(value, below, known)

    at = path / "reservedFor"
    found = each_once(reserved, MAX_RESERVED, _consumer, at, lambda one: one.get("uid") or "")
    found += each_once(status.get("devices"), -1, device, path / "devices", _device)
    if reserved and allocation is None:
        found.append(field.forbidden(at, "may not be specified when `allocated` is not set"))
    elif claim["metadata"].get("deletionTimestamp"):
        had = before.get("reservedFor") or ()
        if any(one not in had for one in reserved):
            detail = "new entries may not be added while `deallocationRequested` or `deletionTimestamp` are set"
            found.append(field.forbidden(at, detail))
    if allocation is None:
        return found
    if before.get("allocation") is None:
        requests = ((claim.get("spec") or {}).get("devices") or {}).get("requests") or ()
        return found + _allocation(allocation, path / "allocation", _references(requests))
    if allocation != before["allocation"]:
        shown = internal_value("AllocationResult", allocation)
        found.append(field.invalid(path / "allocation", shown, validation.FIELD_IMMUTABLE))
    return found


def _device(value: View) -> tuple[str, ...]:
    return tuple(value.get(name) or "" for name in ("driver", "pool", "device", "shareID"))


def _consumer(reference: View, path: Path) -> list[Error]:
    return [field.required(path / name) for name in ("resource", "name", "uid") if not reference.get(name)]


def _place(value: View, path: Path) -> list[Error]:
    found = devices.driver_name(value.get("driver") or "", path / "driver")
    found += devices.pool_name(value.get("pool") or "", path / "pool")
    return found + devices.label_name(value.get("device") or "", path / "device")


def _share(value: View, path: Path) -> list[Error]:
    share = value.get("shareID")
    if share is None or _UID.fullmatch(share):
        return []
    detail = (
        "uid must be in RFC 4122 normalized form, `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx` with lowercase hexadecimal "
        "characters"
    )
    return [field.invalid(path / "shareID", share, detail)]


def _device_status(value: View, path: Path, known: set[tuple[str, ...]]) -> list[Error]:
    found = _place(value, path) + _share(value, path)
    if _device(value) not in known:
        driver, pool, device, share = _device(value)
        shown = go_struct(Driver=driver, Pool=pool, Device=device, ShareID=share)
        found.append(field.invalid(path, shown, "must be an allocated device in the claim"))
    conditions = value.get("conditions") or ()
    if len(conditions) > MAX_CONDITIONS:
        found.append(field.too_many(path / "conditions", len(conditions), MAX_CONDITIONS))
    if value.get("data") is not None:
        found += devices.raw_object(value["data"], path / "data", MAX_DATA)
    return found


def _allocation(allocation: View, path: Path, reference: Callable[[str, Path], list[Error]]) -> list[Error]:
    def result(one: View, below: Path) -> list[Error]:
        found = reference(one.get("request") or "", below / "request")
        return found + _place(one, below) + devices.binding_conditions(one, below) + _share(one, below)

    def config(one: View, below: Path) -> list[Error]:
        source = one.get("source") or ""
        found = [] if source else [field.required(below / "source")]
        if source and source not in SOURCES:
            found.append(field.not_supported(below / "source", source, SOURCES))
        found += each_once(one.get("requests"), MAX_REQUESTS, reference, below / "requests", itself)
        return found + devices.configuration(one, below)

    got, at = allocation.get("devices") or {}, path / "devices"
    found = each(got.get("results"), MAX_RESULTS, result, at / "results")
    found += each(got.get("config"), 2 * MAX_CONFIGS, config, at / "config")
    if allocation.get("nodeSelector") is not None:
        found += validate_node_selector(allocation["nodeSelector"], path / "nodeSelector")
    return found
