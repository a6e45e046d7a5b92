"""Fields of a pod as its containers see them. Models pkg/fieldpath and pkg/api/v1/resource (downward API)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from apimachinery import meta
from apimachinery.objects import View
from apimachinery.quantity import Quantity

_SUBSCRIPT: Final = re.compile(r"^metadata\.(labels|annotations)\['(.*)'\]$")


class FieldError(ValueError):
    """A field reference that names nothing; the text is upstream's."""


def field_value(pod: View, path: str, *, addresses: Mapping[str, str]) -> str:
    """The text of a fieldRef; `addresses` has podIP, podIPs, hostIP and hostIPs. Raises FieldError."""
    match = _SUBSCRIPT.match(path)
    if match:
        values = meta.labels(pod) if match[1] == "labels" else meta.annotations(pod)
        return values.get(match[2], "")
    spec = pod["spec"]
    match path:
        case "metadata.name":
            return meta.name(pod)
        case "metadata.namespace":
            return meta.namespace(pod)
        case "metadata.uid":
            return meta.uid(pod)
        case "metadata.labels":
            return _format_map(meta.labels(pod))
        case "metadata.annotations":
            return _format_map(meta.annotations(pod))
        case "spec.nodeName":
            return str(spec.get("nodeName") or "")
        case "spec.serviceAccountName":
            return str(spec.get("serviceAccountName") or "")
        case "status.podIP" | "status.podIPs" | "status.hostIP" | "status.hostIPs":
            return addresses.get(path.partition(".")[2], "")
    raise FieldError(f"unsupported fieldPath: {path}")


def _format_map(values: Mapping[str, str]) -> str:
    return "".join(f'{k}="{_escape(v)}"\n' for k, v in sorted(values.items())).removesuffix("\n")


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def resource_value(pod: View, reference: View, container_name: str, allocatable: Mapping[str, str]) -> str:
    """The text of a resourceFieldRef; a limit that is not set is what the node has. Raises FieldError."""
    name = reference.get("containerName") or container_name
    spec = pod["spec"]
    everyone = [*(spec.get("containers") or ()), *(spec.get("initContainers") or ())]
    container = next((c for c in everyone if c["name"] == name), None)
    if container is None:
        raise FieldError(f"container {name} not found")
    part, _, resource = str(reference.get("resource") or "").partition(".")
    if part not in ("limits", "requests"):
        raise FieldError(f"unsupported container resource : {reference.get('resource')}")
    resources = container.get("resources") or {}
    text = (resources.get(part) or {}).get(resource)
    if text is None:
        text = allocatable.get(resource, "0") if part == "limits" else "0"
    divisor = Quantity.parse(str(reference.get("divisor") or "1"))
    wanted = Quantity.parse(str(text))
    if resource == "cpu":
        return str(-(-wanted.milli_value() // max(1, divisor.milli_value() or 1000)))
    return str(-(-wanted.value() // max(1, divisor.value())))
