"""What is wrong with a Service. Models ValidateService and ValidateServiceUpdate of pkg/apis/core/validation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from apimachinery import field, meta, validation
from apimachinery.objects import View
from server.registry.addresses import dual_stack, is_ipv6, legacy_cidr, legacy_ip, non_special_ip, parse_ip
from server.registry.generic import go_struct, names
from server.registry.rest import Context

TYPES: Final = ("ClusterIP", "ExternalName", "LoadBalancer", "NodePort")
PROTOCOLS: Final = ("SCTP", "TCP", "UDP")
FAMILIES: Final = ("IPv4", "IPv6")
FAMILY_POLICIES: Final = ("PreferDualStack", "RequireDualStack", "SingleStack")
KUBELET_PORT: Final = 10250
MAX_AFFINITY_TIMEOUT: Final = 86400
TOPOLOGY_HINTS: Final = "service.kubernetes.io/topology-aware-hints"
TOPOLOGY_MODE: Final = "service.kubernetes.io/topology-mode"
SOURCE_RANGES: Final = "service.beta.kubernetes.io/load-balancer-source-ranges"
_SPEC: Final = field.Path("spec")
_PORTS: Final = _SPEC / "ports"
_IPS: Final = _SPEC / "clusterIPs"
_NOT_EXTERNAL_NAME: Final = "may not be set for ExternalName services"
_LOAD_BALANCER_ONLY: Final = "may only be used when `type` is 'LoadBalancer'"


def is_headless(spec: View) -> bool:
    """Whether there is no virtual IP by choice."""
    return list(spec.get("clusterIPs") or ()) == ["None"]


def externally_accessible(spec: View) -> bool:
    """Whether traffic from outside reaches it. Models pkg/api/service."""
    kind = spec.get("type")
    return kind in ("LoadBalancer", "NodePort") or (kind == "ClusterIP" and bool(spec.get("externalIPs")))


def needs_health_check(spec: View) -> bool:
    """Whether load balancers ask a node port for local endpoints."""
    return spec.get("type") == "LoadBalancer" and spec.get("externalTrafficPolicy") == "Local"


def validate(obj: View, old: View | None, ctx: Context) -> list[field.Error]:
    """Everything wrong with a service beyond its metadata, in upstream's order."""
    spec, stored = obj["spec"], (old or {}).get("spec") or {}
    found = _topology_annotations(obj) + _type_errors(spec)
    ports = spec.get("ports") or ()
    seen: set[str] = set()
    for i, port in enumerate(ports):
        found += _port_errors(port, len(ports) > 1, seen, _PORTS[i])
    found += validation.labels(spec.get("selector"), _SPEC / "selector")
    found += _affinity_errors(spec) + cluster_ip_errors(spec, ctx, stored.get("clusterIPs") or ())
    for i, ip in enumerate(spec.get("externalIPs") or ()):
        at = (_SPEC / "externalIPs")[i]
        found += legacy_ip(at, ip, ctx.version, stored.get("externalIPs") or ()) or non_special_ip(ip, at)
    kind = spec.get("type") or ""
    if not kind:
        found.append(field.required(_SPEC / "type"))
    elif kind not in TYPES:
        found.append(field.not_supported(_SPEC / "type", kind, TYPES))
    found += _node_port_errors(ports, kind) + _duplicate_ports(ports)
    found += _source_ranges(obj, ctx, stored.get("loadBalancerSourceRanges") or ())
    if spec.get("allocateLoadBalancerNodePorts") is not None and kind != "LoadBalancer":
        found.append(field.forbidden(_SPEC / "allocateLoadBalancerNodePorts", _LOAD_BALANCER_ONLY))
    if kind == "LoadBalancer" and spec.get("allocateLoadBalancerNodePorts") is None:
        found.append(field.required(field.Path("allocateLoadBalancerNodePorts")))
    found += _load_balancer_class(spec)
    return found + _external_traffic(spec) + _internal_traffic(spec) + _traffic_distribution(spec, ctx)


