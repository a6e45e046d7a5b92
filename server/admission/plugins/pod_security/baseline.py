"""The checks of the baseline level, by name. Models pod-security-admission/policy/check_*.go."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from apimachinery.objects import View
from apimachinery.serializer import go_quote
from server.admission.plugins.pod_security.check import (
    CheckPod,
    Violation,
    containers,
    context,
    failing,
    named,
    plural,
    quoted,
    setters,
)

_APPARMOR_ANNOTATION: Final = "container.apparmor.security.beta.kubernetes.io/"
_SECCOMP_POD: Final = "seccomp.security.alpha.kubernetes.io/pod"
_SECCOMP_CONTAINER: Final = "container.seccomp.security.alpha.kubernetes.io/"
_PROFILES: Final = frozenset({"RuntimeDefault", "Localhost"})
_CAPABILITIES: Final = frozenset(
    {
        "AUDIT_WRITE",
        "CHOWN",
        "DAC_OVERRIDE",
        "FOWNER",
        "FSETID",
        "KILL",
        "MKNOD",
        "NET_BIND_SERVICE",
        "SETFCAP",
        "SETGID",
        "SETPCAP",
        "SETUID",
        "SYS_CHROOT",
    }
)
_SELINUX_TYPES: Final = frozenset({"", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"})
_SYSCTLS: Final = (
    (0, "kernel.shm_rmid_forced"),
    (0, "net.ipv4.ip_local_port_range"),
    (0, "net.ipv4.tcp_syncookies"),
    (0, "net.ipv4.ping_group_range"),
    (0, "net.ipv4.ip_unprivileged_port_start"),
    (27, "net.ipv4.ip_local_reserved_ports"),
    (29, "net.ipv4.tcp_keepalive_time"),
    (29, "net.ipv4.tcp_fin_timeout"),
    (29, "net.ipv4.tcp_keepalive_intvl"),
    (29, "net.ipv4.tcp_keepalive_probes"),
    (32, "net.ipv4.tcp_rmem"),
    (32, "net.ipv4.tcp_wmem"),
)


def app_armor_profile(metadata: View, spec: View, minor: int | None) -> Violation | None:
    """Profiles other than the runtime's and local ones."""
    values: set[str] = set()

    def bad(holder: Mapping[str, Any]) -> bool:
        profile = context(holder).get("appArmorProfile")
        if profile is None or profile.get("type") in _PROFILES:
            return False
        values.add(profile.get("type") or "")
        return True

    pod, names = bad(spec), failing(spec, bad)
    annotations = sorted(
        f"{key}={go_quote(value)}"
        for key, value in (metadata.get("annotations") or {}).items()
        if key.startswith(_APPARMOR_ANNOTATION)
        and not (value in ("", "runtime/default") or value.startswith("localhost/"))
    )
    if not (pod or names or annotations):
        return None
    who = " and ".join(
        [t for t in (setters(pod, names),) if t] + ([plural("annotation", annotations)] if annotations else [])
    )
    found = [*sorted(values), *annotations]
    return Violation(
        plural("forbidden AppArmor profile", found), f"{who} must not set AppArmor profile type to {quoted(found)}"
    )


def capabilities(metadata: View, spec: View, minor: int | None) -> Violation | None:
    """Capabilities beyond the runtime's default set."""
    found: set[str] = set()

    def bad(container: Mapping[str, Any]) -> bool:
        added = set((context(container).get("capabilities") or {}).get("add") or ()) - _CAPABILITIES
        found.update(added)
        return bool(added)

    names = failing(spec, bad)
    if not names:
        return None
    detail = f"{named(names)} must not include {quoted(sorted(found))} in securityContext.capabilities.add"
    return Violation("non-default capabilities", detail)


def host_namespaces(metadata: View, spec: View, minor: int | None) -> Violation | None:
    """The host's network, processes and IPC."""
    used = [f"{key}=true" for key in ("hostNetwork", "hostPID", "hostIPC") if spec.get(key)]
    return Violation("host namespaces", ", ".join(used)) if used else None


def host_path_volumes(metadata: View, spec: View, minor: int | None) -> Violation | None:
    """hostPath volumes."""
    names = [v.get("name", "") for v in spec.get("volumes") or () if v.get("hostPath") is not None]
    return Violation("hostPath volumes", f"{plural('volume', names)} {quoted(names)}") if names else None


def host_ports(metadata: View, spec: View, minor: int | None) -> Violation | None:
    """Ports of the host."""
    ports: set[str] = set()

    def bad(container: Mapping[str, Any]) -> bool:
        used = {str(p["hostPort"]) for p in container.get("ports") or () if p.get("hostPort")}
        ports.update(used)
        return bool(used)

    names = failing(spec, bad)
    if not names:
        return None
    verb = plural("uses", names, "use")
    return Violation("hostPort", f"{named(names)} {verb} {plural('hostPort', ports)} {', '.join(sorted(ports))}")


def host_probes(metadata: View, spec: View, minor: int | None) -> Violation | None:
    """Probes and lifecycle handlers that talk to another host, since 1.34."""
    if minor is not None and minor < 34:
        return None
    hosts: set[str] = set()

    def bad(container: Mapping[str, Any]) -> bool:
        lifecycle = container.get("lifecycle") or {}
        handlers = [container.get(k) for k in ("livenessProbe", "readinessProbe", "startupProbe")]
        handlers += [lifecycle.get(k) for k in ("postStart", "preStop")]
        used = {str((h.get(k) or {}).get("host") or "") for h in handlers if h for k in ("httpGet", "tcpSocket")} - {""}
        hosts.update(used)
        return bool(used)

    names = sorted(set(failing(spec, bad)))
    if not names:
        return None
    what = plural("probe or lifecycle host", hosts)
    detail = f"{named(names)} {plural('uses', names, 'use')} {what} {quoted(sorted(hosts))}"
    return Violation("probe or lifecycle host", detail)


