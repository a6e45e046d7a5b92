"""What is allowed in a pod and yet worth a word. Models pkg/api/pod/warnings.go."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from apimachinery.field import Path
from apimachinery.objects import View
from apimachinery.quantity import Quantity
from apimachinery.serializer import go_quote
from server.registry import node_labels
from server.registry.addresses import ip_warnings
from server.registry.core.podspec_annotations import APP_ARMOR, SECCOMP_CONTAINER, SECCOMP_POD
from server.registry.core.podspec_overlaps import overlap_warnings
from server.registry.core.podspec_windows import visit_containers

_DEPRECATED_ANNOTATIONS: Final = {
    "scheduler.alpha.kubernetes.io/critical-pod": 'non-functional in v1.16+; use the "priorityClassName" field instead',
    "security.alpha.kubernetes.io/sysctls": 'non-functional in v1.11+; use the "sysctls" field instead',
    "security.alpha.kubernetes.io/unsafe-sysctls": 'non-functional in v1.11+; use the "sysctls" field instead',
}
_DEPRECATED_VOLUMES: Final = (
    ("photonPersistentDisk", "photonPersistentDisk", "deprecated in v1.11, non-functional in v1.16+"),
    ("gitRepo", "gitRepo", "deprecated in v1.11, and disabled by default in v1.33+"),
    ("scaleIO", "scaleIO", "deprecated in v1.16, non-functional in v1.22+"),
    ("flocker", "flocker", "deprecated in v1.22, non-functional in v1.25+"),
    ("storageos", "storageOS", "deprecated in v1.22, non-functional in v1.25+"),
    ("quobyte", "quobyte", "deprecated in v1.22, non-functional in v1.25+"),
    ("glusterfs", "glusterfs", "deprecated in v1.25, non-functional in v1.26+"),
    ("ephemeral", "", ""),
    ("cephfs", "cephfs", "deprecated in v1.28, non-functional in v1.31+"),
    ("rbd", "rbd", "deprecated in v1.28, non-functional in v1.31+"),
)
_REQUIRED: Final = "requiredDuringSchedulingIgnoredDuringExecution"
_PREFERRED: Final = "preferredDuringSchedulingIgnoredDuringExecution"
_NO_SELECTOR: Final = "a null labelSelector results in matching no pod"
_SECCOMP: Final = 'non-functional in v1.27+; use the "seccompProfile" field instead'
_APP_ARMOR: Final = 'deprecated since v1.30; use the "appArmorProfile" field instead'


def pod_warnings(pod: View) -> list[str]:
    """Warnings for a pod itself."""
    return _warnings(pod, Path(), in_template=False)


def affinity_warnings(pod: View) -> list[str]:
    """Those of a pod's warnings that its affinity may have a part in."""
    spec, at = pod.get("spec") or {}, Path("spec")
    return [*_node_labels(spec, at), *_pod_affinity(spec.get("affinity") or {}, at / "affinity")]


def template_warnings(template: View, path: Path) -> list[str]:
    """Warnings for a template at a path."""
    return _warnings(template, path, in_template=True)


