"""Reading one's own writes: a cache is behind while it lacks what we wrote. Models ConsistencyStore."""

from __future__ import annotations

from apimachinery import meta
from apimachinery.gvk import GroupVersionResource
from apimachinery.objects import View
from controllers.runtime.informer import InformerFactory


class WrittenVersions:
    """The newest resourceVersion written for each key; resourceVersions are integers that only grow."""

    def __init__(self) -> None:
        self._written: dict[str, int] = {}

    def wrote(self, key: str, obj: View) -> None:
        """Remember what the server answered to a write."""
        self._written[key] = max(_version(obj), self._written.get(key, 0))

    def visible(self, key: str, cached: View) -> bool:
        """Whether the cached object is at least as new as our last write."""
        written = self._written.get(key)
        if written is None:
            return True
        if _version(cached) < written:
            return False
        del self._written[key]
        return True

    def awaited(self, key: str) -> bool:
        """Whether there was a write that visible() has not found in the cache."""
        return key in self._written

    def forget(self, key: str) -> None:
        """The object is gone."""
        self._written.pop(key, None)


class Writes:
    """What was written on behalf of each key, of any resource: caches that have not heard of it are behind."""

    def __init__(self, informers: InformerFactory) -> None:
        self._informers = informers
        self._written: dict[str, dict[str, int]] = {}

    def wrote(self, key: str, resource: GroupVersionResource, answer: View) -> None:
        """Remember what the server answered to a write."""
        if version := _version(answer):
            written = self._written.setdefault(key, {})
            name = str(resource.group_resource)
            written[name] = max(version, written.get(name, 0))

    def visible(self, key: str) -> bool:
        """Whether the caches are as new as every write of the key; what they lack is still to come as an event."""
        written = self._written.get(key)
        if written is None:
            return True
        if self._informers.behind(written):
            return False
        del self._written[key]
        return True

    def forget(self, key: str) -> None:
        """The object is gone."""
        self._written.pop(key, None)


def _version(obj: View) -> int:
    text = meta.resource_version(obj)
    return int(text) if text.isdecimal() else 0
