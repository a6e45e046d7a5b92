"""The environment of a container. Models pkg/kubelet/kubelet_pods.go (makeEnvironmentVariables) and envvars."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from apimachinery import meta
from apimachinery.objects import View
from controllers.simulated.downward import FieldError, field_value, resource_value
from controllers.simulated.world import World

_REFERENCE: Final = re.compile(r"\$(\$|\(([^)]*)\))")
_PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class ConfigError(Exception):
    """The container cannot be configured; its text is what CreateContainerConfigError says."""


def expand(text: str, values: Mapping[str, str]) -> str:
    """`$(NAME)` replaced by its value and `$$` by `$`; an unknown name stays as it is written."""

    def replace(match: re.Match[str]) -> str:
        if match[1] == "$":
            return "$"
        return values.get(match[2], match[0])

    return _REFERENCE.sub(replace, text)


def arguments(container: View, values: Mapping[str, str]) -> tuple[list[str], list[str]]:
    """command and args with their variables expanded."""
    return (
        [expand(str(a), values) for a in container.get("command") or ()],
        [expand(str(a), values) for a in container.get("args") or ()],
    )


def environment(
    pod: View,
    container: View,
    world: World,
    addresses: Mapping[str, str],
    *,
    image: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """Every variable of a container in the order that `env` prints them; raises ConfigError."""
    own = declared(pod, container, world, addresses)
    found = {"PATH": _PATH, "HOSTNAME": hostname(pod), **(image or {}), **own}
    for name, value in service_variables(pod, world).items():
        found.setdefault(name, value)
    found.setdefault("HOME", "/root")
    return found


def declared(pod: View, container: View, world: World, addresses: Mapping[str, str]) -> dict[str, str]:
    """What envFrom and env declare; raises ConfigError for what is missing and not optional."""
    found: dict[str, str] = {}
    for source in container.get("envFrom") or ():
        prefix = source.get("prefix") or ""
        for name, value in _from_source(pod, source, world).items():
            found[prefix + name] = value
    services: dict[str, str] | None = None
    for variable in container.get("env") or ():
        source = variable.get("valueFrom")
        if source:
            referred = _from_reference(pod, container, source, world, addresses)
            if referred is None:
                continue
            value = referred
        else:
            value = str(variable.get("value") or "")
            if "$(" in value:
                if services is None:
                    services = service_variables(pod, world)
                value = expand(value, {**services, **found})
            else:
                value = value.replace("$$", "$")
        found[variable["name"]] = value
    return found


def _from_source(pod: View, source: View, world: World) -> Mapping[str, str]:
    for field, kind in (("configMapRef", "configmap"), ("secretRef", "secret")):
        reference = source.get(field)
        if reference is None:
            continue
        obj = _look_up(world, kind, meta.namespace(pod), reference.get("name") or "")
        if obj is None:
            if reference.get("optional"):
                return {}
            raise ConfigError(f'{kind} "{reference.get("name")}" not found')
        return data_of(obj, kind)
    return {}


def _from_reference(pod: View, container: View, source: View, world: World, addresses: Mapping[str, str]) -> str | None:
    try:
        if reference := source.get("fieldRef"):
            return field_value(pod, reference["fieldPath"], addresses=addresses)
        if reference := source.get("resourceFieldRef"):
            node = world.node(pod["spec"].get("nodeName") or "") or {}
            allocatable = (node.get("status") or {}).get("allocatable") or {}
            return resource_value(pod, reference, container["name"], allocatable)
    except FieldError as error:
        raise ConfigError(str(error)) from None
    namespace = meta.namespace(pod)
    for field, kind, shown in (("configMapKeyRef", "configmap", "ConfigMap"), ("secretKeyRef", "secret", "Secret")):
        reference = source.get(field)
        if reference is None:
            continue
        name, key, optional = reference.get("name") or "", reference["key"], bool(reference.get("optional"))
        obj = _look_up(world, kind, namespace, name)
        if obj is None:
            if optional:
                return None
            raise ConfigError(f'{kind} "{name}" not found')
        values = data_of(obj, kind)
        if key not in values:
            if optional:
                return None
            raise ConfigError(f"couldn't find key {key} in {shown} {namespace}/{name}")
        return values[key]
    return None


def _look_up(world: World, kind: str, namespace: str, name: str) -> View | None:
    return world.config_map(namespace, name) if kind == "configmap" else world.secret(namespace, name)


def data_of(obj: View, kind: str) -> Mapping[str, str]:
    """The text values of a ConfigMap, or the decoded ones of a Secret."""
    if kind == "configmap":
        return obj.get("data") or {}
    return {k: v.decode(errors="replace") for k, v in secret_bytes(obj).items()}


def secret_bytes(obj: View) -> dict[str, bytes]:
    """The decoded values of a Secret."""
    return {k: base64.b64decode(v or "") for k, v in (obj.get("data") or {}).items()}


def hostname(pod: View) -> str:
    """What the pod's containers call themselves."""
    spec = pod["spec"]
    if spec.get("hostNetwork"):
        return str(spec.get("nodeName") or "")
    return str(spec.get("hostname") or meta.name(pod)[:63].rstrip("-."))


def service_variables(pod: View, world: World) -> dict[str, str]:
    """`<SERVICE>_SERVICE_HOST` and its like, of the pod's namespace when service links are on, and of `kubernetes`."""
    services = [s for s in world.services("default") if meta.name(s) == "kubernetes"]
    if pod["spec"].get("enableServiceLinks", True):
        services += [s for s in world.services(meta.namespace(pod)) if meta.name(s) != "kubernetes"]
    found: dict[str, str] = {}
    for service in services:
        found.update(_variables_of(service))
    return found


def _variables_of(service: View) -> dict[str, str]:
    spec = service["spec"]
    address = spec.get("clusterIP") or ""
    ports: Sequence[Any] = spec.get("ports") or ()
    if not address or address == "None" or not ports:
        return {}
    name = meta.name(service).upper().replace("-", "_")
    found = {f"{name}_SERVICE_HOST": address, f"{name}_SERVICE_PORT": str(ports[0]["port"])}
    for port in ports:
        if port.get("name"):
            found[f"{name}_SERVICE_PORT_{port['name'].upper().replace('-', '_')}"] = str(port["port"])
    for index, port in enumerate(ports):
        protocol = str(port.get("protocol") or "TCP")
        url = f"{protocol.lower()}://{address}:{port['port']}"
        if index == 0:
            found[f"{name}_PORT"] = url
        prefix = f"{name}_PORT_{port['port']}_{protocol}"
        found[prefix] = url
        found[f"{prefix}_PROTO"] = protocol.lower()
        found[f"{prefix}_PORT"] = str(port["port"])
        found[f"{prefix}_ADDR"] = address
    return found
