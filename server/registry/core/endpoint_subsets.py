"""Subsets of Endpoints in canonical form. Models pkg/api/endpoints/util.go (RepackSubsets).

Ports and subsets stand in the order of the MD5 of how Go's spew prints them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from typing import Any, Final

from apimachinery import serializer
from apimachinery.objects import Object, View

_Address = tuple[str, str]
_REFERENCE: Final = (
    ("Kind", "kind", "string"),
    ("Namespace", "namespace", "string"),
    ("Name", "name", "string"),
    ("UID", "uid", "types.UID"),
    ("APIVersion", "apiVersion", "string"),
    ("ResourceVersion", "resourceVersion", "string"),
    ("FieldPath", "fieldPath", "string"),
)


def repack(subsets: Iterable[View]) -> list[Object]:
    """The same endpoints, each set of addresses once with all its ports; not ready trumps ready."""
    addresses: dict[_Address, Object] = {}
    by_port: dict[bytes, tuple[list[Object], dict[_Address, bool]]] = {}
    for subset in subsets:
        for part, ready in (("addresses", True), ("notReadyAddresses", False)):
            for address in subset.get(part) or ():
                key = (address.get("ip") or "", (address.get("targetRef") or {}).get("uid") or "")
                addresses.setdefault(key, address)
                for ports in [[port] for port in subset.get("ports") or ()] or [[]]:
                    known = by_port.setdefault(serializer.canonical(ports), (ports, {}))[1]
                    known[key] = known.get(key, True) and ready
    by_addresses: dict[frozenset[tuple[_Address, bool]], Object] = {}
    for ports, known in by_port.values():
        found = by_addresses.get(frozenset(known.items()))
        if found is None:
            found = by_addresses[frozenset(known.items())] = {"addresses": [], "notReadyAddresses": [], "ports": []}
            for key in sorted(known):
                found["addresses" if known[key] else "notReadyAddresses"].append(addresses[key])
        found["ports"] += ports
    for subset in by_addresses.values():
        subset["ports"].sort(key=lambda port: _digest("(core.EndpointPort)" + _port(port)))
    ordered = sorted(by_addresses.values(), key=lambda subset: _digest(_subset(subset)))
    return [{part: items for part, items in subset.items() if items} for subset in ordered]


def _digest(text: str) -> bytes:
    return hashlib.md5(text.encode(), usedforsecurity=False).digest()


def _pointer(kind: str, value: Any) -> str:
    return f"(*{kind})" + ("<nil>" if value is None else str(value))


def _port(port: View) -> str:
    return (
        f"{{Name:(string){port.get('name') or ''} Port:(int32){port.get('port') or 0}"
        f" Protocol:(core.Protocol){port.get('protocol') or ''}"
        f" AppProtocol:{_pointer('string', port.get('appProtocol'))}}}"
    )


def _address(address: View) -> str:
    target = address.get("targetRef")
    if target is not None:
        target = "{" + " ".join(f"{go}:({kind}){target.get(key) or ''}" for go, key, kind in _REFERENCE) + "}"
    return (
        f"{{IP:(string){address.get('ip') or ''} Hostname:(string){address.get('hostname') or ''}"
        f" NodeName:{_pointer('string', address.get('nodeName'))}"
        f" TargetRef:{_pointer('core.ObjectReference', target)}}}"
    )


def _subset(subset: View) -> str:
    return (
        f"(core.EndpointSubset){{Addresses:{_list('core.EndpointAddress', subset['addresses'], _address)}"
        f" NotReadyAddresses:{_list('core.EndpointAddress', subset['notReadyAddresses'], _address)}"
        f" Ports:{_list('core.EndpointPort', subset['ports'], _port)}}}"
    )


def _list(kind: str, items: list[View], shown: Callable[[View], str]) -> str:
    return f"([]{kind})" + (f"[{' '.join(map(shown, items))}]" if items else "<nil>")
