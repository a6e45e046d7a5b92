"""What may be written to a pod's status. Models pkg/apis/core/validation (ValidatePodStatusUpdate) and
pkg/registry/core/pod/strategy.go (podStatusStrategy)."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable
from typing import Any, Final

from apimachinery import field, validation
from apimachinery.field import Error, Path
from apimachinery.objects import Object, View
from server.registry.addresses import legacy_ip
from server.registry.core.podspec_security import user_or_group_id

_STATUS: Final = Path("status")
_SYSTEM_CONDITIONS: Final = ("PodScheduled", "Ready", "Initialized")
_ONE_PER_FAMILY: Final = "may specify no more than one IP for each IP family"
_HEALTH: Final = ["Healthy", "Unhealthy", "Unknown"]
_STATUSES: Final = ("containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses")


def default_status(status: Object) -> None:
    """podIP and podIPs say the same; podIP wins where they differ."""
    first, addresses = status.get("podIP") or "", status.get("podIPs") or []
    if first and (not addresses or addresses[0].get("ip") != first):
        status["podIPs"] = [{"ip": first}]
    elif addresses:
        status["podIP"] = addresses[0].get("ip") or ""


def keep_observed_generations(status: Object, old: View) -> None:
    """observedGeneration, of the status and of each condition, is kept where the writer does not say it."""
    if not status.get("observedGeneration") and old.get("observedGeneration"):
        status["observedGeneration"] = old["observedGeneration"]
    known: dict[str, list[int]] = {}
    for condition in old.get("conditions") or ():
        known.setdefault(condition.get("type") or "", []).append(int(condition.get("observedGeneration") or 0))
    for condition in status.get("conditions") or ():
        generations = known.get(condition.get("type") or "")
        before = generations.pop(0) if generations else 0
        if before and not condition.get("observedGeneration"):
            condition["observedGeneration"] = before


def validate_status_update(new: View, old: View, version: tuple[int, int]) -> list[Error]:
    """Field errors of a changed status."""
    spec: View = old.get("spec") or {}
    status: View = new.get("status") or {}
    before: View = old.get("status") or {}
    found = _conditions(status.get("conditions") or (), Path("metadata") / "conditions")
    nominated = status.get("nominatedNodeName") or ""
    if nominated and nominated != (before.get("nominatedNodeName") or ""):
        problems = validation.dns1123_subdomain(nominated)
        found += [field.invalid(_STATUS / "nominatedNodeName", nominated, p) for p in problems]
    found += validation.immutable(status.get("qosClass"), before.get("qosClass"), _STATUS / "qosClass")
    regular = {c.get("name"): c for c in spec.get("containers") or ()}
    init = {c.get("name"): c for c in spec.get("initContainers") or ()}
    policy = spec.get("restartPolicy") or ""

    def app(name: str, code: int) -> bool:
        return may_restart(regular.get(name) or {}, policy, code)

    def initial(name: str, code: int) -> bool:
        return may_restart(init.get(name) or {}, policy, code)

    rules: tuple[Callable[[str, int], bool], ...] = (app, initial, lambda _name, _code: False)
    for name, rule in zip(_STATUSES, rules, strict=True):
        if was := before.get(name):
            found += _transitions(status.get(name) or (), was, _STATUS / name, rule)
    if claims := status.get("resourceClaimStatuses"):
        found += _claim_statuses(claims, spec, _STATUS / "resourceClaimStatuses")
    found += _pod_ips(status, before, version)
    found += _host_ips(status, before, version)
    os = (spec.get("os") or {}).get("name") or "linux"
    for name in _STATUSES:
        if statuses := status.get(name):
            found += _users(statuses, os, _STATUS / name)
    for name, containers in (("containerStatuses", regular), ("initContainerStatuses", init)):
        if statuses := status.get(name):
            found += _allocated(statuses, containers, _STATUS / name)
    for i, container in enumerate(status.get("ephemeralContainerStatuses") or ()):
        if container.get("allocatedResourcesStatus"):
            at = (_STATUS / "ephemeralContainerStatuses")[i] / "allocatedResourcesStatus"
            found.append(field.forbidden(at, "must not be specified in container status"))
    return found


def may_restart(container: View, pod_policy: str, code: int) -> bool:
    """Whether a container that ended with an exit code may run again."""
    for rule in container.get("restartPolicyRules") or ():
        codes = rule.get("exitCodes") or {}
        if (code in (codes.get("values") or ())) == (codes.get("operator") == "In"):
            return True
    policy = container.get("restartPolicy") or pod_policy
    return policy == "Always" or (policy == "OnFailure" and code != 0)


def _conditions(conditions: Iterable[View], path: Path) -> list[Error]:
    found: list[Error] = []
    for i, condition in enumerate(conditions):
        name = condition.get("type") or ""
        if name not in _SYSTEM_CONDITIONS:
            found += [field.invalid(path[i] / "Type", name, p) for p in validation.qualified_name(name)]
    return found


def _transitions(
    new: Iterable[View], old: Iterable[View], path: Path, may_run_again: Callable[[str, int], bool]
) -> list[Error]:
    found: list[Error] = []
    for i, before in enumerate(old):
        terminated = (before.get("state") or {}).get("terminated")
        name = before.get("name") or ""
        if terminated is None or may_run_again(name, int(terminated.get("exitCode") or 0)):
            continue
        found += [
            field.forbidden(path[i] / "state", "may not be transitioned to non-terminated state")
            for status in new
            if (status.get("name") or "") == name and (status.get("state") or {}).get("terminated") is None
        ]
    return found


def _claim_statuses(statuses: Iterable[View], spec: View, path: Path) -> list[Error]:
    known = {c.get("name") for c in spec.get("resourceClaims") or ()}
    found: list[Error] = []
    seen: set[str] = set()
    for i, status in enumerate(statuses):
        name, claim = status.get("name") or "", status.get("resourceClaimName")
        if name not in known:
            detail = "must match the name of an entry in `spec.resourceClaims`"
            found.append(field.invalid(path[i] / "name", name, detail))
        if name in seen:
            found.append(field.duplicate(path[i] / "name", name))
        seen.add(name)
        if claim is not None:
            found += [field.invalid(path[i] / "name", claim, p) for p in validation.dns1123_subdomain(claim)]
    return found


def _ips(addresses: list[View], path: Path, old: list[View], version: tuple[int, int]) -> list[Error]:
    found: list[Error] = []
    texts, before = [a.get("ip") or "" for a in addresses], [a.get("ip") or "" for a in old]
    for i, text in enumerate(texts):
        found += legacy_ip(path[i], text, version, before)
    if len(texts) < 2:
        return found
    try:
        families = {ipaddress.ip_address(t).version for t in texts}
    except ValueError:
        bad = next(t for t in texts if not validation.is_ip(t))
        found.append(field.internal(path, f"failed to check for dual stack with error:invalid IP: {bad}"))
        families = set()
    printed = [{"IP": t} for t in texts]
    if len(families) != 2 or len(texts) > 2:
        found.append(field.invalid(path, printed, _ONE_PER_FAMILY))
    found += [field.duplicate(path[i], {"IP": t}) for i, t in enumerate(texts) if t in texts[:i]]
    return found


def _pod_ips(status: View, old: View, version: tuple[int, int]) -> list[Error]:
    return _ips(status.get("podIPs") or [], _STATUS / "podIPs", old.get("podIPs") or [], version)


def _host_ips(status: View, old: View, version: tuple[int, int]) -> list[Error]:
    addresses = status.get("hostIPs") or []
    if not addresses:
        return []
    path = _STATUS / "hostIPs"
    found: list[Error] = []
    if (status.get("hostIP") or "") != (addresses[0].get("ip") or ""):
        found.append(field.invalid(path[0] / "ip", addresses[0].get("ip") or "", "must be equal to `hostIP`"))
    return found + _ips(addresses, path, old.get("hostIPs") or [], version)


def _users(statuses: Iterable[View], os: str, path: Path) -> list[Error]:
    found: list[Error] = []
    for i, status in enumerate(statuses):
        user = (status.get("user") or {}).get("linux")
        if user is None:
            continue
        at = path[i] / "linux"
        if os == "windows":
            found.append(field.forbidden(at, "cannot be set for a windows pod"))
            continue
        found += user_or_group_id(int(user.get("uid") or 0), at / "uid")
        found += user_or_group_id(int(user.get("gid") or 0), at / "gid")
        for j, group in enumerate(user.get("supplementalGroups") or ()):
            found += user_or_group_id(group, (at / "supplementalGroups")[j])
    return found


def _allocated(statuses: Iterable[View], containers: dict[Any, View], path: Path) -> list[Error]:
    found: list[Error] = []
    for i, status in enumerate(statuses):
        container = containers.get(status.get("name"))
        for j, allocated in enumerate(status.get("allocatedResourcesStatus") or ()):
            at, name = (path[i] / "allocatedResourcesStatus")[j], allocated.get("name") or ""
            if container is not None:
                found += _allocated_name(name, container.get("resources") or {}, at / "name")
            seen: set[str] = set()
            for k, resource in enumerate(allocated.get("resources") or ()):
                where, health = (at / "resources")[k], resource.get("health") or ""
                if health not in _HEALTH:
                    found.append(field.not_supported(where / "health", health, _HEALTH))
                identity = resource.get("resourceID") or ""
                if identity in seen:
                    found.append(field.duplicate(where / "resourceID", identity))
                seen.add(identity)
    return found


def _allocated_name(name: str, resources: View, path: Path) -> list[Error]:
    if name.startswith("claim:"):
        claims = resources.get("claims") or ()
        known = {f"claim:{c.get('name')}" + (f"/{c['request']}" if c.get("request") else "") for c in claims}
        detail = (
            "must match one of the container's resource claims in a format 'claim:<claimName>/<request>' "
            "or 'claim:<claimName>' if request is empty"
        )
    else:
        known = set(resources.get("requests") or {})
        detail = "must match one of the container's resource requests"
    return [] if name in known else [field.invalid(path, name, detail)]
