"""The containers of a pod. Models pkg/apis/core/validation (validateContainers, validateInitContainers, …)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from apimachinery import field, validation
from apimachinery.field import Error, Path
from apimachinery.objects import View
from server.registry.core.podspec_env import validate_env, validate_env_from
from server.registry.core.podspec_mounts import validate_volume_devices, validate_volume_mounts
from server.registry.core.podspec_options import RESTART_RULES, SIDECAR_RESIZE, Options
from server.registry.core.podspec_probes import HandlerScope, validate_lifecycle_and_probes
from server.registry.core.podspec_resources import validate_container_resources
from server.registry.core.podspec_security import validate_security_context
from server.registry.core.podspec_volumes import pull_policy

_ONLY_SIDECARS: Final = "may not be set for init containers without restartPolicy=Always"
_NOT_EPHEMERAL: Final = (
    "ports",
    "resources",
    "resizePolicy",
    "restartPolicy",
    "restartPolicyRules",
    "livenessProbe",
    "readinessProbe",
    "startupProbe",
    "lifecycle",
)
_RESTART_POLICIES: Final = ["Always", "Never", "OnFailure"]
_RESTART_ACTIONS: Final = ["Restart", "RestartAllContainers"]


@dataclass(frozen=True, slots=True)
class ContainerScope:
    """What a container is judged by: the pod's valid volumes, claims, grace period, restart policy, user namespace."""

    volumes: Mapping[str, View]
    claims: frozenset[str]
    grace: int | None
    restart_policy: str
    host_users: bool
    options: Options

    @property
    def handlers(self) -> HandlerScope:
        """What its handlers are judged by."""
        return HandlerScope(self.grace, self.options)


def validate_containers(containers: list[View], path: Path, scope: ContainerScope) -> list[Error]:
    """Field errors of the app containers."""
    if not containers:
        return [field.required(path)]
    found: list[Error] = []
    names: set[str] = set()
    for i, container in enumerate(containers):
        at = path[i]
        found += _common(container, at, scope)
        name = container.get("name") or ""
        if name in names:
            found.append(field.duplicate(at / "name", name))
        names.add(name)
        found += validate_lifecycle_and_probes(container, at, scope.handlers)
        if scope.options.since(RESTART_RULES):
            found += _restart_policy(container, at)
        elif container.get("restartPolicy") is not None:
            found.append(field.forbidden(at / "restartPolicy", "may not be set for non-init containers"))
    return found + _host_port_conflicts(enumerate(containers), path)


def validate_init_containers(
    containers: list[View], regular: list[View], path: Path, scope: ContainerScope
) -> list[Error]:
    """Field errors of the init containers, sidecars included."""
    found: list[Error] = []
    names = {c.get("name") or "" for c in regular}
    for i, container in enumerate(containers):
        at = path[i]
        found += _common(container, at, scope)
        policy = container.get("restartPolicy")
        if scope.options.since(RESTART_RULES):
            found += _restart_policy(container, at)
        elif policy is not None and policy != "Always":
            found.append(field.not_supported(at / "restartPolicy", policy, ["Always"]))
        name = container.get("name") or ""
        if name in names:
            found.append(field.duplicate(at / "name", name))
        elif name:
            names.add(name)
        found += _host_port_conflicts([(0, container)], path)
        if policy == "Always":
            found += validate_lifecycle_and_probes(container, at, scope.handlers)
        else:
            for refused in ("lifecycle", "livenessProbe", "readinessProbe", "startupProbe"):
                if container.get(refused) is not None:
                    found.append(field.forbidden(at / refused, _ONLY_SIDECARS))
        if container.get("resizePolicy") and not scope.options.since(SIDECAR_RESIZE):
            found.append(
                field.invalid(at / "resizePolicy", container["resizePolicy"], "must not be set for init containers")
            )
    return found


def validate_ephemeral_containers(spec: View, path: Path, scope: ContainerScope) -> list[Error]:
    """Field errors of the ephemeral containers."""
    found: list[Error] = []
    others = {c.get("name") or "" for part in ("containers", "initContainers") for c in spec.get(part) or ()}
    names = set(others)
    for i, container in enumerate(spec.get("ephemeralContainers") or ()):
        at = path[i]
        found += _common(container, at, scope)
        found += validate_image_padding(container, at)
        name, target = container.get("name") or "", container.get("targetContainerName") or ""
        if name in names:
            found.append(field.duplicate(at / "name", name))
        names.add(name)
        if target and target not in others:
            found.append(field.not_found(at / "targetContainerName", target))
        for refused in _NOT_EPHEMERAL:
            if container.get(refused):
                found.append(field.forbidden(at / refused, "cannot be set for an Ephemeral Container"))
        for j, mount in enumerate(container.get("volumeMounts") or ()):
            for refused in ("subPath", "subPathExpr"):
                if mount.get(refused):
                    detail = "cannot be set for an Ephemeral Container"
                    found.append(field.forbidden((at / "volumeMounts")[j] / refused, detail))
    return found


def validate_image_padding(container: View, path: Path) -> list[Error]:
    """A pod's image has no spaces around it; a template's may."""
    image = container.get("image") or ""
    if image == image.strip():
        return []
    return [field.invalid(path / "image", image, "must not have leading or trailing whitespace")]