def privileged(metadata: View, spec: View, minor: int | None) -> Violation | None:
    """Privileged containers."""
    names = failing(spec, lambda c: bool(context(c).get("privileged")))
    return Violation("privileged", f"{named(names)} must not set securityContext.privileged=true") if names else None


def proc_mount(metadata: View, spec: View, minor: int | None) -> Violation | None:
    """A /proc without masks; pods in a user namespace of their own may, since 1.35."""
    if spec.get("hostUsers") is False and (minor is None or minor >= 35):
        return None
    return _proc_mount(spec)


def _proc_mount(spec: View) -> Violation | None:
    values: set[str] = set()

    def bad(container: Mapping[str, Any]) -> bool:
        value = context(container).get("procMount")
        if value is None or value == "Default":
            return False
        values.add(value)
        return True

    names = failing(spec, bad)
    detail = f"{named(names)} must not set securityContext.procMount to {quoted(sorted(values))}"
    return Violation("procMount", detail) if names else None


def se_linux_options(metadata: View, spec: View, minor: int | None) -> Violation | None:
    """SELinux types that are not a container's, and any user or role."""
    types: set[str] = set()
    fields: set[str] = set()

    def bad(holder: Mapping[str, Any]) -> bool:
        options = context(holder).get("seLinuxOptions") or {}
        wrong = {k for k in ("user", "role") if options.get(k)}
        allowed = _SELINUX_TYPES if minor is None or minor >= 31 else _SELINUX_TYPES - {"container_engine_t"}
        if (options.get("type") or "") not in allowed:
            types.add(options["type"])
            wrong.add("type")
        fields.update(wrong)
        return bool(wrong)

    pod, names = bad(spec), failing(spec, bad)
    if not pod and not names:
        return None
    data = [f"{plural('type', types)} {quoted(sorted(types))}"] if types else []
    data += [f"{k} may not be set" for k in ("user", "role") if k in fields]
    detail = f"{setters(pod, names)} set forbidden securityContext.seLinuxOptions: {'; '.join(data)}"
    return Violation("seLinuxOptions", detail)


def seccomp_profile(metadata: View, spec: View, minor: int | None) -> Violation | None:
    """Profiles other than the runtime's and local ones; by annotation before 1.19."""
    if minor is not None and minor < 19:
        return _seccomp_annotations(metadata, spec)
    return bad_seccomp_profiles(spec)


def bad_seccomp_profiles(spec: View) -> Violation | None:
    """Profiles that are set and not allowed, on the pod or its containers."""
    values: set[str] = set()

    def bad(holder: Mapping[str, Any]) -> bool:
        profile = context(holder).get("seccompProfile")
        if profile is None or profile.get("type") in _PROFILES:
            return False
        values.add(profile.get("type") or "")
        return True

    pod, names = bad(spec), failing(spec, bad)
    if not pod and not names:
        return None
    detail = f"{setters(pod, names)} must not set securityContext.seccompProfile.type to {quoted(sorted(values))}"
    return Violation("seccompProfile", detail)


def _seccomp_annotations(metadata: View, spec: View) -> Violation | None:
    annotations = metadata.get("annotations") or {}
    keys = {_SECCOMP_POD, *(_SECCOMP_CONTAINER + c.get("name", "") for c in containers(spec))}
    found = sorted(
        f"{key}={go_quote(annotations[key])}"
        for key in keys & annotations.keys()
        if annotations[key] not in ("runtime/default", "docker/default")
        and not annotations[key].startswith("localhost/")
    )
    if not found:
        return None
    return Violation("seccompProfile", f"forbidden {plural('annotation', found)} {', '.join(found)}")


def sysctls(metadata: View, spec: View, minor: int | None) -> Violation | None:
    """Kernel settings that are not known to be safe."""
    allowed = {name for since, name in _SYSCTLS if minor is None or minor >= since}
    found = [s.get("name", "") for s in context(spec).get("sysctls") or () if s.get("name") not in allowed]
    return Violation("forbidden sysctls", ", ".join(found)) if found else None


def windows_host_process(metadata: View, spec: View, minor: int | None) -> Violation | None:
    """Windows containers in the host's own session."""

    def bad(holder: Mapping[str, Any]) -> bool:
        return bool((context(holder).get("windowsOptions") or {}).get("hostProcess"))

    pod, names = bad(spec), failing(spec, bad)
    if not pod and not names:
        return None
    detail = f"{setters(pod, names)} must not set securityContext.windowsOptions.hostProcess=true"
    return Violation("hostProcess", detail)


CHECKS: Final[dict[str, CheckPod]] = {
    "appArmorProfile": app_armor_profile,
    "capabilities_baseline": capabilities,
    "hostNamespaces": host_namespaces,
    "hostPathVolumes": host_path_volumes,
    "hostPorts": host_ports,
    "hostProbesAndHostLifecycle": host_probes,
    "privileged": privileged,
    "procMount": proc_mount,
    "seLinuxOptions": se_linux_options,
    "seccompProfile_baseline": seccomp_profile,
    "sysctls": sysctls,
    "windowsHostProcess": windows_host_process,
}
