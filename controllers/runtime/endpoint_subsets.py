"""Subsets of Endpoints in canonical form. Models pkg/api/v1/endpoints/util.go; pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from apimachinery import serializer
from apimachinery.objects import Object, View

Address = tuple[str, str]


def repack(subsets: Iterable[View]) -> list[Object]:
    """The same endpoints with addresses gathered by port, and ports by addresses; not ready trumps ready."""
    addresses: dict[Address, Object] = {}
    states: dict[bytes, tuple[list[Object], dict[Address, bool]]] = {}
    for subset in subsets:
        for field, ready in (("addresses", True), ("notReadyAddresses", False)):
            for address in subset.get(field) or ():
                key = (address["ip"], _uid(address))
                addresses.setdefault(key, dict(address))
                for ports in [[p] for p in subset.get("ports") or ()] or [[]]:
                    known = states.setdefault(serializer.canonical(ports), (ports, {}))[1]
                    known[key] = known.get(key, True) and ready
    merged: dict[frozenset[tuple[Address, bool]], Object] = {}
    for ports, known in states.values():
        subset = merged.setdefault(frozenset(known.items()), _subset(known, addresses))
        if ports:
            subset.setdefault("ports", []).extend(ports)
    for subset in merged.values():
        if "ports" in subset:
            subset["ports"].sort(key=_port_digest)
    return sorted(merged.values(), key=serializer.canonical)


def _subset(states: dict[Address, bool], addresses: dict[Address, Object]) -> Object:
    found: Object = {}
    for field, wanted in (("addresses", True), ("notReadyAddresses", False)):
        if keys := sorted(k for k, ready in states.items() if ready is wanted):
            found[field] = [addresses[k] for k in keys]
    return found


def _uid(address: View) -> str:
    return (address.get("targetRef") or {}).get("uid") or ""


def _port_digest(port: View) -> bytes:
    """Ports stand in the order of the MD5 of how Go prints them."""
    protocol = port.get("appProtocol")
    text = (
        f"(v1.EndpointPort){{Name:(string){port.get('name') or ''} Port:(int32){port['port']}"
        f" Protocol:(v1.Protocol){port.get('protocol') or ''}"
        f" AppProtocol:(*string){'<nil>' if protocol is None else protocol}}}"
    )
    return hashlib.md5(text.encode(), usedforsecurity=False).digest()
