"""What stands in a pod's volumes, and why one cannot be mounted. Models pkg/volume and its projected sources."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from typing import Any, Final

from apimachinery import meta
from apimachinery.objects import View
from controllers.simulated.downward import FieldError, field_value, resource_value
from controllers.simulated.environment import secret_bytes
from controllers.simulated.world import World

Files = dict[str, bytes]


def _paths(text: str) -> frozenset[str]:
    return frozenset(text.split())


HOST_DIRECTORIES: Final = _paths("""
/ /boot /dev /etc /etc/cni /etc/cni/net.d /etc/kubernetes /etc/kubernetes/manifests /etc/kubernetes/pki /etc/ssl
/etc/ssl/certs /home /lib /lib/modules /mnt /opt /opt/cni /opt/cni/bin /proc /root /run /run/containerd /srv /sys
/sys/fs /sys/fs/bpf /sys/fs/cgroup /sys/kernel /sys/kernel/debug /tmp /usr /usr/share /usr/src /var /var/lib
/var/lib/containerd /var/lib/kubelet /var/lib/kubelet/pods /var/lib/kubelet/plugins /var/lib/kubelet/plugins_registry
/var/lib/kubelet/device-plugins /var/log /var/log/containers /var/log/pods /var/run /var/run/containerd
""")
HOST_FILES: Final = _paths("""
/etc/hostname /etc/hosts /etc/machine-id /etc/os-release /etc/passwd /etc/resolv.conf /etc/localtime /run/xtables.lock
/var/log/syslog /var/log/messages
""")
HOST_SOCKETS: Final = _paths("""
/run/containerd/containerd.sock /var/run/containerd/containerd.sock /run/dbus/system_bus_socket
/var/run/dbus/system_bus_socket
""")
_TYPES: Final = {
    "Directory": (HOST_DIRECTORIES, "a directory"),
    "File": (HOST_FILES, "a file"),
    "Socket": (HOST_SOCKETS, "a socket file"),
    "CharDevice": (frozenset({"/dev/null", "/dev/zero", "/dev/fuse", "/dev/kmsg"}), "a character device"),
    "BlockDevice": (frozenset({"/dev/sda", "/dev/vda"}), "a block device"),
}
TOKEN: Final = b"\0service account token\0"
"""Stands for a service account token, which is asked for when somebody reads it."""


class MountError(Exception):
    """A volume cannot be set up; the text follows `MountVolume.SetUp failed for volume "<v>" : `."""


def unmountable(pod: View, world: World) -> Iterator[tuple[str, str]]:
    """The volumes that cannot be mounted now, each with its reason."""
    for volume in pod["spec"].get("volumes") or ():
        try:
            check(pod, volume, world)
        except MountError as error:
            yield volume["name"], str(error)


def check(pod: View, volume: View, world: World) -> None:
    """Raise MountError when the volume cannot be mounted."""
    if path := volume.get("hostPath"):
        _check_host_path(path)
    elif claim := volume.get("persistentVolumeClaim"):
        _check_claim(meta.namespace(pod), claim["claimName"], world)
    elif "configMap" in volume or "secret" in volume or "projected" in volume or "downwardAPI" in volume:
        files(pod, volume, world, {})


def _check_host_path(source: View) -> None:
    kind = source.get("type") or ""
    if kind not in _TYPES:
        return
    known, noun = _TYPES[kind]
    path = source["path"].rstrip("/") or "/"
    if path not in known:
        raise MountError(f"hostPath type check failed: {source['path']} is not {noun}")


def _check_claim(namespace: str, name: str, world: World) -> None:
    claim = world.claim(namespace, name)
    if claim is None:
        raise MountError(
            f"error processing PVC {namespace}/{name}: failed to fetch PVC from API server: "
            f'persistentvolumeclaims "{name}" not found'
        )
    if (claim.get("status") or {}).get("phase") != "Bound" or not claim["spec"].get("volumeName"):
        raise MountError(
            f"error processing PVC {namespace}/{name}: PVC {namespace}/{name} has non-bound phase "
            f'("{(claim.get("status") or {}).get("phase") or ""}") or empty pvc.Spec.VolumeName '
            f'("{claim["spec"].get("volumeName") or ""}")'
        )


def files(pod: View, volume: View, world: World, addresses: Mapping[str, str]) -> Files:
    """The files of a volume that the API server feeds, by relative path; raises MountError."""
    if source := volume.get("configMap"):
        return _config_map(pod, source, world)
    if source := volume.get("secret"):
        return _secret(pod, {**source, "name": source.get("secretName")}, world)
    if source := volume.get("downwardAPI"):
        return _downward(pod, source, world, addresses)
    found: Files = {}
    for source in (volume.get("projected") or {}).get("sources") or ():
        if token := source.get("serviceAccountToken"):
            found[token["path"]] = TOKEN
        if part := source.get("configMap"):
            found.update(_config_map(pod, part, world))
        if part := source.get("secret"):
            found.update(_secret(pod, part, world))
        if part := source.get("downwardAPI"):
            found.update(_downward(pod, part, world, addresses))
    return found


def _config_map(pod: View, source: View, world: World) -> Files:
    name = source.get("name") or ""
    obj = world.config_map(meta.namespace(pod), name)
    if obj is None:
        if source.get("optional"):
            return {}
        raise MountError(f'configmap "{name}" not found')
    found = {k: str(v).encode() for k, v in (obj.get("data") or {}).items()}
    found.update({k: base64.b64decode(v) for k, v in (obj.get("binaryData") or {}).items()})
    return _projected(found, source, "configmap references non-existent config key: ")


def _secret(pod: View, source: View, world: World) -> Files:
    name = source.get("name") or ""
    obj = world.secret(meta.namespace(pod), name)
    if obj is None:
        if source.get("optional"):
            return {}
        raise MountError(f'secret "{name}" not found')
    return _projected(secret_bytes(obj), source, "references non-existent secret key: ")


def _projected(found: Files, source: View, missing: str) -> Files:
    items: list[Any] = source.get("items") or []
    if not items:
        return found
    chosen: Files = {}
    for item in items:
        if item["key"] in found:
            chosen[item["path"]] = found[item["key"]]
        elif not source.get("optional"):
            raise MountError(f"{missing}{item['key']}")
    return chosen


def _downward(pod: View, source: View, world: World, addresses: Mapping[str, str]) -> Files:
    found: Files = {}
    for item in source.get("items") or ():
        try:
            if reference := item.get("fieldRef"):
                value = field_value(pod, reference["fieldPath"], addresses=addresses)
            else:
                node = world.node(pod["spec"].get("nodeName") or "") or {}
                allocatable = (node.get("status") or {}).get("allocatable") or {}
                value = resource_value(pod, item["resourceFieldRef"], "", allocatable)
        except FieldError as error:
            raise MountError(str(error)) from None
        found[item["path"]] = value.encode()
    return found
