"""The files that a container sees: its image's, its volumes', and what was written since it started."""

from __future__ import annotations

import errno
import posixpath
from collections.abc import Callable, Iterable, Mapping
from typing import Final

Files = dict[str, bytes]
Provider = Callable[[], Mapping[str, bytes]]
"""Gives the present files of a volume that the API server feeds, by relative path."""


def _paths(text: str) -> frozenset[str]:
    return frozenset(text.split())


_STANDARD: Final = _paths("""
/ /bin /dev /etc /home /lib /mnt /opt /proc /root /run /sbin /srv /sys /tmp /usr /usr/bin /usr/lib /usr/local
/usr/local/bin /usr/sbin /usr/share /var /var/cache /var/lib /var/log /var/run
""")
_TEXTS: Final = {errno.ENOENT: "No such file or directory", errno.EISDIR: "Is a directory"}


class FileSystem:
    """A tree of files. Directories exist where files are, where they were made, and where volumes are mounted."""

    def __init__(self, image: Mapping[str, bytes], *, read_only: bool = False) -> None:
        self._image = image
        self._written: Files = {}
        self._removed: set[str] = set()
        self._directories: set[str] = set()
        self._mounts: list[tuple[str, Files | Provider, bool]] = []
        self._read_only = read_only

    @staticmethod
    def normal(path: str) -> str:
        """An absolute path without `.` and `..`."""
        found = posixpath.normpath("/" + path)
        return found[1:] if found.startswith("//") else found

    def mount(self, path: str, source: Files | Provider, *, read_only: bool) -> None:
        """Put a volume at a path: a dict that is written through, or what feeds it."""
        self._mounts.append((self.normal(path), source, read_only))
        self._mounts.sort(key=lambda m: len(m[0]), reverse=True)

    def mounts(self) -> Iterable[tuple[str, bool]]:
        """Each mount path and whether it is read-only."""
        return [(path, read_only) for path, _, read_only in self._mounts]

    def _mount_of(self, path: str) -> tuple[str, Files | Provider, bool] | None:
        return next((m for m in self._mounts if path == m[0] or path.startswith(m[0].rstrip("/") + "/")), None)

    def _all(self, path: str) -> Iterable[str]:
        """Every file path that may be under a path."""
        yield from (p for p in self._image if p not in self._removed)
        yield from self._written
        for where, source, _ in self._mounts:
            present = source if isinstance(source, dict) else source()
            yield from (f"{where.rstrip('/')}/{name}" for name in present)

    def read(self, path: str) -> bytes:
        """The contents; raises FileNotFoundError or IsADirectoryError."""
        mount = self._mount_of(path)
        found: bytes | None = None
        if mount is not None and path != mount[0]:
            present = mount[1] if isinstance(mount[1], dict) else mount[1]()
            found = present.get(path[len(mount[0].rstrip("/")) + 1 :])
        elif mount is None:
            found = self._written.get(path)
            if found is None and path not in self._removed:
                found = self._image.get(path)
        elif isinstance(mount[1], dict) and "" in mount[1]:
            return mount[1][""]
        if found is not None:
            return found
        if self.is_directory(path):
            raise IsADirectoryError(errno.EISDIR, _TEXTS[errno.EISDIR], path)
        raise FileNotFoundError(errno.ENOENT, _TEXTS[errno.ENOENT], path)

    def exists(self, path: str) -> bool:
        """Whether there is a file or directory."""
        try:
            self.read(path)
        except IsADirectoryError:
            return True
        except OSError:
            return False
        return True

    def is_directory(self, path: str) -> bool:
        """Whether it is a directory."""
        if path in _STANDARD or path in self._directories or any(path == m[0] for m in self._mounts):
            return path not in self._removed
        prefix = path.rstrip("/") + "/"
        return any(p.startswith(prefix) for p in self._all(path)) or any(m[0].startswith(prefix) for m in self._mounts)

    def list(self, path: str) -> list[str]:
        """The names in a directory; raises FileNotFoundError or NotADirectoryError."""
        if not self.is_directory(path):
            self.read(path)
            raise NotADirectoryError(errno.ENOTDIR, "Not a directory", path)
        prefix = path.rstrip("/") + "/"
        everything = [*self._all(path), *self._directories, *_STANDARD, *(m[0] for m in self._mounts)]
        names = {p[len(prefix) :].partition("/")[0] for p in everything if p.startswith(prefix) and p != prefix}
        return sorted(names - {""})

    def write(self, path: str, data: bytes) -> None:
        """Create or replace a file; raises FileNotFoundError, IsADirectoryError or a read-only OSError."""
        if self.is_directory(path):
            raise IsADirectoryError(errno.EISDIR, _TEXTS[errno.EISDIR], path)
        if not self.is_directory(posixpath.dirname(path)):
            raise FileNotFoundError(errno.ENOENT, "nonexistent directory", path)
        self._store(path, data)

    def append(self, path: str, data: bytes) -> None:
        """Write at the end of a file."""
        try:
            before = self.read(path)
        except FileNotFoundError:
            before = b""
        self._store(path, before + data)

    def _store(self, path: str, data: bytes) -> None:
        mount = self._mount_of(path)
        if (mount is not None and (mount[2] or not isinstance(mount[1], dict))) or (mount is None and self._read_only):
            raise OSError(errno.EROFS, "Read-only file system", path)
        if mount is not None and isinstance(mount[1], dict):
            mount[1][path[len(mount[0].rstrip("/")) + 1 :]] = data
        else:
            self._written[path] = data
            self._removed.discard(path)

    def make_directory(self, path: str) -> None:
        """Make a directory."""
        if self._read_only and self._mount_of(path) is None:
            raise OSError(errno.EROFS, "Read-only file system", path)
        self._directories.add(path)
        self._removed.discard(path)

    def remove(self, path: str) -> None:
        """Remove a file, or a directory with all that is in it; raises FileNotFoundError."""
        if not self.exists(path):
            raise FileNotFoundError(errno.ENOENT, _TEXTS[errno.ENOENT], path)
        prefix = path.rstrip("/") + "/"
        for found in [p for p in self._all(path) if p == path or p.startswith(prefix)]:
            mount = self._mount_of(found)
            if mount is None:
                self._written.pop(found, None)
                self._removed.add(found)
            elif isinstance(mount[1], dict) and not mount[2]:
                mount[1].pop(found[len(mount[0].rstrip("/")) + 1 :], None)
            else:
                raise OSError(errno.EROFS, "Read-only file system", found)
        self._directories = {d for d in self._directories if d != path and not d.startswith(prefix)}
        self._removed.add(path)