def _warnings(holder: View, path: Path, *, in_template: bool) -> list[str]:
    spec: View = holder.get("spec") or {}
    annotations: View = (holder.get("metadata") or {}).get("annotations") or {}
    at, meta = path / "spec", path / "metadata" / "annotations"
    found = list(_node_labels(spec, at))
    found += [f"{meta.key(key)}: {text}" for key, text in _DEPRECATED_ANNOTATIONS.items() if key in annotations]
    for i, volume in enumerate(spec.get("volumes") or ()):
        for source, name, text in _DEPRECATED_VOLUMES:
            if text and volume.get(source) is not None:
                found.append(f"{(at / 'volumes')[i] / name}: {text}")
            elif source == "ephemeral" and volume.get(source):
                found += _ephemeral(volume, (at / "volumes")[i])
    for volume in spec.get("volumes") or ():
        found += overlap_warnings(volume)
    found += _duplicates(spec.get("hostAliases") or (), "ip", at / "hostAliases")
    found += _duplicates(spec.get("imagePullSecrets") or (), "name", at / "imagePullSecrets")
    for i, secret in enumerate(spec.get("imagePullSecrets") or ()):
        if not secret.get("name"):
            found.append(f'{(at / "imagePullSecrets")[i] / "name"}: invalid empty name ""')
    found += _fractions(spec.get("overhead") or {}, at / "overhead")
    own = spec.get("securityContext") or {}
    if own.get("seccompProfile") is None and SECCOMP_POD in annotations:
        found.append(f"{meta.key(SECCOMP_POD)}: {_SECCOMP}")
    for container, where in visit_containers(spec, at):
        context, name = container.get("securityContext") or {}, container.get("name") or ""
        if context.get("seccompProfile") is None and SECCOMP_CONTAINER + name in annotations:
            found.append(f"{meta.key(SECCOMP_CONTAINER + name)}: {_SECCOMP}")
        has_app_armor = own.get("appArmorProfile") is not None or context.get("appArmorProfile") is not None
        if in_template and not has_app_armor and APP_ARMOR + name in annotations:
            found.append(f"{meta.key(APP_ARMOR + name)}: {_APP_ARMOR}")
        resources = container.get("resources") or {}
        for resource in ("memory", "ephemeral-storage"):
            for kind in ("limits", "requests"):
                amounts = resources.get(kind) or {}
                found += _fractions(
                    {resource: amounts[resource]} if resource in amounts else {}, where / "resources" / kind
                )
        found += _env(container.get("env") or (), where / "env")
    found += _ports(spec, at)
    found += _port_names(spec, at)
    grace = spec.get("terminationGracePeriodSeconds")
    if grace is not None and grace < 0:
        text = "must be >= 0; negative values are invalid and will be treated as 1"
        found.append(f"{at / 'terminationGracePeriodSeconds'}: {text}")
    found += _pod_affinity(spec.get("affinity") or {}, at / "affinity")
    for i, server in enumerate((spec.get("dnsConfig") or {}).get("nameservers") or ()):
        found += ip_warnings((at / "dnsConfig" / "nameservers")[i], server)
    for i, alias in enumerate(spec.get("hostAliases") or ()):
        found += ip_warnings((at / "hostAliases")[i] / "ip", alias.get("ip") or "")
    return found


def _node_labels(spec: View, at: Path) -> Iterator[str]:
    for key in sorted(spec.get("nodeSelector") or {}):
        if key in node_labels.DEPRECATED:
            yield f"{(at / 'nodeSelector').key(key)}: {node_labels.DEPRECATED[key]}"
    node = (spec.get("affinity") or {}).get("nodeAffinity") or {}
    where = at / "affinity" / "nodeAffinity"
    for i, term in enumerate((node.get(_REQUIRED) or {}).get("nodeSelectorTerms") or ()):
        yield from node_labels.expression_warnings(term, (where / _REQUIRED / "nodeSelectorTerms")[i])
    for i, term in enumerate(node.get(_PREFERRED) or ()):
        preference, this = term.get("preference") or {}, (where / _PREFERRED)[i] / "preference"
        yield from node_labels.expression_warnings(preference, this, values=True)
    for i, constraint in enumerate(spec.get("topologySpreadConstraints") or ()):
        this, key = (at / "topologySpreadConstraints")[i], constraint.get("topologyKey") or ""
        if key in node_labels.DEPRECATED:
            yield f"{this / 'topologyKey'}: {key} is {node_labels.DEPRECATED[key]}"
        if constraint.get("labelSelector") is None:
            yield f"{this / 'labelSelector'}: {_NO_SELECTOR}"


def _ephemeral(volume: View, path: Path) -> list[str]:
    claim = (volume["ephemeral"].get("volumeClaimTemplate") or {}).get("spec") or {}
    return claim_spec_warnings(claim, path / "ephemeral" / "volumeClaimTemplate" / "spec")