def validate_update(obj: View, old: View, ctx: Context) -> list[field.Error]:
    """Everything wrong with a change and with its result."""
    spec, stored = obj["spec"], old["spec"]
    found = _cluster_ip_change(spec, stored) + _family_change(spec, stored)
    if spec.get("type") == stored.get("type") == "LoadBalancer":
        name = spec.get("loadBalancerClass")
        if name != stored.get("loadBalancerClass"):
            found.append(field.invalid(_SPEC / "loadBalancerClass", name, "may not change once set"))
    found += _load_balancer_class(spec)
    checked = needs_health_check(stored) and needs_health_check(spec)
    if checked and spec.get("healthCheckNodePort") != stored.get("healthCheckNodePort"):
        found.append(field.forbidden(_SPEC / "healthCheckNodePort", "field is immutable"))
    return found + validate(obj, old, ctx)


def validate_status(obj: View, old: View, ctx: Context) -> list[field.Error]:
    """Errors of the load balancer's status."""
    path = field.Path("status") / "loadBalancer" / "ingress"
    ingress = ((obj.get("status") or {}).get("loadBalancer") or {}).get("ingress") or ()
    if ingress and obj["spec"].get("type") != "LoadBalancer":
        return [field.forbidden(path, "may only be used when `spec.type` is 'LoadBalancer'")]
    before = ((old.get("status") or {}).get("loadBalancer") or {}).get("ingress") or ()
    return [e for i, entry in enumerate(ingress) for e in _ingress_errors(entry, path[i], ctx, before)]


def _ingress_errors(entry: View, path: field.Path, ctx: Context, before: Sequence[View]) -> list[field.Error]:
    ip, mode, host = entry.get("ip") or "", entry.get("ipMode"), entry.get("hostname") or ""
    found = legacy_ip(path / "ip", ip, ctx.version, [e.get("ip", "") for e in before]) if ip else []
    if mode is None:
        if ip:
            found.append(field.required(path / "ipMode", "must be specified when `ip` is set"))
    elif not ip:
        found.append(field.forbidden(path / "ipMode", "may not be specified when `ip` is not set"))
    elif mode not in ("Proxy", "VIP"):
        found.append(field.not_supported(path / "ipMode", mode, ("Proxy", "VIP")))
    if host:
        found += names(path / "hostname", host, validation.dns1123_subdomain)
        if parse_ip(host) is not None:
            found.append(field.invalid(path / "hostname", host, "must be a DNS name, not an IP address"))
    return found


def _topology_annotations(obj: View) -> list[field.Error]:
    annotations = meta.annotations(obj)
    hints, mode = annotations.get(TOPOLOGY_HINTS), annotations.get(TOPOLOGY_MODE)
    if hints is None or mode is None or hints == mode:
        return []
    path = (field.Path("metadata") / "annotations").key(TOPOLOGY_MODE)
    return [field.invalid(path, mode, f"must match annotations[{TOPOLOGY_HINTS}] when both are specified")]


def _type_errors(spec: View) -> list[field.Error]:
    kind, headless = spec.get("type"), is_headless(spec)
    found: list[field.Error] = []
    if not spec.get("ports") and not headless and kind != "ExternalName":
        found.append(field.required(_PORTS))
    if kind == "LoadBalancer":
        detail = f"may not expose port {KUBELET_PORT} externally since it is used by kubelet"
        found += [
            field.invalid(_PORTS[i], KUBELET_PORT, detail)
            for i, port in enumerate(spec.get("ports") or ())
            if port.get("port") == KUBELET_PORT
        ]
    if headless and kind in ("LoadBalancer", "NodePort"):
        found.append(field.invalid(_IPS[0], "None", f"may not be set to 'None' for {kind} services"))
    if kind != "ExternalName":
        return found
    if spec.get("clusterIPs"):
        found.append(field.forbidden(_IPS, _NOT_EXTERNAL_NAME))
    if spec.get("ipFamilies"):
        found.append(field.forbidden(_SPEC / "ipFamilies", _NOT_EXTERNAL_NAME))
    if spec.get("ipFamilyPolicy") is not None:
        found.append(field.forbidden(_SPEC / "ipFamilyPolicy", _NOT_EXTERNAL_NAME))
    target = (spec.get("externalName") or "").removesuffix(".")
    path = _SPEC / "externalName"
    return found + (names(path, target, validation.dns1123_subdomain) if target else [field.required(path)])


