"""The rules of a pod's spec, shared by pods and every template. Models pkg/apis/core/validation (ValidatePodSpec)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from apimachinery import field, validation
from apimachinery.field import Error, Path
from apimachinery.objects import View
from server.registry.addresses import legacy_ip
from server.registry.core.internal import internal_value
from server.registry.core.podspec_containers import (
    ContainerScope,
    validate_containers,
    validate_ephemeral_containers,
    validate_init_containers,
)
from server.registry.core.podspec_options import DNS_SEARCH_RELAXED, Options
from server.registry.core.podspec_resources import validate_container_resources, validate_pod_resources
from server.registry.core.podspec_scheduling import (
    validate_affinity,
    validate_scheduling_gates,
    validate_tolerations,
    validate_topology_spread,
)
from server.registry.core.podspec_security import validate_pod_security_context
from server.registry.core.podspec_volumes import validate_volumes
from server.registry.core.podspec_windows import validate_host_process, validate_os

_INT32_MAX: Final = 2**31 - 1
_DNS_POLICIES: Final = ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"]
_RESTART_POLICIES: Final = ["Always", "OnFailure", "Never"]
_PREEMPTION_POLICIES: Final = ["PreemptLowerPriority", "Never"]


def validate(spec: View, path: Path, options: Options, *, meta: View | None = None) -> list[Error]:
    """Field errors of a PodSpec in upstream's order; `meta` is the metadata of a real pod, None in a template."""
    found: list[Error] = []
    grace = spec.get("terminationGracePeriodSeconds")
    if grace is None:
        found.append(field.required(path / "terminationGracePeriodSeconds"))
    volumes, errors = validate_volumes(spec, meta, path / "volumes", options)
    found += errors
    found += _resource_claims(spec.get("resourceClaims") or (), path / "resourceClaims")
    scope = ContainerScope(
        volumes=volumes,
        claims=frozenset(c["name"] for c in spec.get("resourceClaims") or () if c.get("name")),
        grace=grace,
        restart_policy=spec.get("restartPolicy") or "",
        host_users=spec.get("hostUsers") is not False,
        options=options,
    )
    regular = spec.get("containers") or []
    found += validate_containers(regular, path / "containers", scope)
    found += validate_init_containers(spec.get("initContainers") or [], regular, path / "initContainers", scope)
    found += validate_ephemeral_containers(spec, path / "ephemeralContainers", scope)
    found += validate_pod_resources(spec, scope.claims, path / "resources")
    found += _host_network_ports(spec, path / "containers", options)
    found += _choice(spec.get("restartPolicy") or "", _RESTART_POLICIES, path / "restartPolicy")
    found += _choice(spec.get("dnsPolicy") or "", _DNS_POLICIES, path / "dnsPolicy")
    found += validation.labels(spec.get("nodeSelector"), path / "nodeSelector")
    found += validate_pod_security_context(spec, path / "securityContext")
    found += validate_affinity(spec.get("affinity"), path / "affinity")
    found += _dns_config(spec, path / "dnsConfig", options)
    for i, gate in enumerate(spec.get("readinessGates") or ()):
        name = gate.get("conditionType") or ""
        at = (path / "readinessGates")[i] / "conditionType"
        found += [field.invalid(at, name, p) for p in validation.qualified_name(name)]
    found += validate_scheduling_gates(spec.get("schedulingGates") or (), path / "schedulingGates")
    found += validate_topology_spread(
        spec.get("topologySpreadConstraints") or (),
        path / "topologySpreadConstraints",
        selector_is_merged=options.resource_is_pod,
    )
    found += validate_host_process(spec, path, allow_privileged=options.allow_privileged)
    found += _host_users(spec, path)
    found += _names(spec, path)
    if spec.get("tolerations"):
        found += validate_tolerations(spec["tolerations"], path / "tolerations")
    found += _host_aliases(spec.get("hostAliases") or (), path / "hostAliases", options)
    found += _class_names(spec, path)
    if spec.get("preemptionPolicy") is not None:
        found += _choice(spec["preemptionPolicy"], _PREEMPTION_POLICIES, path / "preemptionPolicy")
    if spec.get("overhead") is not None:
        found += validate_container_resources({"limits": spec["overhead"]}, frozenset(), path / "overhead")
    return found + validate_os(spec, path)


def _choice(value: str, supported: list[str], path: Path) -> list[Error]:
    if not value:
        return [field.required(path)]
    return [] if value in supported else [field.not_supported(path, value, supported)]


def _resource_claims(claims: Iterable[View], path: Path) -> list[Error]:
    found: list[Error] = []
    seen: set[str] = set()
    for i, claim in enumerate(claims):
        at, name = path[i], claim.get("name") or ""
        if not name:
            found.append(field.required(at / "name"))
        elif name in seen:
            found.append(field.duplicate(at / "name", name))
        else:
            found += [field.invalid(at / "name", name, p) for p in validation.dns1123_label(name)]
            seen.add(name)
        direct, template = claim.get("resourceClaimName"), claim.get("resourceClaimTemplateName")
        if direct is not None and template is not None:
            detail = "at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified"
            found.append(field.invalid(at, internal_value("PodResourceClaim", claim), detail))
        if direct is None and template is None:
            detail = "must specify one of: `resourceClaimName`, `resourceClaimTemplateName`"
            found.append(field.invalid(at, internal_value("PodResourceClaim", claim), detail))
        for key, value in (("resourceClaimName", direct), ("resourceClaimTemplateName", template)):
            if value is not None:
                found += [field.invalid(at / key, value, p) for p in validation.dns1123_subdomain(value)]
    return found


