"""What only Windows pods have, and what they may not have. Models pkg/apis/core/validation (validateWindows…)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from apimachinery import field, validation
from apimachinery.field import Error, Path
from apimachinery.objects import View

_CONTROL: Final = re.compile("[\x00-\x1f\x7f]+")
_NET_BIOS: Final = re.compile(r'^[^\\/:*?"<>|.][^\\/:*?"<>|]{0,14}$')
_DOMAIN: Final = re.compile(
    r"^[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*$"
)
_BAD_USER: Final = re.compile(r'["/\\:;|=,+*?<>@\[\]]')
_NOT_WINDOWS: Final = "cannot be set for a windows pod"
_POD_FIELDS: Final = (
    ("securityContext", "appArmorProfile"),
    ("securityContext", "seLinuxOptions"),
    ("", "hostUsers"),
    ("", "hostPID"),
    ("", "hostIPC"),
    ("securityContext", "seccompProfile"),
    ("securityContext", "fsGroup"),
    ("securityContext", "fsGroupChangePolicy"),
    ("securityContext", "sysctls"),
    ("", "shareProcessNamespace"),
    ("securityContext", "runAsUser"),
    ("securityContext", "runAsGroup"),
    ("securityContext", "supplementalGroups"),
    ("securityContext", "supplementalGroupsPolicy"),
    ("securityContext", "seLinuxChangePolicy"),
)
_FALSE_IS_UNSET: Final = frozenset({"hostPID", "hostIPC", "sysctls"})
_CONTAINER_FIELDS: Final = (
    "appArmorProfile",
    "seLinuxOptions",
    "seccompProfile",
    "capabilities",
    "readOnlyRootFilesystem",
    "privileged",
    "allowPrivilegeEscalation",
    "procMount",
    "runAsUser",
    "runAsGroup",
)


def visit_containers(spec: View, path: Path) -> Iterator[tuple[View, Path]]:
    """Init, app and ephemeral containers with their paths, in that order. Models VisitContainersWithPath."""
    for part in ("initContainers", "containers", "ephemeralContainers"):
        for i, container in enumerate(spec.get(part) or ()):
            yield container, (path / part)[i]


def validate_windows_options(options: View | None, path: Path) -> list[Error]:
    """Field errors of windowsOptions, which may be absent."""
    if options is None:
        return []
    found: list[Error] = []
    name, spec, user = (options.get(n) for n in ("gmsaCredentialSpecName", "gmsaCredentialSpec", "runAsUserName"))
    if name is not None:
        found += [field.invalid(path / "gmsaCredentialSpecName", name, p) for p in validation.dns1123_subdomain(name)]
    if spec is not None:
        if not spec:
            detail = "gmsaCredentialSpec cannot be an empty string"
            found.append(field.invalid(path / "gmsaCredentialSpec", spec, detail))
        elif len(spec.encode()) > 64 * 1024:
            found.append(
                field.invalid(path / "gmsaCredentialSpec", spec, "gmsaCredentialSpec size must be under 64 KiB")
            )
    if user is not None:
        found += [field.invalid(path / "runAsUserName", user, p) for p in _user_name(user)]
    return found


def _user_name(text: str) -> list[str]:
    parts = text.split("\\")
    if not text:
        return ["runAsUserName cannot be an empty string"]
    if _CONTROL.search(text):
        return ["runAsUserName cannot contain control characters"]
    if len(parts) > 2:
        return ["runAsUserName cannot contain more than one backslash"]
    domain, user = (parts[0], parts[1]) if len(parts) == 2 else ("", parts[0])
    found = []
    if len(domain) >= 256:
        found.append("runAsUserName's Domain length must be under 256 characters")
    if len(parts) == 2 and not (_NET_BIOS.match(domain) or _DOMAIN.match(domain)):
        found.append("runAsUserName's Domain doesn't match the NetBios nor the DNS format")
    if not user:
        found.append("runAsUserName's User cannot be empty")
    elif len(user) > 104:
        found.append("runAsUserName's User length must not be longer than 104 characters")
    if re.fullmatch(r"[. ]+", user):
        found.append("runAsUserName's User cannot contain only periods or spaces")
    if _BAD_USER.search(user):
        found.append("runAsUserName's User cannot contain the following characters: \"/\\:;|=,+*?<>@[]")
    return found


def validate_host_process(spec: View, path: Path, *, allow_privileged: bool) -> list[Error]:
    """Either all containers are Windows HostProcess containers, on the host's network, or none is."""
    own = ((spec.get("securityContext") or {}).get("windowsOptions") or {}).get("hostProcess")
    found: list[Error] = []
    total = processes = 0
    for container, at in visit_containers(spec, path):
        total += 1
        value = ((container.get("securityContext") or {}).get("windowsOptions") or {}).get("hostProcess")
        if own is not None and value is not None and own != value:
            shown = "true" if own else "false"
            detail = f"pod hostProcess value must be identical if both are specified, was {shown}"
            found.append(field.invalid(at / "securityContext" / "windowsOptions" / "hostProcess", value, detail))
        processes += bool(own if value is None else value)
    if processes:
        if processes != total:
            detail = "If pod contains any hostProcess containers then all containers must be HostProcess containers"
            found.append(field.invalid(path, "", detail))
        if not spec.get("hostNetwork"):
            detail = "hostNetwork must be true if pod contains any hostProcess containers"
            found.append(field.invalid(path / "hostNetwork", False, detail))
        if not allow_privileged:
            found.append(field.forbidden(path, "hostProcess containers are disallowed by cluster policy"))
    return found


def validate_os(spec: View, path: Path) -> list[Error]:
    """Field errors of spec.os, and of what does not go with it; `path` is the spec's."""
    os = spec.get("os")
    if os is None:
        return []
    name = os.get("name") or ""
    if not name:
        return [field.required(path / "os" / "name", "cannot be empty")]
    if name == "linux":
        return _linux(spec, path)
    if name == "windows":
        return _windows(spec, path)
    return [field.not_supported(path / "os", name, ["linux", "windows"])]


def _linux(spec: View, path: Path) -> list[Error]:
    detail = "windows options cannot be set for a linux pod"
    holders = [(spec, path), *visit_containers(spec, path)]
    return [
        field.forbidden(at / "securityContext" / "windowsOptions", detail)
        for holder, at in holders
        if (holder.get("securityContext") or {}).get("windowsOptions") is not None
    ]


def _windows(spec: View, path: Path) -> list[Error]:
    found: list[Error] = []
    for part, name in _POD_FIELDS:
        holder, at = ((spec.get(part) or {}), path / part) if part else (spec, path)
        value = holder.get(name)
        if value if name in _FALSE_IS_UNSET else value is not None:
            found.append(field.forbidden(at / name, _NOT_WINDOWS))
    for container, at in visit_containers(spec, path):
        context = container.get("securityContext") or {}
        found += [
            field.forbidden(at / "securityContext" / name, _NOT_WINDOWS)
            for name in _CONTAINER_FIELDS
            if context.get(name) is not None
        ]
    return found