def _port_errors(port: View, named: bool, seen: set[str], path: field.Path) -> list[field.Error]:
    name, number, protocol = port.get("name") or "", port.get("port") or 0, port.get("protocol") or ""
    found: list[field.Error] = []
    if named and not name:
        found.append(field.required(path / "name"))
    elif name:
        found += names(path / "name", name, validation.dns1123_label)
        if name in seen:
            found.append(field.duplicate(path / "name", name))
        seen.add(name)
    found += [field.invalid(path / "port", number, problem) for problem in validation.valid_port_num(number)]
    if not protocol:
        found.append(field.required(path / "protocol"))
    elif protocol not in PROTOCOLS:
        found.append(field.not_supported(path / "protocol", protocol, PROTOCOLS))
    target: Any = port.get("targetPort") or 0
    rule = validation.valid_port_name if isinstance(target, str) else validation.valid_port_num
    found += [field.invalid(path / "targetPort", target, problem) for problem in rule(target)]
    if port.get("appProtocol") is not None:
        found += names(path / "appProtocol", port["appProtocol"], validation.qualified_name)
    return found


def _affinity_errors(spec: View) -> list[field.Error]:
    affinity, config = spec.get("sessionAffinity") or "", spec.get("sessionAffinityConfig")
    path = _SPEC / "sessionAffinityConfig"
    if not affinity:
        return [field.required(_SPEC / "sessionAffinity")]
    if affinity not in ("ClientIP", "None"):
        return [field.not_supported(_SPEC / "sessionAffinity", affinity, ("ClientIP", "None"))]
    if affinity == "None":
        return [] if config is None else [field.forbidden(path, "must not be set when session affinity is None")]
    if config is None:
        return [field.required(path, "when session affinity type is ClientIP")]
    client = config.get("clientIP")
    if client is None:
        return [field.required(path / "clientIP", "when session affinity type is ClientIP")]
    timeout = client.get("timeoutSeconds")
    at = path / "clientIP" / "timeoutSeconds"
    if timeout is None:
        return [field.required(at, "when session affinity type is ClientIP")]
    if not 0 < timeout <= MAX_AFFINITY_TIMEOUT:
        detail = f"must be greater than 0 and less than {MAX_AFFINITY_TIMEOUT}"
        return [field.invalid(at, timeout, detail)]
    return []


