"""Files that volumes are made of: items, modes, downward API, projections.

Models pkg/apis/core/validation (validateKeyToPath, validateDownwardAPIVolumeFile, validateProjectionSources).
"""

from __future__ import annotations

from typing import Final

from apimachinery import field, validation
from apimachinery.field import Error, Path
from apimachinery.objects import View
from server.registry.core.internal import internal_value
from server.registry.core.podspec_env import VOLUME_FIELD_PATHS, object_field_selector, resource_field_selector
from server.registry.core.podspec_paths import local_non_reserved

_MODE: Final = "must be a number between 0 and 0777 (octal), both inclusive"
_CONFLICT: Final = "conflicting duplicate paths"
_KEY_TYPES: Final = ["ECDSAP256", "ECDSAP384", "ECDSAP521", "ED25519", "RSA3072", "RSA4096"]


def file_mode(mode: int | None, path: Path) -> list[Error]:
    """Field errors of a file mode, which may be absent."""
    return [] if mode is None or 0 <= mode <= 0o777 else [field.invalid(path, mode, _MODE)]


def key_to_path(item: View, path: Path) -> list[Error]:
    """Field errors of an item of a ConfigMap or Secret volume."""
    found = [] if item.get("key") else [field.required(path / "key")]
    target = item.get("path") or ""
    if not target:
        found.append(field.required(path / "path"))
    found += local_non_reserved(target, path / "path")
    return found + file_mode(item.get("mode"), path / "mode")


def downward_api_file(item: View, path: Path) -> list[Error]:
    """Field errors of a downward API file; `path` is that of the volume, as upstream reports it."""
    target = item.get("path") or ""
    found = [] if target else [field.required(path / "path")]
    found += local_non_reserved(target, path / "path")
    field_ref, resource_ref = item.get("fieldRef"), item.get("resourceFieldRef")
    if field_ref is not None:
        found += object_field_selector(field_ref, VOLUME_FIELD_PATHS, path / "fieldRef")
        if resource_ref is not None:
            detail = "fieldRef and resourceFieldRef can not be specified simultaneously"
            found.append(field.invalid(path, "resource", detail))
    elif resource_ref is not None:
        found += resource_field_selector(resource_ref, path / "resourceFieldRef", in_volume=True)
    else:
        found.append(field.required(path, "one of fieldRef and resourceFieldRef is required"))
    return found + file_mode(item.get("mode"), path / "mode")


def projected(source: View, path: Path) -> list[Error]:
    """Field errors of a projected volume."""
    found = file_mode(source.get("defaultMode"), path / "defaultMode")
    targets: set[str] = set()
    for i, projection in enumerate(source.get("sources") or ()):
        found += _projection(projection, (path / "sources")[i], path, targets)
    return found


def _projection(projection: View, path: Path, volume: Path, targets: set[str]) -> list[Error]:
    found: list[Error] = []
    given = 0

    def claim(target: str, shown: str) -> None:
        if target in targets:
            found.append(field.invalid(volume, shown, _CONFLICT))
        targets.add(target)

    for name in ("secret", "configMap"):
        source = projection.get(name)
        if source is None:
            continue
        given += 1
        if not source.get("name"):
            found.append(field.required(path / name / "name"))
        for i, item in enumerate(source.get("items") or ()):
            found += key_to_path(item, (path / name / "items")[i])
            if item.get("path"):
                claim(item["path"], source.get("name") or "")
    source = projection.get("downwardAPI")
    if source is not None:
        given += 1
        for item in source.get("items") or ():
            found += downward_api_file(item, path / "downwardAPI")
            if item.get("path"):
                claim(item["path"], item["path"])
    source = projection.get("serviceAccountToken")
    if source is not None:
        given += 1
        found += _token(source, path / "serviceAccountToken", volume)
    source = projection.get("clusterTrustBundle")
    if source is not None:
        given += 1
        found += _trust_bundle(source, path / "clusterTrustBundle")
        claim(source.get("path") or "", source.get("path") or "")
    source = projection.get("podCertificate")
    if source is not None:
        given += 1
        found += _pod_certificate(source, path / "podCertificate")
        for name in ("credentialBundlePath", "keyPath", "certificateChainPath"):
            if source.get(name):
                claim(source[name], source[name])
    if given > 1:
        found.append(field.forbidden(path, "may not specify more than 1 volume type per source"))
    return found


