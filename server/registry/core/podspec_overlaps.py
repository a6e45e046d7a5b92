"""Files of a volume that would be written over each other.

Models pkg/api/pod/warnings.go (warningsForOverlappingVirtualPaths).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from apimachinery.objects import View
from apimachinery.serializer import go_quote

_CERTIFICATE_PATHS: Final = (
    ("certificateChainPath", "PodCertificate chain"),
    ("keyPath", "PodCertificate key"),
    ("credentialBundlePath", "PodCertificate credential bundle"),
)


class _File(NamedTuple):
    """Where a file goes, and which source of a projected volume brings it."""

    path: str
    source: str = ""

    def __str__(self) -> str:
        return f"{go_quote(self.path)} ({self.source})" if self.source else go_quote(self.path)

    def overlaps(self, other: _File) -> bool:
        """Whether one path is the other or leads into it."""
        if not self.path or not other.path:
            return False
        mine, theirs = f"{self.path}/", f"{other.path}/"
        return mine.startswith(theirs) or theirs.startswith(mine)


def overlap_warnings(volume: View) -> Iterator[str]:
    """Warnings for the files of a volume, whatever brings them."""
    name = go_quote(volume.get("name") or "")
    for source, shown, key in (("configMap", "ConfigMap", "name"), ("secret", "Secret", "secretName")):
        given = volume.get(source)
        if given is not None:
            label = f"{shown} {go_quote(given.get(key) or '')}"
            yield from _collisions(_files(given), f"volume {name} ({label})")
    if volume.get("downwardAPI") is not None:
        yield from _collisions(_files(volume["downwardAPI"]), f"volume {name} (DownwardAPI)")
    if volume.get("projected") is not None:
        yield from _projected(volume["projected"], name)


def _projected(projected: View, name: str) -> Iterator[str]:
    """A source that names no paths of its own is judged by those of the source before it, as upstream does."""
    taken: list[_File] = []
    files: list[_File] = []
    for source in projected.get("sources") or ():
        if not any(value is not None for value in source.values()):
            yield f"volume {name} (Projected) has no sources provided"
            continue
        own = _source_files(source)
        files = files if own is None else own
        yield from _collisions(files, f"volume {name} (Projected)", taken)


def _source_files(projection: View) -> list[_File] | None:
    """The files that a source names; None when it leaves them to what it projects."""
    for source, shown in (("configMap", "ConfigMap"), ("secret", "Secret")):
        given = projection.get(source) or {}
        if given.get("items") is not None:
            return _files(given, f"{shown} {go_quote(given.get('name') or '')}")
    if (projection.get("downwardAPI") or {}).get("items") is not None:
        return _files(projection["downwardAPI"], "DownwardAPI")
    if projection.get("serviceAccountToken") is not None:
        return [_File(projection["serviceAccountToken"].get("path") or "", "ServiceAccountToken")]
    bundle, certificate = projection.get("clusterTrustBundle"), projection.get("podCertificate")
    if bundle is not None:
        named = bundle.get("name") if bundle.get("name") is not None else bundle.get("signerName") or ""
        return [_File(bundle.get("path") or "", f"ClusterTrustBundle {go_quote(named)}")]
    if certificate is not None:
        return [_File(certificate[key], what) for key, what in _CERTIFICATE_PATHS if certificate.get(key)]
    return None


def _files(source: View, shown: str = "") -> list[_File]:
    return [_File(item.get("path") or "", shown) for item in source.get("items") or ()]


def _collisions(files: Iterable[_File], label: str, taken: list[_File] | None = None) -> Iterator[str]:
    """A warning for each pair of files that overlap, those in `taken` among them, which all of them join."""
    earlier = [] if taken is None else taken
    for path, source in files:
        file = _File(path.rstrip("/"), source)
        yield from (f"{label}: overlapping paths: {file} with {other}" for other in earlier if file.overlaps(other))
        earlier.append(file)