def cluster_ip_errors(spec: View, ctx: Context, old: Sequence[str] = ()) -> list[field.Error]:
    """Errors of clusterIP, clusterIPs, ipFamilies and ipFamilyPolicy. Models ValidateServiceClusterIPsRelatedFields."""
    if spec.get("type") == "ExternalName":
        return []
    ip, ips = spec.get("clusterIP") or "", list(spec.get("clusterIPs") or ())
    families, policy = spec.get("ipFamilies") or [], spec.get("ipFamilyPolicy")
    found: list[field.Error] = []
    if ip and not ips:
        found.append(field.required(_IPS))
    elif ip and ips[0] != ip:
        found.append(field.invalid(_IPS, ips, "first value must match `clusterIP`"))
    elif not ip and ips:
        found.append(field.invalid(_IPS, ips, "must be empty when `clusterIP` is not specified"))
    for i, family in enumerate(families):
        at = (_SPEC / "ipFamilies")[i]
        if family not in FAMILIES:
            found.append(field.not_supported(at, family, FAMILIES))
        if family in families[:i]:
            found.append(field.duplicate(at, family))
    if policy is not None and policy not in FAMILY_POLICIES:
        found.append(field.not_supported(_SPEC / "ipFamilyPolicy", policy, FAMILY_POLICIES))
    unreadable: list[field.Error] = []
    for i, value in enumerate(ips):
        if i == 0 and value == "None":
            if len(ips) > 1:
                unreadable.append(field.invalid(_IPS, ips, "'None' must be the first and only value"))
        else:
            unreadable += legacy_ip(_IPS[i], value, ctx.version, old)
    found += unreadable
    if len(ips) > 2:
        found.append(field.invalid(_IPS, ips, "may only hold up to 2 values"))
    if unreadable:
        return found
    if len(ips) > 1 and not dual_stack(ips):
        found.append(field.invalid(_IPS, ips, "may specify no more than one IP for each IP family"))
    if is_headless(spec):
        return found
    for i, (value, family) in enumerate(zip(ips, families, strict=False)):
        if family in FAMILIES and is_ipv6(value) != (family == "IPv6"):
            detail = f"expected an {family} value as indicated by `ipFamilies[{i}]`"
            found.append(field.invalid(_IPS[i], value, detail))
    return found


def _node_port_errors(ports: Sequence[View], kind: str) -> list[field.Error]:
    found: list[field.Error] = []
    if kind == "ClusterIP":
        detail = "may not be used when `type` is 'ClusterIP'"
        found += [field.forbidden(_PORTS[i] / "nodePort", detail) for i, p in enumerate(ports) if p.get("nodePort")]
    seen = set()
    for i, port in enumerate(ports):
        key = (port.get("protocol"), port.get("nodePort"))
        if port.get("nodePort"):
            if key in seen:
                found.append(field.duplicate(_PORTS[i] / "nodePort", port["nodePort"]))
            seen.add(key)
    return found


def _duplicate_ports(ports: Sequence[View]) -> list[field.Error]:
    found, seen = [], set()
    for i, port in enumerate(ports):
        key = (port.get("protocol") or "", port.get("port") or 0)
        if key in seen:
            shown = go_struct(Name="", Protocol=key[0], AppProtocol=None, Port=key[1], TargetPort=0, NodePort=0)
            found.append(field.duplicate(_PORTS[i], shown))
        seen.add(key)
    return found


def _source_ranges(obj: View, ctx: Context, old: Sequence[str]) -> list[field.Error]:
    spec = obj["spec"]
    balanced = spec.get("type") == "LoadBalancer"
    ranges = spec.get("loadBalancerSourceRanges") or ()
    annotation = meta.annotations(obj).get(SOURCE_RANGES)
    found: list[field.Error] = []
    if ranges:
        path = _SPEC / "LoadBalancerSourceRanges"
        if not balanced:
            found.append(field.forbidden(path, _LOAD_BALANCER_ONLY))
        for i, value in enumerate(ranges):
            found += legacy_cidr(path[i], value.strip(), ctx.version, [o.strip() for o in old])
    elif annotation is not None:
        path = (field.Path("metadata") / "annotations").key(SOURCE_RANGES)
        if not balanced:
            found.append(field.forbidden(path, _LOAD_BALANCER_ONLY))
        for value in annotation.strip().split(",") if annotation.strip() else ():
            found += legacy_cidr(path, value.strip(), ctx.version)
    return found


def _load_balancer_class(spec: View) -> list[field.Error]:
    name = spec.get("loadBalancerClass")
    path = _SPEC / "loadBalancerClass"
    if name is None:
        return []
    if spec.get("type") == "LoadBalancer":
        return names(path, name, validation.qualified_name)
    return [field.forbidden(path, _LOAD_BALANCER_ONLY)]