def claim_spec_warnings(spec: View, path: Path) -> list[str]:
    """Warnings for a PersistentVolumeClaimSpec. Models GetWarningsForPersistentVolumeClaimSpec."""
    found = []
    for kind in ("requests", "limits"):
        text = ((spec.get("resources") or {}).get(kind) or {}).get("storage")
        found += _fractions({"storage": text} if text else {}, path / "resources" / kind)
    return found


def _fractions(amounts: View, path: Path) -> list[str]:
    return [
        f'{path.key(name)}: fractional byte value "{quantity}" is invalid, must be an integer'
        for name in ("memory", "ephemeral-storage", "storage")
        if name in amounts and (quantity := Quantity.parse(amounts[name])).milli_value() % 1000
    ]


def _duplicates(items: Iterable[View], key: str, path: Path) -> Iterator[str]:
    seen: set[str] = set()
    for i, item in enumerate(items):
        value = item.get(key) or ""
        if value in seen:
            yield f"{path[i] / key}: duplicate {key} {go_quote(value)}"
        seen.add(value)


def _env(variables: Iterable[View], path: Path) -> Iterator[str]:
    seen: set[str] = set()
    for i, variable in enumerate(variables):
        name, value = variable.get("name") or "", variable.get("value") or ""
        reference = f"$({name})"
        hides = variable.get("valueFrom") is not None or value == reference or reference not in value
        if name in seen and hides:
            yield f"{path[i]}: hides previous definition of {go_quote(name)}, which may be dropped when using apply"
        seen.add(name)


def _ports(spec: View, at: Path) -> Iterator[str]:
    taken: dict[tuple[int, str], list[tuple[Path, str, int]]] = {}
    for container, where in visit_containers(spec, at):
        for i, port in enumerate(container.get("ports") or ()):
            this, ip, host = (where / "ports")[i], port.get("hostIP") or "", int(port.get("hostPort") or 0)
            number, protocol = int(port.get("containerPort") or 0), port.get("protocol") or ""
            if ip and not host:
                name = port.get("name") or ""
                shown = f"Name:{name} HostPort:0 ContainerPort:{number} Protocol:{protocol} HostIP:{ip}"
                yield f"{this}: hostIP set without hostPort: {{{shown}}}"
            others = taken.setdefault((number, protocol), [])
            for other, other_ip, other_host in others:
                if (ip, host) == (other_ip, other_host):
                    yield f"{this}: duplicate port definition with {other}"
                elif not host or not other_host:
                    yield f"{this}: overlapping port definition with {other}"
                elif host == other_host and bool(ip) != bool(other_ip):
                    yield f"{this}: dangerously ambiguous port definition with {other}"
            others.append((this, ip, host))


def _port_names(spec: View, at: Path) -> Iterator[str]:
    first: dict[str, Path] = {}
    for container, where in visit_containers(spec, at):
        for i, port in enumerate(container.get("ports") or ()):
            name, this = port.get("name"), (where / "ports")[i]
            if name and name in first:
                other = f"{first[name]}, services and probes that select ports by name will use {first[name]}"
                yield f"{this}: duplicate port name {go_quote(name)} with {other}"
            elif name:
                first[name] = this


def _pod_affinity(affinity: View, path: Path) -> Iterator[str]:
    for name in ("podAffinity", "podAntiAffinity"):
        pods = affinity.get(name) or {}
        for i, term in enumerate(pods.get(_REQUIRED) or ()):
            if term.get("labelSelector") is None:
                yield f"{(path / name / _REQUIRED)[i] / 'labelSelector'}: {_NO_SELECTOR}"
        for i, term in enumerate(pods.get(_PREFERRED) or ()):
            if (term.get("podAffinityTerm") or {}).get("labelSelector") is None:
                yield f"{(path / name / _PREFERRED)[i] / 'podAffinityTerm' / 'labelSelector'}: {_NO_SELECTOR}"
