"""The checks that the restricted level adds, by name. Models pod-security-admission/policy/check_*.go."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from apimachinery.objects import View
from server.admission.plugins.pod_security.baseline import bad_seccomp_profiles
from server.admission.plugins.pod_security.check import (
    CheckPod,
    Violation,
    containers,
    context,
    failing,
    is_windows,
    named,
    plural,
    quoted,
    setters,
)

_VOLUMES: Final = frozenset(
    {"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"}
)


def allow_privilege_escalation(metadata: View, spec: View, minor: int | None) -> Violation | None:
    """Every container must rule it out, since 1.8."""
    if (minor is not None and minor < 8) or is_windows(spec, minor):
        return None
    names = failing(spec, lambda c: context(c).get("allowPrivilegeEscalation") is not False)
    detail = f"{named(names)} must set securityContext.allowPrivilegeEscalation=false"
    return Violation("allowPrivilegeEscalation != false", detail) if names else None


def capabilities(metadata: View, spec: View, minor: int | None) -> Violation | None:
    """Every container drops ALL and adds at most NET_BIND_SERVICE, since 1.22."""
    if (minor is not None and minor < 22) or is_windows(spec, minor):
        return None
    missing: list[str] = []
    adding: list[str] = []
    added: set[str] = set()
    for container in containers(spec):
        wanted = context(container).get("capabilities") or {}
        if "ALL" not in (wanted.get("drop") or ()):
            missing.append(container.get("name", ""))
        more = set(wanted.get("add") or ()) - {"NET_BIND_SERVICE"}
        if more:
            adding.append(container.get("name", ""))
            added |= more
    details: list[str] = []
    if missing:
        details.append(f'{named(missing)} must set securityContext.capabilities.drop=["ALL"]')
    if adding:
        details.append(f"{named(adding)} must not include {quoted(sorted(added))} in securityContext.capabilities.add")
    return Violation("unrestricted capabilities", "; ".join(details)) if details else None


def restricted_volumes(metadata: View, spec: View, minor: int | None) -> Violation | None:
    """Volumes that are neither the pod's own data nor claims."""
    names: list[str] = []
    kinds: set[str] = set()
    for volume in spec.get("volumes") or ():
        sources = {k for k, v in volume.items() if k != "name" and v is not None}
        if sources & _VOLUMES:
            continue
        names.append(volume.get("name", ""))
        kinds.add(min(sources, default="unknown"))
    if not names:
        return None
    what = plural("restricted volume type", kinds)
    detail = f"{plural('volume', names)} {quoted(names)} {plural('uses', names, 'use')} {what} {quoted(sorted(kinds))}"
    return Violation("restricted volume types", detail)


def run_as_non_root(metadata: View, spec: View, minor: int | None) -> Violation | None:
    """The pod or every container must say so, and none may say otherwise."""
    pod = context(spec).get("runAsNonRoot")
    explicit = failing(spec, lambda c: context(c).get("runAsNonRoot") is False)
    reason = "runAsNonRoot != true"
    if pod is False or explicit:
        detail = f"{setters(pod is False, explicit)} must not set securityContext.runAsNonRoot=false"
        return Violation(reason, detail)
    implicit = failing(spec, lambda c: context(c).get("runAsNonRoot") is None) if not pod else []
    detail = f"pod or {named(implicit)} must set securityContext.runAsNonRoot=true"
    return Violation(reason, detail) if implicit else None


def run_as_user(metadata: View, spec: View, minor: int | None) -> Violation | None:
    """Nobody may ask to be root, since 1.23."""
    if minor is not None and minor < 23:
        return None

    def bad(holder: Mapping[str, Any]) -> bool:
        return context(holder).get("runAsUser") == 0

    pod, names = bad(spec), failing(spec, bad)
    return Violation("runAsUser=0", f"{setters(pod, names)} must not set runAsUser=0") if pod or names else None


def seccomp_profile(metadata: View, spec: View, minor: int | None) -> Violation | None:
    """The pod or every container must name an allowed profile, since 1.19."""
    if (minor is not None and minor < 19) or is_windows(spec, minor):
        return None
    explicit = bad_seccomp_profiles(spec)
    if explicit is not None:
        return explicit
    if context(spec).get("seccompProfile") is not None:
        return None
    names = failing(spec, lambda c: context(c).get("seccompProfile") is None)
    detail = f'pod or {named(names)} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"'
    return Violation("seccompProfile", detail) if names else None


CHECKS: Final[dict[str, CheckPod]] = {
    "allowPrivilegeEscalation": allow_privilege_escalation,
    "capabilities_restricted": capabilities,
    "restrictedVolumes": restricted_volumes,
    "runAsNonRoot": run_as_non_root,
    "runAsUser": run_as_user,
    "seccompProfile_restricted": seccomp_profile,
}

OVERRIDES: Final = {
    "capabilities_restricted": ("capabilities_baseline", 22),
    "restrictedVolumes": ("hostPathVolumes", 0),
    "seccompProfile_restricted": ("seccompProfile_baseline", 19),
}
"""Baseline checks that a stricter one makes superfluous, and since when."""
