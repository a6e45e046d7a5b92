"""What is allowed in a Service and yet worth a word. Models pkg/api/service/warnings.go."""

from __future__ import annotations

from typing import Final

from apimachinery import meta
from apimachinery.field import Path
from apimachinery.objects import View
from server.registry.addresses import cidr_warnings, ip_warnings
from server.registry.core.service_validation import TOPOLOGY_HINTS, TOPOLOGY_MODE

_SPEC: Final = Path("spec")
_EXTERNAL_IPS: Final = "spec.externalIPs is deprecated and may no longer be implemented in some clusters"
EXTERNAL_IPS_DEPRECATED: Final = (1, 36)
PREFER_CLOSE_DEPRECATED: Final = (1, 34)


def service_warnings(obj: View, version: tuple[int, int]) -> list[str]:
    """Warnings for a new or changed Service."""
    spec = obj["spec"]
    found: list[str] = []
    if TOPOLOGY_HINTS in meta.annotations(obj):
        found.append(f"annotation {TOPOLOGY_HINTS} is deprecated, please use {TOPOLOGY_MODE} instead")
    kind, external = spec.get("type"), spec.get("externalIPs") or ()
    headless = kind == "ClusterIP" and spec.get("clusterIP") == "None"
    if spec.get("clusterIP") not in (None, "", "None"):
        for i, ip in enumerate(spec.get("clusterIPs") or ()):
            found += ip_warnings((_SPEC / "clusterIPs")[i], ip)
    if headless:
        if spec.get("loadBalancerIP"):
            found.append("spec.loadBalancerIP is ignored for headless services")
        if external:
            found.append("spec.externalIPs is ignored for headless services")
        if spec.get("sessionAffinity") != "None":
            found.append("spec.SessionAffinity is ignored for headless services")
    for i, ip in enumerate(external):
        found += ip_warnings((_SPEC / "externalIPs")[i], ip)
    if external and not headless and kind != "ExternalName" and version >= EXTERNAL_IPS_DEPRECATED:
        found.append(_EXTERNAL_IPS)
    if spec.get("loadBalancerIP"):
        found += ip_warnings(_SPEC / "loadBalancerIP", spec["loadBalancerIP"])
    for i, cidr in enumerate(spec.get("loadBalancerSourceRanges") or ()):
        found += cidr_warnings((_SPEC / "loadBalancerSourceRanges")[i], cidr)
    if kind == "ExternalName" and external:
        found.append('spec.externalIPs is ignored when spec.type is "ExternalName"')
    if kind != "ExternalName" and spec.get("externalName"):
        found.append('spec.externalName is ignored when spec.type is not "ExternalName"')
    if spec.get("trafficDistribution") == "PreferClose" and version >= PREFER_CLOSE_DEPRECATED:
        found.append('spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"')
    return found