def _common(container: View, path: Path, scope: ContainerScope) -> list[Error]:
    name = container.get("name") or ""
    if not name:
        found = [field.required(path / "name")]
    else:
        found = [field.invalid(path / "name", name, p) for p in validation.dns1123_label(name)]
    if not container.get("image"):
        found.append(field.required(path / "image"))
    policy = container.get("terminationMessagePolicy") or ""
    if not policy:
        found.append(field.required(path / "terminationMessagePolicy"))
    elif policy not in (supported := ["File", "FallbackToLogsOnError"]):
        found.append(field.not_supported(path / "terminationMessagePolicy", policy, supported))
    found += _ports(container.get("ports") or (), path / "ports")
    found += validate_env(container.get("env") or [], path / "env", scope.options)
    found += validate_env_from(container.get("envFrom") or [], path / "envFrom", scope.options)
    found += validate_volume_mounts(container, scope.volumes, path / "volumeMounts")
    found += validate_volume_devices(container, scope.volumes, path / "volumeDevices")
    found += pull_policy(container.get("imagePullPolicy") or "", path / "imagePullPolicy")
    found += validate_container_resources(container.get("resources") or {}, scope.claims, path / "resources")
    found += _resize_policy(container.get("resizePolicy") or (), path / "resizePolicy", scope.restart_policy)
    context = container.get("securityContext")
    if context:
        found += validate_security_context(
            context,
            path / "securityContext",
            host_users=scope.host_users,
            allow_privileged=scope.options.allow_privileged,
        )
    return found


def _ports(ports: Iterable[View], path: Path) -> list[Error]:
    found: list[Error] = []
    names: set[str] = set()
    for i, port in enumerate(ports):
        name = port.get("name") or ""
        if name:
            problems = validation.valid_port_name(name)
            found += [field.invalid(path[i] / "name", name, p) for p in problems]
            if not problems and name in names:
                found.append(field.duplicate(path[i] / "name", name))
            elif not problems:
                names.add(name)
        number, host = int(port.get("containerPort") or 0), int(port.get("hostPort") or 0)
        if not number:
            found.append(field.required(path[i] / "containerPort"))
        else:
            found += [field.invalid(path[i] / "containerPort", number, p) for p in validation.valid_port_num(number)]
        if host:
            found += [field.invalid(path[i] / "hostPort", host, p) for p in validation.valid_port_num(host)]
        protocol = port.get("protocol") or ""
        if not protocol:
            found.append(field.required(path[i] / "protocol"))
        elif protocol not in (supported := ["SCTP", "TCP", "UDP"]):
            found.append(field.not_supported(path[i] / "protocol", protocol, supported))
    return found


def _host_port_conflicts(containers: Iterable[tuple[int, View]], path: Path) -> list[Error]:
    found: list[Error] = []
    taken: set[str] = set()
    for i, container in containers:
        for j, port in enumerate(container.get("ports") or ()):
            if not port.get("hostPort"):
                continue
            key = f"{port.get('protocol') or ''}/{port.get('hostIP') or ''}/{port['hostPort']}"
            if key in taken:
                found.append(field.duplicate((path[i] / "ports")[j] / "hostPort", key))
            taken.add(key)
    return found


def _resize_policy(policies: Iterable[View], path: Path, restart_policy: str) -> list[Error]:
    found: list[Error] = []
    seen: set[str] = set()
    for i, policy in enumerate(policies):
        resource, restart = policy.get("resourceName") or "", policy.get("restartPolicy") or ""
        if resource in seen:
            found.append(field.duplicate(path[i], resource))
        seen.add(resource)
        if not resource:
            found.append(field.required(path))
        elif resource not in ("cpu", "memory"):
            found.append(field.not_supported(path, resource, ["cpu", "memory"]))
        if not restart:
            found.append(field.required(path))
        elif restart not in (supported := ["NotRequired", "RestartContainer"]):
            found.append(field.not_supported(path, restart, supported))
        if restart_policy == "Never" and restart != "NotRequired":
            found.append(field.invalid(path, restart, "must be 'NotRequired' when `restartPolicy` is 'Never'"))
    return found


def _restart_policy(container: View, path: Path) -> list[Error]:
    policy, rules = container.get("restartPolicy"), container.get("restartPolicyRules") or []
    if policy is None and not rules:
        return []
    found: list[Error] = []
    if policy is None:
        detail = "must specify restartPolicy when restart rules are used"
        found.append(field.required(path / "restartPolicy", detail))
    elif policy not in _RESTART_POLICIES:
        found.append(field.not_supported(path / "restartPolicy", policy, _RESTART_POLICIES))
    if len(rules) > 20:
        found.append(field.too_many(path / "restartPolicyRules", len(rules), 20))
    for i, rule in enumerate(rules):
        at = (path / "restartPolicyRules")[i]
        action, codes = rule.get("action") or "", rule.get("exitCodes")
        if action not in _RESTART_ACTIONS:
            found.append(field.not_supported(at / "action", action, _RESTART_ACTIONS))
        if codes is None:
            found.append(field.required(at / "exitCodes", "must be specified"))
            continue
        if (codes.get("operator") or "") not in ("In", "NotIn"):
            found.append(
                field.not_supported(at / "exitCodes" / "operator", codes.get("operator") or "", ["In", "NotIn"])
            )
        if len(codes.get("values") or ()) > 255:
            found.append(field.too_many(at / "exitCodes" / "values", len(codes["values"]), 255))
    return found