def _token(source: View, path: Path, volume: Path) -> list[Error]:
    found = []
    seconds = int(source.get("expirationSeconds") or 0)
    if seconds < 600:
        detail = "may not specify a duration less than 10 minutes"
        found.append(field.invalid(path / "expirationSeconds", seconds, detail))
    if seconds > 1 << 32:
        detail = "may not specify a duration larger than 2^32 seconds"
        found.append(field.invalid(path / "expirationSeconds", seconds, detail))
    if not source.get("path"):
        found.append(field.required(volume / "path"))
    else:
        found += local_non_reserved(source["path"], volume / "path")
    return found


def _trust_bundle(source: View, path: Path) -> list[Error]:
    found: list[Error] = []
    name, signer, selector = source.get("name"), source.get("signerName"), source.get("labelSelector")
    if name is not None and signer is not None:
        shown = internal_value("ClusterTrustBundleProjection", source)
        found.append(field.invalid(path, shown, "only one of name and signerName may be used"))
    elif name is not None:
        if not name:
            found.append(field.required(path / "name", "must be a valid object name"))
        problems = validation.dns1123_subdomain(name.rpartition(":")[2])
        found += [field.invalid(path / "name", name, f"not a valid clustertrustbundlename: {p}") for p in problems]
        if selector is not None:
            detail = "labelSelector must be unset if name is specified"
            found.append(field.invalid(path / "labelSelector", internal_value("selector", selector), detail))
    elif signer is not None:
        if not signer:
            found.append(field.required(path / "signerName", "must be a valid signer name"))
        found += signer_name(signer, path / "signerName")
        found += validation.label_selector(selector, path / "labelSelector")
    else:
        found.append(field.required(path, "either name or signerName must be specified"))
    if not source.get("path"):
        found.append(field.required(path / "path"))
    return found + local_non_reserved(source.get("path") or "", path / "path")


def _pod_certificate(source: View, path: Path) -> list[Error]:
    found = signer_name(source.get("signerName") or "", path / "signerName")
    key_type = source.get("keyType") or ""
    if key_type not in _KEY_TYPES:
        found.append(field.not_supported(path / "keyType", key_type, _KEY_TYPES))
    seconds = int(source.get("maxExpirationSeconds") or 0)
    if not 3600 <= seconds <= 91 * 86400:
        found.append(
            field.invalid(path / "maxExpirationSeconds", seconds, validation.inclusive_range(3600, 91 * 86400))
        )
    paths = [name for name in ("credentialBundlePath", "keyPath", "certificateChainPath") if source.get(name)]
    if not paths:
        detail = "specify at least one of credentialBundlePath, keyPath, and certificateChainPath"
        found.append(field.required(path, detail))
    for name in paths:
        found += local_non_reserved(source[name], path / name)
    return found


def signer_name(name: str, path: Path) -> list[Error]:
    """Field errors of a signer, `domain/path`. Models ValidateSignerName."""
    if not name:
        return [field.required(path)]
    domain, slash, rest = name.partition("/")
    if not slash or "/" in rest:
        return [
            field.invalid(path, name, "must be a fully qualified domain and path of the form 'example.com/signer-name'")
        ]
    found = [field.invalid(path, domain, p) for p in validation.dns1123_subdomain(domain)]
    if "." not in domain:
        found.append(field.invalid(path, domain, "should be a domain with at least two segments separated by dots"))
    for element in rest.split("."):
        found += [field.invalid(path, rest, p) for p in validation.dns1123_label(element)]
    return found
