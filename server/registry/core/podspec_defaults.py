"""Defaults of pod specs, in pods and in templates. Models pkg/apis/core/v1/defaults.go and zz_generated.defaults.go."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final

from apimachinery.objects import Object
from apimachinery.quantity import Quantity
from server.registry.core.podspec_resources import (
    aggregate_container_limits,
    aggregate_container_requests,
    is_huge_page,
    is_overcommit_allowed,
    is_supported_at_pod_level,
)

_PATH: Final = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_HOST: Final = (
    r"(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*|\[[a-fA-F0-9:]+\])"
)
_DIGEST: Final = r"[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}"
_IMAGE: Final = re.compile(
    rf"(?:{_HOST}(?::[0-9]+)?/)?{_PATH}(?:/{_PATH})*(?::(?P<tag>\w[\w.-]{{0,127}}))?(?:@(?P<digest>{_DIGEST}))?",
    re.ASCII,
)
_DROPPED_ANNOTATIONS: Final = tuple(
    f"pod.{stage}.kubernetes.io/{name}"
    for stage in ("beta", "alpha")
    for name in ("init-containers", "init-container-statuses")
)
_VOLUME_MODES: Final = ("secret", "configMap", "downwardAPI", "projected")
_LEGACY_VOLUMES: Final[dict[str, Object]] = {
    "hostPath": {"type": ""},
    "iscsi": {"iscsiInterface": "default"},
    "rbd": {"pool": "rbd", "user": "admin", "keyring": "/etc/ceph/keyring"},
    "azureDisk": {"cachingMode": "ReadWrite", "fsType": "ext4", "readOnly": False, "kind": "Shared"},
    "scaleIO": {"storageMode": "ThinProvisioned", "fsType": "xfs"},
}


def image_tag(image: str) -> str:
    """The tag of an image name: `latest` when it has neither tag nor digest, empty when the name cannot be read."""
    match = _IMAGE.fullmatch(image)
    if match is None:
        return ""
    return match["tag"] or ("" if match["digest"] else "latest")


def _pull_policy(image: str) -> str:
    return "Always" if image_tag(image) == "latest" else "IfNotPresent"


def _containers(spec: Object) -> Iterator[Object]:
    for name in ("initContainers", "containers", "ephemeralContainers"):
        yield from spec.get(name) or ()


def default_template(template: Object) -> None:
    """Defaults of a PodTemplateSpec, which has fewer than a pod."""
    drop_annotations(template.setdefault("metadata", {}))
    default_pod_spec(template.setdefault("spec", {}))


def default_pod(pod: Object) -> None:
    """Defaults of a Pod: those of its spec, requests from limits, service links and host ports."""
    drop_annotations(pod.setdefault("metadata", {}))
    spec: Object = pod.setdefault("spec", {})
    default_pod_spec(spec)
    if int(spec["terminationGracePeriodSeconds"]) < 0:
        spec["terminationGracePeriodSeconds"] = 1
    for container in (*(spec.get("containers") or ()), *(spec.get("initContainers") or ())):
        resources = container["resources"]
        if resources.get("limits"):
            resources["requests"] = {**resources["limits"], **(resources.get("requests") or {})}
    _default_pod_level_resources(spec)
    if spec.get("enableServiceLinks") is None:
        spec["enableServiceLinks"] = True
    if spec.get("hostNetwork"):
        for container in (*(spec.get("containers") or ()), *(spec.get("initContainers") or ())):
            for port in container.get("ports") or ():
                if not port.get("hostPort") and port.get("containerPort"):
                    port["hostPort"] = port["containerPort"]


def default_pod_spec(spec: Object) -> None:
    """Defaults of a PodSpec, wherever it stands."""
    for name, value in (
        ("dnsPolicy", "ClusterFirst"),
        ("restartPolicy", "Always"),
        ("schedulerName", "default-scheduler"),
    ):
        if not spec.get(name):
            spec[name] = value
    if spec.get("securityContext") is None:
        spec["securityContext"] = {}
    if spec.get("terminationGracePeriodSeconds") is None:
        spec["terminationGracePeriodSeconds"] = 30
    account = spec.get("serviceAccountName") or spec.get("serviceAccount")
    if account:
        spec["serviceAccountName"] = spec["serviceAccount"] = account
    for volume in spec.get("volumes") or ():
        _default_volume(volume)
    for container in _containers(spec):
        _default_container(container)
    _round_up(spec, "overhead")
    if spec.get("resources"):
        default_resources(spec["resources"])


def default_resources(resources: Object) -> None:
    """Quantities of a ResourceRequirements rounded up to thousandths."""
    _round_up(resources, "limits")
    _round_up(resources, "requests")


def _round_up(holder: Object, name: str) -> None:
    amounts: Object = holder.get(name) or {}
    for key, text in amounts.items():
        amounts[key] = _rounded_up(str(text))


@lru_cache(maxsize=1024)
def _rounded_up(text: str) -> str:
    quantity = Quantity.parse(text)
    rounded = quantity.rounded_up(-3)
    return rounded.canonical() if rounded != quantity else text


def _default_container(container: Object) -> None:
    if not container.get("imagePullPolicy"):
        container["imagePullPolicy"] = _pull_policy(container.get("image") or "")
    if not container.get("terminationMessagePath"):
        container["terminationMessagePath"] = "/dev/termination-log"
    if not container.get("terminationMessagePolicy"):
        container["terminationMessagePolicy"] = "File"
    if container.get("resources") is None:
        container["resources"] = {}
    default_resources(container["resources"])
    for port in container.get("ports") or ():
        if not port.get("protocol"):
            port["protocol"] = "TCP"
    for variable in container.get("env") or ():
        source = variable.get("valueFrom") or {}
        _default_field_ref(source.get("fieldRef"))
        if source.get("fileKeyRef") is not None and source["fileKeyRef"].get("optional") is None:
            source["fileKeyRef"]["optional"] = False
    for name in ("livenessProbe", "readinessProbe", "startupProbe"):
        if container.get(name) is not None:
            _default_probe(container[name])
    for handler in (container.get("lifecycle") or {}).values():
        if isinstance(handler, dict):
            _default_http_get(handler.get("httpGet"))


def _default_probe(probe: Object) -> None:
    for name, value in (("timeoutSeconds", 1), ("periodSeconds", 10), ("successThreshold", 1), ("failureThreshold", 3)):
        if not probe.get(name):
            probe[name] = value
    _default_http_get(probe.get("httpGet"))
    if probe.get("grpc") is not None and probe["grpc"].get("service") is None:
        probe["grpc"]["service"] = ""


def _default_http_get(action: Object | None) -> None:
    if action is not None:
        action["path"] = action.get("path") or "/"
        action["scheme"] = action.get("scheme") or "HTTP"


def _default_field_ref(ref: Object | None) -> None:
    if ref is not None and not ref.get("apiVersion"):
        ref["apiVersion"] = "v1"


def _default_volume(volume: Object) -> None:
    if not any(value is not None for name, value in volume.items() if name != "name"):
        volume["emptyDir"] = {}
    for name in _VOLUME_MODES:
        source = volume.get(name)
        if source is not None and source.get("defaultMode") is None:
            source["defaultMode"] = 0o644
    for name, defaults in _LEGACY_VOLUMES.items():
        legacy: Object | None = volume.get(name)
        if legacy is not None:
            legacy.update({k: v for k, v in defaults.items() if legacy.get(k) is None or (v and legacy[k] == "")})
    for item in (volume.get("downwardAPI") or {}).get("items") or ():
        _default_field_ref(item.get("fieldRef"))
    for projection in (volume.get("projected") or {}).get("sources") or ():
        for item in (projection.get("downwardAPI") or {}).get("items") or ():
            _default_field_ref(item.get("fieldRef"))
        token = projection.get("serviceAccountToken")
        if token is not None and token.get("expirationSeconds") is None:
            token["expirationSeconds"] = 3600
        certificate = projection.get("podCertificate")
        if certificate is not None and certificate.get("maxExpirationSeconds") is None:
            certificate["maxExpirationSeconds"] = 86400
    image = volume.get("image")
    if image is not None and not image.get("pullPolicy"):
        image["pullPolicy"] = _pull_policy(image.get("reference") or "")
    claim = (volume.get("ephemeral") or {}).get("volumeClaimTemplate")
    if claim is not None:
        default_claim_spec(claim.setdefault("spec", {}))


def default_claim_spec(spec: Object) -> None:
    """Defaults of a PersistentVolumeClaimSpec inside a workload."""
    if spec.get("volumeMode") is None:
        spec["volumeMode"] = "Filesystem"
    if spec.get("resources") is None:
        spec["resources"] = {}
    default_resources(spec["resources"])


def _default_pod_level_resources(spec: Object) -> None:
    resources = spec.get("resources")
    if not resources or not (resources.get("limits") or resources.get("requests")):
        return
    limits: dict[str, Any] = dict(resources.get("limits") or {})
    requests: dict[str, Any] = dict(resources.get("requests") or {})
    requests_given = bool(requests)
    from_containers = aggregate_container_limits(spec)
    for key, value in from_containers.items():
        if is_huge_page(key) and key not in requests and key not in limits:
            limits[key] = value.canonical()
    if limits:
        for key, value in aggregate_container_requests(spec).items():
            if key not in requests and is_supported_at_pod_level(key) and is_overcommit_allowed(key):
                requests[key] = value.canonical()
        for key, text in limits.items():
            if key not in requests and is_supported_at_pod_level(key):
                requests[key] = text
    elif requests_given:
        every = [*(spec.get("containers") or ()), *(spec.get("initContainers") or ())]
        for key, value in from_containers.items():
            limited = all(key in (c["resources"].get("limits") or {}) for c in every)
            if limited and is_supported_at_pod_level(key) and is_overcommit_allowed(key):
                limits[key] = value.canonical()
    if limits:
        resources["limits"] = limits
    if requests:
        resources["requests"] = requests


def drop_annotations(metadata: Object) -> None:
    """Take out what old versions kept there."""
    annotations: Object = metadata.get("annotations") or {}
    for name in _DROPPED_ANNOTATIONS:
        annotations.pop(name, None)
