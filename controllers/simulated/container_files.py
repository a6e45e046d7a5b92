"""A container's files put together: what its image has, and its volumes at their mount paths."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, MutableMapping
from functools import partial
from typing import TYPE_CHECKING, Final

from apimachinery import meta
from apimachinery.objects import View
from controllers.simulated import volumes
from controllers.simulated.environment import ConfigError, declared, expand, hostname
from controllers.simulated.filesystem import Files, FileSystem
from controllers.simulated.host_files import HostView

if TYPE_CHECKING:
    from controllers.simulated.container import Container
    from controllers.simulated.pod_machine import PodMachine

_PASSWD: Final = b"root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/home:/bin/false\n"
_RELEASE: Final = b'PRETTY_NAME="mockube"\nNAME="mockube"\nID=mockube\n'


def file_system(machine: PodMachine, c: Container) -> FileSystem:
    """The tree that a container starts with."""
    pod, spec = machine.pod, c.spec
    context = spec.get("securityContext") or {}
    found = FileSystem(
        {**_standard(machine), **c.behaviour.files}, read_only=bool(context.get("readOnlyRootFilesystem"))
    )
    by_name = {v["name"]: v for v in pod["spec"].get("volumes") or ()}
    for mount in spec.get("volumeMounts") or ():
        volume = by_name.get(mount["name"])
        if volume is not None:
            _mount(found, machine, spec, volume, mount)
    return found


def _standard(machine: PodMachine) -> Files:
    pod = machine.pod
    name, address = hostname(pod), machine.addresses["podIP"]
    namespace = meta.namespace(pod)
    search = f"search {namespace}.svc.cluster.local svc.cluster.local cluster.local\n"
    resolve = f"{search}nameserver 10.96.0.10\noptions ndots:5\n"
    hosts = "# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n"
    hosts += f"{address}\t{name}\n"
    for alias in pod["spec"].get("hostAliases") or ():
        hosts += f"{alias['ip']}\t" + "\t".join(alias.get("hostnames") or ()) + "\n"
    return {
        "/etc/hostname": f"{name}\n".encode(),
        "/etc/hosts": hosts.encode(),
        "/etc/resolv.conf": resolve.encode(),
        "/etc/passwd": _PASSWD,
        "/etc/os-release": _RELEASE,
        "/dev/termination-log": b"",
    }


def _mount(files: FileSystem, machine: PodMachine, spec: View, volume: View, mount: View) -> None:
    path, read_only = mount["mountPath"], bool(mount.get("readOnly"))
    part = str(mount.get("subPath") or "")
    if expression := mount.get("subPathExpr"):
        try:
            part = expand(str(expression), declared(machine.pod, spec, machine.world, machine.addresses))
        except ConfigError:
            part = str(expression)
    if any(kind in volume for kind in ("configMap", "secret", "projected", "downwardAPI")):
        fed = partial(_fed, machine, volume, part)
        files.mount(path, {"": fed()[""]} if part and "" in fed() else fed, read_only=True)
        return
    files.mount(path, _storage(machine, volume, part), read_only=read_only)


def _fed(machine: PodMachine, volume: View, part: str) -> Mapping[str, bytes]:
    try:
        found = volumes.files(machine.pod, volume, machine.world, machine.addresses)
    except volumes.MountError:
        return {}
    if not part:
        return found
    if part in found:
        return {"": found[part]}
    prefix = part.rstrip("/") + "/"
    return {name[len(prefix) :]: data for name, data in found.items() if name.startswith(prefix)}


def _storage(machine: PodMachine, volume: View, part: str) -> MutableMapping[str, bytes]:
    if source := volume.get("hostPath"):
        path = posixpath.join(source["path"], part).rstrip("/")
        found = HostView(machine.host, path, machine.clock)
        if path and "" not in found:
            machine.host.directories.add(path)
        return found
    below = f"/{part}" if part else ""
    if claim := volume.get("persistentVolumeClaim"):
        return machine.host.claims.setdefault(f"{meta.namespace(machine.pod)}/{claim['claimName']}{below}", {})
    return machine.storage.setdefault(f"{volume['name']}{below}", {})