def _external_traffic(spec: View) -> list[field.Error]:
    policy, port = spec.get("externalTrafficPolicy") or "", spec.get("healthCheckNodePort") or 0
    path = _SPEC / "externalTrafficPolicy"
    found: list[field.Error] = []
    if not externally_accessible(spec):
        if policy:
            found.append(field.invalid(path, policy, "may only be set for externally-accessible services"))
    elif not policy:
        found.append(field.required(path))
    elif policy not in ("Cluster", "Local"):
        found.append(field.not_supported(path, policy, ("Cluster", "Local")))
    path = _SPEC / "healthCheckNodePort"
    if not needs_health_check(spec):
        if port:
            detail = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'"
            found.append(field.invalid(path, port, detail))
    elif not port:
        found.append(field.required(path))
    else:
        found += [field.invalid(path, port, problem) for problem in validation.valid_port_num(port)]
    return found


def _internal_traffic(spec: View) -> list[field.Error]:
    policy = spec.get("internalTrafficPolicy")
    path = _SPEC / "internalTrafficPolicy"
    if policy is None:
        return [field.required(path)] if spec.get("type") in ("NodePort", "LoadBalancer", "ClusterIP") else []
    return [] if policy in ("Cluster", "Local") else [field.not_supported(path, policy, ("Cluster", "Local"))]


def _traffic_distribution(spec: View, ctx: Context) -> list[field.Error]:
    value = spec.get("trafficDistribution")
    supported = ["PreferClose"] + (["PreferSameZone", "PreferSameNode"] if ctx.version >= (1, 34) else [])
    if value is None or value in supported:
        return []
    return [field.not_supported(_SPEC / "trafficDistribution", value, supported)]


def _cluster_ip_change(spec: View, stored: View) -> list[field.Error]:
    if "ExternalName" in (spec.get("type"), stored.get("type")) or (is_headless(spec) and is_headless(stored)):
        return []
    new, old = list(spec.get("clusterIPs") or ()), list(stored.get("clusterIPs") or ())
    fixed = "may not change once set"
    if len(new) == len(old):
        return [field.invalid(_IPS[i], new, fixed) for i, ip in enumerate(old) if ip != new[i]]
    found = []
    if len(old) > len(new):
        if not new:
            found.append(field.invalid(_IPS[0], new, "primary clusterIP can not be unset"))
        if new and new[0] != old[0]:
            found.append(field.invalid(_IPS[0], new, fixed))
        if len(new) == 1 and spec.get("ipFamilyPolicy") != "SingleStack":
            detail = "must be set to 'SingleStack' when releasing the secondary clusterIP"
            found.append(field.invalid(_SPEC / "ipFamilyPolicy", spec.get("ipFamilyPolicy"), detail))
    elif old and new[0] != old[0]:
        found.append(field.invalid(_IPS[0], new, fixed))
    return found


def _family_change(spec: View, stored: View) -> list[field.Error]:
    if "ExternalName" in (spec.get("type"), stored.get("type")) or is_headless(spec) or is_headless(stored):
        return []
    new, old = list(spec.get("ipFamilies") or ()), list(stored.get("ipFamilies") or ())
    path, fixed = (_SPEC / "ipFamilies")[0], "may not change once set"
    if len(new) == len(old):
        return [field.invalid(path, new, fixed) for i, family in enumerate(old) if family != new[i]]
    found = []
    ips = list(spec.get("clusterIPs") or ())
    if len(old) > len(new) and not ips:
        found.append(field.invalid(path, new, "primary ipFamily can not be unset"))
    if new and old and new[0] != old[0]:
        found.append(field.invalid(path, ips, fixed))
    if len(old) > len(new) == 1 and spec.get("ipFamilyPolicy") != "SingleStack":
        detail = "must be set to 'SingleStack' when releasing the secondary ipFamily"
        found.append(field.invalid(_SPEC / "ipFamilyPolicy", spec.get("ipFamilyPolicy"), detail))
    return found
