"""Security contexts of pods and containers. Models pkg/apis/core/validation (ValidateSecurityContext, …)."""

from __future__ import annotations

import re
from typing import Any, Final

from apimachinery import field, validation
from apimachinery.field import Error, Path
from apimachinery.objects import View
from server.registry.core.internal import internal_value
from server.registry.core.podspec_paths import local_descending
from server.registry.core.podspec_windows import validate_windows_options

_MAX_ID: Final = 2**31 - 1
_PROFILE_TYPES: Final = ["Localhost", "RuntimeDefault", "Unconfined"]
_SEGMENT: Final = "[a-z0-9]([-_a-z0-9]*[a-z0-9])?"
_SYSCTL: Final = rf"^({_SEGMENT}[\./])*{_SEGMENT}$"
_NAMESPACED_SYSCTLS: Final = (
    ("net.", "net"),
    ("fs.mqueue.", "ipc"),
    ("kernel.shm", "ipc"),
    ("kernel.msg", "ipc"),
    ("kernel.sem", "ipc"),
)


def user_or_group_id(value: Any, path: Path) -> list[Error]:
    """Field errors of a numeric user or group, which may be absent."""
    if value is None or 0 <= value <= _MAX_ID:
        return []
    return [field.invalid(path, value, p) for p in validation.in_range(value, 0, _MAX_ID)]


def _one_of(value: str | None, supported: list[str], path: Path) -> list[Error]:
    return [] if value is None or value in supported else [field.not_supported(path, value, supported)]


def validate_security_context(context: View, path: Path, *, host_users: bool, allow_privileged: bool) -> list[Error]:
    """Field errors of a container's securityContext."""
    found: list[Error] = []
    if context.get("privileged") and not allow_privileged:
        found.append(field.forbidden(path / "privileged", "disallowed by cluster policy"))
    found += user_or_group_id(context.get("runAsUser"), path / "runAsUser")
    found += user_or_group_id(context.get("runAsGroup"), path / "runAsGroup")
    mount = context.get("procMount")
    found += _one_of(mount, ["Default", "Unmasked"], path / "procMount")
    if mount == "Unmasked" and host_users:
        found.append(field.invalid(path / "procMount", mount, "`hostUsers` must be false to use `Unmasked`"))
    found += validate_seccomp_profile(context.get("seccompProfile"), path / "seccompProfile")
    if context.get("allowPrivilegeEscalation") is False:
        refused = "cannot set `allowPrivilegeEscalation` to false and"
        if context.get("privileged"):
            shown = internal_value("SecurityContext", context)
            found.append(field.invalid(path, shown, f"{refused} `privileged` to true"))
        for capability in (context.get("capabilities") or {}).get("add") or ():
            if capability == "CAP_SYS_ADMIN":
                shown = internal_value("SecurityContext", context)
                found.append(field.invalid(path, shown, f"{refused} `capabilities.Add` CAP_SYS_ADMIN"))
    found += validate_windows_options(context.get("windowsOptions"), path / "windowsOptions")
    return found + validate_app_armor_profile(context.get("appArmorProfile"), path / "appArmorProfile")


def validate_pod_security_context(spec: View, path: Path) -> list[Error]:
    """Field errors of a pod's securityContext."""
    context = spec.get("securityContext") or {}
    found = user_or_group_id(context.get("fsGroup"), path / "fsGroup")
    found += user_or_group_id(context.get("runAsUser"), path / "runAsUser")
    found += user_or_group_id(context.get("runAsGroup"), path / "runAsGroup")
    for i, group in enumerate(context.get("supplementalGroups") or ()):
        found += user_or_group_id(group, (path / "supplementalGroups")[i])
    if spec.get("shareProcessNamespace") and spec.get("hostPID"):
        detail = "ShareProcessNamespace and HostPID cannot both be enabled"
        found.append(field.invalid(path / "shareProcessNamespace", True, detail))
    found += _sysctls(context.get("sysctls") or (), spec, path / "sysctls")
    found += _one_of(context.get("fsGroupChangePolicy"), ["Always", "OnRootMismatch"], path / "fsGroupChangePolicy")
    found += validate_seccomp_profile(context.get("seccompProfile"), path / "seccompProfile")
    found += validate_windows_options(context.get("windowsOptions"), path / "windowsOptions")
    found += validate_app_armor_profile(context.get("appArmorProfile"), path / "appArmorProfile")
    found += _one_of(context.get("supplementalGroupsPolicy"), ["Merge", "Strict"], path / "supplementalGroupsPolicy")
    found += _one_of(context.get("seLinuxChangePolicy"), ["MountOption", "Recursive"], path / "seLinuxChangePolicy")
    return found


def _sysctls(sysctls: Any, spec: View, path: Path) -> list[Error]:
    found: list[Error] = []
    seen: set[str] = set()
    for i, sysctl in enumerate(sysctls):
        name, at = sysctl.get("name") or "", path[i] / "name"
        if not name:
            found.append(field.required(at))
        elif len(name) > 253 or not re.search(_SYSCTL, name):
            found.append(field.invalid(at, name, f"must have at most 253 characters and match regex {_SYSCTL}"))
        elif name in seen:
            found.append(field.duplicate(at, name))
        namespace = next((n for prefix, n in _NAMESPACED_SYSCTLS if name.replace("/", ".").startswith(prefix)), "")
        if namespace == "net" and spec.get("hostNetwork"):
            found.append(field.invalid(at, name, "may not be specified when 'hostNetwork' is true"))
        elif namespace == "ipc" and spec.get("hostIPC"):
            found.append(field.invalid(at, name, "may not be specified when 'hostIPC' is true"))
        seen.add(name)
    return found


def validate_seccomp_profile(profile: View | None, path: Path) -> list[Error]:
    """Field errors of a seccompProfile, which may be absent."""
    if profile is None:
        return []
    kind, local = profile.get("type") or "", profile.get("localhostProfile")
    if not kind:
        found = [field.required(path / "type", "type is required when seccompProfile is set")]
    else:
        found = _one_of(kind, _PROFILE_TYPES, path / "type")
    if kind != "Localhost":
        if local is not None:
            shown = internal_value("SeccompProfile", profile)
            detail = "can only be set when seccomp type is Localhost"
            found.append(field.invalid(path / "localhostProfile", shown, detail))
    elif local is None:
        found.append(field.required(path / "localhostProfile", "must be set when seccomp type is Localhost"))
    else:
        found += local_descending(local, path / "localhostProfile")
    return found


def validate_app_armor_profile(profile: View | None, path: Path) -> list[Error]:
    """Field errors of an appArmorProfile, which may be absent."""
    if profile is None:
        return []
    kind, local, at = profile.get("type") or "", profile.get("localhostProfile"), path / "localhostProfile"
    if not kind:
        return [field.required(path / "type", "type is required when appArmorProfile is set")]
    if kind not in _PROFILE_TYPES:
        return [field.not_supported(path / "type", kind, _PROFILE_TYPES)]
    if kind != "Localhost":
        detail = "can only be set when AppArmor type is Localhost"
        return [] if local is None else [field.invalid(at, local, detail)]
    if local is None:
        return [field.required(at, "must be set when AppArmor type is Localhost")]
    found = []
    if local != local.strip():
        found.append(field.invalid(at, local, "must not be padded with whitespace"))
    elif not local:
        found.append(field.required(at, "must be set when AppArmor type is Localhost"))
    if len(local.encode()) > 4095:
        found.append(field.too_long(at, 4095))
    return found
