"""The files that a container sees: its image's, its volumes', and what was written since it started."""

from __future__ import annotations

import errno
import posixpath
from abc import abstractmethod
from collections.abc import Callable, Iterable, Mapping, MutableMapping
from typing import Final, TypeAlias

Files = dict[str, bytes]


class Disk(MutableMapping[str, bytes]):
    """Files by relative path on something that has directories and symbolic links of its own."""

    @abstractmethod
    def link(self, name: str) -> str | None:
        """Where a symbolic link leads, an absolute path; None for anything else."""

    @abstractmethod
    def directories(self) -> Iterable[str]:
        """The directories, empty ones too, by relative path."""

    @abstractmethod
    def make_directory(self, name: str) -> None:
        """Make a directory."""


Provider = Callable[[], Mapping[str, bytes]]
"""Gives the present files of a volume that the API server feeds, by relative path."""
Source: TypeAlias = MutableMapping[str, bytes] | Provider
_LINKS_CAP: Final = 8


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
        self._mounts: list[tuple[str, Source, bool]] = []
        self._read_only = read_only

    @staticmethod
    def normal(path: str) -> str:
        """An absolute path without `.` and `..`."""
        found = posixpath.normpath("/" + path)
        return found[1:] if found.startswith("//") else found

    def mount(self, path: str, source: Source, *, read_only: bool) -> None:
        """Put a volume at a path: what is written through, or what feeds it."""
        self._mounts.append((self.normal(path), source, read_only))
        self._mounts.sort(key=lambda m: len(m[0]), reverse=True)

    def mounts(self) -> Iterable[tuple[str, bool]]:
        """Each mount path and whether it is read-only."""
        return [(path, read_only) for path, _, read_only in self._mounts]

    def _mount_of(self, path: str) -> tuple[str, Source, bool] | None:
        return next((m for m in self._mounts if path == m[0] or path.startswith(m[0].rstrip("/") + "/")), None)

    def _all(self, path: str) -> Iterable[str]:
        """Every file path that may be under a path."""
        yield from (p for p in self._image if p not in self._removed)
        yield from self._written
        for where, source, _ in self._mounts:
            present = source if isinstance(source, MutableMapping) else source()
            yield from (f"{where.rstrip('/')}/{name}" for name in present)

    def link(self, path: str) -> str | None:
        """Where a symbolic link leads; None for anything else."""
        mount = self._mount_of(path)
        if mount is None or not isinstance(mount[1], Disk):
            return None
        return mount[1].link(self._relative(path, mount[0]))

    @staticmethod
    def _relative(path: str, where: str) -> str:
        return path[len(where.rstrip("/")) + 1 :]

    def _follow(self, path: str) -> str:
        """The path that links lead to, which need not be there; raises an OSError when they go round."""
        for _ in range(_LINKS_CAP):
            target = self.link(path)
            if target is None:
                return path
            path = self.normal(target)
        raise OSError(errno.ELOOP, "Too many levels of symbolic links", path)

    def read(self, path: str) -> bytes:
        """The contents; raises FileNotFoundError or IsADirectoryError."""
        path = self._follow(path)
        mount = self._mount_of(path)
        found: bytes | None = None
        if mount is not None and path != mount[0]:
            present = mount[1] if isinstance(mount[1], MutableMapping) else mount[1]()
            found = present.get(path[len(mount[0].rstrip("/")) + 1 :])
        elif mount is None:
            found = self._written.get(path)
            if found is None and path not in self._removed:
                found = self._image.get(path)
        elif isinstance(mount[1], MutableMapping) and "" in mount[1]:
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
        mount = self._mount_of(path)
        if mount is not None and path == mount[0]:
            return "" not in (mount[1] if isinstance(mount[1], MutableMapping) else mount[1]())
        if path in self._directories or (path in _STANDARD and (mount is None or not isinstance(mount[1], Disk))):
            return path not in self._removed
        prefix = path.rstrip("/") + "/"
        if any(p.startswith(prefix) for p in self._all(path)) or any(m[0].startswith(prefix) for m in self._mounts):
            return True
        return any(d == path or d.startswith(prefix) for d in self._mounted_directories())

    def _mounted_directories(self) -> Iterable[str]:
        for where, source, _ in self._mounts:
            if isinstance(source, Disk):
                yield from (f"{where.rstrip('/')}/{name}" for name in source.directories())

    def list(self, path: str) -> list[str]:
        """The names in a directory; raises FileNotFoundError or NotADirectoryError."""
        if not self.is_directory(path):
            self.read(path)
            raise NotADirectoryError(errno.ENOTDIR, "Not a directory", path)
        prefix = path.rstrip("/") + "/"
        mount = self._mount_of(path)
        everything = [*self._all(path), *self._directories, *(m[0] for m in self._mounts), *self._mounted_directories()]
        if mount is None:
            everything += _STANDARD
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

    def _may_write(self, path: str, mount: tuple[str, Source, bool] | None) -> None:
        if self._read_only if mount is None else mount[2] or not isinstance(mount[1], MutableMapping):
            raise OSError(errno.EROFS, "Read-only file system", path)

    def _store(self, path: str, data: bytes) -> None:
        path = self._follow(path)
        mount = self._mount_of(path)
        self._may_write(path, mount)
        if mount is not None and isinstance(mount[1], MutableMapping):
            mount[1][self._relative(path, mount[0])] = data
        else:
            self._written[path] = data
            self._removed.discard(path)

    def make_directory(self, path: str) -> None:
        """Make a directory."""
        mount = self._mount_of(path)
        self._may_write(path, mount)
        if mount is not None and isinstance(mount[1], Disk):
            mount[1].make_directory(self._relative(path, mount[0]))
            return
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
            elif isinstance(mount[1], MutableMapping) and not mount[2]:
                mount[1].pop(found[len(mount[0].rstrip("/")) + 1 :], None)
            else:
                raise OSError(errno.EROFS, "Read-only file system", found)
        self._directories = {d for d in self._directories if d != path and not d.startswith(prefix)}
        self._removed.add(path)
