"""Ingress. Models pkg/registry/networking/ingress and pkg/apis/networking/validation."""

from __future__ import annotations

from typing import Any, Final

from apimachinery import field, meta, validation
from apimachinery.objects import View
from server.registry.addresses import ip_warnings, legacy_ip, parse_ip
from server.registry.config import RegistryConfig
from server.registry.declaration import declare
from server.registry.generic import SpecStrategy, StatusStrategy, names
from server.registry.printing import NONE, simple
from server.registry.rest import Column, Context, Resource

CLASS_ANNOTATION: Final = "kubernetes.io/ingress.class"
PATH_TYPES: Final = ("Exact", "ImplementationSpecific", "Prefix")
_BAD_SEQUENCES: Final = ("//", "/./", "/../", "%2f", "%2F")
_BAD_SUFFIXES: Final = ("/..", "/.")
_SPEC: Final = field.Path("spec")
_HOSTS_SHOWN: Final = 3


class IngressStrategy(SpecStrategy):
    """Backends, rules and certificates."""

    generation_of = ("spec",)
    new_status = {"loadBalancer": {}}  # noqa: RUF012 - copied for each object

    def validate(self, obj: View, ctx: Context) -> list[field.Error]:
        found = super().validate(obj, ctx) + _spec_errors(obj.get("spec") or {}, ctx)
        annotation = meta.annotations(obj).get(CLASS_ANNOTATION)
        named = (obj.get("spec") or {}).get("ingressClassName")
        if annotation is not None and named is not None and annotation != named:
            path = field.Path("annotations") / CLASS_ANNOTATION
            found.append(field.invalid(path, annotation, "must match `ingressClassName` when both are specified"))
        return found

    def validate_update(self, obj: View, old: View, ctx: Context) -> list[field.Error]:
        return super().validate(obj, ctx) + _spec_errors(obj.get("spec") or {}, ctx)

    def warnings_on_create(self, obj: View, ctx: Context) -> list[str]:
        if CLASS_ANNOTATION in meta.annotations(obj) and (obj.get("spec") or {}).get("ingressClassName") is None:
            return [f"annotation \"{CLASS_ANNOTATION}\" is deprecated, please use 'spec.ingressClassName' instead"]
        return []


class IngressStatusStrategy(StatusStrategy):
    """Where the ingress can be reached."""

    def validate_update(self, obj: View, old: View, ctx: Context) -> list[field.Error]:
        found = super().validate_update(obj, old, ctx)
        before = [e.get("ip", "") for e in _ingress(old)]
        for i, entry in enumerate(_ingress(obj)):
            path = (field.Path("status") / "loadBalancer" / "ingress")[i]
            if entry.get("ip"):
                found += legacy_ip(path / "ip", entry["ip"], ctx.version, before)
            host = entry.get("hostname") or ""
            if host:
                found += names(path / "hostname", host, validation.dns1123_subdomain)
                if parse_ip(host) is not None:
                    found.append(field.invalid(path / "hostname", host, "must be a DNS name, not an IP address"))
        return found

    def warnings_on_update(self, obj: View, old: View, ctx: Context) -> list[str]:
        path = field.Path("status") / "loadBalancer" / "ingress"
        return [w for i, e in enumerate(_ingress(obj)) if e.get("ip") for w in ip_warnings(path[i] / "ip", e["ip"])]


def _ingress(obj: View) -> list[Any]:
    return ((obj.get("status") or {}).get("loadBalancer") or {}).get("ingress") or []


def _spec_errors(spec: View, ctx: Context) -> list[field.Error]:
    rules, default = spec.get("rules") or [], spec.get("defaultBackend")
    found: list[field.Error] = []
    if not rules and default is None:
        found.append(field.invalid(_SPEC, None, "either `defaultBackend` or `rules` must be specified"))
    if default is not None:
        found += _backend(default, _SPEC / "defaultBackend", ctx)
    for i, rule in enumerate(rules):
        path = (_SPEC / "rules")[i]
        found += _host(rule.get("host") or "", path / "host")
        if rule.get("http") is not None:
            found += _http(rule["http"], path / "http", ctx)
    for i, tls in enumerate(spec.get("tls") or ()):
        path = (_SPEC / "tls")[i]
        for j, host in enumerate(tls.get("hosts") or ()):
            rule_of = validation.wildcard_dns1123_subdomain if "*" in host else validation.dns1123_subdomain
            found += names((path / "hosts")[j], host, rule_of)
        if tls.get("secretName"):
            found += names(path / "secretName", tls["secretName"], validation.dns1123_subdomain)
    if spec.get("ingressClassName") is not None:
        found += names(_SPEC / "ingressClassName", spec["ingressClassName"], validation.dns1123_subdomain)
    return found