def _host_network_ports(spec: View, path: Path, options: Options) -> list[Error]:
    found: list[Error] = []
    if not spec.get("hostNetwork"):
        return found
    for i, container in enumerate(spec.get("containers") or ()):
        for j, port in enumerate(container.get("ports") or ()):
            host, own = int(port.get("hostPort") or 0), int(port.get("containerPort") or 0)
            if (options.resource_is_pod or host) and host != own:
                at = (path[i] / "ports")[j] / "hostPort"
                found.append(field.invalid(at, host, "must match `containerPort` when `hostNetwork` is true"))
    return found


def _dns_config(spec: View, path: Path, options: Options) -> list[Error]:
    config = spec.get("dnsConfig")
    if spec.get("dnsPolicy") == "None":
        if config is None:
            return [field.required(path, "must provide `dnsConfig` when `dnsPolicy` is None")]
        if not config.get("nameservers"):
            detail = "must provide at least one DNS nameserver when `dnsPolicy` is None"
            return [field.required(path / "nameservers", detail)]
    if config is None:
        return []
    servers, searches = config.get("nameservers") or [], config.get("searches") or []
    found: list[Error] = []
    if len(servers) > 3:
        found.append(field.invalid(path / "nameservers", servers, "must not have more than 3 nameservers"))
    for i, server in enumerate(servers):
        found += legacy_ip((path / "nameservers")[i], server, options.version)
    if len(searches) > 32:
        found.append(field.invalid(path / "searches", searches, "must not have more than 32 search paths"))
    if len(" ".join(searches)) > 2048:
        detail = "must not have more than 2048 characters (including spaces) in the search list"
        found.append(field.invalid(path / "searches", searches, detail))
    relaxed = options.since(DNS_SEARCH_RELAXED)
    rule = validation.dns1123_subdomain_underscore if relaxed else validation.dns1123_subdomain
    for i, search in enumerate(searches):
        if not (relaxed and search == "."):
            name = search.removesuffix(".")
            found += [field.invalid((path / "searches")[i], name, p) for p in rule(name)]
    for i, option in enumerate(config.get("options") or ()):
        if not option.get("name"):
            found.append(field.required((path / "options")[i], "must not be empty"))
    return found


def _host_users(spec: View, path: Path) -> list[Error]:
    if spec.get("hostUsers") is not False:
        return []
    shared = (("hostNetwork", "hostNetwork"), ("hostPID", "HostPID"), ("hostIPC", "HostIPC"))
    return [
        field.forbidden(path / shown, "when `pod.Spec.HostUsers` is false") for name, shown in shared if spec.get(name)
    ]


def _names(spec: View, path: Path) -> list[Error]:
    found: list[Error] = []
    for name in ("serviceAccountName", "nodeName"):
        if value := spec.get(name):
            found += [field.invalid(path / name, value, p) for p in validation.dns1123_subdomain(value)]
    deadline = spec.get("activeDeadlineSeconds")
    if deadline is not None:
        problems = validation.in_range(deadline, 1, _INT32_MAX)
        found += [field.invalid(path / "activeDeadlineSeconds", deadline, p) for p in problems]
    for name in ("hostname", "subdomain"):
        if value := spec.get(name):
            found += [field.invalid(path / name, value, p) for p in validation.dns1123_label(value)]
    found += _hostname_override(spec, path)
    return found


def _hostname_override(spec: View, path: Path) -> list[Error]:
    override, at = spec.get("hostnameOverride"), path / "hostnameOverride"
    if override is None:
        return []
    found: list[Error] = []
    if len(override.encode()) > 64:
        found.append(field.too_long(at, 64))
    found += [field.invalid(at, override, p) for p in validation.dns1123_subdomain(override)]
    if spec.get("hostNetwork"):
        found.append(field.forbidden(at, "may not be specified when hostNetwork is true"))
    if spec.get("setHostnameAsFQDN"):
        found.append(field.forbidden(path / "setHostnameAsFQDN", "may not be specified when hostnameOverride is set"))
    return found


def _host_aliases(aliases: Iterable[View], path: Path, options: Options) -> list[Error]:
    found: list[Error] = []
    for i, alias in enumerate(aliases):
        found += legacy_ip(path[i] / "ip", alias.get("ip") or "", options.version)
        for j, name in enumerate(alias.get("hostnames") or ()):
            found += [field.invalid((path[i] / "hostnames")[j], name, p) for p in validation.dns1123_subdomain(name)]
    return found


def _class_names(spec: View, path: Path) -> list[Error]:
    found: list[Error] = []
    if name := spec.get("priorityClassName"):
        found += [field.invalid(path / "priorityClassName", name, p) for p in validation.dns1123_subdomain(name)]
    runtime = spec.get("runtimeClassName")
    if runtime is not None:
        found += [field.invalid(path / "runtimeClassName", runtime, p) for p in validation.dns1123_subdomain(runtime)]
    return found
