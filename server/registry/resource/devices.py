"""Requests for devices: defaults and rules. Models pkg/apis/resource/{v1/defaults.go,validation/validation.go}.

CEL selectors are checked for their presence and size, not compiled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from apimachinery import field, validation
from apimachinery.objects import Object, View

MAX_REQUESTS: Final = 32
MAX_FIRST_AVAILABLE: Final = 8
MAX_CONSTRAINTS: Final = 32
MAX_CONFIGS: Final = 32
MAX_SELECTORS: Final = 32
MAX_EXPRESSION: Final = 10 * 1024
MAX_DRIVER: Final = 63
MODES: Final = ("All", "ExactCount")
_EXACTLY_ONE: Final = "exactly one of `exactly` or `firstAvailable` is"


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


def claim_errors(spec: View, path: field.Path) -> list[field.Error]:
    """Errors of a ResourceClaimSpec."""
    devices, at = spec.get("devices") or {}, path / "devices"
    requests = devices.get("requests") or ()
    known = _request_names(requests)
    found = list(_set(requests, MAX_REQUESTS, _request, at / "requests", name="name"))

    def constraint(one: View, below: field.Path) -> Iterator[field.Error]:
        yield from _references(one, known, below)
        attribute = one.get("matchAttribute") or ""
        if not attribute and not one.get("distinctAttribute"):
            yield field.required(below / "matchAttribute")
        elif attribute:
            yield from _qualified(attribute, below / "matchAttribute")

    def config(one: View, below: field.Path) -> Iterator[field.Error]:
        yield from _references(one, known, below)
        yield from _opaque(one, below)

    found += _set(devices.get("constraints") or (), MAX_CONSTRAINTS, constraint, at / "constraints")
    return found + list(_set(devices.get("config") or (), MAX_CONFIGS, config, at / "config"))


def class_errors(spec: View, path: field.Path) -> list[field.Error]:
    """Errors of a DeviceClassSpec."""
    found = list(_set(spec.get("selectors") or (), MAX_SELECTORS, _selector, path / "selectors"))
    return found + list(_set(spec.get("config") or (), MAX_CONFIGS, _opaque, path / "config"))


def driver_name(name: str, path: field.Path) -> list[field.Error]:
    """Errors of a driver's name: a short DNS subdomain."""
    if not name:
        return [field.required(path)]
    found = [field.too_long(path, MAX_DRIVER)] if len(name) > MAX_DRIVER else []
    return found + [field.invalid(path, name, p) for p in validation.dns1123_subdomain(name.lower())]


def _set(
    values: Sequence[View],
    limit: int,
    rule: Callable[[View, field.Path], Iterator[field.Error]],
    path: field.Path,
    *,
    name: str = "",
) -> Iterator[field.Error]:
    """Errors of a bounded list, whose items are told apart by one of their fields where it is named."""
    if len(values) > limit:
        yield field.too_many(path, len(values), limit)
    seen: set[str] = set()
    for i, value in enumerate(values):
        yield from rule(value, path[i])
        key = value.get(name) or "" if name else ""
        if key and key in seen:
            yield field.duplicate(path[i] / name, key)
        seen.add(key)


def _request_names(requests: Sequence[View]) -> set[str]:
    names = set()
    for request in requests:
        name = request.get("name") or ""
        names.add(name)
        names |= {f"{name}/{one.get('name') or ''}" for one in request.get("firstAvailable") or ()}
    return names


def _label(name: str, path: field.Path) -> Iterator[field.Error]:
    if not name:
        yield field.required(path)
    else:
        yield from (field.invalid(path, name, p) for p in validation.dns1123_label(name))


def _request(request: View, path: field.Path) -> Iterator[field.Error]:
    yield from _label(request.get("name") or "", path / "name")
    exact, alternatives = request.get("exactly"), request.get("firstAvailable") or ()
    if exact is not None and alternatives:
        yield field.invalid(path, None, f"{_EXACTLY_ONE} required, but multiple fields are set")
    elif exact is not None:
        yield from _exact(exact, path / "exactly")
    elif alternatives:
        yield from _set(alternatives, MAX_FIRST_AVAILABLE, _alternative, path / "firstAvailable", name="name")
    else:
        yield field.required(path, f"{_EXACTLY_ONE} required")


def _alternative(request: View, path: field.Path) -> Iterator[field.Error]:
    yield from _label(request.get("name") or "", path / "name")
    yield from _exact(request, path)


def _exact(request: View, path: field.Path) -> Iterator[field.Error]:
    name = request.get("deviceClassName") or ""
    if not name:
        yield field.required(path / "deviceClassName")
    else:
        yield from (field.invalid(path / "deviceClassName", name, p) for p in validation.dns1123_subdomain(name))
    yield from _set(request.get("selectors") or (), MAX_SELECTORS, _selector, path / "selectors")
    mode, count = request.get("allocationMode") or "", request.get("count") or 0
    if mode == "All" and count:
        yield field.invalid(path / "count", count, "must not be specified when allocationMode is 'All'")
    elif mode == "ExactCount" and count <= 0:
        yield field.invalid(path / "count", count, "must be greater than zero")
    elif mode not in MODES:
        yield field.not_supported(path / "allocationMode", mode, MODES)


def _selector(selector: View, path: field.Path) -> Iterator[field.Error]:
    cel, at = selector.get("cel"), path / "cel"
    if cel is None:
        yield field.required(at)
        return
    expression = cel.get("expression") or ""
    if len(expression) > MAX_EXPRESSION:
        yield field.too_long(at / "expression", MAX_EXPRESSION)
    elif not expression:
        yield field.required(at / "expression")


def _opaque(config: View, path: field.Path) -> Iterator[field.Error]:
    opaque: Any = config.get("opaque")
    if opaque is None:
        yield field.required(path / "opaque")
        return
    at = path / "opaque"
    yield from driver_name(opaque.get("driver") or "", at / "driver")
    parameters = opaque.get("parameters")
    if parameters is None:
        yield field.required(at / "parameters")
    elif not isinstance(parameters, dict):
        yield field.invalid(at / "parameters", "<value omitted>", "must be a valid JSON object")


def _references(owner: View, known: set[str], path: field.Path) -> Iterator[field.Error]:
    detail = "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'"
    names = owner.get("requests") or ()
    for i, name in enumerate(names):
        if name not in known:
            yield field.invalid((path / "requests")[i], name, detail)
        if name in names[:i]:
            yield field.duplicate((path / "requests")[i], name)


def _qualified(name: str, path: field.Path) -> Iterator[field.Error]:
    """Errors of a fully qualified attribute: a driver's domain and a C identifier."""
    domain, slash, identifier = name.partition("/")
    if not slash:
        yield field.invalid(path, name, "must include a domain")
        return
    if not domain:
        yield field.invalid(path, domain, "the domain must not be empty")
    else:
        yield from driver_name(domain, path)
    if not identifier:
        yield field.invalid(path, identifier, "the name must not be empty")
    else:
        yield from (field.invalid(path, identifier, p) for p in validation.c_identifier(identifier))