def _host(host: str, path: field.Path) -> list[field.Error]:
    if not host:
        return []
    found = []
    if parse_ip(host) is not None:
        found.append(field.invalid(path, host, "must be a DNS name, not an IP address"))
    rule = validation.wildcard_dns1123_subdomain if "*" in host else validation.dns1123_subdomain
    return found + names(path, host, rule)


def _http(http: View, path: field.Path, ctx: Context) -> list[field.Error]:
    paths = http.get("paths") or ()
    found = [] if paths else [field.required(path / "paths")]
    for i, entry in enumerate(paths):
        found += _http_path(entry, (path / "paths")[i], ctx)
    return found


def _http_path(entry: View, path: field.Path, ctx: Context) -> list[field.Error]:
    kind, text = entry.get("pathType"), entry.get("path") or ""
    if kind is None:
        return [field.required(path / "pathType", "pathType must be specified")]
    found: list[field.Error] = []
    if kind not in PATH_TYPES:
        found.append(field.not_supported(path / "pathType", kind, PATH_TYPES))
    elif (text or kind != "ImplementationSpecific") and not text.startswith("/"):
        found.append(field.invalid(path / "path", text, "must be an absolute path"))
    if kind in ("Exact", "Prefix"):
        wrong = [f"must not contain '{bad}'" for bad in _BAD_SEQUENCES if bad in text]
        wrong += [f"cannot end with '{bad}'" for bad in _BAD_SUFFIXES if text.endswith(bad)]
        found += [field.invalid(path / "path", text, problem) for problem in wrong]
    return found + _backend(entry.get("backend") or {}, path / "backend", ctx)


def _backend(backend: View, path: field.Path, ctx: Context) -> list[field.Error]:
    service, resource_ref = backend.get("service"), backend.get("resource")
    if service is not None and resource_ref is not None:
        return [field.invalid(path, "", "cannot set both resource and service backends")]
    if resource_ref is not None:
        return typed_reference(resource_ref, path / "resource")
    if service is None:
        return [field.invalid(path, "", "resource or service backend is required")]
    name, port = service.get("name") or "", service.get("port") or {}
    relaxed = ctx.version >= (1, 36)
    rule = validation.dns1123_label if relaxed else validation.dns1035_label
    at = path / "service" / "name"
    found = names(at, name, rule) if name else [field.required(at)]
    if port.get("name") and port.get("number"):
        found.append(field.invalid(path, "", "cannot set both port name & port number"))
    elif port.get("name"):
        found += names(path / "service" / "port" / "name", port["name"], validation.valid_port_name)
    elif port.get("number"):
        at = path / "service" / "port" / "number"
        found += [field.invalid(at, port["number"], p) for p in validation.valid_port_num(port["number"])]
    else:
        found.append(field.required(path, "port name or number is required"))
    return found


def typed_reference(ref: View, path: field.Path) -> list[field.Error]:
    """Errors of a TypedLocalObjectReference: apiGroup, kind and name."""
    found: list[field.Error] = []
    if ref.get("apiGroup") is not None:
        found += names(path / "apiGroup", ref["apiGroup"], validation.dns1123_subdomain)
    for name in ("kind", "name"):
        value = ref.get(name) or ""
        found += names(path / name, value, validation.path_segment_name) if value else [field.required(path / name)]
    return found


def _hosts(obj: View) -> str:
    rules = (obj.get("spec") or {}).get("rules") or []
    shown: list[str] = []
    for rule in rules:
        if len(shown) == _HOSTS_SHOWN:
            return f"{','.join(shown)} + {len(rules) - _HOSTS_SHOWN} more..."
        if rule.get("host"):
            shown.append(rule["host"])
    return ",".join(shown) or "*"


def _addresses(obj: View) -> str:
    return ",".join(sorted({e.get("ip") or e.get("hostname") or "" for e in _ingress(obj)} - {""}))


def _class(obj: View) -> str:
    name = (obj.get("spec") or {}).get("ingressClassName")
    return NONE if name is None else str(name)


def resource(config: RegistryConfig) -> Resource:
    """ingresses."""
    of_class = "The name of the IngressClass resource that should be used for additional configuration"
    hosts = "Hosts that incoming requests are matched against before the ingress rule"
    address = "Address is a list containing ingress points for the load-balancer"
    return declare(
        "networking.k8s.io",
        "v1",
        "Ingress",
        namespaced=True,
        plural="ingresses",
        short_names=("ing",),
        strategy=IngressStrategy(),
        status=IngressStatusStrategy(),
        printer=simple(
            (Column("Class", description=of_class), _class),
            (Column("Hosts", description=hosts), _hosts),
            (Column("Address", description=address), _addresses),
            (
                Column("Ports", description="Ports of TLS configurations that open"),
                lambda o: "80, 443" if (o.get("spec") or {}).get("tls") else "80",
            ),
        ),
    )
