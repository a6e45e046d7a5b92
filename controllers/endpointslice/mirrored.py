"""The slices that say what an Endpoints object says. Models endpointslicemirroring/reconciler.go; pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from typing import Final

from apimachinery import meta
from apimachinery.gvk import GroupVersionKind
from apimachinery.objects import Object, View
from controllers.endpointslice.slices import MANAGED_BY, SERVICE_NAME, Changes, identity, port_key
from controllers.runtime import service_endpoints
from controllers.runtime.endpoint_subsets import repack

CONTROLLER: Final = "endpointslicemirroring-controller.k8s.io"
SKIP_MIRROR: Final = "endpointslice.kubernetes.io/skip-mirror"
_ENDPOINTS_KIND: Final = GroupVersionKind("", "v1", "Endpoints")
_LEADER: Final = "control-plane.alpha.kubernetes.io/leader"
_ENDPOINTS_MANAGED_BY: Final = "endpoints.kubernetes.io/managed-by"
_NOT_MIRRORED: Final = frozenset({"kubectl.kubernetes.io/last-applied-configuration", service_endpoints.TRIGGER_TIME})


def is_mirrored(endpoints: View, service: View | None) -> bool:
    """Whether somebody keeps the Endpoints by hand for a Service without a selector."""
    labels = meta.labels(endpoints)
    by_hand = labels.get(SKIP_MIRROR) != "true" and _ENDPOINTS_MANAGED_BY not in labels
    by_hand = by_hand and _LEADER not in meta.annotations(endpoints)
    return by_hand and service is not None and service["spec"].get("selector") is None


def plan_mirror(endpoints: View, present: Sequence[View], limit: int) -> tuple[Changes, int, int]:
    """The writes, how many addresses were no IPs, and how many were left out for either reason."""
    wanted, invalid, skipped = _wanted(endpoints, limit)
    changes = Changes()
    by_key: dict[tuple[str, bytes], list[View]] = {}
    for existing in present:
        key = (existing.get("addressType") or "", port_key(existing.get("ports") or ()))
        by_key.setdefault(key, []).append(existing)
    for key, new in wanted.items():
        slices = by_key.get(key, [])
        changes.delete += slices[1:]
        if not slices:
            changes.create.append(new)
        elif not _says(slices[0], new):
            own = {k: v for k, v in new["metadata"].items() if k in ("labels", "annotations", "ownerReferences")}
            changes.update.append({**new, "metadata": {**slices[0]["metadata"], **own}})
    for key, slices in by_key.items():
        if key not in wanted:
            changes.delete += slices
    changes.recycle()
    return changes, invalid, skipped


def _wanted(endpoints: View, limit: int) -> tuple[dict[tuple[str, bytes], Object], int, int]:
    result: dict[tuple[str, bytes], Object] = {}
    invalid = skipped = 0
    for subset in repack(endpoints.get("subsets") or ()):
        ports = [_port(p) for p in subset.get("ports") or ()]
        added = total = 0
        for field, ready in (("addresses", True), ("notReadyAddresses", False)):
            for address in subset.get(field) or ():
                total += 1
                if added >= limit:
                    continue
                family = _family(address["ip"])
                if not family:
                    invalid += 1
                    continue
                added += 1
                new = result.setdefault((family, port_key(ports)), _new_slice(endpoints, family, ports))
                new["endpoints"].append(_endpoint(address, ready=ready))
        skipped += total - added
    return result, invalid, skipped


def _family(address: str) -> str:
    try:
        return "IPv6" if ipaddress.ip_address(address).version == 6 else "IPv4"
    except ValueError:
        return ""


def _new_slice(endpoints: View, family: str, ports: list[Object]) -> Object:
    labels = {k: v for k, v in meta.labels(endpoints).items() if k not in (SERVICE_NAME, MANAGED_BY)}
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {
            "generateName": f"{meta.name(endpoints)}-",
            "namespace": meta.namespace(endpoints),
            "labels": labels | {SERVICE_NAME: meta.name(endpoints), MANAGED_BY: CONTROLLER},
            "annotations": {k: v for k, v in meta.annotations(endpoints).items() if k not in _NOT_MIRRORED},
            "ownerReferences": [meta.new_controller_ref(endpoints, _ENDPOINTS_KIND)],
        },
        "addressType": family,
        "endpoints": [],
        "ports": ports or None,
    }


def _endpoint(address: View, *, ready: bool) -> Object:
    result: Object = {"addresses": [address["ip"]], "conditions": {"ready": ready}}
    return result | {f: address[f] for f in ("targetRef", "nodeName", "hostname") if address.get(f)}


def _port(port: View) -> Object:
    result: Object = {"name": port.get("name") or "", "port": port["port"], "protocol": port.get("protocol") or "TCP"}
    if port.get("appProtocol"):
        result["appProtocol"] = port["appProtocol"]
    return result


def _says(existing: View, new: View) -> bool:
    """Whether a slice says what it should already, in whatever order."""
    told = {identity(e): e for e in existing.get("endpoints") or ()}
    wanted = {identity(e): e for e in new["endpoints"]}
    return (
        told == wanted
        and dict(meta.labels(existing)) == meta.labels(new)
        and dict(meta.annotations(existing)) == meta.annotations(new)
    )
